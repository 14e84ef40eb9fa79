"""Oracle: pandas and pyarrow reading the same files, and pyarrow making the same tables; damage of every kind
done by hand; round trips.
"""

import hashlib
import json
import math
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from pyarrow import dataset
from safetensors import safe_open
from safetensors.torch import save_file

from lea import store
from lea.checkpoint import read_weights, write_weights
from lea.errors import UserError
from lea.files import whole
from lea.provenance import origin
from lea.seals import read_header
from lea.store import damage, numbers_of, read_record, read_table, rows_table, schema, write_table

METRICS = {
    "run": "string",
    "seed": "int32",
    "epoch": "int32",
    "split": "string",
    "part": "string",
    "metric": "string",
    "value": "float64",
}
PIXELS = {"split": "string", "pixels": "fixed_size_binary[6]", "label": "int32"}
RECORD = {"id": "classic-digits-3f2a1c9e", "seed": 3, "origin": "Größe ≥ 1", "list": [1, 2.5, None]}


def metrics(rows: int = 10) -> pa.Table:
    values = random.Random(0)
    return pa.table(
        {
            "run": ["a"] * rows,
            "seed": list(range(rows)),
            "epoch": [1] * rows,
            "split": ["train", "test"] * (rows // 2),
            "part": ["network"] * rows,
            "metric": ["loss"] * rows,
            "value": [values.random() for _ in range(rows)],
        }
    )


@pytest.fixture
def table(tmp_path: Path) -> Path:
    write_table(tmp_path / "metrics.parquet", metrics(), METRICS, RECORD)
    return tmp_path / "metrics.parquet"


def test_a_table_comes_back_with_the_schemas_types_and_its_record(table: Path) -> None:
    found = read_table(table, METRICS)
    assert found.schema.equals(schema(METRICS))
    assert found.to_pylist() == metrics().to_pylist()
    assert read_record(found) == RECORD


def test_a_table_of_pictures_keeps_every_byte(tmp_path: Path) -> None:
    rows = [{"split": "test", "pixels": os.urandom(6), "label": label} for label in range(9000)]
    write_table(tmp_path / "a.parquet", pa.Table.from_pylist(rows, schema(PIXELS)), PIXELS, {})
    found = read_table(tmp_path / "a.parquet", PIXELS)
    assert found.to_pylist() == rows
    assert found.schema.field("pixels").type.byte_width == 6


def test_other_libraries_read_the_file_as_plain_parquet(table: Path) -> None:
    frame = pd.read_parquet(table)
    assert frame["value"].tolist() == metrics()["value"].to_pylist()
    assert pq.read_schema(table).equals(schema(METRICS))
    assert json.loads(pq.read_metadata(table).metadata[b"lea"]) == RECORD


def test_a_tree_of_runs_is_one_table_with_the_paths_columns(tmp_path: Path) -> None:
    for seed in range(3):
        one = metrics(2).set_column(1, "seed", pa.array([seed, seed]))
        write_table(tmp_path / f"run=a/seed={seed}/metrics.parquet", one, METRICS, {})
    (tmp_path / "run=a/seed=0/weights.safetensors").write_bytes(b"no table")
    tree = dataset.dataset(tmp_path, partitioning="hive", exclude_invalid_files=True).to_table()
    assert tree.schema.equals(schema(METRICS))
    assert sorted(tree["seed"].to_pylist()) == [0, 0, 1, 1, 2, 2]


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    contents = set()
    for name in ("a", "b"):
        write_table(tmp_path / name, metrics(), METRICS, dict(reversed(RECORD.items())))
        contents.add((tmp_path / name).read_bytes())
    write_table(tmp_path / "c", metrics(), METRICS, RECORD | {"seed": 4})
    assert len(contents) == 1
    assert (tmp_path / "c").read_bytes() not in contents


def test_every_flipped_bit_is_found(table: Path) -> None:
    content = table.read_bytes()
    assert damage(content) is None
    rng = random.Random(0)
    for place in range(len(content)):
        flipped = bytearray(content)
        flipped[place] ^= 1 << rng.randrange(8)
        assert damage(bytes(flipped)), place


def test_every_truncation_and_every_addition_is_found(table: Path) -> None:
    content = table.read_bytes()
    assert all(damage(content[:length]) for length in range(len(content)))
    assert damage(content + b"\0")
    assert damage(content + content)


def test_two_bytes_that_change_places_are_found(table: Path) -> None:
    content = table.read_bytes()
    rng = random.Random(1)
    for _ in range(300):
        one, other = rng.randrange(len(content)), rng.randrange(len(content))
        swapped = bytearray(content)
        swapped[one], swapped[other] = content[other], content[one]
        assert (damage(bytes(swapped)) is None) == (content[one] == content[other])


DAMAGES = {
    "not a Parquet file: it begins with b'<html>'": lambda content: b"<html>",
    "truncated: 0 bytes, and the end of a Parquet file is missing": lambda content: b"",
    "truncated: 100 bytes, and the end of a Parquet file is missing": lambda content: content[:100],
    "damaged: its content does not match the digest that it was written with": (
        lambda content: content[:50] + bytes([content[50] ^ 1]) + content[51:]
    ),
}


@pytest.mark.parametrize("message", DAMAGES)
def test_damage_is_said_in_words_with_what_to_do(table: Path, message: str) -> None:
    table.write_bytes(DAMAGES[message](table.read_bytes()))
    with pytest.raises(UserError) as caught:
        read_table(table)
    assert str(caught.value) == f"{table}: {message}; delete the file, and the workflow makes it again"


def test_a_table_of_another_project_and_a_missing_one_are_refused(tmp_path: Path) -> None:
    pq.write_table(metrics(), tmp_path / "foreign.parquet")
    with pytest.raises(UserError, match="not one of this project: it carries no digest"):
        read_table(tmp_path / "foreign.parquet")
    with pytest.raises(UserError, match="no such file; expected a table that the workflow makes"):
        read_table(tmp_path / "nowhere.parquet")


def test_other_columns_are_refused_on_reading(table: Path) -> None:
    with pytest.raises(UserError) as caught:
        read_table(table, {"label": "string"} | METRICS)
    names = ", ".join(METRICS)
    told = f"columns {names}; expected label, {names}; made by another version? delete it"
    assert str(caught.value) == f"{table}: {told}"


def test_columns_of_other_types_are_refused_on_reading_with_these_types(table: Path) -> None:
    with pytest.raises(UserError) as caught:
        read_table(table, METRICS | {"seed": "int64", "value": "float32"})
    told = "columns seed (int32), value (double); expected seed (int64), value (float)"
    assert str(caught.value) == f"{table}: {told}; made by another version? delete it"


@pytest.mark.parametrize(
    "columns", [[*METRICS][:-1], [*METRICS][::-1], [*METRICS, "value"]], ids=["fewer", "turned", "twice"]
)
def test_other_columns_are_refused_on_writing(tmp_path: Path, columns: list[str]) -> None:
    with pytest.raises(AssertionError, match="columns"):
        write_table(tmp_path / "a.parquet", metrics().select(columns), METRICS, {})
    assert list(tmp_path.iterdir()) == []


def test_values_that_do_not_fit_are_refused_on_writing(tmp_path: Path) -> None:
    large = metrics().set_column(1, "seed", pa.array([2**40] * 10))
    with pytest.raises(pa.ArrowInvalid):
        write_table(tmp_path / "a.parquet", large, METRICS, {})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
@pytest.mark.parametrize("begun", [True, False])
def test_a_writer_that_fails_leaves_nothing(tmp_path: Path, error: type[BaseException], begun: bool) -> None:
    def write() -> None:
        with whole(tmp_path / "new" / "file") as aside:
            if begun:
                aside.write_bytes(b"half of")
            raise error

    with pytest.raises(error):
        write()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_writer_that_fails_leaves_the_file_that_was_there(
    table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = table.read_bytes()

    def fail(rows: pa.Table, path: Path, **options: object) -> None:
        path.write_bytes(b"half of")
        raise OSError("no space left")

    monkeypatch.setattr(store.pq, "write_table", fail)
    with pytest.raises(OSError, match="no space left"):
        write_table(table, metrics(4), METRICS, {})
    assert table.read_bytes() == before
    assert list(table.parent.iterdir()) == [table]


def test_a_file_is_not_there_before_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with whole(path) as aside:
        aside.write_bytes(b"half of")
        assert not path.exists()
        aside.write_bytes(b"all")
    assert path.read_bytes() == b"all"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_writer_left_does_no_harm(tmp_path: Path) -> None:
    with whole(tmp_path / "file") as aside:
        left = aside.name
        aside.write_bytes(b"all")
    (tmp_path / left).write_bytes(b"left by a writer that was killed")
    with whole(tmp_path / "file") as aside:
        aside.write_bytes(b"new")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"file": b"new"}


TYPES = {
    "string": (pa.string(), ["a", "", "Größe ≥ 1", "\0", "x" * 1000]),
    "int32": (pa.int32(), [0, -1, 2**31 - 1, -(2**31), np.int64(5), np.uint8(7)]),
    "int64": (pa.int64(), [0, -1, 2**63 - 1, -(2**63), np.int32(5)]),
    "float32": (pa.float32(), [0.1, -0.0, 3, 1e-45, float("inf"), np.float32(0.3), np.float64(0.3)]),
    "float64": (pa.float64(), [0.1, -0.0, 3, 5e-324, float("-inf"), np.float32(0.3), np.int16(4)]),
    "bool": (pa.bool_(), [True, False, np.True_, *[True] * 9]),
    "binary": (pa.binary(), [b"", b"\0\xff", os.urandom(1000)]),
    "list<float32>": (
        pa.list_(pa.float32()),
        [np.array([0.1, 2], "float32"), np.array([0.1]), [0.1, 2], [], [3], np.arange(20)[::3]],
    ),
}


def rows_of(name: str, values: list[object]) -> list[dict[str, object]]:
    return [{name: value} for value in values]


@pytest.mark.parametrize("name", TYPES)
def test_a_table_of_rows_is_pyarrows_whatever_is_null(name: str) -> None:
    kind, values = TYPES[name]
    assert schema({"a": name}).field("a").type == kind
    cases = [[], [None], [None] * 20, values, values[::-1], [None, *values], [*values, None, None]]
    cases += [[value, None] * 9 for value in values] + [[value] for value in values]
    for case in cases:
        found = rows_table(rows_of("a", case), {"a": name})
        found.validate(full=True)
        expected = pa.Table.from_pylist(rows_of("a", case), pa.schema({"a": kind}))
        assert found.equals(expected), case
        assert found["a"].null_count == expected["a"].null_count


def test_what_is_no_number_stays_so_and_is_not_null() -> None:
    for name in ("float32", "float64"):
        column = rows_table(rows_of("a", [float("nan"), None]), {"a": name})["a"]
        assert column.null_count == 1
        assert math.isnan(column[0].as_py())


def test_columns_come_in_the_declared_order_and_from_any_iterable(tmp_path: Path) -> None:
    rows = [dict(reversed(row.items())) for row in metrics().to_pylist()]
    found = rows_table(iter(rows), METRICS)
    assert found.equals(pa.Table.from_pylist(rows, schema(METRICS)))
    write_table(tmp_path / "a", found, METRICS, RECORD)
    write_table(tmp_path / "b", metrics(), METRICS, RECORD)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"a": 1}, "row 1 has a; expected exactly a, b"),
        ({"a": 1, "b": 2, "c": 3}, "row 1 has a, b, c; expected exactly a, b"),
        ({}, "row 1 has nothing; expected exactly a, b"),
    ],
)
def test_rows_with_other_columns_are_refused(row: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        rows_table([{"a": 1, "b": 2}, row], {"a": "int32", "b": "int32"})


WRONG: dict[str, list[object]] = {
    "string": [b"a", 1, "\ud800"],
    "int32": [1.0, 1.5, True, "1", 2**31, np.int64(2**40), float("nan")],
    "int64": [2**63, np.uint64(2**63), np.float64(1)],
    "float32": ["0.5", True, b"1"],
    "float64": ["0.5", False, [1.0]],
    "bool": [0, 1, "True"],
    "binary": ["a", 1],
    "list<float32>": [1.0, "12", [None], [[1.0]], [True], ["1"], np.zeros((1, 2)), [1j]],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in WRONG for value in WRONG[name]])
