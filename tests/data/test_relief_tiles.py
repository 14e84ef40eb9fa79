"""Oracle: tiles cut one by one with slices; cells counted one by one; laws of the splits and of the twins."""

import errno
import tempfile
from pathlib import Path

import numpy as np
import pytest

from lea.data.arrays import Split
from lea.data.relief import tiles
from lea.data.relief.grids import open_grid
from lea.data.relief.relief import Relief
from lea.data.relief.shipped import TOHOKU, read_earth
from lea.data.relief.store import SMALL, Store
from lea.data.relief.tiles import (
    Cut,
    Twins,
    apart,
    bands,
    bounds,
    choose,
    in_blocks,
    join,
    middles,
    one_by_one,
    turned,
)
from lea.errors import UserError
from tests.data.grids import relief, write_hdf


def by_slices(metres: np.ndarray, cut: Cut) -> list[np.ndarray]:
    return [
        metres[row : row + cut.side, column : column + cut.side]
        for row in range(0, cut.rows - cut.side + 1, cut.stride)
        for column in range(0, cut.columns - cut.side + 1, cut.stride)
    ]


@pytest.mark.parametrize(
    ("rows", "columns", "side", "stride"),
    [(12, 24, 4, 4), (13, 27, 4, 2), (13, 27, 4, 3), (17, 20, 5, 7), (6, 6, 6, 1), (11, 23, 3, 1)],
)
def test_tiles_of_bands_are_the_slices_of_the_grid(
    tmp_path: Path, rows: int, columns: int, side: int, stride: int
) -> None:
    metres, cut = relief(rows, columns), Cut(rows, columns, side, stride)
    wanted = by_slices(metres[::-1], cut)
    assert len(cut) == len(wanted) == cut.down * cut.across
    found, numbers = [], []
    with open_grid(write_hdf(tmp_path / "grid.nc", metres)) as grid:
        for first, band in bands(grid, cut):
            numbers.append(first)
            found.extend(cut.of_band(band))
    np.testing.assert_array_equal(found, wanted)
    assert numbers == [down * cut.across for down in range(cut.down)]
    first_rows, first_columns = cut.corners()
    at_corners = [metres[::-1][row, column] for row, column in zip(first_rows, first_columns, strict=True)]
    assert at_corners == [tile[0, 0] for tile in wanted]
    off = cut.facts()["cut_off"]
    covered = np.zeros((rows, columns), bool)
    for row, column in zip(first_rows, first_columns, strict=True):
        covered[row : row + side, column : column + side] = True
    assert off["southern_rows"] == rows - 1 - np.flatnonzero(covered.any(1)).max()
    assert off["eastern_columns"] == columns - 1 - np.flatnonzero(covered.any(0)).max()


def test_a_grid_smaller_than_a_tile_is_refused() -> None:
    with pytest.raises(UserError, match="a grid of 5 x 9 cells; expected a tile of 6 at least"):
        Cut(5, 9, 6, 6)


@pytest.mark.parametrize(("side", "stride"), [(4, 4), (4, 2), (4, 3)])
def test_tiles_put_together_are_the_grid_they_were_cut_from(side: int, stride: int) -> None:
    metres, cut = relief(10, 16), Cut(10, 16, side, stride)
    whole = join(np.array(by_slices(metres, cut)), cut.down, cut.across, stride)
    np.testing.assert_array_equal(whole, metres[: whole.shape[0], : whole.shape[1]])
    assert whole.shape == ((cut.down - 1) * stride + side, (cut.across - 1) * stride + side)


def test_where_tiles_overlap_a_cell_is_their_mean_and_between_them_nothing() -> None:
    tiles = np.stack([np.full((2, 2), 1.0), np.full((2, 2), 5.0)])
    np.testing.assert_array_equal(join(tiles, 1, 2, 1), [[1, 3, 5], [1, 3, 5]])
    np.testing.assert_array_equal(join(tiles, 2, 1, 3)[2], [np.nan, np.nan])


def test_bounds_and_middles_are_those_of_the_cells_of_each_tile() -> None:
    earth = read_earth()
    cut = Cut(900, 1800, 48, 24)
    found, middle = bounds(cut, earth), middles(cut, earth)
    rows, columns = cut.corners()
    for tile in (0, 73, 74, 1000, len(cut) - 1):
        row, column = rows[tile], columns[tile]
        south, north = 90 - 0.2 * (row + 48), 90 - 0.2 * row
        np.testing.assert_allclose(found[tile], [south, north, 0.2 * column, 0.2 * (column + 48)], atol=1e-9)
        assert middle[tile] == pytest.approx((south + north) / 2)


