"""What determines a result: frozen dataclasses, their canonical text, and the ids that name the files.

A `Run` is all that determines a trained model except the seed. Two analyses that ask for the same run get the
same id, so it is trained once. Every field is explicit: defaults were filled in when the configuration was
read. What a part is made with may be a part itself (an autoencoder in a layer, a coder in an autoencoder), or
a model that another run trained.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Annotated, Any, Literal, TypeVar

from lea.study.build import Range, build, in_file, plain

Scale = Literal["quick", "reduced", "thesis"]
Source = Literal["original", "embedded", "folder"]
Device = Literal["auto", "cpu", "cuda"]
Memory = Literal["checked", "forced"]
Precision = Literal["float32", "tf32", "bfloat16"]
Split = Literal["fixed", "fresh"]
Statistics = Literal["batch", "fitted"]
Count = Annotated[int, Range(1)]
Side = Annotated[int, Range(8, 1024)]
Epochs = Annotated[tuple[int, ...], Range(0)]
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of the registry with all its options, of which some may be parts or trained models."""

    name: str
    options: Mapping[str, object]

    def __post_init__(self) -> None:
        object.__setattr__(self, "options", {key: revived(one) for key, one in self.options.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """One prepared table of samples, with labels or without."""

    name: str
    reader: Part
    source: Source
    side: Side | None  # of a picture, in pixels; None: the reader has no such choice
    train: Count | None  # None: all there are
    test: Count | None

    @property
    def origin(self) -> Part:
        """The reader of what other readers change or take some of."""
        return innermost(self.reader)

    @property
    def id(self) -> str:
        """Names the table's file: `dsprites-embedded-32px-3f2a1c9e5b7d9f01`."""
        side = [f"{self.side}px"] if self.side else []
        return "-".join([self.name, self.source, *side, digest(self)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """What a run learns from: one table, further ones by what they are for, and how they are divided."""

    table: Dataset
    others: Mapping[str, Dataset]
    target: str | None  # the label that is learnt; None: the method needs none
    samples: Count | None  # so many of the training samples are learnt from; None: all that are not held out
    held_out: Count | None  # so many behind them are never learnt from, and measured each epoch
    split: Split  # fresh: drawn anew for each seed, and what is left of the training samples is the test

    @property
    def tables(self) -> dict[str, Dataset]:
        """All of them, by role; the one that is learnt from is the role `data`."""
        return {"data": self.table} | dict(self.others)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """Parts of a model whose parameters stay as they are, and what their normalisations go by."""

    parts: tuple[str, ...]
    statistics: Statistics  # of the batch, or fitted in one pass before the first epoch


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """How long and by which steps a model is trained."""

    epochs: Annotated[int, Range(0)]  # 0: the model as it was built
    passes: Count | None  # an epoch shows each sample so often; None: once
    batch_size: Count | Literal["all"]
    optimizer: Part | None  # None: nothing is trained
    optimizers: Mapping[str, Part]  # of those that the method calls so, instead
    precision: Precision
    frozen: Frozen | None
    snapshots: Epochs  # after which the weights are kept to be looked at; 0 is untrained


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """The model of another run, which arrives trained and frozen."""

    run: "Run"
    seed: int | None  # None: the seed of whoever asks


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """The weights that a run begins with."""

    model: Trained
    parts: tuple[str, ...] | None  # modules by name; None: all


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """One value of a run that a search tries: a key of it, and what may stand there."""

    key: str  # dotted, as the configuration has it: model.latent
    kind: Literal["uniform", "log_uniform", "integer", "choices"]
    low: float | None  # of a number
    high: float | None
    choices: tuple[object, ...] | None  # as a specification has them
    when: Mapping[str, tuple[str, ...]]  # only where those earlier ones are one of these, by name


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """What a search minimises: a metric of a split, by epoch."""

    split: str
    part: str
    metric: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """How the values of a run are searched for: its trials are this run with other values."""

    space: tuple[Dimension, ...]
    sampler: Part
    trials: Count
    rungs: Annotated[tuple[int, ...], Range(1)]  # after which epochs the pruner looks, and the last
    pruner: Part | None  # None: all are trained to the end
    minimise: Aim


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """All that determines a trained model except the seed. A run with a search has the trial that it chooses
    for its model: other values in the places of the space, and all else, its name too, as here.
    """

    data: Data
    model: Part
    method: Part
    fit: Fit
    initialisation: Part | None  # of what is not begun with otherwise; None: as each module does
    start: Start | None
    search: Search | None
    called: str | None  # the id of the search that chose it; None: what it is follows from its values

    @property
    def id(self) -> str:
        """Names the run's folder: `cnn-lea-vae-fc-dsprites-3f2a1c9e5b7d9f01`."""
        return self.called or "-".join([*slugs(self.model), self.data.table.name, digest(self)])

    @property
    def as_built(self) -> bool:
        """Whether the model is the one that the seed builds: it needs no training to be there."""
        return self.fit.epochs == 0 and self.start is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A run and what a stage is asked to do with it: a job's specification."""

    run: Run
    asked: object | None  # of the stage's own kind; None: nothing more


def innermost(reader: Part) -> Part:
    """The reader whose samples arrive in the end: that which the others have as their option `of`."""
    inner = reader.options.get("of")
    return innermost(inner) if isinstance(inner, Part) else reader


def slug(part: Part) -> str:
    """A part's name as file names have it; of a user's own the attribute."""
    return part.name.rpartition(":")[2].lower().replace("_", "-")


def whole_name(part: Part) -> str:
    """All of a part's name, module and attribute, as file names have it: no two parts share it."""
    return re.sub(r"[^a-z0-9]+", "-", part.name.lower())


def slugs(part: Part) -> Iterator[str]:
    """A part and the parts in it, but those that are called as the option that they stand in."""
    yield slug(part)
    for key, option in sorted(part.options.items()):  # as a job reads them from its canonical text
        if isinstance(option, Part):
            inner = list(slugs(option))
            yield from inner[1:] if inner[0] == key else inner


def trained_in(spec: object) -> Iterator[Trained]:
    """Every trained model that a specification asks for, in order; not what these ask for in turn."""
    if isinstance(spec, Trained):
        yield spec
    elif isinstance(spec, Mapping):
        for value in spec.values():
            yield from trained_in(value)
    elif isinstance(spec, list | tuple):
        for value in spec:
            yield from trained_in(value)
    elif is_dataclass(spec):
        for field in fields(spec):
            yield from trained_in(getattr(spec, field.name))


def called_within(run: Run, seed: int) -> str:
    """What the model of a run is called within another: each seed of a search has values of its own."""
    return f"{run.id}/seed={seed}" if run.search else run.id


def of_seed(model: Trained, seed: int | None) -> Trained:
    """A trained model that another is made with: of the other's seed, unless it says its own."""
    return model if seed is None or model.seed is not None else replace(model, seed=seed)


def revived(option: object) -> object:
    """An option as it was before it was written as JSON."""
    if isinstance(option, Mapping):
        if option.keys() == {"name", "options"}:
            return build(Part, option, in_file("--spec"))
        is_trained = isinstance(option.get("run"), Mapping) and option.keys() <= {"run", "seed"}
        return build(Trained, option, in_file("--spec")) if is_trained else option
    return [revived(one) for one in option] if isinstance(option, list) else option


def canonical(spec: object) -> str:
    """One text for one meaning: JSON with sorted keys, without spaces."""
    return json.dumps(plain(spec), sort_keys=True, separators=(",", ":"))


def digest(spec: object) -> str:
    """Sixteen hex digits over the canonical text: of a million specifications no two agree by chance."""
    return hashlib.blake2b(canonical(spec).encode(), digest_size=8).hexdigest()


def parse(kind: type[T], text: str) -> T:
    """A specification from its canonical text, as a job gets it on its command line."""
    try:
        values = json.loads(text)
    except json.JSONDecodeError as error:
        raise in_file("--spec").error(f"not JSON: {error}; expected what `snakemake -p` prints") from error
    return build(kind, values, in_file("--spec"))


def parse_task(asks: type | None, text: str) -> Task:
    """A job's specification; `asks` is the kind of what its stage is asked."""
    task, spot = parse(Task, text), in_file("--spec") / "asked"
    return task if asks is None else Task(run=task.run, asked=build(asks, task.asked, spot))


def described(spec: object) -> dict[str, Any]:
    """A specification as a file's metadata carries it."""
    found: dict[str, Any] = plain(spec)
    return found
