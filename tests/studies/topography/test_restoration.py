"""Oracle: closed forms of models whose errors are known, loops over tiles, scipy's rank correlation."""

from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor, nn

from lea.data.relief.terrain import labels
from lea.data.tensors import Data, Samples
from lea.studies.topography.restoration import measure

LOW, HIGH, SIDE = -10880.587890625, 8613.15625, 6
METRES = HIGH - LOW


class Off(nn.Module):
    """Each tile is off by a field of its own scale."""

    def __init__(self, by: Any) -> None:
        super().__init__()
        self.by = by

    def forward(self, x: Tensor) -> Tensor:
        return x + self.by(x) / METRES


def tiles(count: int) -> np.ndarray:
    """(n, h, w) metres: deep sea, shelf, coast, land, and rough ones."""
    rng = np.random.default_rng(3)
    middle = rng.choice([-5000, -500, 0, 900], (count, 1, 1))
    rough = rng.choice([5, 900], (count, 1, 1))
    return (middle + rough * rng.standard_normal((count, SIDE, SIDE))).round().astype(np.int16)


def samples(metres: np.ndarray) -> Samples:
    return Samples(torch.from_numpy(metres[..., None]), None, (LOW, HIGH))


def found(by: Any, test: np.ndarray, **others: np.ndarray) -> dict[tuple[str, str], float]:
    tables = {role: samples(one) for role, one in others.items()}
    data = Data(samples(test[:2]), samples(test), samples(test[:0]), (1, SIDE, SIDE), 0, tables)
    taken = list(measure(Off(by), data, torch.Generator()))
    values = {(one.part, one.metric): one.value for one in taken}
    assert len(values) == len(taken)
    return values


def test_a_constant_shift_is_found_everywhere() -> None:
    """195 metres in each of n tiles of 36 cells: 195 sqrt(36 n) in all, 195 a cell, no slope."""
    values = found(lambda x: 195, tiles(40), whole=tiles(300))
    for part, count in (("tested", 40), ("whole", 300)):
        assert values[part, "root mean square"] == pytest.approx(195, rel=1e-4)
        assert values[part, "total error in metres"] == pytest.approx(195 * np.sqrt(36 * count), rel=1e-4)
        assert values[part, "total error"] == pytest.approx(195 / METRES * np.sqrt(36 * count), rel=1e-4)
        assert values[part, "worst tile"] == pytest.approx(195 / METRES * 6, rel=1e-3)
        assert values[part, "worst tile in metres"] == pytest.approx(195 * 6, rel=1e-3)
    assert values["tested", "slope"] == pytest.approx(0, abs=0.01)


def test_without_a_table_of_all_tiles_nothing_is_said_of_them() -> None:
    assert {part for part, _ in found(lambda x: 1, tiles(9))} & {"whole"} == set()


def test_a_slope_is_told_from_a_shift() -> None:
    """A plane that rises by 3 metres a cell to the right is off by 3 there and by nothing down."""
    values = found(lambda x: 3 * torch.arange(SIDE), tiles(40))
    assert values["tested", "slope"] == pytest.approx(3 / np.sqrt(2), rel=1e-3)


def test_cells_on_the_wrong_side_of_sea_level_are_counted() -> None:
    metres = tiles(60)
    metres[0, 0, 0] = 0  # land
    values = found(lambda x: -30, metres)
    assert values["tested", "wrong side"] == pytest.approx(
        100 * ((metres >= 0) & (metres < 30)).mean(), rel=1e-9
    )
    assert found(lambda x: 0, metres)["tested", "wrong side"] == 0


def test_a_cell_at_sea_level_is_land_however_it_is_rounded() -> None:
    level, below = np.zeros((1, SIDE, SIDE), np.int16), np.full((1, SIDE, SIDE), -1, np.int16)
    for metres, off, wrong in ((level, -0.005, 0), (level, -0.5, 100), (below, 0.5, 0), (below, 1.5, 100)):
        assert found(lambda x, off=off: off, metres)["tested", "wrong side"] == wrong


def test_terrains_are_those_of_the_labels() -> None:
    metres = tiles(200)
    values = found(lambda x: x[:, :, :1, :1] * METRES + LOW, metres)  # off by a tile's first height
    kinds = labels(metres, np.zeros(200), 400.0)["terrain"]
    for number, name in enumerate(("deep-sea", "shelf", "land", "coast", "steep")):
        of_kind = metres[kinds == number].astype(float)
        assert values[name, "tiles"] == len(of_kind) > 0
        expected = np.sqrt((of_kind[:, 0, 0] ** 2).mean())
        assert values[name, "root mean square"] == pytest.approx(expected, rel=1e-3)


def test_errors_that_follow_steepness_are_found_to() -> None:
    metres = tiles(100)
    values = found(lambda x: (x - x.mean((2, 3), keepdim=True)) * METRES, metres)
    steepness = [
        np.sqrt(np.mean([np.mean(np.diff(one.astype(float), axis=a) ** 2) for a in (0, 1)])) for one in metres
    ]
    spread = [one.astype(float).std() for one in metres]
    expected = stats.spearmanr(spread, steepness).statistic
    assert values["tested", "error with steepness"] == pytest.approx(expected, abs=1e-3)
    assert ("tested", "error with steepness") not in found(lambda x: 0, metres)


def steepness_by_loops(tile: np.ndarray) -> float:
    """The root mean square of the steps down, and of those across, as many of both."""
    heights = tile.tolist()
    down = [heights[y + 1][x] - heights[y][x] for y in range(SIDE - 1) for x in range(SIDE)]
    across = [heights[y][x + 1] - heights[y][x] for y in range(SIDE) for x in range(SIDE - 1)]
    return float(sum(step**2 for step in (*down, *across)) / (len(down) + len(across))) ** 0.5


@pytest.mark.parametrize(
    ("count", "sizes"), [(40, 10 * [4]), (43, 3 * [5] + 7 * [4]), (10, 10 * [1]), (7, 7 * [1])]
)
def test_each_tenth_of_the_tiles_has_its_steepness_and_its_error(count: int, sizes: list[int]) -> None:
    metres = tiles(count)
    values = found(lambda x: x[:, :, :1, :1] * METRES + LOW, metres)  # off by a tile's first height
    order = sorted(range(count), key=lambda row: steepness_by_loops(metres[row]))
    assert order != list(range(count))
    first = 0
    for tenth, size in enumerate(sizes, 1):
        rows = order[first : first + size]
        first += size
        steepness = sum(steepness_by_loops(metres[row]) for row in rows) / size
        error = (sum(float(metres[row, 0, 0]) ** 2 for row in rows) / size) ** 0.5
        assert values[f"tenth-{tenth}", "steepness"] == pytest.approx(steepness, rel=1e-3)
        assert values[f"tenth-{tenth}", "root mean square"] == pytest.approx(error, rel=1e-3, abs=0.02)
    assert first == count
    assert len({part for part, _ in values if part.startswith("tenth")}) == len(sizes)


def test_a_terrain_without_tiles_has_a_count_alone() -> None:
    values = found(lambda x: 1, np.full((5, SIDE, SIDE), -4000, np.int16))
    assert values["land", "tiles"] == 0
    assert ("land", "root mean square") not in values
