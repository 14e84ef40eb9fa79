"""What the probe stage is asked, needs and makes: what is read from the layers of a trained network."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from lea.study.asking import Asking
from lea.study.build import Range
from lea.study.spec import Count
from lea.study.stages import Stage

OUTPUTS = {
    "probes": {
        "run": "string",
        "seed": "int32",
        "probe": "string",  # trained, shuffled, linear, untrained
        "layer": "string",
        "place": "int32",  # of the layer; 0 is the input
        "factor": "string",
        "group": "string",  # the class of the run's target; null: all samples
        "epoch": "int32",
        "split": "string",
        "metric": "string",
        "value": "float64",
    }
}
LearningRate = Annotated[float, Range(1e-12, 10)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Probes:
    """What is read from the layers of a trained network, and how the reading is learnt (Fig. 5.4)."""

    factors: tuple[str, ...]
    layers: tuple[str, ...] | None  # None: the network's children, its input and its output
    hidden: Count
    samples: Count | None  # the first so many of the training samples; None: all
    epochs: Count
    batch_size: Count
    learning_rate: LearningRate


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbesEntry:
    """What stands under `probes`; what is missing is the data set's."""

    factors: tuple[str, ...]
    layers: tuple[str, ...] | None
    hidden: Count
    samples: Count | None
    epochs: Count
    batch_size: Count | None
    learning_rate: LearningRate


def read(values: Any, asking: Asking) -> Iterator[Probes]:
    """The probes of a run, checked against its data set."""
    spot, entry = asking.spot, asking.build(ProbesEntry, values)
    if not entry.factors:
        raise (spot / "factors").error("found none; expected labels of the data set")
    for factor in entry.factors:
        asking.check_target(factor, spot / "factors")
    if entry.layers == ():
        raise (spot / "layers").error("found none; expected names of layers; or remove it, for all")
    for key in ("factors", "layers"):
        names = getattr(entry, key) or ()
        if len(set(names)) < len(names):
            raise (spot / key).error(f"found {list(names)}; expected each once")
    if entry.samples:
        asking.no_more("train", f"{entry.samples}", entry.samples, spot / "samples")
    yield Probes(
        factors=entry.factors,
        layers=entry.layers,
        hidden=entry.hidden,
        samples=entry.samples,
        epochs=entry.epochs,
        batch_size=entry.batch_size or asking.entry.batch_size,
        learning_rate=entry.learning_rate,
    )


STAGE = Stage(
    name="probe",
    title="read factors from every layer of a trained network",
    key="probes",
    asks=Probes,
    read=read,
    outputs=OUTPUTS,
    memory=16000,
)
