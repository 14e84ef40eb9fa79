"""Tables in and out: Parquet files that appear whole or not at all, with their origin and a digest inside.

Every column of every table of the study is declared here, once, and checked on writing and on reading.
The digest stands in the file's own metadata: the SHA-256 of all its bytes with the digest's digits set to
zero. So a flipped byte anywhere is found, and the file stays an ordinary Parquet file for every other reader.
"""

import errno
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from lea.errors import UserError

METRICS = pa.schema(
    {
        "run": pa.string(),
        "seed": pa.int32(),  # as Hive partitioning reads it from the path, so that the two never disagree
        "epoch": pa.int32(),
        "split": pa.string(),
        "part": pa.string(),
        "metric": pa.string(),
        "value": pa.float64(),
    }
)
PICTURES = pa.schema(  # what LEAs do, a map a row
    {
        "run": pa.string(),
        "seed": pa.int32(),
        "epoch": pa.int32(),
        "part": pa.string(),
        "kind": pa.string(),  # input, reconstruction, code, confidence; and the histograms of the first two
        "sample": pa.int32(),  # the row among the test images; null: a whole batch's histogram
        "channel": pa.int32(),
        "low": pa.float32(),  # the range of the input's values, or of a histogram
        "high": pa.float32(),
        "height": pa.int32(),
        "width": pa.int32(),
        "values": pa.list_(pa.float32()),
    }
)
TIMES = pa.schema(
    {
        "run": pa.string(),
        "seed": pa.int32(),
        "epoch": pa.int32(),
        "samples": pa.int64(),
        "seconds": pa.float64(),
        "machine": pa.string(),
        "threads": pa.int32(),
    }
)
PROBES = pa.schema(
    {
        "run": pa.string(),
        "seed": pa.int32(),
        "probe": pa.string(),  # trained, shuffled, linear, untrained
        "layer": pa.string(),
        "place": pa.int32(),  # of the layer; 0 is the input
        "factor": pa.string(),
        "group": pa.string(),  # the class of the run's target; null: all images
        "epoch": pa.int32(),
        "split": pa.string(),
        "metric": pa.string(),
        "value": pa.float64(),
    }
)
ATTACKS = pa.schema(  # an image under an attack a row
    {
        "run": pa.string(),
        "seed": pa.int32(),
        "family": pa.string(),  # gradient, score, decision: what the attack asks of a network
        "protocol": pa.string(),  # source: in foolbox 1.8.0's meaning; corrected; own
        "attack": pa.string(),
        "sample": pa.int32(),  # the row among the test images
        "label": pa.int32(),
        "clean": pa.int32(),  # the network's answer to the image as it is
        "status": pa.string(),  # found, nothing found, failed, error; not attacked
        "success": pa.bool_(),
        "confirmed": pa.bool_(),  # shown what was found, the network errs again; null: no find
        "distance": pa.float64(),  # mean square between images in [0, 1]; null: no find
        "queries": pa.int64(),
        "gradients": pa.int64(),
        "seconds": pa.float64(),  # its share of the batch's
        "margin": pa.float64(),  # nats by which the label leads the other classes together
        "slope": pa.float64(),  # norm of the cross entropy's gradient at the image
        "rises": pa.bool_(),  # along that gradient the margin shrinks
        "message": pa.string(),  # of an error
    }
)
PARAMETERS = pa.schema(
    {
        "autoencoder": pa.string(),
        "coder": pa.string(),
        "input": pa.string(),
        "parameters": pa.int64(),
    }
)
FACTS = {  # what sets the runs of an analysis apart; null: it has no such thing
    "label": pa.string(),
    "run": pa.string(),
    "network": pa.string(),
    "autoencoder": pa.string(),
    "coder": pa.string(),
    "code_length": pa.int32(),
    "window": pa.int32(),
    "samples": pa.int64(),  # null: all of a published data set
    "lea_weight": pa.float64(),
}
OVER_SEEDS = {
    "seeds": pa.int32(),
    "median": pa.float64(),
    "minimum": pa.float64(),
    "maximum": pa.float64(),
    "low": pa.float64(),  # of the interval for the median
    "high": pa.float64(),
}
CURVES = pa.schema(
    {
        **FACTS,
        "part": pa.string(),
        "split": pa.string(),
        "metric": pa.string(),
        "epoch": pa.int32(),
        "seeds": pa.int32(),
        "median": pa.float64(),
        "minimum": pa.float64(),
        "maximum": pa.float64(),
    }
)
ALBUM = pa.schema(
    {
        "label": pa.string(),
        **{field.name: field.type for field in PICTURES if field.name != "run"},
    }
)
COSTS = pa.schema(
    {
        "label": pa.string(),
        "autoencoder": pa.string(),
        "coder": pa.string(),
        "epochs": pa.int32(),
        "samples": pa.int64(),  # in an epoch
        "seeds": pa.int32(),
        "minutes": pa.float64(),  # median over the seeds, of all epochs
        "minimum": pa.float64(),
        "maximum": pa.float64(),
        "milliseconds_a_sample": pa.float64(),
        "machine": pa.string(),
        "threads": pa.int32(),
    }
)
ENDINGS = pa.schema(
    {
        **FACTS,
        "moment": pa.string(),  # end, or the lowest loss of a split
        "part": pa.string(),
        "split": pa.string(),
        "metric": pa.string(),
        **OVER_SEEDS,
    }
)
CONTRASTS = pa.schema(
    {
        **FACTS,
        "baseline": pa.string(),  # the label of the run that it is compared with
        "part": pa.string(),
        "split": pa.string(),
        "metric": pa.string(),
        "difference": pa.float64(),  # of the medians
        "low": pa.float64(),
        "high": pa.float64(),
    }
)
ROBUSTNESS = pa.schema(
    {
        **FACTS,
        "accuracy": pa.float64(),  # of the whole test set, after training; median over the seeds
        "learnt": pa.bool_(),  # better than the commonest label, beyond chance
        "family": pa.string(),
        "protocol": pa.string(),
        "attack": pa.string(),
        "metric": pa.string(),
        **OVER_SEEDS,
        "baseline": pa.string(),  # the label of the run without LEAs; null: it is that run, or there is none
        "baseline_learnt": pa.bool_(),
        "difference": pa.float64(),  # of the medians
        "difference_low": pa.float64(),
        "difference_high": pa.float64(),
        "relative": pa.float64(),  # the difference over the runs' root mean square difference
    }
)
RELIABILITY = pa.schema(
    {
        **FACTS,
        "accuracy": pa.float64(),
        "learnt": pa.bool_(),
        "protocol": pa.string(),  # whose gradient attacks; null: it is of the network alone
        "metric": pa.string(),
        **OVER_SEEDS,
        "limit": pa.float64(),  # a share above it says that the gradient is masked; null: it says nothing
        "flagged": pa.bool_(),
    }
)
READINGS = pa.schema(
    {
        **FACTS,
        "probe": pa.string(),
        "layer": pa.string(),
        "place": pa.int32(),
        "factor": pa.string(),
        "group": pa.string(),
        "metric": pa.string(),
        **OVER_SEEDS,
        "chance": pa.float64(),  # 1 over the factor's classes
        "best": pa.float64(),  # the accuracy that no reading can exceed; null: not known
    }
)
BALANCE = pa.schema(
    {
        "dataset": pa.string(),
        "target": pa.string(),
        "split": pa.string(),
        "samples": pa.int64(),
        "class": pa.string(),
        "count": pa.int64(),
        "share": pa.float64(),
    }
)
EXAMPLES = pa.schema(
    {
        "dataset": pa.string(),
        "row": pa.int32(),
        "labels": pa.string(),
        "height": pa.int32(),
        "width": pa.int32(),
        "channels": pa.int32(),
        "pixels": pa.binary(),
    }
)
SIZES = pa.schema(
    {
        "dataset": pa.string(),
        "source": pa.string(),
        "image": pa.string(),
        "train": pa.int64(),
        "test": pa.int64(),
        "labels": pa.string(),
    }
)


