"""Oracle: the waves of `simulate` called directly, over floors made here by loops; a long wave's speed on a
flat floor; singular vectors of the tiles for what a trained model makes of them.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy import integrate
from torch import Tensor, nn

from lea.data.arrays import Arrays, Split
from lea.data.measured import path_of
from lea.data.relief.region import Region
from lea.data.relief.shipped import Elevations
from lea.errors import UserError
from lea.nn.encoders.encoder import Posterior
from lea.simulate import job as of_job
from lea.simulate.faults import read_faults, uplift
from lea.simulate.fluxes import GRAVITY
from lea.simulate.grid import RADIUS, Grid, Place
from lea.simulate.job import travel_time
from lea.simulate.stage import OUTPUTS, read
from lea.simulate.waves import Course, Waves, simulate
from lea.store import read_table
from lea.study.spec import Dataset, Run
from tests import specs
from tests.asking import asking
from tests.jobs import SEED, job, prepared
from tests.specs import part

HERE = "tests.simulate.test_job"
SIDE, ROWS, COLUMNS, DEGREES = 8, 24, 32, 0.2
SOUTH, WEST = 36.0, 141.0
GRID = Grid(SOUTH, WEST, ROWS, COLUMNS, DEGREES)
METRE = math.radians(1) * RADIUS  # of a degree
GAUGES = """name,longitude,latitude,peak_m,seconds
near,144.27,38.53,1.25,600
far,146.5,36.9,,
coast,142.1,40.1,0.5,
"""
PLACES = [Place("near", 38.53, 144.27), Place("far", 36.9, 146.5), Place("coast", 40.1, 142.1)]
TSUNAMI = {"fault": "rectangles-2", "seconds": 300, "every": 60, "snapshots": [120, 0]}
TIMES = [0.0, 60.0, 120.0, 180.0, 240.0, 300.0]
Row = dict[str, Any]


def relief() -> np.ndarray:
    """(rows, columns) metres from the south: a coast in the west, shallow water, an island, a rough floor."""
    drawn = np.random.default_rng(0)
    metres = -3500 + drawn.integers(-600, 600, (ROWS, COLUMNS))
    metres[:, :5] = [400, 90, 12, -4, -60]
    metres[10:13, 24:26], metres[9, 24] = 150, 0
    return metres.astype(np.int16)


RELIEF = relief()
LAND = RELIEF >= 0


class Small(Region):
    """That relief, for the test; with `learnt` its tiles are for training, too."""

    def __init__(self, *, learnt: bool = False) -> None:
        super().__init__()
        self.learnt = learnt

    def _read(self, source: Any, folder: Path) -> Elevations:
        latitudes, longitudes = GRID.latitudes.numpy()[::-1], GRID.longitudes.numpy()
        return Elevations(np.ascontiguousarray(RELIEF[::-1]), latitudes, longitudes)

    def embedded(self, split: Split, count: int | None, side: int) -> Arrays:
        return self._tiles(self._read("embedded", Path()), "test" if self.learnt else split, side)


class Coded(nn.Module):
    """Codes are the values, of which all share what a draw adds; it also draws whatever it does."""

    def __init__(self, shape: tuple[int, ...], *, deviation: float) -> None:
        super().__init__()
        self.shape, self.deviation, self.prior = shape, deviation, None
        self.register_buffer("drawn", torch.rand(3))

    def forward(self, x: Tensor) -> Tensor:
        return self.decode(self.encode(x).mean)

    def encode(self, x: Tensor) -> Posterior:
        return Posterior(x.flatten(1), torch.full_like(x.flatten(1), self.deviation).log())

    def decode(self, z: Tensor) -> Tensor:
        return z.unflatten(1, self.shape)


class Passing(nn.Module):
    """A layer that changes nothing, but for the rounding of its products."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.layer = nn.Linear(shape[-1], shape[-1], bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return x @ torch.eye(len(self.layer.weight))


def dataset(**options: Any) -> Dataset:
    return specs.sprites(
        name="small", reader=part(f"{HERE}:Small", **options), side=SIDE, train=None, test=None
    )


def run(model: str, learnt: bool = False, **changes: Any) -> Run:
    """As it was built, unless something else is said of its fit."""
    data = specs.data(table=dataset(learnt=learnt), others={"region": dataset(learnt=False)}, target=None)
    model_part = changes.pop("options", {})
    fit = {"fit": specs.fit(epochs=0, optimizer=None)}
    return specs.run(data=data, model=part(model, **model_part), method=part("reconstruct"), **fit | changes)


