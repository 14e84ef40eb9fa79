"""The data stage: a specification in; a Parquet table of samples and labels out, checked and with its origin.

Rows are in one fixed random order, training samples first, so that a smaller training set is the beginning of
a larger.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
from PIL import Image

from lea import registry
from lea.blame import blaming, called, gave, wrong
from lea.data.arrays import Arrays, DataSet, Limits, Pieces, Split
from lea.data.pieces import write_pieces
from lea.data.tables import SPLITS, columns_of, table_of, wrong_values
from lea.errors import UserError
from lea.provenance import origin
from lea.store import write_table
from lea.study import pictures
from lea.study.parts import parts_in
from lea.study.spec import Dataset, Part, described, parse

log = logging.getLogger(__name__)
BYTES = "uint8"
LIBRARIES = ("matplotlib", "numpy", "pillow")


def fetch(kind: str, spec: str, folder: Path) -> None:
    """Download what is missing of the published files that a part reads."""
    part = parse(Part, spec)
    with blaming(lambda: [(kind, part.name)]):
        (_load(part) if kind == "dataset" else registry.load(kind, part.name)).fetch(folder)


def prepare(spec: str, folder: Path, output: Path) -> None:
    """Make the table of a data set; `folder` holds its original files, if it comes from them."""
    dataset = parse(Dataset, spec)
    with blaming(lambda: [(kind, one.name) for kind, one in parts_in("dataset", dataset.reader)]):
        _prepare(dataset, folder, output)


def _prepare(dataset: Dataset, folder: Path, output: Path) -> None:
    part = _load(dataset.reader)
    splits = {split: _read(part, dataset, split, folder) for split in SPLITS}
    names = part.names(dataset.source)
    shape, dtype, limits = _shape(splits["train"]), _dtype(part), _limits(part)
    for split, samples in splits.items():
        _expect_count(part, dataset, split, samples)
        if isinstance(samples, Arrays):
            _expect(part, dataset, split, samples, names)
    if _shape(splits["test"]) != shape:
        found = f"samples of {shape} for training and of {_shape(splits['test'])} for the test"
        raise UserError(f"data set '{dataset.name}': {found}; expected one shape; mend the reader")
    counts = {split: len(samples) for split, samples in splits.items()}
    facts = {
        "dataset": described(dataset),
        "shape": list(shape),
        "dtype": dtype,
        "range": limits and list(limits),
        "factors": {factor: len(classes) for factor, classes in names.items()},
        "names": {factor: list(classes) for factor, classes in names.items()},
        "counts": counts,
        "origin": f"{dataset.source} samples through {registry.resolve('dataset', dataset.reader.name)}",
    }
    if hasattr(part, "best"):
        facts["best"] = part.best(dataset.source, folder, dataset.side)
    if hasattr(part, "facts"):
        facts["about"] = part.facts(dataset.source, folder, dataset.side)
    columns, record = columns_of(shape, dtype, names), origin(facts, LIBRARIES)
    held = {split: samples for split, samples in splits.items() if isinstance(samples, Arrays)}
    if len(held) == len(splits):
        write_table(output, table_of(held, list(names)), columns, record)
    else:
        write_pieces(output, _tables(part, dataset, splits, names), columns, record)
    log.info("%s: %d samples for training, %d for the test", output, counts["train"], counts["test"])


def _shape(samples: Arrays | Pieces) -> tuple[int, ...]:
    """Of a sample."""
    return samples.values.shape[1:] if isinstance(samples, Arrays) else samples.shape


def _tables(
    part: DataSet,
    dataset: Dataset,
    splits: Mapping[Split, Arrays | Pieces],
    names: Mapping[str, Sequence[str]],
) -> Iterator[pa.Table]:
    """All samples, some at a time, each looked at as it comes."""
    for split, samples in splits.items():
        for arrays in (samples,) if isinstance(samples, Arrays) else samples.pieces:
            _expect(part, dataset, split, arrays, names)
            yield table_of({split: arrays}, list(names))


def remember(spec: str, table: Path) -> None:
    """Note what the files were of which a table was made, if they are a user's own: planning goes by it. It
    changes no table, and no table is made again when this is edited.
    """
    dataset = parse(Dataset, spec)
    if dataset.source == "folder":
        pictures.remember(pictures.list_folder(dataset), table)


def _load(reader: Part) -> DataSet:
    """A reader, made with its options; one that stands around another is given what makes that."""
    options = {
        key: partial(_load, one) if isinstance(one, Part) else one for key, one in reader.options.items()
    }
    part: DataSet = registry.load("dataset", reader.name)(**options)
    return part


def _dtype(part: DataSet) -> str:
    """What values are declared as."""
    return np.dtype(getattr(part, "DTYPE", BYTES)).name


def _limits(part: DataSet) -> Limits | None:
    """The least and the greatest value; None: they can be anything."""
    found: Limits | None = getattr(part, "RANGE", (0, 255) if _dtype(part) == BYTES else None)
    return found


def _wanted(part: DataSet, dataset: Dataset, split: Split) -> int | None:
    count = dataset.train if split == "train" else dataset.test
    return count if getattr(part, "ROWS", True) else count or 0


def _read(part: DataSet, dataset: Dataset, split: Split, folder: Path) -> Arrays | Pieces:
    count, side = _wanted(part, dataset, split), dataset.side
    if dataset.source == "embedded":
        whole = getattr(part, "WHOLE", False)
        assert count is not None or whole, "the reader of the configuration asks for a count"
        return _arrays(part, dataset, part.embedded(split, count, side))
    if dataset.source == "folder":
        return _arrays(part, dataset, part.folder(split, count, side))
    if getattr(part, "TILED", False):
        assert side is not None, "the reader of the configuration asks for a side"
        made = part.original(folder, split, count, side)
        return made if isinstance(made, Pieces) else _arrays(part, dataset, made)
    arrays = _arrays(part, dataset, part.original(folder, split, count))
    return arrays if side is None else Arrays(resized(arrays.values, side), arrays.labels)


def _arrays(part: DataSet, dataset: Dataset, made: object) -> Arrays:
    if not isinstance(made, Arrays):
        whose = called("dataset", part, dataset.source, dataset.reader.name)
        raise wrong(whose, f"`{dataset.source}` {gave(made)}", "lea.data.arrays.Arrays")
    return made


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


def _expect_count(part: DataSet, dataset: Dataset, split: Split, samples: Arrays | Pieces) -> None:
    """Refuse another number of samples than was asked for; of all there are, none."""
    wanted = _wanted(part, dataset, split)
    some = len(samples) > 0 or getattr(part, "WHOLE", False)
    if not (some if wanted is None else len(samples) == wanted):
        found = f"found {len(samples):,} samples; expected {'some' if wanted is None else wanted}"
        raise UserError(f"{_where(dataset, split)}: {found}; ask for no more than there are")


def _where(dataset: Dataset, split: Split) -> str:
    return f"data set '{dataset.name}', split {split}"


def _expect(
    part: DataSet, dataset: Dataset, split: Split, arrays: Arrays, names: Mapping[str, Sequence[str]]
) -> None:
    """Refuse samples that are not what was asked for, whoever made them."""
    problem = next(_problems(part, dataset, arrays, names), None)
    if problem:
        raise UserError(f"{_where(dataset, split)}: {problem}")


def _problems(
    part: DataSet, dataset: Dataset, arrays: Arrays, names: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    dtype, shape = _dtype(part), arrays.values.shape[1:]
    if arrays.values.dtype != np.dtype(dtype) or not _fits(part, dataset, shape):
        side = dataset.side
        lengths = getattr(part, "SHAPE", None) or ("...",) if side is None else (side, side, "c")
        expected = f"expected {dtype} (n, {', '.join(map(str, lengths))})"
        yield f"found {arrays.values.dtype} {arrays.values.shape}; {expected}"
    elif wrong := wrong_values(arrays.values, _limits(part)):
        yield f"found {wrong}"
    for factor, classes in names.items():
        if factor not in arrays.labels:
            yield f"label '{factor}' is missing; found {', '.join(arrays.labels) or 'none'}"
        elif _astray(arrays.labels[factor], len(arrays), len(classes)):
            yield f"label '{factor}' out of range; expected 0 to {len(classes) - 1} for each sample"


def _fits(part: DataSet, dataset: Dataset, shape: tuple[int, ...]) -> bool:
    """Whether a sample has the side that is asked for, or the shape that is declared if there is none."""
    if dataset.side is not None:
        return len(shape) == 3 and shape[:2] == (dataset.side, dataset.side)
    declared = getattr(part, "SHAPE", None)
    return len(shape) > 0 and (declared is None or shape == tuple(declared))


def _astray(labels: np.ndarray, count: int, classes: int) -> bool:
    return len(labels) != count or bool(count and (labels.min() < 0 or labels.max() >= classes))
