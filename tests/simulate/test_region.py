"""Oracle: the shipped region itself, loops over tiles and cells, and the spread that drawn codes have."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from torch import Tensor, nn

from lea.data.relief.shipped import read_region
from lea.data.tensors import Samples, data_of
from lea.errors import UserError
from lea.nn.compressors import Identity
from lea.nn.encoders.encoder import Posterior
from lea.simulate import region as of_region
from lea.simulate.region import Region
from lea.store import read_record, read_table
from tests.jobs import prepared
from tests.specs import data, part, sprites

METRES = 8613.15625 + 10880.587890625  # that are seen as 1
CUTS = [(4, 4), (4, 2), (5, 3), (4, 3)]  # sides and strides


class Coded(nn.Module):
    """Codes are the values themselves, with a deviation that is the same for all."""

    def __init__(self, deviation: float) -> None:
        super().__init__()
        self.deviation = deviation

    def forward(self, x: Tensor) -> Tensor:
        return self.decode(self.encode(x).mean)

    def encode(self, x: Tensor) -> Posterior:
        return Posterior(x.flatten(1), torch.full_like(x.flatten(1), self.deviation).log())

    def decode(self, z: Tensor) -> Tensor:
        side = round(z.shape[1] ** 0.5)
        return z.unflatten(1, (1, side, side))


class Added(nn.Module):
    """Adds to each tile the same, which differs from cell to cell."""

    def __init__(self, added: Tensor) -> None:
        super().__init__()
        self.added = added

    def forward(self, x: Tensor) -> Tensor:
        return x + self.added


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tables")


def table(folder: Path, side: int = 48, **options: Any) -> pa.Table:
    reader = part("relief-region", **options)
    dataset = sprites(name="tohoku", reader=reader, side=side, train=None, test=None)
    path = folder / f"{dataset.id}.parquet"
    return read_table(path if path.is_file() else prepared(dataset, folder))


def region(table: pa.Table) -> Region:
    spec = data(target=None)
    return Region.of(data_of(table, spec, 0, {"region": table}).others["region"], read_record(table))


def small(side: int, stride: int, down: int = 3, across: int = 4) -> Region:
    """Tiles of noise: not what one relief would be cut into."""
    drawn = np.random.default_rng(0).integers(-5000, 1000, (down * across, side, side, 1))
    rows, columns = (down - 1) * stride + side, (across - 1) * stride + side
    about = {
        "tiles": [down, across],
        "stride": stride,
        "latitudes": [40.0, 40.0 - (rows - 1) / 4],
        "longitudes": [140.0, 140.0 + (columns - 1) / 4],
    }
    samples = Samples(torch.from_numpy(drawn.astype(np.int16)), None, (-10880.587890625, 8613.15625))
    return Region.of(samples, {"about": about})


def covering(one: Region) -> dict[tuple[int, int], list[tuple[int, int, int]]]:
    """For each cell, from the north-west, the tiles that cover it, and the row and column in each."""
    found: dict[tuple[int, int], list[tuple[int, int, int]]] = {}
    side = one.tiles.values.shape[1]
    for number in range(one.down * one.across):
        north, west = (one.stride * of for of in divmod(number, one.across))
        for row in range(side):
            for column in range(side):
                found.setdefault((north + row, west + column), []).append((number, row, column))
    return found


def from_the_south(one: Region, values: dict[tuple[int, int], Any]) -> np.ndarray:
    found = np.full((one.grid.rows, one.grid.columns), None, object)
    for (row, column), value in values.items():
        found[one.grid.rows - 1 - row, column] = value
    return found


# --- what is there, and where ---


@pytest.mark.parametrize("stride", [None, 24, 36])
def test_tiles_put_together_are_the_shipped_region_from_the_south(folder: Path, stride: int | None) -> None:
    found = region(table(folder, stride=stride))
    np.testing.assert_array_equal(found.relief().numpy(), read_region().metres[::-1])
    assert found.relief().dtype == torch.float64


def test_the_grid_lies_where_the_shipped_cells_do(folder: Path) -> None:
    grid, shipped = region(table(folder)).grid, read_region()
    assert (grid.rows, grid.columns) == (192, 192)
    np.testing.assert_allclose(grid.latitudes.numpy(), shipped.latitudes[::-1], rtol=1e-12)
    np.testing.assert_allclose(grid.longitudes.numpy(), shipped.longitudes, rtol=1e-12)


def test_what_tiles_do_not_cover_is_cut_off_in_the_south_and_east(folder: Path) -> None:
    found, shipped = region(table(folder, side=80)), read_region()
    np.testing.assert_array_equal(found.relief().numpy(), shipped.metres[:160, :160][::-1])
    np.testing.assert_allclose(found.grid.latitudes.numpy(), shipped.latitudes[:160][::-1], rtol=1e-12)
    np.testing.assert_allclose(found.grid.longitudes.numpy(), shipped.longitudes[:160], rtol=1e-12)


def test_tiles_that_do_not_touch_leave_cells_without_a_number() -> None:
    one = small(3, 4)
    covered = from_the_south(one, dict.fromkeys(covering(one), 1))
    np.testing.assert_array_equal(one.relief().isnan().numpy(), np.equal(covered, None))
    with pytest.raises(UserError, match="relief: no number at"):
        one.grid.check("relief", one.relief())


@pytest.mark.parametrize(("side", "stride"), CUTS)
def test_a_cell_has_the_mean_of_the_tiles_that_cover_it(side: int, stride: int) -> None:
    one = small(side, stride)
    tiles = one.tiles.values[..., 0].double().numpy()
    means = {cell: np.mean([tiles[place] for place in places]) for cell, places in covering(one).items()}
    np.testing.assert_allclose(one.relief().numpy(), from_the_south(one, means).astype(float), rtol=1e-12)


@pytest.mark.parametrize(("side", "stride"), CUTS)
def test_seams_are_where_cells_beside_each_other_lie_in_other_tiles(side: int, stride: int) -> None:
    one = small(side, stride)
    tiles = {cell: {number for number, _, _ in places} for cell, places in covering(one).items()}
    seams = {
        (row, column): any(
            tiles.get((row + down, column + right), own) != own
            for down, right in ((0, 1), (1, 0), (0, -1), (-1, 0))
        )
        for (row, column), own in tiles.items()
    }
    np.testing.assert_array_equal(one.seams.numpy(), from_the_south(one, seams).astype(bool))
    assert 0 < one.seams.sum() < one.seams.numel()


def test_a_table_that_does_not_say_where_its_tiles_lie_is_refused_by_its_name(tmp_path: Path) -> None:
    path = prepared(sprites(name="figures", train=2, test=2), tmp_path)
    with pytest.raises(
        UserError, match="data set 'figures': its table does not say where its tiles lie; exp"
    ):
        region(read_table(path))


def test_a_table_of_tiles_that_are_in_no_order_is_refused(folder: Path) -> None:
    record = read_record(table(folder))
    del record["about"]["latitudes"]
    with pytest.raises(UserError, match=r"data set 'tohoku': .* reader `relief-region`"):
        Region.of(region(table(folder)).tiles, record)


def test_cells_that_are_wider_than_high_in_degrees_are_refused(folder: Path) -> None:
    record = read_record(table(folder))
    record["about"]["longitudes"][1] = 138 + 0.2 * 191
    with pytest.raises(UserError, match=r"cells of 0\.1 degrees by 0\.2; expected as many both ways"):
        Region.of(region(table(folder)).tiles, record)


# --- what a model makes of it ---


@pytest.mark.parametrize("stride", [None, 24])
def test_a_model_that_changes_nothing_gives_the_relief_back(folder: Path, stride: int | None) -> None:
    one = region(table(folder, stride=stride))
    made = one.made(Identity((1, 48, 48)))
    assert made.shape == (192, 192)
    rounding = METRES * 2**-24  # of a value in [0, 1], and before it of metres up to as many
    assert (made - one.relief()).abs().max() < 3 * rounding


@pytest.mark.parametrize(("side", "stride"), CUTS)
def test_what_a_model_makes_of_tiles_is_put_together_as_they_are(side: int, stride: int) -> None:
    one = small(side, stride)
    added = torch.from_numpy(np.random.default_rng(2).uniform(-0.1, 0.1, (side, side)).astype(np.float32))
    means = {
        cell: METRES * np.mean([float(added[row, column]) for _, row, column in places])
        for cell, places in covering(one).items()
    }
    off = one.made(Added(added)) - one.relief()
    np.testing.assert_allclose(off.numpy(), from_the_south(one, means).astype(float), atol=0.01)


def test_batches_of_tiles_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    one, added = small(4, 3), Added(torch.rand(4, 4))
    whole = one.made(added)
    monkeypatch.setattr(of_region, "BATCH", 5)
    assert torch.equal(one.made(added), whole)


# --- what it makes of codes that are drawn ---


def test_codes_that_hardly_spread_give_what_their_means_do() -> None:
    one, coded = small(4, 2), Coded(1e-12)
    drawn = one.drawn(coded, 3)
    assert drawn.shape == (3, one.grid.rows, one.grid.columns)
    assert torch.equal(drawn, one.made(coded).expand(3, -1, -1))


def test_each_draw_is_another_and_spreads_as_the_codes_do(folder: Path) -> None:
    one, coded = region(table(folder)), Coded(0.01)
    off = one.drawn(coded, 3) - one.made(coded)
    assert off.mean((1, 2)).abs().max() < 5 * 0.01 * METRES / 192
    torch.testing.assert_close(off.std((1, 2)) / METRES, torch.full((3,), 0.01).double(), rtol=0.02, atol=0)
    together = torch.corrcoef(off.flatten(1)) - torch.eye(3)
    assert together.abs().max() < 5 / 192


def test_the_same_stream_gives_the_same_draws() -> None:
    one, coded = small(4, 2), Coded(0.1)
    draws = []
    for seed in (5, 5, 6):
        torch.manual_seed(seed)
        draws.append(one.drawn(coded, 2))
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])
