"""What the attack stage is asked, needs and makes: how a trained network is attacked, a family a job."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from lea import registry
from lea.study.asking import Asking
from lea.study.build import Spot
from lea.study.spec import Count, Part
from lea.study.stages import Stage

OUTPUTS = {
    "attacks": {  # an image under an attack a row
        "run": "string",
        "seed": "int32",
        "family": "string",  # gradient, score, decision: what the attack asks of a network
        "protocol": "string",  # source: in foolbox 1.8.0's meaning; corrected; own
        "attack": "string",
        "sample": "int32",  # the row among the test images
        "label": "int32",
        "clean": "int32",  # the network's answer to the image as it is
        "status": "string",  # found, nothing found, failed, error; not attacked
        "success": "bool",
        "confirmed": "bool",  # shown what was found, the network errs again; null: no find
        "distance": "float64",  # mean square between images in [0, 1]; null: no find
        "queries": "int64",
        "gradients": "int64",
        "seconds": "float64",  # its share of the batch's
        "margin": "float64",  # nats by which the label leads the other classes together
        "slope": "float64",  # norm of the cross entropy's gradient at the image
        "rises": "bool",  # along that gradient the margin shrinks
        "message": "string",  # of an error
    }
}
Family = Literal["gradient", "score", "decision"]  # what an attack asks of a network
Protocol = Literal["source", "corrected", "own"]  # an attack in foolbox 1.8.0's meaning, or mended


@dataclass(frozen=True, slots=True, kw_only=True)
class Attacks:
    """Attacks of one family, and the test images that they are made on (Sec. 4.6)."""

    family: Family
    which: tuple[Part, ...]
    batches: Count  # of the test images, the first so many
    batch_size: Count
    images: Count  # the first so many of each batch

    @property
    def slug(self) -> str:
        """Begins the file's name."""
        return self.family


@dataclass(frozen=True, slots=True, kw_only=True)
class AttacksEntry:
    """What stands under `attacks`; what is missing is the data set's."""

    which: tuple[object, ...]  # each a name, or with options
    batches: Count
    batch_size: Count | None
    images: Count


def read(values: Any, asking: Asking) -> Iterator[Attacks]:
    """The attacks on a run, family by family, checked against it and its data set."""
    spot, run, entry = asking.spot, asking.run, asking.build(AttacksEntry, values)
    if run.data.target is None:
        found = f"model '{run.model.name}' learns without labels, and cannot be made to err"
        raise spot.error(f"{found}; remove it")
    families = _families(entry.which, asking)
    size = entry.batch_size or asking.entry.batch_size
    if entry.images > size:
        raise (spot / "images").error(f"found {entry.images} of each batch of {size}; expected no more")
    count = (entry.batches - 1) * size + entry.images
    of_each = f"{entry.images} of each of {entry.batches} batches of {size}"
    asking.no_more("test", of_each, count, spot / "batches")
    for family, which in families.items():
        yield Attacks(
            family=family, which=tuple(which), batches=entry.batches, batch_size=size, images=entry.images
        )


def _families(which: Sequence[object], asking: Asking) -> dict[Family, list[Part]]:
    spot = asking.spot / "which"
    if not which:
        raise spot.error("found none; expected names of attacks")
    parts = [asking.part("attack", one, spot / str(index)) for index, one in enumerate(which)]
    names = [part.name for part in parts]
    if len(set(names)) < len(names):
        raise spot.error(f"found {names}; expected each once")
    found: dict[Family, list[Part]] = {}
    for index, part in enumerate(parts):
        family: Family = _declared(part, "FAMILY", get_args(Family), spot / str(index))
        _declared(part, "PROTOCOL", get_args(Protocol), spot / str(index))
        found.setdefault(family, []).append(part)
    return found


def _declared(part: Part, constant: str, allowed: Sequence[str], spot: Spot) -> Any:
    found = registry.constant("attack", part.name, constant)
    if found not in allowed:
        expected = " or ".join(repr(one) for one in allowed)
        raise spot.error(f"attack '{part.name}' has {constant} = {found!r}; expected {expected}")
    return found


def parts(asked: Attacks) -> Iterator[tuple[str, Part]]:
    """The attacks, which a job loads by name."""
    for part in asked.which:
        yield "attack", part


STAGE = Stage(
    name="attack",
    title="look for images that a trained network gets wrong",
    key="attacks",
    asks=Attacks,
    read=read,
    parts=parts,
    outputs=OUTPUTS,
    libraries=("torch", "numpy", "scipy", "foolbox"),
)
