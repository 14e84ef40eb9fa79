"""What determines a result: frozen dataclasses, their canonical text, and the ids that name the files.

A `Run` is all that determines a training result except the seed. Two analyses that ask for the same run get
the same id, so it is trained once. Every field is explicit: defaults were filled in when the configuration
was read.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar

from lea.study.build import Range, build, in_file, plain

Scale = Literal["quick", "reduced", "thesis"]
Source = Literal["original", "embedded", "folder"]
Device = Literal["auto", "cpu", "cuda"]
Precision = Literal["float32", "bfloat16"]
Count = Annotated[int, Range(1)]
Side = Annotated[int, Range(8, 1024)]
LearningRate = Annotated[float, Range(1e-12, 10)]
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of the registry with all its options."""

    name: str
    options: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """One prepared table of pictures and labels."""

    name: str
    reader: Part
    source: Source
    side: Side
    train: Count | None  # None: all there are
    test: Count | None

    @property
    def id(self) -> str:
        """Names the table's file: `dsprites-embedded-32px-3f2a1c9e`."""
        return f"{self.name}-{self.source}-{self.side}px-{digest(self)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """How a network is trained."""

    samples: Count | None  # the first so many of the training images; None: all
    epochs: Count
    batch_size: Count
    learning_rate: LearningRate
    precision: Precision


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """All that determines a training result except the seed."""

    dataset: Dataset
    target: str  # the label that the network learns
    network: Part
    training: Training

    @property
    def id(self) -> str:
        """Names the run's folder: `classic-dsprites-3f2a1c9e`."""
        network = self.network.name.rpartition(":")[2].lower().replace("_", "-")
        return f"{network}-{self.dataset.name}-{digest(self)}"


def canonical(spec: object) -> str:
    """One text for one meaning: JSON with sorted keys, without spaces."""
    return json.dumps(plain(spec), sort_keys=True, separators=(",", ":"))


def digest(spec: object) -> str:
    """Eight hex digits over the canonical text."""
    return hashlib.blake2b(canonical(spec).encode(), digest_size=4).hexdigest()


def parse(kind: type[T], text: str) -> T:
    """A specification from its canonical text, as a job gets it on its command line."""
    try:
        values = json.loads(text)
    except json.JSONDecodeError as error:
        raise in_file("--spec").error(f"not JSON: {error}; expected what `snakemake -p` prints") from error
    return build(kind, values, in_file("--spec"))


def described(spec: object) -> dict[str, Any]:
    """A specification as a file's metadata carries it."""
    found: dict[str, Any] = plain(spec)
    return found