AS_IT_IS = run("identity")
DRAWN = run(f"{HERE}:Coded", options={"deviation": 0.02})  # 390 metres


@dataclass
class Done:
    """What a job has made."""

    rows: dict[str, list[Row]]

    def levels(self, gauge: str, draw: int | None = None) -> list[float]:
        of = [row for row in self.rows["gauges"] if (row["gauge"], row["draw"]) == (gauge, draw)]
        return [row["level"] for row in of]

    def maps(self, kind: str) -> list[np.ndarray]:
        found = [row for row in self.rows["maps"] if row["kind"] == kind]
        return [np.array(row["values"]).reshape(row["height"], row["width"]) for row in found]

    def sea(self, metric: str, draw: int | None = None, gauge: str | None = None) -> float:
        (value,) = [
            row["value"]
            for row in self.rows["seas"]
            if (row["metric"], row["draw"], row["gauge"]) == (metric, draw, gauge)
        ]
        return value

    def check_same(self, other: "Done") -> None:
        for name, rows in self.rows.items():
            for mine, others in zip(rows, other.rows[name], strict=True):
                np.testing.assert_equal(mine, others)  # to which no number is no number


Simulate = Callable[..., Done]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("small")
    (found / "gauges.csv").write_text(GAUGES)
    prepared(dataset(learnt=False), found)
    return found


@pytest.fixture
def simulated(folder: Path, tmp_path: Path) -> Simulate:
    def do(of: Run = AS_IT_IS, seed: int = SEED, inputs: Any = (), **changes: Any) -> Done:
        entry = TSUNAMI | {"gauges": str(folder / "gauges.csv")} | changes
        (asked,) = read([entry], asking(of, "tsunamis"))
        main, region = (folder / f"{one.id}.parquet" for one in of.data.tables.values())
        given = [("region", region), *inputs]
        made = job("simulate", of, tmp_path, main, asked=asked, seed=seed, inputs=given)
        return Done({name: read_table(path, OUTPUTS[name]).to_pylist() for name, path in made.items()})

    return do


