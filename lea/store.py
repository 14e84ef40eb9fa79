"""Tables in and out: Parquet files with their origin and a digest inside.

Who makes a table declares its columns; they are checked on writing and on reading. The digest
(`lea/seals.py`) stands in the file's own metadata.

Every job comes through here, so nothing here imports pandas but `to_frame`. Arrow itself does to take values
from Python or numpy, and to give them to numpy; therefore arrays are put together, and read, as buffers.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lea.errors import UserError
from lea.files import whole
from lea.seals import AGAIN, DIGITS, MARK, UNLIKE, ZEROS, digits_of, is_sealed

if TYPE_CHECKING:
    import pandas as pd

Columns = Mapping[str, str]  # name -> Arrow's name of its type: float32, list<float32>, fixed_size_binary[3]

INTEGER, NUMBER = (int, np.integer), (int, float, np.integer, np.floating)
NUMBERS: dict[str, tuple[type, ...]] = {
    "int32": INTEGER,
    "int64": INTEGER,
    "float32": NUMBER,
    "float64": NUMBER,
}
TAKEN = NUMBERS | {"bool": (bool, np.bool_), "string": (str,), "binary": (bytes,)}  # besides None


def schema(columns: Columns) -> pa.Schema:
    """The columns as Arrow knows them."""
    return pa.schema({name: _type(text) for name, text in columns.items()})


def _type(text: str) -> pa.DataType:
    if text.startswith("list<"):
        return pa.list_(_type(_inner(text)))
    if text.startswith("fixed_size_binary["):
        return pa.binary(int(_inner(text)))
    return pa.type_for_alias(text)


def _inner(text: str) -> str:
    return text.replace("[", "<").partition("<")[2][:-1]


def rows_table(rows: Iterable[Mapping[str, object]], columns: Columns) -> pa.Table:
    """A table of rows, of which each has a value for every column, or None."""
    rows = list(rows)
    for number, row in enumerate(rows):
        if row.keys() != columns.keys():
            found = f"row {number} has {', '.join(row) or 'nothing'}"
            raise ValueError(f"{found}; expected exactly {', '.join(columns)}")
    arrays = []
    for name, text in columns.items():
        try:
            arrays.append(_array([row[name] for row in rows], text))
        except (TypeError, ValueError, OverflowError) as error:
            raise ValueError(f"column '{name}': {error}; expected {text}") from error
    return pa.Table.from_arrays(arrays, schema=schema(columns))


def _array(values: Sequence[Any], text: str) -> pa.Array:
    """Values, or None, as an array of a type."""
    count, given = len(values), [value for value in values if value is not None]
    buffers = [None if len(given) == count else _bits([value is not None for value in values])]
    children = None
    if text.startswith("list<"):
        children = [_joined(given, _inner(text))]
        buffers.append(_ends(values))
    else:
        _expect(given, text)
        buffers += _content(values, text)
    return pa.Array.from_buffers(_type(text), count, buffers, children=children)


def _content(values: Sequence[Any], text: str) -> list[pa.Buffer]:
    """What stands in an array's memory, behind which of its values are given."""
    if text == "bool":
        return [_bits([bool(value) for value in values])]
    if text in NUMBERS:
        return [pa.py_buffer(np.array([0 if value is None else value for value in values], text))]
    pieces = [value.encode() if isinstance(value, str) else value or b"" for value in values]
    return [_ends(pieces), pa.py_buffer(b"".join(pieces))]


def _expect(values: Sequence[Any], text: str) -> None:
    """Refuse what would be changed to fit, as 1.5 to an integer."""
    if text not in TAKEN:
        raise TypeError("values of this type cannot be taken")
    kinds = set(map(type, values))
    wrong = {kind for kind in kinds if not issubclass(kind, TAKEN[text]) or (kind is bool and text != "bool")}
    if wrong:
        value = next(value for value in values if type(value) in wrong)
        raise TypeError(f"found {value!r} ({type(value).__name__})")


def _joined(lists: Sequence[Any], text: str) -> pa.Array:
    """The numbers of many lists, one behind the other."""
    parts = [np.asarray(one) for one in lists]
    for part in parts:
        if part.ndim != 1 or part.dtype.kind not in "iuf":
            raise TypeError(f"found {part.dtype} of shape {part.shape} among lists of numbers")
    joined = np.concatenate([np.empty(0, text), *parts], dtype=text, casting="same_kind")
    return pa.Array.from_buffers(_type(text), len(joined), [None, pa.py_buffer(joined)])


