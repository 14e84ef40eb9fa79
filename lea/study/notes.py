"""What stands on every figure: which data, from where, how much of it, at which scale, how many seeds."""

from collections.abc import Iterable

from lea import registry
from lea.study.spec import Data, Dataset
from lea.study.study import Analysis, Study


def note(study: Study, analysis: Analysis) -> str:
    """The line below a figure."""
    datasets = "; ".join(_described(dataset) for dataset in analysis.datasets)
    learnt_from = [run.data for run in analysis.runs.values() if run.fit.epochs]
    fresh, fixed = ([one for one in learnt_from if one.split == split] for split in ("fresh", "fixed"))
    first = _counts(data.samples for data in fixed if not _all(data))
    drawn = _counts(data.samples for data in fresh)
    words = [f"the first {first}"] * bool(first) + [f"{drawn} drawn for each seed"] * bool(drawn)
    most = ["all"] * any(_all(data) for data in fixed)
    samples = f" Trained on {' or '.join([*words, *most])} of them." if words else ""
    kept = _counts(data.held_out for data in learnt_from)
    samples += f" Held out of training: {kept}." if kept else ""
    seeds = f" {analysis.seeds} seed{'s' * (analysis.seeds != 1)}." if analysis.runs else ""
    changed = " Changed by --config." if analysis.changes else ""
    data = f"Data: {datasets}.{samples} " if datasets else ""
    return f"{data}Scale: {study.scale}.{seeds}{changed}"


def _counts(counts: Iterable[int | None]) -> str:
    return _listed([f"{count:,}" for count in sorted({one for one in counts if one})])


def title(dataset: Dataset) -> str:
    """What figures call a data set; one made here is never called as the published one alone."""
    published: str = registry.constant("dataset", dataset.origin.name, "TITLE", dataset.origin.name)
    name = published if dataset.name == dataset.reader.name else f"{dataset.name}: {published}"
    made: str = registry.constant("dataset", dataset.origin.name, "EMBEDDED", "made here")
    return f"{name} ({made})" if dataset.source == "embedded" else name


def _all(data: Data) -> bool:
    """Whether a run learns from all that is not held out."""
    there = data.table.train
    return data.samples is None or (there is not None and data.samples + (data.held_out or 0) == there)


def _described(dataset: Dataset) -> str:
    if not registry.constant("dataset", dataset.origin.name, "ROWS", True):
        instead = registry.constant("dataset", dataset.origin.name, "EMBEDDED", "no samples")
        return f"{dataset.name}, {instead}"
    samples = "test images" if dataset.side else "test samples"
    counts = f"{_count(dataset.train)} training and {_count(dataset.test)} {samples}"
    pixels = f" {dataset.side}x{dataset.side} pixels," if dataset.side else ""
    return f"{title(dataset)}, source {dataset.source},{pixels} {counts}"


def _listed(words: list[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _count(count: int | None) -> str:
    return "all" if count is None else f"{count:,}"
