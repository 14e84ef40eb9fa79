"""The table of a data set: a row a sample, its split, its values as bytes in storage order, its labels.

The table's record says what the bytes mean: `shape` of a sample, `dtype`, and `range`, the values that are
seen as 0 and 1 (null: they are seen as they are).
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from lea.data.arrays import Arrays, Split
from lea.store import numbers_of, read_record, schema

VALUES = "values"  # the column
SPLITS: tuple[Split, ...] = ("train", "test")


def columns_of(shape: Sequence[int], dtype: str, factors: Iterable[str]) -> dict[str, str]:
    """The columns of the table of such samples."""
    width = np.dtype(dtype).itemsize * math.prod(shape)
    columns = {"split": "string", VALUES: f"fixed_size_binary[{width}]"}
    return columns | dict.fromkeys(factors, "int32")


def table_of(splits: Mapping[Split, Arrays], factors: Sequence[str]) -> pa.Table:
    """Samples of both splits as a table, which says nothing about them yet."""
    parts = []
    for split, arrays in splits.items():
        wanted = schema(columns_of(arrays.values.shape[1:], arrays.values.dtype.str, factors))
        content = pa.py_buffer(np.ascontiguousarray(arrays.values).reshape(-1))
        values = pa.FixedSizeBinaryArray.from_buffers(wanted.field(VALUES).type, len(arrays), [None, content])
        columns = {"split": pa.array([split] * len(arrays), pa.string()), VALUES: values}
        labels = {factor: pa.array(arrays.labels[factor]).cast(pa.int32()) for factor in factors}
        parts.append(pa.table(columns | labels, wanted))
    return pa.concat_tables(parts)


def values_of(table: pa.Table) -> np.ndarray:
    """(n, ...): the samples of a table of ours, or of some of its rows; they cannot be written to."""
    record = read_record(table)
    dtype, shape = np.dtype(record["dtype"]), record["shape"]
    column = table[VALUES].combine_chunks()
    if not len(column):
        return np.zeros((0, *shape), dtype)
    length = math.prod(shape)
    start = column.offset * length * dtype.itemsize
    found = np.frombuffer(column.buffers()[1], dtype, len(column) * length, start)
    return found.reshape(len(column), *shape)


def rows_of(table: pa.Table, split: Split) -> np.ndarray:
    """The numbers of a split's rows, in their order."""
    # Not by Arrow's functions, which are wrapped one by one when the first is called.
    return np.flatnonzero(np.array(table["split"].to_pylist()) == split)


def labels_of(table: pa.Table, factor: str) -> np.ndarray:
    """(n,): the class of each row."""
    return numbers_of(table[factor]).astype(np.int64)


def wrong_values(values: np.ndarray, limits: Sequence[float] | None) -> str | None:
    """Which values are none that a record allows, in words: beyond its range, or no numbers."""
    if not values.size:
        return None
    low, high = limits or (-math.inf, math.inf)
    least, most = values.min().item(), values.max().item()
    if math.isfinite(least) and math.isfinite(most) and low <= least and most <= high:
        return None
    expected = f"{low} to {high}" if limits else "finite numbers"
    return f"values from {least} to {most}; expected {expected}"


def described_samples(record: Mapping[str, Any]) -> str:
    """What a table's samples are, in words."""
    shape = "x".join(str(length) for length in record["shape"])
    kind = "pictures" if len(record["shape"]) == 3 else "points"
    return f"{kind} of {shape}" + ("" if record["dtype"] == "uint8" else f" {record['dtype']}")
