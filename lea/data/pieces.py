"""A table that is larger than the memory: written some samples at a time, the digest last."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from lea.files import whole
from lea.seals import MARK, ZEROS, digits_of
from lea.store import Columns, schema

CHUNK = 2**22  # bytes that are read at once
END = 8  # the last bytes of a Parquet file: the length of its footer in four, and how it begins again


def write_pieces(path: Path, pieces: Iterable[pa.Table], columns: Columns, record: Mapping[str, Any]) -> None:
    """What `lea.store.write_table` does, of tables one behind the other, of which one is held at a time."""
    metadata = {"lea": json.dumps(record, sort_keys=True), "lea.digest": ZEROS}
    with whole(path) as aside:
        with pq.ParquetWriter(aside, schema(columns).with_metadata(metadata), compression="zstd") as writer:
            for piece in pieces:
                writer.write_table(piece.replace_schema_metadata(metadata))
        with aside.open("rb+") as file:
            digits = digits_of(_chunks(file))
            file.seek(_place(file))
            file.write(digits)


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk


def _place(file: BinaryIO) -> int:
    """Where the digest's digits stand: in the footer, as the last of the kind."""
    size = file.seek(-END, 2)
    footer = int.from_bytes(file.read(END)[:4], "little")
    start = file.seek(size - footer)
    return start + file.read(footer).rfind(ZEROS) + MARK
