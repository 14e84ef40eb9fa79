"""What each file of the configuration may say: its keys, their types and ranges. None: the key may be left
out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from lea.study.build import Range
from lea.study.spec import Count, Device, Epochs, Memory, Precision, Scale, Side, Split, Statistics

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """config.yaml."""

    scale: Scale
    studies: Literal["all"] | Names
    analyses: Literal["all"] | Names
    source: Literal["original", "embedded"]
    data_folder: str
    device: Device
    jobs_per_gpu: Count
    memory: Memory
    precision: Precision


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetEntry:
    """One entry of datasets.yaml."""

    reader: str
    options: Mapping[str, object] | None
    target: str | None
    batch_size: Count
    side: Side | None
    train: Count | None
    test: Count | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DataEntry:
    """What a run learns from; `table` and `others` name data sets."""

    table: str
    others: Mapping[str, object] | None
    target: str | None
    samples: Count | None
    held_out: Count | None
    split: Split | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenEntry:
    """What of a model is not trained."""

    parts: Names
    statistics: Statistics | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FitEntry:
    """How a run is trained; what is missing is the data set's or the study's."""

    epochs: Annotated[int, Range(0)]
    passes: Count | None
    batch_size: Literal["all"] | Count | None
    optimizer: object | None
    optimizers: Mapping[str, object] | None
    precision: Precision | None
    frozen: FrozenEntry | None
    snapshots: Epochs | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainedEntry:
    """The model of another run of the analysis; no seed: the same."""

    run: str
    seed: Annotated[int, Range(0)] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StartEntry:
    """The weights that a run begins with."""

    run: str
    seed: Annotated[int, Range(0)] | None
    parts: Names | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeEntry:
    """What a search may put in a place of a run: one of the first four; `when` earlier choices are these."""

    uniform: tuple[float, float] | None
    log_uniform: tuple[float, float] | None
    integer: tuple[int, int] | None
    choices: tuple[object, ...] | None
    when: Mapping[str, object] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AimEntry:
    """What a search minimises; the loss of the network on what is held out, if nothing is said."""

    split: Literal["train", "test", "held-out"] | None
    part: str | None
    metric: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchEntry:
    """Which values of a run are searched for, and how."""

    space: Mapping[str, object]
    trials: Count
    sampler: object | None
    rungs: Epochs | None
    pruner: object | None
    minimise: AimEntry | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEntry:
    """One run of an analysis, with what stands in `every_run` and in its grid; stages have keys besides."""

    data: DataEntry
    model: object
    method: object
    fit: FitEntry
    initialisation: object | None
    start: StartEntry | None
    search: SearchEntry | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GridEntry:
    """Runs that are a product of options: `over` has a list of values for each dotted key of a run."""

    label: str
    run: Mapping[str, object] | None
    over: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineEntry:
    """With which run each is compared: those of these columns, and of them the one with the same columns."""

    where: Mapping[str, object]
    same: Names | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyEntry:
    """config/<study>/study.yaml: what all analyses of a study share."""

    title: str
    columns: Mapping[str, object] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisEntry:
    """One file of config/<study>."""

    title: str
    datasets: Names | None
    every_run: Mapping[str, object] | None
    grid: Mapping[str, object] | None
    runs: Mapping[str, object] | None
    seeds: Count | None
    columns: Mapping[str, object] | None
    baseline: BaselineEntry | None
    summaries: Mapping[str, object] | None
    figures: tuple[object, ...] | None
    tables: tuple[object, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnEntry:
    """A figure or table: which, its options apart, what its files are called, and what is said below it."""

    name: str
    file: str | None
    caption: str | None
