"""What is done with a run once it is trained: what is read from its layers, and how it is attacked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

from lea import registry
from lea.study.build import Spot
from lea.study.datasets import Reader, check_target, no_more
from lea.study.entries import AttacksEntry, DatasetEntry, ProbesEntry, RunEntry
from lea.study.parts import read_part
from lea.study.spec import Attacks, Family, Part, Probes, Protocol, Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Uses:
    """What an analysis asks of a trained run."""

    probes: Probes | None
    attacks: tuple[Attacks, ...]  # one a family


def read_uses(entry: RunEntry, run: Run, asked: DatasetEntry, reader: Reader, spot: Spot) -> Uses:
    """Both, checked against the run and its data set."""
    return Uses(
        probes=_probes(entry.probes, run, asked, reader, spot / "probes") if entry.probes else None,
        attacks=_attacks(entry.attacks, run, asked, reader, spot / "attacks") if entry.attacks else (),
    )


def _probes(entry: ProbesEntry, run: Run, asked: DatasetEntry, reader: Reader, spot: Spot) -> Probes:
    if not entry.factors:
        raise (spot / "factors").error("found none; expected labels of the data set")
    for factor in entry.factors:
        check_target(factor, asked.reader, spot / "factors")
    if entry.layers == ():
        raise (spot / "layers").error("found none; expected names of layers; or remove it, for all")
    for key in ("factors", "layers"):
        _different(getattr(entry, key) or (), spot / key)
    if entry.samples:
        no_more("train", f"{entry.samples}", entry.samples, run.dataset, reader, spot / "samples")
    return Probes(
        factors=entry.factors,
        layers=entry.layers,
        hidden=entry.hidden,
        samples=entry.samples,
        epochs=entry.epochs,
        batch_size=entry.batch_size or asked.batch_size,
        learning_rate=entry.learning_rate,
    )


def _attacks(
    entry: AttacksEntry, run: Run, asked: DatasetEntry, reader: Reader, spot: Spot
) -> tuple[Attacks, ...]:
    if run.target is None:
        found = f"network '{run.network.name}' learns without labels, and cannot be made to err"
        raise spot.error(f"{found}; remove it")
    if not entry.which:
        raise (spot / "which").error("found none; expected names of attacks")
    which = [read_part("attack", one, spot / "which" / str(index)) for index, one in enumerate(entry.which)]
    _different([part.name for part in which], spot / "which")
    size = entry.batch_size or asked.batch_size
    if entry.images > size:
        raise (spot / "images").error(f"found {entry.images} of each batch of {size}; expected no more")
    count = (entry.batches - 1) * size + entry.images
    of_each = f"{entry.images} of each of {entry.batches} batches of {size}"
    no_more("test", of_each, count, run.dataset, reader, spot / "batches")
    families: dict[Family, list[Part]] = {}
    for index, part in enumerate(which):
        its = spot / "which" / str(index)
        family: Family = _declared(part, "FAMILY", get_args(Family), its)
        _declared(part, "PROTOCOL", get_args(Protocol), its)
        families.setdefault(family, []).append(part)
    return tuple(
        Attacks(
            family=family,
            which=tuple(parts),
            batches=entry.batches,
            batch_size=size,
            images=entry.images,
        )
        for family, parts in families.items()
    )


def _declared(part: Part, constant: str, allowed: Sequence[str], spot: Spot) -> Any:
    found = registry.constant("attack", part.name, constant)
    if found not in allowed:
        expected = " or ".join(repr(one) for one in allowed)
        raise spot.error(f"attack '{part.name}' has {constant} = {found!r}; expected {expected}")
    return found


def _different(names: Sequence[str], spot: Spot) -> None:
    if len(set(names)) < len(names):
        raise spot.error(f"found {list(names)}; expected each once")