def test_values_that_would_be_changed_to_fit_are_refused(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=rf"column 'a': .*; expected {name}"):
        rows_table(rows_of("a", [None, value]), {"a": name})


def test_a_type_of_which_no_values_are_taken_is_said() -> None:
    with pytest.raises(ValueError, match=r"column 'a': values of this type cannot be taken; expected uint8"):
        rows_table(rows_of("a", [1]), {"a": "uint8"})


@pytest.mark.parametrize("name", ["int32", "int64", "float32", "float64"])
def test_a_column_of_numbers_is_numpys(name: str) -> None:
    column = pa.chunked_array([pa.array(range(7), schema({"a": name}).field(0).type) for _ in range(2)])
    for part in (column, column[3:], column[3:6], column[8:10], column[:0]):
        found = numbers_of(part)
        assert found.dtype == name
        assert found.tolist() == part.to_pylist()
    with pytest.raises(AssertionError, match="null"):
        numbers_of(pa.chunked_array([pa.array([1, None])]))


def test_tables_of_rows_are_made_written_and_read_without_pandas(tmp_path: Path) -> None:
    """Which alone takes longer than all that a short job does with its tables."""
    code = """
import sys
from pathlib import Path
import numpy as np
from lea.store import digest, numbers_of, read_record, read_table, rows_table, write_table
columns = {"s": "string", "i": "int32", "f": "float64", "b": "bool", "y": "binary", "l": "list<float32>"}
row = {"s": "a", "i": 1, "f": 0.5, "b": True, "y": b"1", "l": np.ones(3)}
path = Path(sys.argv[1])
write_table(path, rows_table([row, dict.fromkeys(row), row], columns), columns, {"id": "a"})
table = read_table(path, columns)
assert read_record(table) == {"id": "a"} and digest(table)
assert table.to_pylist()[0] == row | {"l": [1.0] * 3}
assert numbers_of(table[:1]["i"]).tolist() == [1]
print(*sorted({"pandas", "pyarrow.compute"} & {*sys.modules}))
"""
    command = [sys.executable, "-c", code, str(tmp_path / "t")]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "\n"


