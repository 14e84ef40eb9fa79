"""What each file of the configuration may say: its keys, their types and ranges. None: the key may be left
out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from lea.study.spec import Count, Device, LearningRate, Precision, Scale, Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """config.yaml."""

    scale: Scale
    analyses: Literal["all"] | tuple[str, ...]
    source: Literal["original", "embedded"]
    data_folder: str
    device: Device
    precision: Precision


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetEntry:
    """One entry of datasets.yaml."""

    reader: str
    options: Mapping[str, object] | None
    target: str
    batch_size: Count
    side: Side
    train: Count | None
    test: Count | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingEntry:
    """How a run is trained; what is missing is the data set's or the study's."""

    samples: Count | None
    epochs: Count
    batch_size: Count | None
    learning_rate: LearningRate
    precision: Precision | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEntry:
    """One run of an analysis, what stands in `every_run` included."""

    dataset: str
    target: str | None
    network: Mapping[str, object]
    training: TrainingEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisEntry:
    """One file of config/analyses."""

    title: str
    datasets: tuple[str, ...] | None
    every_run: Mapping[str, object] | None
    runs: Mapping[str, object] | None
    seeds: Count | None
    figures: tuple[str, ...] | None
    tables: tuple[str, ...] | None
