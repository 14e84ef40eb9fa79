"""The stage that simulates: a run's weights and the tiles of a region in; the waves over what it makes of
them out.
"""

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from lea.compute.opening import Job
from lea.data.measured import number, path_of, read_numbers, read_rows
from lea.errors import UserError
from lea.simulate.fluxes import GRAVITY
from lea.simulate.grid import Grid, Place, refine
from lea.simulate.region import Region
from lea.simulate.seas.sea import STILL_SEA, kept_sea
from lea.simulate.stage import Tsunami
from lea.simulate.uplifts import read_uplift
from lea.simulate.waves import FILM, Course, Waves, simulate
from lea.store import read_record
from lea.study.seeds import derive

log = logging.getLogger(__name__)
CELLS_AT_ONCE = 2**21  # of all simulations of a batch
ALONG = 2000  # points of a path
RECORDED = {"peak_m": "recorded crest", "seconds": "recorded seconds"}  # a column of gauges -> a metric
Rows = list[dict[str, Any]]


@torch.no_grad()
def compute(job: Job) -> dict[str, Rows]:
    """Simulate one tsunami over one seed of a run's region."""
    asked: Tsunami = job.asked
    region = Region.of(job.data.others[asked.region].to(job.device), read_record(job.tables[asked.region]))
    relief = region.relief()  # (rows, columns)
    made = _made(job, region, relief)
    grid = region.grid.refined(asked.refined)
    fine = refine(relief, asked.refined)
    beds = kept_sea(refine(made, asked.refined), fine)
    uplift = read_uplift(path_of(asked.fault), grid, fine.cpu() if asked.slopes else None).to(beds)
    gauges = _gauges(asked, grid)
    course = Course(
        seconds=asked.seconds, every=asked.every, snapshots=asked.snapshots, friction=asked.friction
    )
    found: dict[str, Rows] = {"gauges": [], "maps": [], "seas": []}
    # The mean goes alone: a batch takes steps of one length, and its waves shall not depend on what is drawn.
    own, drawn = beds[:1], beds[1:]
    draw = -1
    for some in (own, *(drawn.split(max(1, CELLS_AT_ONCE // fine.numel())) if len(drawn) else ())):
        waves = simulate(grid, some, uplift, gauges, course)
        for index in range(len(some)):
            whose = {"tsunami": asked.label, "draw": None if draw < 0 else draw}
            found["gauges"] += [whose | row for row in _levels(waves, index, gauges)]
            if draw < 0:
                found["maps"] += [
                    whose | row for row in _maps(waves, index, grid, some[index], uplift, asked)
                ]
                found["seas"].append(whose | {"gauge": None, "metric": "steps", "value": float(waves.steps)})
            draw += 1
        log.info("%d of %d simulations: %.0f s in %d steps", draw + 1, len(beds), asked.seconds, waves.steps)
    seams = region.seams.to(relief.device)
    for draw, one in enumerate(kept_sea(made, relief), -1):
        whose = {"tsunami": asked.label, "draw": None if draw < 0 else draw}
        found["seas"] += [whose | row for row in _sea(seams, relief, one)]
    source, floor = _highest(grid, uplift), beds[0].cpu()
    path = path_of(asked.gauges)
    for place, row in zip(gauges, read_rows(path, ()), strict=True):
        whose = {"tsunami": asked.label, "draw": None, "gauge": place.name}
        times = {"travel time": travel_time(grid, floor, source, place)}
        times |= _recorded(row, path)
        found["seas"] += [whose | {"metric": name, "value": value} for name, value in times.items()]
    return found


def _made(job: Job, region: Region, relief: Tensor) -> Tensor:
    """(1 + draws, rows, columns): the region as the model makes it of the means of codes, then of drawn ones;
    or what stands in its place.
    """
    asked, model = job.asked, job.network().model
    made = region.made(model)[None]
    if asked.draws:
        with torch.random.fork_rng(devices=[job.device] if job.device.type == "cuda" else []):
            torch.manual_seed(derive(job.seed, "simulate", "draws"))
            made = torch.cat([made, region.drawn(model, asked.draws)])
    if not asked.sea:
        return made
    generator = torch.Generator().manual_seed(derive(job.seed, "simulate", asked.sea.name))
    floors = kept_sea(made, relief).cpu()  # land at 0 m must not be sea by rounding
    rows = [job.call("sea", asked.sea, Tensor, one, region.grid, generator) for one in floors]
    return torch.stack([torch.stack(one) for one in rows]).to(made)


def _gauges(asked: Tsunami, grid: Grid) -> list[Place]:
    """Those of the table."""
    path = path_of(asked.gauges)
    names = [row["name"] for row in read_rows(path, ("name",))]
    if len(set(names)) < len(names):
        raise UserError(f"{path}: two gauges of one name among {', '.join(names)}; expected one each")
    where = read_numbers(path, ("latitude", "longitude"))
    return [Place(name, **one) for name, one in zip(names, where, strict=True)]


def _recorded(row: Mapping[str, str], path: Path) -> dict[str, float]:
    """What a gauge recorded, as far as its table says."""
    return {
        name: number(row[column], f"{path}, {row['name']}, {column}")
        for column, name in RECORDED.items()
        if row.get(column)
    }


def _levels(waves: Waves, index: int, gauges: list[Place]) -> Iterator[dict[str, Any]]:
    """A row a gauge and moment."""
    seconds = waves.seconds.tolist()
    for place, levels in zip(gauges, waves.levels[index].tolist(), strict=True):
        for moment, level in zip(seconds, levels, strict=True):
            yield {"gauge": place.name, "seconds": moment, "level": level}


def _maps(
    waves: Waves, index: int, grid: Grid, bed: Tensor, uplift: Tensor, asked: Tsunami
) -> Iterator[dict[str, Any]]:
    """A row a map."""
    kinds: list[tuple[str, float | None, Tensor]] = [("relief", None, bed), ("uplift", None, uplift)]
    moments = zip(sorted(set(asked.snapshots)), waves.snapshots[index], strict=True)
    dry = bed + uplift + FILM  # where the level is the ground's
    kinds += [("level", moment, level.where(level > dry, torch.nan)) for moment, level in moments]
    kinds.append(("highest", None, waves.highest[index]))
    for kind, moment, values in kinds:
        yield {
            "kind": kind,
            "seconds": moment,
            "latitude": grid.latitude,
            "longitude": grid.longitude,
            "degrees": grid.degrees,
            "height": grid.rows,
            "width": grid.columns,
            "values": values.flatten().float().cpu().numpy(),
        }


def _sea(seams: Tensor, relief: Tensor, made: Tensor) -> Iterator[dict[str, Any]]:
    """By how much the sea's floor is off, in metres, on the region's own cells."""
    sea, off = relief < 0, made - relief
    for metric, cells in (("root mean square", sea), ("at seams", sea & seams), ("off seams", sea & ~seams)):
        if cells.any():
            yield {"gauge": None, "metric": metric, "value": float(off[cells].square().mean().sqrt())}
    yield {"gauge": None, "metric": "mean", "value": float(off[sea].mean())}


def _highest(grid: Grid, uplift: Tensor) -> Place:
    """Where the floor rises most."""
    row, column = divmod(int(uplift.argmax()), grid.columns)
    return Place("source", float(grid.latitudes[row]), float(grid.longitudes[column]))


def travel_time(grid: Grid, bed: Tensor, start: Place, end: Place) -> float:
    """Seconds that a long wave takes along the straight line on the map from one place to another: each part
    at the square root of g times its depth, ten metres at least.
    """
    share = torch.linspace(0, 1, ALONG + 1, dtype=torch.float64)
    north = start.latitude + share * (end.latitude - start.latitude)
    east = start.longitude + share * (end.longitude - start.longitude)
    middles = [(one[1:] + one[:-1]) / 2 for one in (north, east)]
    rows = ((middles[0] - grid.latitude) / grid.degrees).round().long().clamp(0, grid.rows - 1)
    columns = ((middles[1] - grid.longitude) / grid.degrees).round().long().clamp(0, grid.columns - 1)
    metre = grid.height / grid.degrees  # of a degree of latitude
    lengths = torch.hypot(north.diff() * metre, east.diff() * metre * middles[0].deg2rad().cos())
    depth = (-bed[rows, columns]).clamp(min=STILL_SEA)
    return float((lengths / (GRAVITY * depth).sqrt()).sum())
