"""What the stage that simulates is asked, needs and makes: the waves over what a model makes of a region.

The region is one of the run's further tables: tiles in order that cover it. Its model makes each anew, land
stays as it was, and what was sea stays sea.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from lea import registry
from lea.data.measured import digest_of, path_of
from lea.errors import UserError
from lea.study.asking import Asking, listed
from lea.study.build import Range, Spot, build
from lea.study.spec import Count, Part
from lea.study.stages import Stage

Moments = Annotated[tuple[float, ...], Range(0)]
Draws = Annotated[int, Range(0)]
Positive = Annotated[float, Range(1e-3, 1e7)]
Friction = Annotated[float, Range(0, 1)]
WHOSE = {  # of every row: which simulation
    "run": "string",
    "seed": "int32",
    "tsunami": "string",  # its label
    "draw": "int32",  # of the codes; null: their mean
}
OUTPUTS = {
    "gauges": {
        **WHOSE,
        "gauge": "string",
        "seconds": "float64",
        "level": "float32",  # metres above the still sea
    },
    "maps": {  # of the mean of the codes
        **WHOSE,
        "kind": "string",  # relief, uplift, level of the water, highest level of it
        "seconds": "float64",  # null: of no moment
        "latitude": "float64",  # of the centre of the southwestern cell
        "longitude": "float64",
        "degrees": "float64",  # a cell's side
        "height": "int32",
        "width": "int32",
        "values": "list<float32>",  # row by row from the south; no number where there is none
    },
    "seas": {
        **WHOSE,
        "gauge": "string",  # null: of the whole region
        "metric": "string",
        "value": "float64",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tsunami:
    """One simulation, or as many as codes are drawn."""

    label: str
    region: str  # the role of the table
    fault: str  # a table of `lea.data.measured`, and what it holds
    fault_digest: str
    gauges: str
    gauges_digest: str
    slopes: bool  # whether slopes that move sideways lift water, too
    sea: Part | None  # what stands in the floor's place; None: what the model makes
    draws: Draws  # of codes about those of the region; 0: their mean alone
    refined: Count  # into how many cells a side of one is cut
    seconds: Positive
    every: Positive
    snapshots: Moments
    friction: Friction


@dataclass(frozen=True, slots=True, kw_only=True)
class TsunamiEntry:
    """What stands under `tsunamis`, an entry a simulation."""

    label: str | None  # `waves`
    region: str | None  # `region`
    fault: str | None  # `subfaults-48`
    gauges: str | None  # `buoys`
    slopes: bool | None  # true
    sea: object | None
    draws: Draws | None  # 0
    refined: Count | None  # 1
    seconds: Positive | None  # 7500
    every: Positive | None  # 5
    snapshots: Moments | None  # none
    friction: Friction | None  # 0


def read(values: Any, asking: Asking) -> Iterator[Tsunami]:
    """The simulations of a run, checked against its data and its model."""
    labels = list[str]()
    for value, spot in listed(values, asking.spot):
        found = _tsunami(build(TsunamiEntry, value, spot), asking, spot)
        if found.label in labels:
            raise (spot / "label").error(f"found '{found.label}' a second time; expected one of its own")
        labels.append(found.label)
        yield found


def _tsunami(entry: TsunamiEntry, asking: Asking, spot: Spot) -> Tsunami:
    region, run = entry.region or "region", asking.run
    if region not in run.data.others:
        there = ", ".join(run.data.others) or "none"
        raise (spot / "region").error(
            f"found '{region}', and the run's further tables are {there}; expected one of them: name it in "
            "`data.others`, such as {region: tohoku}"
        )
    sides = [one.side for one in (run.data.table, run.data.others[region])]
    if sides[0] != sides[1]:
        found = f"found '{region}', tiles of side {sides[1]}, and the run's own have {sides[0]}"
        raise (spot / "region").error(f"{found}; expected the same; give both data sets one `side`")
    seconds, snapshots = entry.seconds or 7500.0, entry.snapshots or ()
    late = [one for one in snapshots if one > seconds]
    if late:
        raise (spot / "snapshots").error(f"found {late[0]:g}; expected at most {seconds:g}, the end")
    if entry.draws:
        _check_draws(run.model, spot / "draws")
    fault, fault_digest = _table(entry.fault or "subfaults-48", spot / "fault")
    gauges, gauges_digest = _table(entry.gauges or "buoys", spot / "gauges")
    sea = None if entry.sea is None else asking.part("sea", entry.sea, spot / "sea")
    return Tsunami(
        label=entry.label or "waves",
        region=region,
        fault=fault,
        fault_digest=fault_digest,
        gauges=gauges,
        gauges_digest=gauges_digest,
        slopes=entry.slopes is not False,
        sea=sea,
        draws=entry.draws or 0,
        refined=entry.refined or 1,
        seconds=seconds,
        every=entry.every or 5.0,
        snapshots=snapshots,
        friction=entry.friction or 0.0,
    )


def _check_draws(model: Part, spot: Spot) -> None:
    """Refuse to draw codes of a model that has no distributions of them."""
    its = registry.faces("model", model.name)
    missing = [face for face in ("encode", "decode", "prior") if face not in its]
    if missing:
        found = f"codes are to be drawn, and model '{model.name}' has no `{missing[0]}`"
        raise spot.error(f"{found}; expected 0; or choose another model")


def _table(name: str, spot: Spot) -> tuple[str, str]:
    """A table by name, and a digest of what it holds, so that another content is another simulation."""
    try:
        return name, digest_of(path_of(name))
    except UserError as error:
        raise spot.error(str(error)) from error


def parts(asked: Tsunami) -> Iterator[tuple[str, Part]]:
    """What stands in the floor's place, which a job loads by name."""
    if asked.sea:
        yield "sea", asked.sea


STAGE = Stage(
    name="simulate",
    title="let a tsunami run over what a model makes of a region",
    key="tsunamis",
    asks=Tsunami,
    read=read,
    parts=parts,
    outputs=OUTPUTS,
    some=True,
)
