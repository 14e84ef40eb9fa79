"""The data stage: a specification in; a Parquet table of pictures and labels out, checked and with its
origin.

Rows are in one fixed random order, training images first, so that a smaller training set is the beginning of
a larger.
"""

import logging
from pathlib import Path

import numpy as np
import pyarrow as pa
from PIL import Image

from lea import registry
from lea.data.images import DataSet, Images, Split
from lea.errors import UserError
from lea.provenance import origin
from lea.store import images_schema, write_table
from lea.study.spec import Dataset, Part, described, parse

log = logging.getLogger(__name__)


def fetch(reader: str, folder: Path) -> None:
    """Download what is missing of a data set's original files."""
    _load(parse(Part, reader)).fetch(folder)


def prepare(spec: str, folder: Path, output: Path) -> None:
    """Make the table of a data set; `folder` holds its original files, if it comes from them."""
    dataset = parse(Dataset, spec)
    part = _load(dataset.reader)
    splits: dict[Split, Images] = {
        "train": _read(part, dataset, "train", dataset.train, folder),
        "test": _read(part, dataset, "test", dataset.test, folder),
    }
    names = part.names(dataset.source)
    for split, images in splits.items():
        _expect(dataset, split, images, names)
    height, width, channels = splits["train"].pixels.shape[1:]
    counts = {split: len(images) for split, images in splits.items()}
    facts = {
        "dataset": described(dataset),
        "shape": [height, width, channels],
        "factors": {factor: len(classes) for factor, classes in names.items()},
        "names": {factor: list(classes) for factor, classes in names.items()},
        "counts": counts,
        "origin": f"{dataset.source} pictures through {registry.resolve('dataset', dataset.reader.name)}",
    }
    if hasattr(part, "best"):
        facts["best"] = part.best(dataset.source, folder, dataset.side)
    schema = images_schema((height, width, channels), list(names))
    write_table(output, _table(splits, schema), schema, origin(facts, ("matplotlib", "numpy", "pillow")))
    log.info("%s: %d images for training, %d for the test", output, counts["train"], counts["test"])


def _load(reader: Part) -> DataSet:
    part: DataSet = registry.load("dataset", reader.name)(**reader.options)
    return part


def _read(part: DataSet, dataset: Dataset, split: Split, count: int | None, folder: Path) -> Images:
    if dataset.source == "embedded":
        assert count is not None, "the reader of the configuration asks for a count"
        return part.embedded(split, count, dataset.side)
    if dataset.source == "folder":
        return part.folder(split, count, dataset.side)
    images = part.original(folder, split, count)
    return Images(resized(images.pixels, dataset.side), images.labels)


def resized(pixels: np.ndarray, side: int) -> np.ndarray:
    """(n, h, w, c) -> (n, side, side, c): each pixel the mean of those that it covers, or bicubic if
    enlarged.
    """
    if pixels.shape[1] == side:
        return pixels
    method = Image.Resampling.BOX if side < pixels.shape[1] else Image.Resampling.BICUBIC
    squeezed = pixels[..., 0] if pixels.shape[-1] == 1 else pixels
    small = [np.asarray(Image.fromarray(one).resize((side, side), method)) for one in squeezed]
    return np.stack(small).reshape(len(pixels), side, side, pixels.shape[-1])


def _expect(dataset: Dataset, split: str, images: Images, names: dict[str, tuple[str, ...]]) -> None:
    """Refuse pictures that are not what was asked for, whoever made them."""
    wanted = dataset.train if split == "train" else dataset.test
    where = f"data set '{dataset.name}', split {split}"
    if len(images) == 0 or (wanted is not None and len(images) != wanted):
        found = f"found {len(images):,} images; expected {wanted or 'some'}"
        raise UserError(f"{where}: {found}; ask for no more than there are")
    shape = images.pixels.shape
    if images.pixels.dtype != np.uint8 or len(shape) != 4 or shape[1:3] != (dataset.side, dataset.side):
        expected = f"expected uint8 (n, {dataset.side}, {dataset.side}, c)"
        raise UserError(f"{where}: found {images.pixels.dtype} {shape}; {expected}")
    for factor, classes in names.items():
        if factor not in images.labels:
            raise UserError(f"{where}: label '{factor}' is missing; found {', '.join(images.labels)}")
        values = images.labels[factor]
        if len(values) != len(images) or values.min() < 0 or values.max() >= len(classes):
            raise UserError(
                f"{where}: label '{factor}' out of range; expected 0 to {len(classes) - 1} for each image"
            )


def _table(splits: dict[Split, Images], schema: pa.Schema) -> pa.Table:
    parts = []
    for split, images in splits.items():
        rows = np.ascontiguousarray(images.pixels).reshape(len(images), -1)
        pixels = pa.FixedSizeBinaryArray.from_buffers(
            schema.field("pixels").type, len(rows), [None, pa.py_buffer(rows)]
        )
        columns = {"split": pa.array([split] * len(rows)), "pixels": pixels}
        parts.append(
            pa.table(columns | {factor: images.labels[factor] for factor in schema.names[2:]}).cast(schema)
        )
    return pa.concat_tables(parts)
