"""What each file of the configuration may say: its keys, their types and ranges. None: the key may be left
out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from lea.study.spec import Count, Device, LearningRate, Pictures, Precision, Regime, Scale, Side, Weight


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """config.yaml."""

    scale: Scale
    analyses: Literal["all"] | tuple[str, ...]
    source: Literal["original", "embedded"]
    data_folder: str
    device: Device
    jobs_per_gpu: Count
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
    held_out: Count | None
    epochs: Count
    batch_size: Count | None
    learning_rate: LearningRate
    precision: Precision | None
    regime: Regime | None
    class_weight: Weight | None
    lea_weight: Weight | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaEntry:
    """The LEAs of a run; `autoencoder` and `coder` are a name with options."""

    autoencoder: Mapping[str, object]
    coder: Mapping[str, object]
    code_length: Count
    window: Count | None
    stride: Count | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbesEntry:
    """What is read from a run's layers; what is missing is the data set's."""

    factors: tuple[str, ...]
    layers: tuple[str, ...] | None
    hidden: Count
    samples: Count | None
    epochs: Count
    batch_size: Count | None
    learning_rate: LearningRate


@dataclass(frozen=True, slots=True, kw_only=True)
class AttacksEntry:
    """What a run is attacked with, each a name with options; what is missing is the data set's."""

    which: tuple[Mapping[str, object], ...]
    batches: Count
    batch_size: Count | None
    images: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEntry:
    """One run of an analysis, what stands in `every_run` included."""

    dataset: str
    target: str | None
    network: Mapping[str, object]
    lea: LeaEntry | None
    training: TrainingEntry
    pictures: Pictures | None
    probes: ProbesEntry | None
    attacks: AttacksEntry | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelsEntry:
    """Autoencoders whose parameters are counted, each with each coder on each input."""

    autoencoders: tuple[Mapping[str, object], ...]
    coders: tuple[Mapping[str, object], ...]
    code_length: Count
    inputs: tuple[tuple[Count, Count, Count], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisEntry:
    """One file of config/analyses."""

    title: str
    datasets: tuple[str, ...] | None
    every_run: Mapping[str, object] | None
    runs: Mapping[str, object] | None
    seeds: Count | None
    models: ModelsEntry | None
    figures: tuple[str, ...] | None
    tables: tuple[str, ...] | None
