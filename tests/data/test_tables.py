"""Oracle: what a reader gives is what is read from the table, bit by bit; known faults are each named."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from lea.data.check import check, describe
from lea.data.job import prepare
from lea.data.tables import rows_of, values_of
from lea.errors import UserError
from lea.store import read_record, read_table
from lea.study.spec import Dataset, canonical
from tests.data.readers import Cloud, Numbered, Terrain, numbers
from tests.specs import part, sprites


def dataset(reader: str, **changes: Any) -> Dataset:
    """Nine samples for training and five for the test."""
    options = changes.pop("options", {})
    named = part(reader if ":" in reader else f"tests.data.readers:{reader}", **options)
    return sprites(**{"name": "tiny", "reader": named, "side": None, "train": 9, "test": 5} | changes)


def prepared(folder: Path, asked: Dataset) -> pa.Table:
    prepare(canonical(asked), folder, folder / "tiny.parquet")
    assert check(folder / "tiny.parquet") == []
    return read_table(folder / "tiny.parquet")


@pytest.mark.parametrize("reader", [Numbered, Terrain, Cloud])
def test_values_of_any_type_and_shape_are_read_as_they_were_written(
    tmp_path: Path, reader: type[Numbered] | type[Terrain] | type[Cloud]
) -> None:
    table = prepared(tmp_path, dataset(reader.__name__))
    counts = {"train": 9, "test": 5}
    written = np.concatenate([reader().embedded(split, n, None).values for split, n in counts.items()])
    found = values_of(table)
    assert found.dtype == written.dtype == np.dtype(reader.DTYPE)
    assert found.tobytes() == written.tobytes()
    assert found.shape == written.shape
    assert rows_of(table, "train").tolist() == list(range(9))
    assert rows_of(table, "test").tolist() == list(range(9, 14))
    record = read_record(table)
    assert (record["dtype"], record["shape"]) == (reader.DTYPE, list(written.shape[1:]))
    assert record["range"] == (list(reader.RANGE) if reader is Terrain else None)


def test_a_part_of_a_table_has_its_own_values(tmp_path: Path) -> None:
    table = prepared(tmp_path, dataset("Terrain"))
    for start, count in ((0, 14), (3, 4), (13, 1), (5, 0)):
        np.testing.assert_array_equal(
            values_of(table.slice(start, count)), values_of(table)[start : start + count]
        )


def test_pictures_are_bytes_from_0_to_255_in_the_order_height_width_channels(tmp_path: Path) -> None:
    table = prepared(tmp_path, sprites())
    record = read_record(table)
    assert (record["dtype"], record["range"], record["shape"]) == ("uint8", [0, 255], [32, 32, 1])
    assert table.column_names == ["split", "values", "shape", "scale", "orientation", "x", "y"]
    assert table["values"].type == pa.binary(1024)
    assert table["values"][7].as_py() == values_of(table)[7].tobytes()


def test_samples_without_labels_are_only_values(tmp_path: Path) -> None:
    table = prepared(tmp_path, dataset("Terrain"))
    assert table.column_names == ["split", "values"]
    assert read_record(table)["factors"] == {}
    words = "embedded samples through tests.data.readers:Terrain"
    assert describe(tmp_path / "tiny.parquet") == (
        f"pictures of 3x2x1 int16, 9 for train, 5 for test; no labels; {words}"
    )


def test_points_are_described_as_such(tmp_path: Path) -> None:
    prepared(tmp_path, dataset("Numbered", train=10, test=10))
    assert describe(tmp_path / "tiny.parquet").startswith(
        "points of 1 float32, 10 for train, 10 for test; labels ten (10), odd (2); embedded"
    )


def test_labels_are_those_of_the_reader(tmp_path: Path) -> None:
    table = prepared(tmp_path, dataset("Numbered"))
    wanted = [*numbers("train", 9), *numbers("test", 5)]
    assert table["ten"].to_pylist() == [number % 10 for number in wanted]
    assert table["odd"].to_pylist() == [number % 2 for number in wanted]


def test_originals_without_a_side_are_taken_as_they_are(tmp_path: Path) -> None:
    table = prepared(tmp_path, dataset("Terrain", source="original", train=None))
    np.testing.assert_array_equal(values_of(table)[:9], Terrain().embedded("train", 9, None).values)


FAULTS = {
    "fewer": "found 8 samples; expected 9",
    "too low": "found values from -11001 to 8999; expected -11000 to 9000",
    "floats": "found float32 (9, 3, 2, 1); expected int16 (n, 3, 2, 1)",
    "other bytes": "found >i2 (9, 3, 2, 1); expected int16 (n, 3, 2, 1)",
    "another shape": "found int16 (9, 2, 2, 1); expected int16 (n, 3, 2, 1)",
    "no label": "label 'kind' is missing; found none",
    "short label": "label 'kind' out of range; expected 0 to 0 for each sample",
    "wrong label": "label 'kind' out of range; expected 0 to 0 for each sample",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_samples_that_are_not_as_they_were_declared_are_refused(tmp_path: Path, fault: str) -> None:
    assert refusal(tmp_path, dataset("Terrain", options={"fault": fault})).startswith(
        f"data set 'tiny', split train: {FAULTS[fault]}"
    )


def refusal(folder: Path, asked: Dataset) -> str:
    with pytest.raises(UserError) as caught:
        prepare(canonical(asked), folder, folder / "tiny.parquet")
    assert not (folder / "tiny.parquet").exists()
    return str(caught.value)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (dataset("Terrain", source="folder"), "split train: found 0 samples; expected 9"),
        (dataset("Terrain", source="folder", train=None), "split train: found 0 samples; expected some"),
        (dataset("Cloud", options={"gap": True}), "found values from nan to nan; expected finite numbers"),
        (dataset("Cloud", options={"longer": True}), "samples of (2,) for training and of (3,) for the test"),
        (dataset("Squares", side=8), "found uint8 (9, 8, 9, 1); expected uint8 (n, 8, 8, c)"),
        (
            dataset("Squares", side=8, options={"axes": 2}),
            "found uint8 (9, 8, 8); expected uint8 (n, 8, 8, c)",
        ),
    ],
)
def test_other_faults_of_a_reader_are_named(tmp_path: Path, asked: Dataset, words: str) -> None:
    assert words in refusal(tmp_path, asked)


BLANK = {"shape": (28, 20, 3)}


def test_a_blank_has_a_shape_and_no_samples(tmp_path: Path) -> None:
    table = prepared(tmp_path, dataset("lea.data.blank:Blank", options=BLANK, train=None, test=None))
    assert len(table) == 0
    assert values_of(table).shape == (0, 28, 20, 3)
    assert values_of(table).dtype == np.uint8
    assert describe(tmp_path / "tiny.parquet").startswith(
        "pictures of 28x20x3, 0 for train, 0 for test; no labels"
    )


def test_a_blank_is_asked_for_no_samples_and_for_a_shape(tmp_path: Path) -> None:
    asked = dataset("lea.data.blank:Blank", options=BLANK, test=None)
    assert "split train: found 0 samples; expected 9" in refusal(tmp_path, asked)
    asked = dataset("lea.data.blank:Blank", options={"shape": ()}, train=None, test=None)
    assert "shape: empty; expected height, width and channels, or one length" in refusal(tmp_path, asked)