def test_an_origin_names_versions_and_neither_time_nor_place() -> None:
    found = origin({"seed": 3}, ("numpy", "pyarrow"))
    assert found["seed"] == 3
    assert found["libraries"]["pyarrow"] == pa.__version__
    assert set(found) == {"seed", "lea", "libraries"}
    assert set(found["libraries"]) == {"python", "numpy", "pyarrow"}
    assert found == origin({"seed": 3}, ("numpy", "pyarrow"))


def weights() -> dict[str, torch.Tensor]:
    return {
        "float32": torch.randn(3, 4),
        "bfloat16": torch.randn(5).bfloat16(),
        "float64": torch.randn(2, dtype=torch.float64),
        "counts": torch.arange(4),
        "channels_last": torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last),
        "transposed": torch.randn(3, 7).T,
        "part": torch.randn(10, 10)[2:4, 3:5],
        "scalar": torch.tensor(2.5),
        "parameter": torch.nn.Parameter(torch.randn(2)),
    }


def test_weights_come_back_bit_for_bit(tmp_path: Path) -> None:
    path, tensors = tmp_path / "a" / "weights.safetensors", weights()
    write_weights(path, tensors, RECORD)
    found = read_weights(path, RECORD["id"])
    assert found.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert found[name].dtype == tensor.dtype
        assert torch.equal(found[name], tensor)