def _bits(values: Sequence[bool]) -> pa.Buffer:
    return pa.py_buffer(np.packbits(np.array(values, bool), bitorder="little"))


def _ends(pieces: Sequence[Any]) -> pa.Buffer:
    """Where each piece of many in a row ends, after where the first begins."""
    ends = np.cumsum([0, *(0 if piece is None else len(piece) for piece in pieces)])
    if ends[-1] > np.iinfo(np.int32).max:
        raise OverflowError(f"found {ends[-1]:,} values or bytes together, which 32 bits cannot count")
    return pa.py_buffer(ends.astype(np.int32))


def numbers_of(column: pa.ChunkedArray) -> np.ndarray:
    """A column of integers or floats, none of them null; it cannot be written to."""
    assert column.null_count == 0, "a null is no number"
    array = column.combine_chunks()
    kind = np.dtype({"float": "float32", "double": "float64"}.get(str(array.type), str(array.type)))
    buffer = array.buffers()[1]
    return np.frombuffer(buffer if len(array) else b"", kind, len(array), array.offset * kind.itemsize)


def write_table(path: Path, table: pa.Table, columns: Columns, record: Mapping[str, Any]) -> None:
    """Write a table that has exactly these columns, with `record` (its origin) in the metadata."""
    wanted = schema(columns)
    assert table.column_names == wanted.names, f"{path}: columns {table.column_names}, not {wanted.names}"
    metadata = {"lea": json.dumps(record, sort_keys=True), "lea.digest": ZEROS}
    if not table.schema.equals(wanted):
        table = table.cast(wanted)
    table = table.replace_schema_metadata(metadata)
    with whole(path) as aside:
        pq.write_table(table, aside, compression="zstd", row_group_size=4096)
        content = bytearray(aside.read_bytes())
        start = content.rfind(ZEROS) + MARK
        content[start : start + DIGITS] = digits_of((content,))
        aside.write_bytes(content)


def read_table(path: Path, columns: Columns | None = None) -> pa.Table:
    """Read a table of ours whose digest and columns are right; say in words what is wrong with another."""
    try:
        content = pa.OSFile(str(path)).read_buffer()
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file; expected a table that the workflow makes; run it") from error
    problem = damage(bytes(content))
    if problem:
        raise UserError(f"{path}: {problem}; {AGAIN}")
    # On this thread alone, from Arrow's own memory: a reading thread that still holds Python's memory when
    # the process ends aborts it now and then ("terminate called without ...", apache/arrow issue 34314).
    table = pq.ParquetFile(pa.BufferReader(content), pre_buffer=False).read(use_threads=False)
    if columns is not None and not table.schema.equals(schema(columns)):
        found, wanted = _told(table.schema, schema(columns))
        raise UserError(f"{path}: columns {found}; expected {wanted}; made by another version? delete it")
    return table


def _told(found: pa.Schema, wanted: pa.Schema) -> tuple[str, str]:
    """Two schemas in words: their names; or if these are the same, the columns of different types."""
    if found.names != wanted.names:
        return ", ".join(found.names), ", ".join(wanted.names)
    other = [name for name in found.names if found.field(name) != wanted.field(name)]
    one, two = (", ".join(f"{name} ({side.field(name).type})" for name in other) for side in (found, wanted))
    return one, two


def to_frame(table: pa.Table) -> "pd.DataFrame":
    """A table of ours for pandas, on this thread alone."""
    return table.to_pandas(use_threads=False)


def read_record(table: pa.Table) -> dict[str, Any]:
    """The origin that a table of ours carries."""
    record: dict[str, Any] = json.loads(table.schema.metadata[b"lea"])
    return record


def digest(table: pa.Table) -> str:
    """What a table of ours was written with: another in each other content."""
    found: bytes = table.schema.metadata[b"lea.digest"]
    return found.decode()


def damage(content: bytes) -> str | None:
    """What is wrong with the bytes of a table of ours, in words; None if nothing is."""
    if content[:4] != b"PAR1"[: len(content)]:
        return f"not a Parquet file: it begins with {content[:12]!r}"
    if len(content) < 12 or content[-4:] != b"PAR1":
        return f"truncated: {len(content)} bytes, and the end of a Parquet file is missing"
    start = content.rfind(b"sha256:") + MARK
    if start < MARK:
        return "a Parquet file, but not one of this project: it carries no digest"
    return None if is_sealed(content, start) else UNLIKE