def images_schema(shape: tuple[int, int, int], factors: list[str]) -> pa.Schema:
    """The table of a data set: a row an image, its pixels as height x width x channels bytes."""
    height, width, channels = shape
    columns = {"split": pa.string(), "pixels": pa.binary(height * width * channels)}
    return pa.schema(columns | {factor: pa.int32() for factor in factors})


ZEROS = b"sha256:" + 64 * b"0"
MARK = len(b"sha256:")
UNWRITABLE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO}


def aside_of(path: Path) -> Path:
    """Where a file is written before it is whole."""
    return path.with_name(f".{path.name}.partial")


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Say in words that a file cannot be written."""
    try:
        yield
    except OSError as error:
        if error.errno not in UNWRITABLE:
            raise
        problem = f"cannot be written: {error.strerror}"
        raise UserError(f"{path}: {problem}; make room, or let it be written to, and rerun") from error


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A path to write to, beside `path`; renamed to it when all went well, removed when not."""
    aside = aside_of(path)
    try:
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            yield aside
            with aside.open("rb+") as file:
                os.fsync(file.fileno())
            aside.replace(path)
    finally:
        with suppress(OSError):
            aside.unlink(missing_ok=True)


def write_table(path: Path, table: pa.Table, schema: pa.Schema, record: Mapping[str, Any]) -> None:
    """Write a table that has exactly the schema's columns, with `record` (its origin) in the metadata."""
    assert table.column_names == schema.names, f"{path}: columns {table.column_names}, not {schema.names}"
    metadata = {"lea": json.dumps(record, sort_keys=True), "lea.digest": ZEROS}
    table = table.cast(schema).replace_schema_metadata(metadata)
    with whole(path) as aside:
        pq.write_table(table, aside, compression="zstd", row_group_size=4096)
        content = bytearray(aside.read_bytes())
        start = content.rfind(ZEROS) + MARK
        content[start : start + 64] = hashlib.sha256(content).hexdigest().encode()
        aside.write_bytes(content)


def read_table(path: Path, schema: pa.Schema | None = None) -> pa.Table:
    """Read a table of ours whose digest and columns are right; say in words what is wrong with another."""
    try:
        content = pa.OSFile(str(path)).read_buffer()
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file; expected a table that the workflow makes; run it") from error
    problem = damage(bytes(content))
    if problem:
        raise UserError(f"{path}: {problem}; delete the file, and the workflow makes it again")
    # On this thread alone, from Arrow's own memory: a reading thread that still holds Python's memory when
    # the process ends aborts it now and then ("terminate called without ...", apache/arrow issue 34314).
    table = pq.ParquetFile(pa.BufferReader(content), pre_buffer=False).read(use_threads=False)
    if schema is not None and not table.schema.equals(schema):
        found, wanted = ", ".join(table.schema.names), ", ".join(schema.names)
        raise UserError(f"{path}: columns {found}; expected {wanted}; made by another version? delete it")
    return table


def to_frame(table: pa.Table) -> pd.DataFrame:
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
    digest = content[start : start + 64]
    pieces = memoryview(content)  # without a copy of what may be hundreds of megabytes
    blank = hashlib.sha256(pieces[:start])
    blank.update(64 * b"0")
    blank.update(pieces[start + 64 :])
    if blank.hexdigest().encode() != digest:
        return "damaged: its content does not match the digest that it was written with"
    return None