def test_the_same_weights_give_the_same_bytes(tmp_path: Path) -> None:
    tensors = weights()
    for name in ("a", "b"):
        write_weights(tmp_path / name, tensors, dict(reversed(RECORD.items())))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_safetensors_alone_reads_weights_and_record(tmp_path: Path) -> None:
    write_weights(tmp_path / "w", weights(), RECORD)
    with safe_open(tmp_path / "w", framework="np") as file:
        assert json.loads(file.metadata()["lea"]) == RECORD
        assert file.get_tensor("counts").tolist() == [0, 1, 2, 3]


def test_weights_of_another_run_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "w"
    write_weights(path, weights(), RECORD)
    with pytest.raises(UserError) as caught:
        read_weights(path, "classic-digits-00000000")
    assert str(caught.value) == (
        f"{path}: found weights of 'classic-digits-3f2a1c9e'; expected 'classic-digits-00000000'; "
        "delete the file, and rerun"
    )


def test_weights_that_layers_share_come_back_in_both(tmp_path: Path) -> None:
    model = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.Linear(3, 3))
    model[1].weight = model[0].weight
    write_weights(tmp_path / "w", model.state_dict(), RECORD)
    found = read_weights(tmp_path / "w", RECORD["id"])
    assert torch.equal(found["0.weight"], model[0].weight)
    assert torch.equal(found["1.weight"], model[0].weight)


