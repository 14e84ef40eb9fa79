"""Oracle: exact solutions (Stoker, Ritter, Thacker, standing waves, friction in a channel); laws of water."""

import math

import pytest
import torch

from lea.errors import UserError
from lea.simulate import fluxes, waves
from lea.simulate.grid import RADIUS, Grid, Place
from lea.simulate.waves import Course, ShallowWater, first_depth, simulate

G = 9.81


def flat(rows, columns, metres):
    """Square cells astride the equator, where a latitude is as long as a longitude."""
    degrees = math.degrees(metres / RADIUS)
    return Grid(-(rows - 1) / 2 * degrees, 0.0, rows, columns, degrees)


def positions(count, metres):
    """(count,) of centres, about 0."""
    return (torch.arange(count, dtype=torch.float64) - (count - 1) / 2) * metres


def zeros(*shape):
    return torch.zeros(shape, dtype=torch.float64)


def run(water, seconds):
    while seconds - water.time > 1e-9:
        water.step(min(water.longest_step(), seconds - water.time))
    return water


def rough(rows, columns, *, coast=0.0):
    """(rows, columns) a steep random bed with islands, and land in the west."""
    bed = (
        3000 * torch.randn(rows, columns, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
        - 2000
    )
    bed[:, :3] += coast
    return bed


def hump(x, y, width, height=1.0):
    return height * torch.exp(-(x[None, :] ** 2 + y[:, None] ** 2) / width**2)


@pytest.mark.parametrize("edges", ["open", "wall"])
def test_a_lake_at_rest_stays_at_rest_over_islands_cliffs_and_a_coast(edges):
    grid = Grid(38.0, 140.0, 24, 30, 0.1)
    bed = rough(24, 30, coast=6000.0)
    water = ShallowWater(grid, bed, edges=edges)
    water.fill((-bed).clamp(min=0))
    wet = water.depth > 0

    for _ in range(60):
        water.step(water.longest_step())

    assert 0.3 < wet.double().mean() < 0.9
    assert water.level[wet].abs().max() < 1e-10
    assert water.velocity.abs().max() < 1e-10
    assert torch.equal(water.depth > 0, wet)


def dam(cells, right, seconds=60.0, length=20_000.0, left=100.0):
    """Positions and depths a minute after a dam of 100 m broke."""
    x = positions(cells, length / cells)
    water = ShallowWater(flat(2, cells, length / cells), zeros(2, cells), edges="wall")
    water.fill(torch.where(x < 0, left, right).expand(1, 2, cells))
    return x, run(water, seconds).depth[0, 0]


def ritter(x, seconds, left=100.0):
    """(cells,) depths behind a dam that broke onto dry land."""
    c, speed = math.sqrt(G * left), x / seconds
    fan = (2 * c - speed) ** 2 / (9 * G)
    return torch.where(speed < -c, left, torch.where(speed > 2 * c, 0.0, fan))


def stoker(x, seconds, right, left=100.0):
    """(cells,) depths where it broke onto water: a fan, a plateau, a bore."""
    c, low, high = math.sqrt(G * left), right, left
    for _ in range(80):  # the depth between, by halving
        middle = (low + high) / 2
        u = 2 * (c - math.sqrt(G * middle))
        bore = (middle - right) * math.sqrt(G / 2 * (middle + right) / (middle * right))
        low, high = (middle, high) if u > bore else (low, middle)
    speed, front = x / seconds, middle * u / (middle - right)
    found = torch.where(speed < u - math.sqrt(G * middle), (2 * c - speed) ** 2 / (9 * G), middle)
    return torch.where(speed < -c, left, torch.where(speed < front, found, right))


@pytest.mark.parametrize(("right", "first", "order"), [(10.0, 0.40, 0.85), (0.0, 0.32, 0.85)])
def test_a_broken_dam_is_stokers_and_ritters_with_their_order(right, first, order):
    errors = []
    for cells in (100, 200, 400):
        x, depth = dam(cells, right)
        exact = stoker(x, 60.0, right) if right else ritter(x, 60.0)
        errors.append(float((depth - exact).abs().mean()))

    assert errors[0] < first  # metres, of 100
    assert math.log2(errors[0] / errors[2]) / 2 > order  # 1 where there is a bore or a corner


def thacker(x, y, seconds, a=10_000.0, depth=1000.0, sigma=1000.0):
    """Depth, and velocity (2, rows, columns), of a plane that turns in a paraboloid; its bed; its period."""
    omega = math.sqrt(2 * G * depth) / a
    bed = depth * ((x[None, :] ** 2 + y[:, None] ** 2) / a**2 - 1)
    cosine, sine = math.cos(omega * seconds), math.sin(omega * seconds)
    level = depth * sigma / a**2 * (2 * x[None, :] * cosine - 2 * y[:, None] * sine - sigma)
    velocity = torch.stack([torch.full_like(bed, -sigma * omega * one) for one in (sine, cosine)])
    return (level - bed).clamp(min=0), velocity, bed, 2 * math.pi / omega


@pytest.mark.parametrize(("cells", "most"), [(32, 3.5), (64, 1.2)])
def test_water_turns_in_a_paraboloid_as_thackers(cells, most):
    x = positions(cells, 26_000 / cells)
    depth, velocity, bed, period = thacker(x, x, 0.0)
    water = ShallowWater(flat(cells, cells, 26_000 / cells), bed, edges="wall")
    water.fill(depth[None], velocity[:, None])

    run(water, 0.75 * period)

    exact = thacker(x, x, 0.75 * period)[0]
    assert (water.depth[0] - exact).abs().mean() < most  # metres; the shore goes up and down by 200
    assert (water.depth[0] - depth).abs().mean() > 5 * most


def test_a_closed_basin_keeps_its_water():
    grid = Grid(60.0, 10.0, 20, 30, 0.1)
    bed = 0.1 * rough(20, 30)
    water = ShallowWater(grid, bed, edges="wall")
    water.fill((300 - bed).clamp(min=0) * (grid.longitudes < 11.5))
    volume = (water.depth * grid.areas[:, None]).sum()

    run(water, 3000.0)

    assert (water.depth >= 0).all()
    assert (water.depth[..., 16:] > 1).any()  # it has run dry and wet
    assert float((water.depth * grid.areas[:, None]).sum() / volume) == pytest.approx(1, abs=1e-12)


def test_a_small_wave_runs_with_the_root_of_g_h():
    cells, metres, depth = 300, 1000.0, 4000.0
    x = positions(cells, metres)
    water = ShallowWater(flat(2, cells, metres), torch.full((2, cells), -depth), edges="wall")
    water.fill(depth + hump(x, zeros(2), 15_000.0, 1e-3)[None])

    run(water, 500.0)  # the ends are 150 km away

    right = water.level[0, 0] * (x > 0)
    place = float((right * x).sum() / right.sum())
    assert place == pytest.approx(500 * math.sqrt(G * depth), rel=3e-4)
    assert right.max() == pytest.approx(0.5e-3, rel=0.02)


def standing(cells):
    """The mean error, over the height, of a standing wave after a period."""
    length, depth, height = 100_000.0, 1000.0, 1e-3
    x = positions(cells, length / cells)
    wave = height * torch.sin(math.pi * x / length)
    water = ShallowWater(flat(2, cells, length / cells), torch.full((2, cells), -depth), edges="wall")
    water.fill((depth + wave).expand(1, 2, cells))
    run(water, 2 * length / math.sqrt(G * depth))
    return float((water.level[0, 0] - wave).abs().mean()) / height


def test_a_smooth_wave_is_of_second_order():
    coarse, fine = standing(20), standing(80)

    assert coarse < 0.004
    assert math.log2(coarse / fine) / 2 > 2  # it comes out at 3


@pytest.mark.parametrize(("edges", "least", "most"), [("open", 0.0, 0.01), ("wall", 0.2, 1.0)])
def test_an_open_edge_lets_a_wave_out_and_a_wall_turns_it_back(edges, least, most):
    cells, metres, depth = 40, 5000.0, 4000.0
    x = positions(cells, metres)
    water = ShallowWater(flat(cells, cells, metres), torch.full((cells, cells), -depth), edges=edges)
    water.fill(depth + hump(x, x, 20_000.0, 1e-3)[None])

    run(water, 300_000 / math.sqrt(G * depth))  # one and a half times across

    assert least <= water.level.abs().max() / 1e-3 <= most


@pytest.mark.parametrize(
    "turn",
    [lambda f: f.flip(-1), lambda f: f.flip(-2), lambda f: f.transpose(-1, -2)],
    ids=["west for east", "south for north", "north for east"],
)
def test_a_mirrored_sea_has_mirrored_waves(turn):
    grid = flat(24, 24, 500.0)
    bed = 0.3 * rough(24, 24)
    x = positions(24, 500.0)
    depth = (-bed).clamp(min=0) + hump(x - 2000, x + 500, 2000, 10.0)
    levels = []
    for one, water_depth in ((bed, depth), (turn(bed), turn(depth))):
        water = ShallowWater(grid, one.contiguous())
        water.fill(water_depth)
        levels.append(run(water, 40.0).level[0])

    torch.testing.assert_close(levels[1], turn(levels[0]), rtol=0, atol=1e-5)


def test_a_wave_at_sixty_degrees_north_runs_as_far_to_the_east_as_to_the_north():
    grid = Grid(57.0, 0.0, 60, 120, 0.1)  # twice as many columns, half as wide
    metre = math.radians(1) * RADIUS
    y, x = (grid.latitudes - 60) * metre, (grid.longitudes - 6) * metre / 2
    lift = hump(x, y, 60_000.0)
    gauges = [
        Place("north", 61.5, 6.0),
        Place("south", 58.5, 6.0),
        Place("east", 60.0, 9.0),
        Place("west", 60.0, 3.0),
    ]

    found = simulate(grid, torch.full((60, 120), -3000.0), lift, gauges, Course(seconds=1500))

    crests, at = found.levels.max(1)
    assert crests.tolist() == pytest.approx([float(crests.mean())] * 4, rel=0.03)
    assert 5 * (at.max() - at.min()) <= 20  # seconds, of 820


def test_a_batch_is_its_members_one_by_one():
    grid = Grid(38.0, 140.0, 12, 16, 0.1)
    beds = torch.stack([rough(12, 16), rough(12, 16, coast=5000.0), torch.full((12, 16), -3000.0)])
    depth = first_depth(beds, hump(positions(16, 1.0), positions(12, 1.0), 4.0, 5.0))
    together = ShallowWater(grid, beds)
    together.fill(depth)
    for _ in range(40):
        together.step(8.0)
    for number, bed in enumerate(beds):
        alone = ShallowWater(grid, bed)
        alone.fill(depth[number])
        for _ in range(40):
            alone.step(8.0)
        torch.testing.assert_close(together.level[number], alone.level[0], rtol=0, atol=1e-9)


def test_bands_of_rows_change_nothing(monkeypatch):
    grid = Grid(38.0, 140.0, 13, 16, 0.1)
    beds = torch.stack([rough(13, 16), rough(13, 16, coast=5000.0)])
    levels = []
    for cells in (10**6, 70, 1):  # all at once; four rows of one bed; one row of one bed
        monkeypatch.setitem(fluxes.BAND, "cpu", cells)
        water = ShallowWater(grid, beds)
        water.fill(first_depth(beds, zeros(13, 16) + 5.0))
        levels.append(run(water, 300.0).level.clone())

    for other in levels[1:]:
        torch.testing.assert_close(other, levels[0], rtol=0, atol=1e-9)


def test_friction_slows_a_channel_as_its_closed_form():
    depth, manning = 3.0, 0.1
    water = ShallowWater(flat(2, 40, 200.0), torch.full((2, 40), -depth), edges="wall", friction=manning)
    water.fill(torch.full((1, 2, 40), depth), torch.tensor([1.0, 0.0])[:, None, None, None])

    run(water, 100.0)  # waves from both ends are 3 km away

    slower = 1 / (1 + G * manning**2 / depth ** (4 / 3) * 100)
    assert water.velocity[0, 0, 0, 20] == pytest.approx(slower, rel=1e-6)
    assert water.velocity[1].abs().max() < 1e-6


def test_friction_goes_by_the_speed_whatever_its_direction():
    grid = flat(40, 40, 200.0)
    water = ShallowWater(grid, torch.full((40, 40), -3.0), edges="wall", friction=0.1)
    water.fill(torch.full((1, 40, 40), 3.0), torch.tensor([0.6, 0.8])[:, None, None, None])

    run(water, 100.0)

    u, v = water.velocity[:, 0, 20, 20].tolist()
    assert math.hypot(u, v) == pytest.approx(1 / (1 + G * 0.01 / 3 ** (4 / 3) * 100), rel=1e-6)
    assert u / v == pytest.approx(0.75)


def test_the_fastest_wave_crosses_a_cells_width_and_height_together_in_a_step():
    water = ShallowWater(flat(4, 4, 1000.0), torch.full((4, 4), -100.0), edges="wall")
    water.fill(torch.full((1, 4, 4), 100.0), torch.tensor([3.0, -4.0])[:, None, None, None])

    assert water.longest_step() == pytest.approx(1000 / (7 + 2 * math.sqrt(G * 100)), rel=1e-6)


def test_dry_land_lets_a_step_be_as_long_as_one_likes():
    water = ShallowWater(flat(4, 4, 1000.0), torch.full((4, 4), 100.0))

    assert water.longest_step() == math.inf
    assert water.step(1e6) == 1e6


def test_a_step_that_would_take_more_water_than_there_is_is_halved():
    water = ShallowWater(flat(2, 40, 100.0), zeros(2, 40), edges="wall")
    water.fill(torch.where(positions(40, 1.0) < 0, 20.0, 0.0).expand(1, 2, 40), 10.0)
    volume = water.depth.sum()

    taken = water.step(20.0)

    assert taken in {20.0 / 2**n for n in range(1, 10)}
    assert water.time == taken
    assert water.depth.sum() == pytest.approx(float(volume))


def test_a_film_on_a_cliff_does_not_race():
    bed = torch.tensor([410.0, 179.0, 39.0, -11.0, -49.0, -60.0, -70.0], dtype=torch.float64).expand(3, 7)
    water = ShallowWater(flat(3, 7, 4300.0), bed)
    water.fill(((-bed).clamp(min=0) + 0.15 * (bed == 39.0))[None])
    fastest = 0.0

    while water.time < 2000:
        water.step(water.longest_step())
        fastest = max(fastest, float(water.velocity.abs().max()))

    assert fastest < 5


def test_less_than_a_film_hardly_moves():
    water = ShallowWater(flat(2, 3, 100.0), zeros(2, 3), edges="wall")
    depth = torch.tensor([1e-5, 0.01, 5.0], dtype=torch.float64).expand(1, 2, 3)

    water.fill(depth, 10.0)

    assert water.velocity[0, 0, 0].tolist() == pytest.approx([2e-5, 10.0, 10.0], rel=1e-4)


def test_water_rises_with_its_floor_and_land_stays_dry_unless_it_sinks():
    relief = torch.tensor([-100.0, -100.0, 5.0, 5.0, 5.0], dtype=torch.float64)
    uplift = torch.tensor([3.0, -3.0, 3.0, -3.0, -8.0], dtype=torch.float64)

    depth = first_depth(relief, uplift)

    assert depth.tolist() == [100, 100, 0, 0, 3]
    assert (relief + uplift + depth).tolist() == [3, -3, 8, 2, 0]


def sea():
    """A grid, a relief with an island, what lifts it, and two gauges."""
    grid = Grid(38.0, 140.0, 20, 24, 0.1)
    relief = torch.full((20, 24), -2000.0, dtype=torch.float64)
    relief[4:8, 4:8] = 50.0
    lift = hump(positions(24, 1.0), positions(20, 1.0), 4.0, 2.0)
    return grid, relief, lift, [Place("near", 38.95, 141.15), Place("coast", 38.37, 140.75)]


def test_gauges_read_the_maps_at_their_places_and_times():
    grid, relief, lift, gauges = sea()

    found = simulate(grid, relief, lift, gauges, Course(seconds=600, snapshots=(0.0, 300.0, 600.0)))

    assert found.seconds.tolist() == [5.0 * n for n in range(121)]
    assert found.levels.shape == (2, 121)
    assert found.levels[0, 0] == pytest.approx(2.0, abs=0.1)
    read = grid.reading(gauges, relief < 0).of(found.snapshots)
    torch.testing.assert_close(found.levels[:, [0, 60, 120]], read.T)


def test_levels_between_two_steps_lie_on_a_straight_line():
    grid, relief, lift, gauges = sea()
    fine = simulate(grid, relief, lift, gauges, Course(seconds=200, every=1.0)).levels
    coarse = simulate(grid, relief, lift, gauges, Course(seconds=200, every=7.0)).levels
    water = ShallowWater(grid, relief + lift)
    water.fill(first_depth(relief, lift))
    step = math.floor(water.step(water.longest_step()))

    torch.testing.assert_close(coarse, fine[:, ::7])
    bend = fine[:, : step + 1].diff(n=2)
    assert step > 10
    assert bend.abs().max() < 1e-12


def test_the_highest_level_is_that_of_the_whole_run_and_none_on_dry_land():
    grid, relief, lift, gauges = sea()
    times = tuple(20.0 * n for n in range(16))

    found = simulate(grid, relief, lift, gauges, Course(seconds=300, snapshots=times))

    wet = relief < 0
    assert found.highest[5:7, 5:7].isnan().all()
    assert (found.highest[wet] >= found.snapshots.amax(0)[wet]).all()
    assert (found.highest[wet] - found.snapshots.amax(0)[wet]).max() < 0.2
    assert found.snapshots.shape == (16, 20, 24)


def test_a_batch_of_reliefs_gives_the_waves_of_each():
    grid, relief, lift, gauges = sea()
    shallow = torch.where(relief < 0, relief / 2, relief)
    course = Course(seconds=300, snapshots=(150.0,))

    both = simulate(grid, torch.stack([relief, shallow]), lift, gauges, course)

    assert both.snapshots.shape == (2, 1, 20, 24)
    for number, one in enumerate((relief, shallow)):
        alone = simulate(grid, one, lift, gauges, course)
        # the shallow sea takes its own longer steps when alone: 1 % of the 2 m, else rounding
        torch.testing.assert_close(
            both.levels[number], alone.levels, rtol=0, atol=1e-9 if number == 0 else 0.02
        )
        assert both.highest[number].isnan().equal(alone.highest.isnan())


def test_a_course_may_have_neither_gauges_nor_snapshots():
    grid, relief, lift, _ = sea()

    found = simulate(
        grid, relief.float(), lift.float(), [], Course(seconds=50, every=10, edges="wall", friction=0.02)
    )

    assert found.levels.shape == (0, 6)
    assert found.snapshots.shape == (0, 20, 24)
    assert found.highest.dtype == torch.float64
    assert found.steps > 1


def test_a_run_that_becomes_unstable_says_when_where_and_what():
    grid, relief, lift, gauges = sea()
    expected = (
        r"unstable after \d+\.\d s at 3\d\.\d00 N 14\d\.\d00 E, bed 1 of the batch: a current of \d+ m/s; "
        r"expected at most 100 m/s; a step before \d+\.\d\d m of water stood there on a bed at .* m, which "
        r"changes by .* m to a cell beside it, \d+ cells from an edge \(open\); look there at the bed"
    )

    with pytest.raises(UserError, match=expected):
        simulate(grid, torch.stack([relief - 3e6, relief]), 5000 * lift, gauges, Course(seconds=600))


def test_a_current_that_is_no_number_is_refused_where_it_is():
    water = ShallowWater(Grid(38.0, 140.0, 9, 9, 0.1), torch.full((9, 9), -100.0))
    velocity = zeros(2, 1, 9, 9)
    velocity[0, 0, 4, 5] = math.nan
    water.fill(torch.full((1, 9, 9), 100.0), velocity)

    with pytest.raises(
        UserError, match=r"unstable after 1.0 s at 38\.400 N 140\.[3-7]00 E.* a current of nan m/s"
    ):
        water.step(1.0)


def test_a_cell_that_no_step_leaves_its_water_ends_the_run(monkeypatch):
    water = ShallowWater(Grid(38.0, 140.0, 4, 4, 0.1), torch.full((4, 4), 1.0))
    monkeypatch.setattr(waves, "ROUNDING", -1.0)  # as if each cell lacked a metre

    with pytest.raises(UserError, match=r"at 38.000 N 140.000 E, .*: it would lose more water than it has"):
        water.step(1.0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"edges": "round"}, "edges 'round'; expected 'open' or 'wall'"),
        ({"friction": -0.1}, "a friction of -0.1; expected Manning's n, 0 or more"),
        ({"friction": math.nan}, "a friction of nan; expected Manning's n"),
        ({"seconds": 0}, "a wave followed for 0 s and read every 5 s; expected more than 0 of both"),
        ({"seconds": math.inf}, "a wave followed for inf s"),
        ({"every": 0.0}, "read every 0 s; expected more than 0"),
        ({"snapshots": (5.0, 11.0)}, "snapshots at 5, 11 s; expected between 0 and 10 s, the end"),
    ],
)
def test_courses_that_cannot_be_are_refused(options, message):
    grid, relief, lift, gauges = sea()

    with pytest.raises(UserError, match=message):
        simulate(grid, relief, lift, gauges, Course(**({"seconds": 10} | options)))


def test_fields_that_do_not_fit_are_refused():
    grid, relief, lift, gauges = sea()
    water = ShallowWater(grid, relief)

    with pytest.raises(UserError, match=r"relief of shape \(24, 20\)"):
        simulate(grid, relief.T, lift, gauges, Course(seconds=10))
    with pytest.raises(UserError, match=r"uplift: no number at 38.000 N 140.000 E"):
        simulate(grid, relief, lift * math.nan, gauges, Course(seconds=10))
    with pytest.raises(UserError, match=r"a depth of -1 m; expected 0 where it is dry"):
        water.fill(torch.full((1, 20, 24), -1.0))