@pytest.fixture(scope="module")
def plain(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Done:
    """The wave over the relief as it is."""
    return simulated.__wrapped__(folder, tmp_path_factory.mktemp("plain"))()


def floor(wanted: np.ndarray = RELIEF) -> Tensor:
    """What is kept of a wanted floor, cell by cell."""
    kept = RELIEF.astype(float)
    for cell in np.ndindex(ROWS, COLUMNS):
        if kept[cell] < 0:
            kept[cell] = min(wanted[cell], max(kept[cell], -10))
    return torch.from_numpy(kept)


def lift(slopes: bool = True) -> Tensor:
    ground = torch.from_numpy(RELIEF.astype(float)) if slopes else None
    return uplift(read_faults(path_of("rectangles-2")), GRID.latitudes, GRID.longitudes, ground)


def directly(bed: Tensor, lifted: Tensor | None = None, **changes: Any) -> Waves:
    course = Course(**{"seconds": 300.0, "every": 60.0, "snapshots": (0.0, 120.0)} | changes)
    return simulate(GRID, bed, lift() if lifted is None else lifted, PLACES, course)


def check_levels(found: Done, waves: Waves, draw: int | None = None, atol: float = 1e-4) -> None:
    for place, wanted in zip(PLACES, waves.levels.numpy(), strict=True):
        np.testing.assert_allclose(found.levels(place.name, draw), wanted, rtol=0, atol=atol)


# --- a wave over what a model makes ---


def test_levels_are_those_of_a_wave_over_the_relief(plain: Done) -> None:
    waves = directly(floor())
    check_levels(plain, waves)
    assert np.ptp(plain.levels("near")) > 0.1
    assert plain.sea("steps") == waves.steps


def test_each_row_says_of_which_run_gauge_and_moment_it_is(plain: Done) -> None:
    rows = plain.rows["gauges"]
    assert [(row["gauge"], row["seconds"]) for row in rows] == [
        (place.name, time) for place in PLACES for time in TIMES
    ]
    for name in OUTPUTS:
        whose = {(row["run"], row["seed"], row["tsunami"], row["draw"]) for row in plain.rows[name]}
        assert whose == {(AS_IT_IS.id, SEED, "waves", None)}


def test_there_is_a_map_of_each_kind_and_moment_where_the_cells_are(plain: Done) -> None:
    kinds = [(row["kind"], row["seconds"]) for row in plain.rows["maps"]]
    assert kinds == [
        ("relief", None),
        ("uplift", None),
        ("level", 0.0),
        ("level", 120.0),
        ("highest", None),
    ]
    for row in plain.rows["maps"]:
        assert (row["height"], row["width"]) == (ROWS, COLUMNS)
        assert [row["latitude"], row["longitude"], row["degrees"]] == pytest.approx([SOUTH, WEST, DEGREES])


def test_the_maps_are_of_the_floor_its_uplift_and_the_water(plain: Done) -> None:
    waves, (first, last) = directly(floor()), plain.maps("level")
    np.testing.assert_allclose(plain.maps("relief")[0], floor().numpy(), rtol=0, atol=0.01)
    np.testing.assert_allclose(plain.maps("uplift")[0], lift().numpy(), rtol=0, atol=1e-6)
    np.testing.assert_array_equal(np.isnan(first), LAND)
    np.testing.assert_allclose(
        first[~LAND], lift().numpy()[~LAND], rtol=0, atol=1e-6
    )  # it rises with the floor
    np.testing.assert_allclose(last[~LAND], waves.snapshots[1].numpy()[~LAND], rtol=0, atol=1e-3)
    np.testing.assert_allclose(plain.maps("highest")[0], waves.highest.numpy(), rtol=0, atol=1e-3)
    assert np.isnan(plain.maps("highest")[0][:, 0]).all()


def test_a_cell_that_runs_dry_or_stays_so_has_no_level(simulated: Simulate) -> None:
    found = simulated(snapshots=[300], seconds=300)
    waves = directly(floor(), snapshots=(300.0,))
    depth = waves.snapshots[0] - floor() - lift()
    np.testing.assert_array_equal(np.isnan(found.maps("level")[0]), (depth <= 0.01).numpy())


def test_without_slopes_the_uplift_is_the_faults_own(simulated: Simulate) -> None:
    found = simulated(slopes=False, snapshots=[])
    np.testing.assert_allclose(found.maps("uplift")[0], lift(slopes=False).numpy(), rtol=0, atol=1e-6)
    assert np.abs(found.maps("uplift")[0] - lift().numpy()).max() > 0.1
    check_levels(found, directly(floor(), lift(slopes=False), snapshots=()))
    assert found.maps("level") == []


def test_an_uplift_may_stand_in_a_file(simulated: Simulate, tmp_path: Path) -> None:
    path = tmp_path / "uplift.csv"
    corners = [f"{north},{east},{rise}" for north, rise in ((37, 1), (39, 3)) for east in (143, 145)]
    path.write_text("\n".join(["latitude,longitude,uplift_m", *corners]))
    rise = 1 + (GRID.latitudes[:, None] - 37).expand(ROWS, COLUMNS)
    there = (rise > 0.999) & (rise < 3.001) & (GRID.longitudes > 142.999) & (GRID.longitudes < 145.001)
    wanted = torch.where(there, rise, 0)
    found = simulated(fault=str(path))
    np.testing.assert_allclose(found.maps("uplift")[0], wanted.numpy(), rtol=0, atol=1e-6)
    check_levels(found, directly(floor(), wanted))


def test_friction_is_that_of_the_bottom(simulated: Simulate) -> None:
    found = simulated(friction=1, seconds=600)
    rough, smooth = (directly(floor(), seconds=600.0, friction=one) for one in (1.0, 0.0))
    check_levels(found, rough)
    assert (rough.levels - smooth.levels).abs().max() > 1e-3


def test_refined_cells_are_half_as_large_and_cover_the_same(simulated: Simulate, plain: Done) -> None:
    found = simulated(refined=2, snapshots=[0])
    for row in found.rows["maps"]:
        assert (row["height"], row["width"]) == (2 * ROWS, 2 * COLUMNS)
        where = [row[name] for name in ("latitude", "longitude", "degrees")]
        assert where == pytest.approx([SOUTH - DEGREES / 4, WEST - DEGREES / 4, DEGREES / 2])
    fine, quarters = found.maps("relief")[0], np.array([0.75, 0.25])
    inner = np.einsum("a,b,abij->ij", quarters, quarters, squares(RELIEF.astype(float)))
    np.testing.assert_allclose(fine[1:-1:2, 1:-1:2][deep()], inner[deep()], rtol=0, atol=0.01)
    assert found.sea("root mean square") == pytest.approx(plain.sea("root mean square"), abs=1e-3)


def squares(values: np.ndarray) -> np.ndarray:
    """(2, 2, rows - 1, columns - 1): each cell, and those to the north, to the east, and to both."""
    return np.stack([[values[a : ROWS - 1 + a, b : COLUMNS - 1 + b] for b in (0, 1)] for a in (0, 1)])


def deep() -> np.ndarray:
    return (squares(RELIEF) < -100).all((0, 1))


# --- what stands in the floor's place ---


def test_a_flat_sea_is_at_the_mean_depth_and_land_as_it_was(simulated: Simulate) -> None:
    found = simulated(sea="flat")
    weights = np.cos(np.radians(GRID.latitudes.numpy()))[:, None] * ~LAND
    mean = np.average(RELIEF, weights=weights)
    np.testing.assert_allclose(found.maps("relief")[0][~LAND], mean, rtol=1e-5)
    np.testing.assert_allclose(found.maps("relief")[0][LAND], RELIEF[LAND], rtol=0, atol=0.01)
    off = (mean - RELIEF.astype(float))[~LAND]
    assert found.sea("root mean square") == pytest.approx(math.sqrt(np.mean(off**2)), rel=1e-4)
    assert found.sea("mean") == pytest.approx(off.mean(), rel=1e-2)
    check_levels(found, directly(torch.from_numpy(np.where(LAND, RELIEF, mean))), atol=1e-3)


def test_a_deeper_sea_is_off_as_much_everywhere(simulated: Simulate) -> None:
    found = simulated(sea={"name": "deeper", "metres": 250})
    for metric in ("root mean square", "at seams", "off seams"):
        assert found.sea(metric) == pytest.approx(250, abs=0.01)
    assert found.sea("mean") == pytest.approx(-250, abs=0.01)
    check_levels(found, directly(floor(RELIEF.astype(float) - 250)))


def test_seams_are_the_cells_at_the_edges_of_tiles_inside_the_region(simulated: Simulate) -> None:
    found = simulated(sea={"name": "noisy", "metres": 250})
    off = found.maps("relief")[0] - RELIEF
    at = np.zeros((ROWS, COLUMNS), bool)
    for row, column in np.ndindex(ROWS, COLUMNS):
        at[row, column] = row in (7, 8, 15, 16) or column in (7, 8, 15, 16, 23, 24)
    for metric, cells in (("root mean square", ~LAND), ("at seams", at & ~LAND), ("off seams", ~at & ~LAND)):
        assert found.sea(metric) == pytest.approx(math.sqrt((off[cells] ** 2).mean()), rel=1e-4)
    assert found.sea("at seams") != pytest.approx(found.sea("off seams"), rel=1e-3)


def test_noise_is_the_seeds(simulated: Simulate) -> None:
    first, again, other = (simulated(sea="noisy", seed=seed) for seed in (1, 1, 2))
    first.check_same(again)
    assert first.sea("mean") != other.sea("mean")


# --- codes that are drawn ---


def test_each_draw_is_a_series_more_and_maps_are_of_the_mean(simulated: Simulate, plain: Done) -> None:
    found = simulated(DRAWN, draws=2)
    counts = {name: [row["draw"] for row in rows] for name, rows in found.rows.items()}
    for draw in (None, 0, 1):
        assert counts["gauges"].count(draw) == len(PLACES) * len(TIMES)
    assert set(counts["maps"]) == {None}
    np.testing.assert_allclose(found.maps("relief")[0], plain.maps("relief")[0], rtol=0, atol=0.01)
    np.testing.assert_allclose(found.levels("near"), plain.levels("near"), rtol=0, atol=0.05)
    assert found.sea("root mean square") == pytest.approx(plain.sea("root mean square"), abs=1e-2)


def test_draws_are_off_by_as_much_as_codes_spread_and_each_otherwise(simulated: Simulate) -> None:
    found = simulated(DRAWN, draws=2)
    spread = 0.02 * (8613.15625 + 10880.587890625)  # and a little less, where it would be land
    roots = [found.sea("root mean square", draw) for draw in (0, 1)]
    assert roots == pytest.approx([spread, spread], rel=0.1)
    assert roots[0] != roots[1]
    assert np.abs(np.subtract(found.levels("near", 0), found.levels("near", 1))).max() > 1e-3


def test_draws_are_the_seeds_and_leave_other_streams_alone(simulated: Simulate) -> None:
    torch.manual_seed(8)
    state = torch.get_rng_state()
    first = simulated(DRAWN, draws=2)
    assert torch.equal(torch.get_rng_state(), state)
    torch.rand(3)
    simulated(DRAWN, draws=2).check_same(first)
    assert simulated(DRAWN, draws=2, seed=4).sea("mean", 0) != first.sea("mean", 0)


def test_simulations_some_at_a_time_are_numbered_as_all_at_once(
    simulated: Simulate, monkeypatch: pytest.MonkeyPatch
) -> None:
    draws, wide = (None, 0, 1, 2, 3), run(f"{HERE}:Coded", options={"deviation": 0.06})
    whole = simulated(wide, draws=4)
    monkeypatch.setattr(of_job, "CELLS_AT_ONCE", 2 * whole.maps("relief")[0].size)
    parts = simulated(wide, draws=4)
    one, other = (np.array([of.levels("near", draw) for draw in draws]) for of in (whole, parts))
    apart = np.abs(one[:, None] - other).max(2)  # steps are of other lengths
    assert (apart.diagonal() < 0.5 * (apart + 9 * np.eye(5)).min(1)).all()
    assert [parts.sea("mean", draw) for draw in draws] == [whole.sea("mean", draw) for draw in draws]
    assert len(parts.rows["gauges"]) == len(whole.rows["gauges"])


def test_what_stands_in_the_floors_place_does_so_in_each_draw(simulated: Simulate) -> None:
    found = simulated(DRAWN, draws=1, sea={"name": "deeper", "metres": 2000})
    plain = simulated(DRAWN, draws=1)
    for draw in (None, 0):
        assert found.sea("mean", draw) == pytest.approx(plain.sea("mean", draw) - 2000, abs=20)


# --- a model that was trained ---


def test_a_trained_model_makes_the_floor(folder: Path, tmp_path: Path, simulated: Simulate) -> None:
    fit = specs.fit(epochs=1, optimizer=None)
    learnt = replace(run("pca", learnt=True, options={"latent": 3}, fit=fit), method=part("fit-components"))
    table = prepared(learnt.data.table, folder)
    region = folder / f"{dataset(learnt=False).id}.parquet"
    weights = job("train", learnt, tmp_path, table, inputs=[("region", region)])["weights"]
    found = simulated(learnt, inputs=[("weights", weights)])
    tiles = RELIEF.astype(float).reshape(3, SIDE, 4, SIDE).swapaxes(1, 2).reshape(12, -1)
    apart = tiles - tiles.mean(0)
    vectors = np.linalg.svd(apart, full_matrices=False)[2][:3]
    restored = (tiles.mean(0) + apart @ vectors.T @ vectors).reshape(3, 4, SIDE, SIDE).swapaxes(1, 2)
    wanted = floor(restored.reshape(ROWS, COLUMNS))
    np.testing.assert_allclose(found.maps("relief")[0], wanted.numpy(), rtol=0, atol=0.2)
    assert found.sea("root mean square") > 100


@pytest.mark.usefixtures("bfloat16_here")
def test_a_floor_is_made_in_float32_whatever_its_model_was_trained_in(simulated: Simulate) -> None:
    fit = specs.fit(epochs=0, optimizer=None, precision="bfloat16")  # whose rounding is tens of metres
    found = simulated(run(f"{HERE}:Passing", fit=fit))
    np.testing.assert_allclose(found.maps("relief")[0], floor().numpy(), rtol=0, atol=0.01)


# --- gauges ---


def test_a_crest_and_its_time_are_noted_where_they_were_recorded(plain: Done) -> None:
    recorded = [
        (row["gauge"], row["metric"], row["value"])
        for row in plain.rows["seas"]
        if row["metric"].startswith("recorded")
    ]
    assert recorded == [
        ("near", "recorded crest", 1.25),
        ("near", "recorded seconds", 600.0),
        ("coast", "recorded crest", 0.5),
    ]


def test_a_wave_takes_along_a_straight_line_what_an_integral_says(simulated: Simulate) -> None:
    found = simulated(sea="flat")
    speed = math.sqrt(GRAVITY * -found.maps("relief")[0][0, -1])
    row, column = np.unravel_index(found.maps("uplift")[0].argmax(), (ROWS, COLUMNS))
    north, east = SOUTH + DEGREES * row, WEST + DEGREES * column
    for place in PLACES[:2]:  # over sea alone
        up, right = place.latitude - north, place.longitude - east

        def length(share: float, up: float = up, right: float = right) -> float:
            return METRE * math.hypot(up, right * math.cos(math.radians(north + share * up)))

        wanted = integrate.quad(length, 0, 1)[0] / speed
        assert found.sea("travel time", gauge=place.name) == pytest.approx(wanted, rel=1e-5)


def even(metres: float) -> Tensor:
    return torch.full((ROWS, COLUMNS), metres, dtype=torch.float64)


@pytest.mark.parametrize(
    ("end", "metres"),
    [
        (Place("north", 40.0, 143.0), 3 * METRE),
        (Place("south", 36.2, 143.0), 0.8 * METRE),
        (Place("east", 37.0, 146.4), 3.4 * METRE * math.cos(math.radians(37))),
        (Place("west", 37.0, 141.2), 1.8 * METRE * math.cos(math.radians(37))),
        (Place("here", 37.0, 143.0), 0.0),
    ],
    ids=lambda one: one.name if isinstance(one, Place) else "",
)
@pytest.mark.parametrize("depth", [4000.0, 25.0])
def test_along_a_meridian_and_a_parallel_a_wave_runs_with_the_root_of_g_h(
    end: Place, metres: float, depth: float
) -> None:
    seconds = travel_time(GRID, even(-depth), Place("", 37.0, 143.0), end)
    assert seconds == pytest.approx(metres / math.sqrt(GRAVITY * depth), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("metres", [-10.0, -3.0, 0.0, 700.0])
def test_land_and_shallow_water_on_the_way_count_as_ten_metres(metres: float) -> None:
    bed = even(metres)
    seconds = travel_time(GRID, bed, Place("", 37.0, 143.0), Place("", 38.0, 143.0))
    assert seconds == pytest.approx(METRE / math.sqrt(GRAVITY * 10))


def test_each_part_of_the_way_is_run_at_its_own_depth() -> None:
    bed = even(-4000.0)
    bed[:, 10:] = -1000.0  # from 142.9 east
    seconds = travel_time(GRID, bed, Place("", 37.0, 141.9), Place("", 37.0, 143.4))
    degree = METRE * math.cos(math.radians(37))
    wanted = degree * (1.0 / math.sqrt(GRAVITY * 4000) + 0.5 / math.sqrt(GRAVITY * 1000))
    assert seconds == pytest.approx(wanted, rel=1e-3)
    bed = even(-4000.0)
    bed[10:] = -1000.0  # from 37.9 north
    seconds = travel_time(GRID, bed, Place("", 36.9, 143.0), Place("", 38.4, 143.0))
    wanted = METRE * (1.0 / math.sqrt(GRAVITY * 4000) + 0.5 / math.sqrt(GRAVITY * 1000))
    assert seconds == pytest.approx(wanted, rel=1e-3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            ("far,", "near,"),
            r"gauges\.csv: two gauges of one name among near, near, coast; expected one each",
        ),
        (("146.5", "east"), r"gauges\.csv, line 3, longitude: 'east'; expected a number"),
        (("1.25", "high"), r"gauges\.csv, near, peak_m: 'high'; expected a number"),
        (("146.5", "149.5"), r"'far' at 36\.900 N 149\.500 E: outside the grid"),
        (("142.1,40.1", "141.1,40.1"), r"'coast' at 40\.100 N 141\.100 E: land in all cells around it"),
        (("name", "buoy"), r"gauges\.csv, line 1: columns buoy, longitude, .*; expected name among them"),
    ],
    ids=["one name twice", "no number", "no crest", "outside", "on land", "no names"],
)
def test_gauges_that_cannot_be_are_refused(
    change: tuple[str, str], message: str, simulated: Simulate, tmp_path: Path
) -> None:
    path = tmp_path / "gauges.csv"
    path.write_text(GAUGES.replace(*change))
    with pytest.raises(UserError, match=message):
        simulated(gauges=str(path))