def test_truncated_weights_and_missing_ones_are_said_in_words(tmp_path: Path) -> None:
    path = tmp_path / "w"
    write_weights(path, weights(), RECORD)
    content = path.read_bytes()
    for length in (0, 4, 100, len(content) - 1):
        path.write_bytes(content[:length])
        with pytest.raises(UserError, match=str(path)):
            read_weights(path, RECORD["id"])
    with pytest.raises(UserError, match="no such file"):
        read_weights(tmp_path / "nowhere", RECORD["id"])


def test_a_flipped_byte_anywhere_in_weights_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "w"
    write_weights(path, {"a": torch.arange(6.0)}, RECORD)
    content = path.read_bytes()
    for place in range(len(content)):
        for bit in (0, 7):
            broken = bytearray(content)
            broken[place] ^= 1 << bit
            path.write_bytes(broken)
            with pytest.raises(UserError, match=r"delete the file, and the workflow makes it again$"):
                read_weights(path, RECORD["id"])


def test_the_digest_of_weights_is_that_of_all_bytes_with_its_digits_zero(tmp_path: Path) -> None:
    path = tmp_path / "w"
    write_weights(path, weights(), RECORD | {"names": ['"lea.digest":"sha256:', "é"]})
    with safe_open(path, framework="np") as file:
        digits = file.metadata()["lea.digest"].removeprefix("sha256:").encode()
    content = path.read_bytes()
    assert content.count(digits) == 1
    assert hashlib.sha256(content.replace(digits, 64 * b"0")).hexdigest().encode() == digits
    assert read_header(path, "").digest == f"sha256:{digits.decode()}"


@pytest.mark.parametrize(
    ("metadata", "found"),
    [
        (None, "a safetensors file, but not one of this project: it carries no digest"),
        ({"lea": "{}"}, "tensors of an earlier version of this project, or damaged: it carries no digest"),
    ],
)
def test_tensors_without_a_digest_are_refused(
    metadata: dict[str, str] | None, found: str, tmp_path: Path
) -> None:
    path = tmp_path / "w"
    save_file({"a": torch.ones(2)}, path, metadata)
    with pytest.raises(UserError) as caught:
        read_weights(path, RECORD["id"])
    assert str(caught.value) == f"{path}: {found}; delete the file, and the workflow makes it again"
    with pytest.raises(UserError, match="carries no digest"):
        read_header(path, "")


def test_a_writer_of_weights_that_fails_leaves_the_file_that_was_there(tmp_path: Path) -> None:
    path = tmp_path / "w"
    write_weights(path, weights(), RECORD)
    before = path.read_bytes()
    with pytest.raises(TypeError):
        write_weights(path, weights(), {"path": path})
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="threads are counted in /proc, on Linux")
def test_reading_a_table_starts_no_thread_that_could_outlive_the_process(tmp_path: Path) -> None:
    """Arrow's readers may abort a process that ends while they hold its memory (apache/arrow issue 34314)."""
    rows = [{"split": "train", "pixels": bytes(6), "label": label} for label in range(9000)]
    write_table(tmp_path / "t", pa.Table.from_pylist(rows, schema(PIXELS)), PIXELS, {})
    code = (
        "import os, sys; from pathlib import Path; from lea.store import read_table, to_frame\n"
        "before = len(os.listdir('/proc/self/task'))\n"
        "to_frame(read_table(Path(sys.argv[1])))\n"
        "print(len(os.listdir('/proc/self/task')) - before)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "t")]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "0\n"
