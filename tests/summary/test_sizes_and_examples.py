"""Oracle: made-up data sets whose counts, labels and pixels are known."""

import numpy as np
import pyarrow as pa
import pytest

from lea.data.tables import columns_of
from lea.errors import UserError
from lea.store import schema
from lea.summary import examples, sizes
from lea.summary.tables import Inputs
from tests.summary.made import recorded, rows_of

NAMES = {"shape": ["square", "ellipse", "heart"], "x": ["left", "right"]}


def samples(
    name: str,
    train: int,
    test: int,
    shape: tuple[int, ...] = (2, 3, 1),
    dtype: str = "uint8",
    limits: tuple[float, float] | None = (0, 255),
) -> pa.Table:
    """A data set's table; sample number n has n in all its values, the test's after the training's."""
    rows = [
        {
            "split": "train" if number < train else "test",
            "values": np.full(shape, number, dtype).tobytes(),
            "shape": number % 3,
            "x": number % 2,
        }
        for number in range(train + test)
    ]
    table = pa.Table.from_pylist(rows, schema(columns_of(shape, dtype, NAMES)))
    record = {
        "dataset": {"name": name, "source": "embedded"},
        "shape": list(shape),
        "dtype": dtype,
        "range": limits,
        "factors": {factor: len(classes) for factor, classes in NAMES.items()},
        "names": NAMES,
    }
    return recorded(table, record)


def inputs_of(*tables: pa.Table) -> Inputs:
    titles = {"a": "Data set A", "b": "Data set B (made here)"}
    return Inputs(tables={"data": tables}, labels={}, datasets=titles)


@pytest.fixture
def inputs() -> Inputs:
    return inputs_of(samples("b", 7, 5), samples("a", 6, 4, shape=(4, 4, 3)))


def test_sizes_are_counted_in_the_tables_in_their_order(inputs: Inputs) -> None:
    same = {"source": "embedded", "labels": "shape (3), x (2)"}
    assert rows_of(sizes, inputs) == [
        {"dataset": "Data set B (made here)", "image": "2x3x1", "train": 7, "test": 5, **same},
        {"dataset": "Data set A", "image": "4x4x3", "train": 6, "test": 4, **same},
    ]


def test_the_size_of_a_data_set_without_rows_is_its_shape() -> None:
    (row,) = rows_of(sizes, inputs_of(samples("a", 0, 0, shape=(17,), dtype="float32", limits=None)))
    assert [row[name] for name in ("image", "train", "test")] == ["17", 0, 0]


def test_examples_are_the_first_four_test_pictures_with_their_labels_in_words(inputs: Inputs) -> None:
    rows = rows_of(examples, inputs)
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


@pytest.mark.parametrize(("each", "counts"), [(1, [1, 1]), (4, [4, 4]), (5, [5, 4]), (9, [5, 4])])
def test_a_configuration_says_how_many_examples_each_data_set_has(
    inputs: Inputs, each: int, counts: list[int]
) -> None:
    rows = rows_of(examples, inputs, each=each)
    assert [row["row"] for row in rows] == [number for count in counts for number in range(count)]


def test_all_bytes_are_pixels_as_they_are() -> None:
    rows = rows_of(examples, inputs_of(samples("a", 0, 256, shape=(1, 1, 1))), each=100)
    assert [row["pixels"] for row in rows] == [bytes([number]) for number in range(100)]
    assert [examples._bytes(np.uint8(number), (0, 255)) for number in range(256)] == [
        bytes([number]) for number in range(256)
    ]


@pytest.mark.parametrize(
    ("limits", "pixels"),
    [((0, 3), [0, 85, 170, 255]), ((-1, 5), [42, 85, 128, 170]), (None, [0, 255, 255, 255])],
)
def test_pictures_of_other_numbers_are_grey_from_the_least_to_the_greatest_that_can_be(
    limits: tuple[float, float] | None, pixels: list[int]
) -> None:
    rows = rows_of(examples, inputs_of(samples("a", 0, 4, (1, 1, 1), "float32", limits)))
    assert [list(row["pixels"]) for row in rows] == [[pixel] for pixel in pixels]  # type: ignore[arg-type]


def test_points_are_no_pictures() -> None:
    with pytest.raises(UserError, match=r"^data set 'a' has points of 5 float32; expected pictures"):
        rows_of(examples, inputs_of(samples("a", 1, 1, (5,), "float32", None)))
