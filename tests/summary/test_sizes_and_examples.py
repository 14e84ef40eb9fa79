"""Oracle: made-up data sets whose counts, labels and pixels are known; a written summary read again."""

import json
from pathlib import Path

import pyarrow as pa
import pytest

from lea.store import EXAMPLES, SIZES, images_schema, read_record, read_table, write_table
from lea.summary import examples, sizes
from lea.summary.job import summarise
from lea.summary.tables import Inputs

NAMES = {"shape": ["square", "ellipse", "heart"], "x": ["left", "right"]}


def pictures(path: Path, name: str, train: int, test: int, shape: tuple[int, int, int] = (2, 3, 1)) -> Path:
    """A data set's table; picture number n has n in all its pixels, the test's after the training's."""
    height, width, channels = shape
    rows = [
        {
            "split": "train" if number < train else "test",
            "pixels": bytes([number]) * (height * width * channels),
            "shape": number % 3,
            "x": number % 2,
        }
        for number in range(train + test)
    ]
    schema = images_schema(shape, list(NAMES))
    record = {
        "dataset": {"name": name, "source": "embedded"},
        "shape": list(shape),
        "factors": {factor: len(classes) for factor, classes in NAMES.items()},
        "names": NAMES,
    }
    write_table(path, pa.Table.from_pylist(rows, schema), schema, record)
    return path


@pytest.fixture
def inputs(tmp_path: Path) -> Inputs:
    paths = [
        pictures(tmp_path / "b.parquet", "b", 7, 5),
        pictures(tmp_path / "a.parquet", "a", 6, 4, shape=(4, 4, 3)),
    ]
    tables = tuple(read_table(path) for path in paths)
    return Inputs(tables=tables, labels={}, datasets={"a": "Data set A", "b": "Data set B (made here)"})


def test_sizes_are_counted_in_the_tables_in_their_order(inputs: Inputs) -> None:
    found = sizes.summarise(inputs)
    assert found.schema.equals(SIZES)
    same = {"source": "embedded", "labels": "shape (3), x (2)"}
    assert found.to_pylist() == [
        {"dataset": "Data set B (made here)", "image": "2x3x1", "train": 7, "test": 5, **same},
        {"dataset": "Data set A", "image": "4x4x3", "train": 6, "test": 4, **same},
    ]


def test_examples_are_the_first_four_test_pictures_with_their_labels_in_words(inputs: Inputs) -> None:
    found = examples.summarise(inputs)
    assert found.schema.equals(EXAMPLES)
    rows = found.to_pylist()
    assert [(row["dataset"], row["row"]) for row in rows] == [
        (title, number) for title in ("Data set B (made here)", "Data set A") for number in range(4)
    ]
    assert [row["pixels"] for row in rows] == [bytes([n]) * 6 for n in range(7, 11)] + [
        bytes([n]) * 48 for n in range(6, 10)
    ]
    assert {(row["height"], row["width"], row["channels"]) for row in rows} == {(2, 3, 1), (4, 4, 3)}
    assert [row["labels"] for row in rows[:4]] == [  # numbers 7 to 10
        "shape ellipse, x right",
        "shape heart, x left",
        "shape square, x right",
        "shape ellipse, x left",
    ]


def test_the_job_writes_the_summary_with_what_was_asked(tmp_path: Path) -> None:
    spec = {"summary": "sizes", "labels": {}, "datasets": {"a": "A", "b": "B"}}
    inputs = [pictures(tmp_path / f"{name}.parquet", name, 3, 2) for name in "ab"]
    for output in ("one.parquet", "two.parquet"):
        summarise(json.dumps(spec), inputs=inputs, output=tmp_path / "summary" / output)
    table = read_table(tmp_path / "summary" / "one.parquet", SIZES)
    assert table["dataset"].to_pylist() == ["A", "B"]
    assert {key: read_record(table)[key] for key in spec} == spec
    contents = [(tmp_path / "summary" / name).read_bytes() for name in ("one.parquet", "two.parquet")]
    assert contents[0] == contents[1]
