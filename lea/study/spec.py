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
Family = Literal["gradient", "score", "decision"]  # what an attack asks of a network
Protocol = Literal["source", "corrected", "own"]  # an attack in foolbox 1.8.0's meaning, or mended
Regime = Literal["alternate", "shared", "joint", "independent"]
Count = Annotated[int, Range(1)]
Side = Annotated[int, Range(8, 1024)]
LearningRate = Annotated[float, Range(1e-12, 10)]
Weight = Annotated[float, Range(0, 1e9)]
Epochs = Annotated[tuple[int, ...], Range(0)]
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

    samples: Count | None  # the first so many of the training images; None: all that are not held out
    held_out: Count | None  # so many behind them are never trained on, and measured each epoch
    epochs: Count
    batch_size: Count
    learning_rate: LearningRate
    precision: Precision
    regime: Regime | None  # None: a network without LEAs, or without labels
    class_weight: Weight | None  # tau and lambda of joint training (Eq. 5.3)
    lea_weight: Weight | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lea:
    """The LEAs of a network; each is built for its own input."""

    autoencoder: Part
    coder: Part
    code_length: Count
    window: Count | None  # None: the whole input
    stride: Count | None  # None: the window

    @property
    def slug(self) -> str:
        """Reads `vae-fc-w4s2c10`, or `vae-fc-c10` on whole inputs."""
        window = f"w{self.window}s{self.stride or self.window}" if self.window else ""
        return f"{slug(self.autoencoder)}-{slug(self.coder)}-{window}c{self.code_length}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """What to keep of the LEAs' work to look at, of the first test images; epoch 0 is untrained."""

    epochs: Epochs
    images: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """All that determines a training result except the seed."""

    dataset: Dataset
    target: str | None  # the label that the network learns; None: it learns without labels
    network: Part
    lea: Lea | None
    training: Training
    pictures: Pictures | None

    @property
    def id(self) -> str:
        """Names the run's folder: `cnn-lea-vae-fc-w4s2c10-dsprites-3f2a1c9e`."""
        lea = [self.lea.slug] if self.lea else []
        return "-".join([slug(self.network), *lea, self.dataset.name, digest(self)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Probes:
    """What is read from the layers of a trained network, and how the reading is learnt (Fig. 5.4)."""

    factors: tuple[str, ...]
    layers: tuple[str, ...] | None  # None: the network's children, its input and its output
    hidden: Count
    samples: Count | None  # the first so many of the training images; None: all
    epochs: Count
    batch_size: Count
    learning_rate: LearningRate

    @property
    def id(self) -> str:
        """Names the file beside the weights."""
        return digest(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Probing:
    """A run with what is read from it: a job's specification."""

    run: Run
    probes: Probes


@dataclass(frozen=True, slots=True, kw_only=True)
class Attacks:
    """Attacks of one family, and the test images that they are made on (Sec. 4.6)."""

    family: Family
    which: tuple[Part, ...]
    batches: Count  # of the test images, the first so many
    batch_size: Count
    images: Count  # the first so many of each batch

    @property
    def id(self) -> str:
        """Names the file beside the weights, with the family."""
        return digest(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attacking:
    """A run with the attacks on it: a job's specification."""

    run: Run
    attacks: Attacks


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """Autoencoders to be counted: each with each coder on each input (Table 3.1)."""

    autoencoders: tuple[Part, ...]
    coders: tuple[Part, ...]
    code_length: Count
    inputs: tuple[tuple[Count, Count, Count], ...]  # height, width, channels


def slug(part: Part) -> str:
    """A part's name as file names have it; of a user's own the attribute."""
    return part.name.rpartition(":")[2].lower().replace("_", "-")


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
