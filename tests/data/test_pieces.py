"""Oracle: `lea.store`: a table that is written piece by piece is read as one that is written whole."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lea.data import pieces
from lea.data.arrays import Arrays
from lea.data.check import check
from lea.data.job import prepare
from lea.data.pieces import write_pieces
from lea.data.tables import columns_of, table_of, values_of
from lea.errors import UserError
from lea.store import damage, digest, read_record, read_table, write_table
from lea.study.spec import Dataset, canonical
from tests.specs import part, sprites

SHAPE = (6, 5, 1)
COLUMNS = columns_of(SHAPE, "int16", ["kind"])
RECORD = {"shape": list(SHAPE), "dtype": "int16", "said": "grün, \u6d77"}


def parts(counts: list[int]) -> list[pa.Table]:
    generator = np.random.default_rng(0)
    made = []
    for count in counts:
        values = generator.integers(-9000, 9000, (count, *SHAPE)).astype(np.int16)
        labels = {"kind": generator.integers(0, 4, count).astype(np.int32)}
        made.append(table_of({"train": Arrays(values, labels)}, ["kind"]))
    return made


@pytest.mark.parametrize("counts", [[1], [3, 0, 4], [5000, 17], [0]])
def test_a_table_of_pieces_is_read_as_the_whole(tmp_path: Path, counts: list[int]) -> None:
    write_pieces(tmp_path / "pieces.parquet", iter(parts(counts)), COLUMNS, RECORD)
    write_table(tmp_path / "whole.parquet", pa.concat_tables(parts(counts)), COLUMNS, RECORD)
    found, wanted = (read_table(tmp_path / f"{name}.parquet", COLUMNS) for name in ("pieces", "whole"))
    assert found.equals(wanted)
    assert read_record(found) == read_record(wanted) == RECORD


@pytest.mark.parametrize("chunk", [1000, pieces.CHUNK])
def test_its_digest_is_that_of_its_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    monkeypatch.setattr(pieces, "CHUNK", chunk)
    path = tmp_path / "pieces.parquet"
    write_pieces(path, iter(parts([900, 50])), COLUMNS, RECORD)
    content = path.read_bytes()
    assert damage(content) is None
    assert digest(read_table(path)) in content.decode("latin-1")
    for place in (100, len(content) // 2, len(content) - 300):
        flipped = bytearray(content)
        flipped[place] ^= 1
        assert damage(bytes(flipped)) is not None


def test_pieces_are_taken_one_at_a_time_and_written_before_the_next(tmp_path: Path) -> None:
    path, sizes = tmp_path / "pieces.parquet", []

    def given() -> Iterator[pa.Table]:
        for piece in parts([2000, 2000, 2000]):
            sizes.append(sum(one.stat().st_size for one in tmp_path.iterdir()))
            yield piece

    write_pieces(path, given(), COLUMNS, RECORD)
    assert sizes[0] < sizes[1] < sizes[2]
    assert pq.ParquetFile(path).num_row_groups == 3


def strips(**changes: int) -> Dataset:
    reader = part("tests.data.readers:Strips", **{"last": 8, "said": 9} | changes)
    return sprites(name="strips", reader=reader, source="original", side=8, train=9, test=5)


def test_a_reader_may_give_one_split_in_pieces_and_the_other_whole(tmp_path: Path) -> None:
    prepare(canonical(strips()), tmp_path, tmp_path / "strips.parquet")
    table = read_table(tmp_path / "strips.parquet")
    assert check(tmp_path / "strips.parquet") == []
    assert values_of(table)[:, 0, 0, 0].tolist() == [*range(9), *range(1000, 1005)]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"last": 2001},
            "data set 'strips', split train: found values from 2001 to 2001; expected 0 to 2000",
        ),
        ({"said": 8}, "data set 'strips', split train: found 8 samples; expected 9"),
    ],
)
def test_each_piece_is_looked_at_and_nothing_is_left_of_a_wrong_one(
    tmp_path: Path, changes: dict[str, int], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        prepare(canonical(strips(**changes)), tmp_path, tmp_path / "strips.parquet")
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_left_of_a_table_whose_pieces_fail(tmp_path: Path) -> None:
    def given() -> Iterator[pa.Table]:
        yield parts([10])[0]
        raise RuntimeError("the second")

    with pytest.raises(RuntimeError, match="the second"):
        write_pieces(tmp_path / "pieces.parquet", given(), COLUMNS, RECORD)
    assert list(tmp_path.iterdir()) == []
