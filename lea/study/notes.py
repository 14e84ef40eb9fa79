"""What stands on every figure: which data, from where, how much of it, at which scale, how many seeds."""

from lea import registry
from lea.study.spec import Dataset
from lea.study.study import Analysis, Study


def note(study: Study, analysis: Analysis) -> str:
    """The line below a figure."""
    datasets = "; ".join(_described(dataset) for dataset in analysis.datasets)
    asked = {run.training.samples for run in analysis.runs.values()}
    counts = [f"{count:,}" for count in sorted(count for count in asked if count)]
    most = ["all"] * (None in asked)
    samples = f" Trained on {' or '.join([f'the first {_listed(counts)}', *most])} of them." if counts else ""
    asked = {run.training.held_out for run in analysis.runs.values()}
    kept = [f"{count:,}" for count in sorted(count for count in asked if count)]
    samples += f" Held out of training: {_listed(kept)}." if kept else ""
    seeds = f" {analysis.seeds} seed{'s' * (analysis.seeds != 1)}." if analysis.runs else ""
    return f"Data: {datasets}.{samples} Scale: {study.scale}.{seeds}"


def title(dataset: Dataset) -> str:
    """What figures call a data set; one made here is never called as the published one alone."""
    published: str = registry.constant("dataset", dataset.reader.name, "TITLE", dataset.reader.name)
    name = published if dataset.name == dataset.reader.name else f"{dataset.name}: {published}"
    made: str = registry.constant("dataset", dataset.reader.name, "EMBEDDED", "made here")
    return f"{name} ({made})" if dataset.source == "embedded" else name


def _described(dataset: Dataset) -> str:
    counts = f"{_count(dataset.train)} training and {_count(dataset.test)} test images"
    return f"{title(dataset)}, source {dataset.source}, {dataset.side}x{dataset.side} pixels, {counts}"


def _listed(words: list[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _count(count: int | None) -> str:
    return "all" if count is None else f"{count:,}"