def shown(cut: Cut, tiles: np.ndarray) -> np.ndarray:
    """How many of the tiles show each cell."""
    seen = np.zeros((cut.rows, cut.columns), int)
    for row, column in zip(*(corner[tiles] for corner in cut.corners()), strict=True):
        seen[row : row + cut.side, column : column + cut.side] += 1
    return seen


@pytest.mark.parametrize(("stride", "tiles", "test"), [(24, 2664, 303), (48, 666, 76)])
def test_the_shipped_tiles_are_split_by_blocks_and_the_region_is_for_the_test(
    stride: int, tiles: int, test: int
) -> None:
    earth = read_earth()
    cut = Cut(900, 1800, 48, stride)
    splits = in_blocks(bounds(cut, earth), TOHOKU)
    assert sorted([*splits["train"], *splits["test"]]) == list(range(tiles))
    assert len(splits["test"]) == test
    edges = bounds(cut, earth)
    block = ((90 - edges[:, :2].mean(1)) // 15) * 24 + edges[:, 2:].mean(1) // 15
    south, north, west, east = TOHOKU
    cells = np.ix_(  # those in the region and those that touch it
        (earth.latitudes > south - 0.2) & (earth.latitudes < north + 0.2),
        (earth.longitudes > west - 0.2) & (earth.longitudes < east + 0.2),
    )
    assert not shown(cut, splits["train"])[cells].any()
    numbers = np.full((cut.rows, cut.columns), -1)
    numbers[cells] = 0
    touching = {tile for tile, one in enumerate(by_slices(numbers, cut)) if (one == 0).any()}
    assert touching <= set(splits["test"])
    drawn = set(splits["test"]) - touching
    assert not {block[tile] for tile in drawn} & {block[tile] for tile in splits["train"]}
    for order in splits.values():  # a block's tiles follow one another
        of = block[order]
        assert np.count_nonzero(np.diff(of)) == len(set(of.tolist())) - 1


@pytest.mark.parametrize(
    "edges",
    [(19.8, 28.8, 140, 149), (48, 57, 140, 149), (30, 39, 129, 138), (30, 39, 157.2, 166.2)],
    ids=["south", "north", "west", "east"],
)
@pytest.mark.parametrize(("away", "split"), [(1e-9, "test"), (0.1, "train")])
def test_a_tile_that_only_touches_a_border_of_the_region_is_for_the_test(
    monkeypatch: pytest.MonkeyPatch, edges: tuple[float, ...], away: float, split: Split
) -> None:
    monkeypatch.setattr(tiles, "TEST_BLOCKS", 0)  # so that one block alone is drawn, far away
    middle = np.array([38.4, 38.4, 147.6, 147.6])
    moved = np.array(edges) + away * np.sign(np.repeat((np.reshape(edges, (2, 2)).mean(1) - middle[::2]), 2))
    assert in_blocks(moved[None], TOHOKU)[split].tolist() == [0]


def test_tiles_apart_share_no_cell_with_a_test_tile_and_no_others_are_left_out() -> None:
    earth = read_earth()
    cut = Cut(900, 1800, 48, 24)
    splits = in_blocks(bounds(cut, earth), TOHOKU)
    kept, test = apart(splits, cut)["train"], shown(cut, splits["test"]) > 0
    assert len(kept) == 2015
    touched = {
        tile: bool((test & (shown(cut, np.array([tile])) > 0)).any()) for tile in splits["train"][::20]
    }
    assert {tile for tile in touched if not touched[tile]} == set(splits["train"][::20]) & set(kept)
    assert [tile for tile in splits["train"] if tile in set(kept)] == kept.tolist()
    side_by_side = Cut(900, 1800, 48, 48)
    one = one_by_one(len(side_by_side))
    np.testing.assert_array_equal(apart(one, side_by_side)["train"], one["train"])


def test_the_sizes_of_the_published_grid_are_the_sources() -> None:
    cut = Cut(43_200, 86_400, 96, 96)
    assert len(cut) == 405_000
    assert cut.facts()["cut_off"] == {"southern_rows": 0, "eastern_columns": 0}
    splits = one_by_one(len(cut))
    assert len(splits["test"]) == 20_250
    assert len(choose("train", splits["train"], "after", None)) == 731_025 + 38_475
    together = np.concatenate([splits["train"], splits["test"]])
    assert np.array_equal(np.sort(together), np.arange(405_000))


@pytest.mark.parametrize("twins", ["none", "after", "before"])
def test_a_smaller_choice_is_the_beginning_of_a_larger(twins: Twins) -> None:
    tiles = np.arange(100, 200)
    whole = choose("train", tiles, twins, None)
    assert len(whole) == (100 if twins == "none" else 200)
    part = choose("train", tiles, twins, 31)
    np.testing.assert_array_equal(part.tiles, whole.tiles[:31])
    np.testing.assert_array_equal(part.twins, whole.twins[:31])
    both = {(tile, twin) for tile, twin in zip(whole.tiles, whole.twins, strict=True)}
    assert len(both) == len(whole)
    np.testing.assert_array_equal(choose("test", tiles, twins, None).tiles, tiles)
    with pytest.raises(UserError, match=f"{len(whole) + 1} tiles for train; expected at most {len(whole)}"):
        choose("train", tiles, twins, len(whole) + 1)


def test_twins_after_the_split_are_on_its_side_and_twins_before_it_are_on_the_other() -> None:
    tiles, held_out = np.arange(1000), 100
    after = choose("train", tiles, "after", None).tiles
    assert not set(after[:-held_out]) & set(after[-held_out:])
    before = choose("train", tiles, "before", None).tiles
    leaked = np.isin(before[-held_out:], before[:-held_out]).mean()
    assert leaked == pytest.approx(0.95, abs=0.05)  # 1,900 of the 1,999 others are learnt from


def test_a_twin_is_turned_to_the_right_or_mirrored_at_the_diagonal() -> None:
    tile = np.array([[[1, 2], [3, 4]]])
    twin = np.array([True])
    assert turned(tile, twin, "after").tolist() == [[[3, 1], [4, 2]]]
    assert turned(tile, twin, "before").tolist() == [[[1, 3], [2, 4]]]
    assert turned(tile, ~twin, "after").tolist() == tile.tolist()
    tiles = np.random.default_rng(0).integers(0, 9, (4, 5, 5))
    some = np.array([True, False, True, False])
    wanted = [np.rot90(one, -1) if twin else one for one, twin in zip(tiles, some, strict=True)]
    np.testing.assert_array_equal(turned(tiles, some, "after"), wanted)


@pytest.mark.parametrize("twins", ["none", "after", "before"])
def test_rows_are_the_tiles_and_their_twins_in_the_chosen_order(twins: Twins) -> None:
    earth = read_earth()
    cut = Cut(900, 1800, 100, 75)
    splits = apart(in_blocks(bounds(cut, earth), TOHOKU), cut)
    slices = np.array(by_slices(earth.metres, cut))
    choice = choose("train", splits["train"], twins, 50)
    how = (lambda one: one.T) if twins == "before" else (lambda one: np.rot90(one, -1))
    wanted = [
        how(slices[t]) if twin else slices[t] for t, twin in zip(choice.tiles, choice.twins, strict=True)
    ]
    found = Relief(stride=75, twins=twins).embedded("train", 50, 100)
    np.testing.assert_array_equal(found.values[..., 0], wanted)
    test = Relief(stride=75, twins=twins).embedded("test", None, 100)
    np.testing.assert_array_equal(test.values[..., 0], slices[splits["test"]])


def test_a_full_disk_is_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: object, content: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "write", full)
    wanted = f"^{tempfile.gettempdir()}: cannot be written: No space left"
    with Store(8) as store, pytest.raises(UserError, match=wanted):
        store.put(np.zeros((1, 8, 8), np.int16))


@pytest.mark.parametrize("tiles", [3, SMALL // (2 * 64 * 64) + 2])
def test_a_store_gives_back_in_any_order_what_was_put_in(tiles: int) -> None:
    side, rng = 64, np.random.default_rng(0)
    values = rng.integers(-9000, 9000, (tiles, side, side)).astype(np.int16)
    places = rng.integers(0, tiles, 20)
    with Store(side) as store:
        store.put(values[:2])
        store.put(values[2:])
        np.testing.assert_array_equal(store.take(places), values[places])
