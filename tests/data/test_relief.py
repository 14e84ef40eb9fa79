"""Oracle: the grid that a table was made of, cut with slices; a process's peak of memory by the system."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch

from lea.data.check import check, describe
from lea.data.job import prepare
from lea.data.relief.region import Region
from lea.data.relief.relief import Relief
from lea.data.relief.shipped import read_region
from lea.data.relief.tiles import join, one_by_one, turned
from lea.data.tables import labels_of, rows_of, values_of
from lea.data.tensors import data_of
from lea.errors import UserError
from lea.store import read_record, read_table
from lea.study import parts
from lea.study.originals import Originals
from lea.study.reader import read_study
from lea.study.spec import Dataset, canonical
from tests.data.grids import relief, write_hdf
from tests.specs import data, part, sprites
from tests.study.reading import SHIPPED

SIDE = 8


def dataset(reader: str, source: str = "original", **changes: Any) -> Dataset:
    """All tiles of a grid, unless it is said otherwise."""
    given = {key: changes.pop(key) for key in ("train", "test", "side") if key in changes}
    named = {"name": "tiles", "reader": part(reader, **changes), "source": source}
    return sprites(**named | {"side": SIDE, "train": None, "test": None} | given)


def prepared(folder: Path, asked: Dataset) -> pa.Table:
    prepare(canonical(asked), folder, folder / "tiles.parquet")
    assert check(folder / "tiles.parquet") == []
    return read_table(folder / "tiles.parquet")


@pytest.fixture
def grid(tmp_path: Path) -> np.ndarray:
    """(50, 100) metres, from the north, of a file `grid.nc`."""
    metres = relief(50, 100)
    write_hdf(tmp_path / "grid.nc", metres, chunks=(7, 30), compression="gzip")
    return metres[::-1]


def test_the_table_of_a_grid_holds_its_tiles_and_their_twins_in_order(
    tmp_path: Path, grid: np.ndarray
) -> None:
    table = prepared(tmp_path, dataset("relief", file="grid.nc"))
    tiles = grid[:48, :96].reshape(6, 8, 12, 8).swapaxes(1, 2).reshape(-1, 8, 8)
    splits = one_by_one(72)
    assert len(splits["test"]) == 4
    values = values_of(table)
    train, test = (values[rows_of(table, split)][..., 0] for split in ("train", "test"))
    np.testing.assert_array_equal(test, tiles[splits["test"]])
    np.testing.assert_array_equal(train[::2], tiles[splits["train"]])
    np.testing.assert_array_equal(train[1::2], [np.rot90(one, -1) for one in tiles[splits["train"]]])
    middles = 90 - 28.8 * (splits["train"] // 12 + 0.5)  # a tile is eight cells of 3.6 degrees high
    bands = labels_of(table, "latitude")[rows_of(table, "train")]
    np.testing.assert_array_equal(bands, np.repeat((90 - middles) // 15, 2))
    land = labels_of(table, "land_share")
    np.testing.assert_array_equal(land == 0, (values < 0).all((1, 2, 3)))
    record = read_record(table)
    assert (record["shape"], record["dtype"]) == ([8, 8, 1], "int16")
    assert record["counts"] == {"train": 136, "test": 4}
    assert record["range"] == [-10880.587890625, 8613.15625]
    assert record["about"] == {
        "grid": "grid.nc",
        "cells": [50, 100],
        "tiles": [6, 12],
        "stride": 8,
        "cut_off": {"southern_rows": 2, "eastern_columns": 4},
        "left_out_tiles": 0,
        "clipped": {"cells": 0, "to": [-10880, 8613]},
    }


@pytest.mark.parametrize("twins", ["none", "after", "before"])
@pytest.mark.parametrize("stride", [None, 3])
def test_a_smaller_table_is_the_beginning_of_a_larger(
    tmp_path: Path, grid: np.ndarray, twins: str, stride: int | None
) -> None:
    options = {"file": "grid.nc", "twins": twins, "stride": stride, "apart": False}
    whole = prepared(tmp_path, dataset("relief", **options))
    part_of = prepared(tmp_path, dataset("relief", train=31, test=2, **options))
    for split, count in (("train", 31), ("test", 2)):
        found, wanted = (values_of(one)[rows_of(one, split)] for one in (part_of, whole))
        np.testing.assert_array_equal(found, wanted[:count])
        assert len(found) == count
    train, test = (values_of(whole)[rows_of(whole, one)][..., 0] for one in ("train", "test"))
    windows = np.lib.stride_tricks.sliding_window_view(grid, (SIDE, SIDE))[:: stride or 8, :: stride or 8]
    of_grid = {one.tobytes() for one in windows.reshape(-1, SIDE, SIDE)}
    assert {one.tobytes() for one in test} <= of_grid
    left = of_grid - {one.tobytes() for one in test}
    back = {"none": (), "after": (np.rot90,), "before": (np.transpose,)}[twins]
    again = [np.ascontiguousarray(undo(one)).tobytes() for undo in back for one in train]
    assert left == {one.tobytes() for one in train} & of_grid
    assert left <= set(again) or not back


def test_cells_beyond_the_range_are_counted_once(tmp_path: Path) -> None:
    metres = np.zeros((16, 32), np.int16)
    metres[:3, 0] = 8849
    write_hdf(tmp_path / "grid.nc", metres)
    table = prepared(tmp_path, dataset("relief", file="grid.nc"))
    assert read_record(table)["about"]["clipped"] == {"cells": 3, "to": [-10880, 8613]}
    assert values_of(table).max() == 8613


def test_a_model_sees_the_range_as_0_to_1_and_the_region_as_another_table(tmp_path: Path) -> None:
    table = prepared(tmp_path, dataset("relief", "embedded", side=48, train=40, test=9, stride=24))
    region = prepared(tmp_path, dataset("relief-region", "embedded", side=48))
    spec = data(table=dataset("relief", "embedded", side=48), target=None, samples=30, held_out=10)
    found = data_of(table, spec, 0, {"region": region})
    assert (len(found.train), len(found.held_out), len(found.test)) == (30, 10, 9)
    assert found.shape == (1, 48, 48)
    x, _ = found.others["region"].batch(torch.arange(16))
    metres = values_of(region)[..., 0].astype(np.float64)
    np.testing.assert_allclose(
        x[:, 0], (metres + 10880.587890625) / (10880.587890625 + 8613.15625), atol=1e-6
    )
    assert 0 <= x.min() < x.max() <= 1


def test_of_overlapping_tiles_no_training_tile_shows_a_cell_of_the_test(tmp_path: Path) -> None:
    metres = np.arange(60 * 100, dtype=np.int16).reshape(60, 100)  # each cell has a number of its own
    write_hdf(tmp_path / "grid.nc", metres)
    table = prepared(tmp_path, dataset("relief", file="grid.nc", stride=4))
    train, test = (set(values_of(table)[rows_of(table, one)].ravel().tolist()) for one in ("train", "test"))
    assert train
    assert not train & test
    left_out = read_record(table)["about"]["left_out_tiles"]
    assert left_out == 14 * 24 - len(rows_of(table, "train")) // 2 - len(rows_of(table, "test"))


def test_more_tiles_than_there_are_and_a_grid_without_one_are_refused(
    tmp_path: Path, grid: np.ndarray
) -> None:
    with pytest.raises(UserError, match="relief: 137 tiles for train; expected at most 136, all there are"):
        prepared(tmp_path, dataset("relief", file="grid.nc", train=137))
    with pytest.raises(
        UserError, match=r"grid\.nc: a grid of 50 x 100 cells; expected a tile of 64 at least"
    ):
        prepared(tmp_path, dataset("relief", file="grid.nc", side=64))
    assert not (tmp_path / "tiles.parquet").exists()


@pytest.mark.parametrize("reader", ["relief", "relief-region"])
def test_a_grid_that_is_missing_is_said_to_be_when_it_is_fetched_and_when_it_is_read(
    tmp_path: Path, reader: str
) -> None:
    wanted = r"grid\.nc: no such file; expected a NetCDF grid .*GEBCO \(https://www\.gebco\.net"
    with pytest.raises(UserError, match=wanted):
        prepared(tmp_path, dataset(reader, file="grid.nc"))
    with pytest.raises(UserError, match=wanted):
        (Relief if reader == "relief" else Region)(file="grid.nc").fetch(tmp_path)


def test_the_file_that_an_option_names_is_the_one_that_is_looked_for(tmp_path: Path) -> None:
    reader = part("relief", file="GEBCO_2023.nc")
    originals = Originals("dataset", reader, str(tmp_path))
    assert originals.files == [str(tmp_path / "relief" / "GEBCO_2023.nc")] == originals.missing
    elsewhere = Originals("dataset", part("relief", file="/grids/{a}.nc"), str(tmp_path))
    assert elsewhere.files == ["/grids/{a}.nc"]


@pytest.mark.parametrize("stride", [None, 12])
def test_the_shipped_region_is_put_together_from_its_tiles(tmp_path: Path, stride: int | None) -> None:
    table = prepared(tmp_path, dataset("relief-region", "embedded", side=48, stride=stride))
    record, region = read_record(table), read_region()
    about = record["about"]
    whole = join(values_of(table)[..., 0], *about["tiles"], about["stride"])
    np.testing.assert_array_equal(whole, region.metres)
    assert record["counts"] == {"train": 0, "test": 16 if stride is None else 169}
    np.testing.assert_allclose(np.linspace(*about["latitudes"], 192), region.latitudes)
    np.testing.assert_allclose(np.linspace(*about["longitudes"], 192), region.longitudes)
    assert "0 for train, 16" in describe(tmp_path / "tiles.parquet") or stride


@pytest.mark.parametrize("shift", [0, 180])
def test_the_region_of_a_grid_is_all_cells_with_their_centres_in_it(tmp_path: Path, shift: int) -> None:
    metres = relief(180 * 5, 360 * 5)  # cells of 12 minutes, whose borders are those of the region
    rows, columns = np.arange(900), np.arange(1800)
    latitudes, longitudes = -89.9 + rows / 5, -179.9 + shift + columns / 5
    write_hdf(tmp_path / "grid.nc", metres, axes={"lat": latitudes, "lon": longitudes})
    table = prepared(tmp_path, dataset("relief-region", file="grid.nc", side=48))
    about = read_record(table)["about"]
    assert (about["cells"], about["tiles"]) == ([96, 96], [2, 2])
    assert about["latitudes"] == pytest.approx([47.9, 28.9])
    assert about["longitudes"] == pytest.approx([138.1, 157.1])
    west = round((138.1 - longitudes[0]) * 5)
    south = round((28.9 + 89.9) * 5)
    wanted = metres[south : south + 96, west : west + 96][::-1]
    np.testing.assert_array_equal(join(values_of(table)[..., 0], 2, 2, 48), wanted)


def test_of_points_on_the_region_borders_the_southern_and_western_belong_to_it(tmp_path: Path) -> None:
    metres = relief(451, 900)
    nodes = {"lat": np.linspace(-90, 90, 451), "lon": np.arange(900) * 0.4}
    write_hdf(tmp_path / "grid.nc", metres, name="z", axes=nodes)
    table = prepared(tmp_path, dataset("relief-region", file="grid.nc", side=48))
    assert read_record(table)["about"]["cells"] == [48, 48]
    np.testing.assert_array_equal(values_of(table)[0, ..., 0], metres[297:345, 345:393][::-1])


def test_a_grid_without_the_region_is_refused(tmp_path: Path) -> None:
    write_hdf(tmp_path / "grid.nc", relief(20, 20), axes={"lat": np.arange(20.0), "lon": np.arange(20.0)})
    with pytest.raises(UserError, match=r"grid\.nc: cells from 0\.00 to 19\.00 N, .*expected 28\.8 to 48"):
        prepared(tmp_path, dataset("relief-region", file="grid.nc"))


MEASURED = """
import sys
from pathlib import Path
from lea.data.job import prepare
from lea.data.relief import store
store.SMALL = 2**20
folder, spec = Path(sys.argv[1]), sys.argv[2]
prepare(spec, folder, folder / "tiles.parquet")
peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line)
print(int(peak.split()[1]))
"""  # the process's own: what `resource` tells begins with the peak of whoever started it


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of memory is read as Linux tells it")
def test_a_grid_of_gebcos_width_is_read_in_bands_whatever_its_height(tmp_path: Path) -> None:
    peaks, width, side = [], 86_400, 96
    wave = (3000 * np.sin(np.arange(width) / 50)).astype(np.int16)
    asked = dataset("relief", file="grid.nc", side=side)
    for bands in (1, 4):
        metres = wave + np.arange(bands * side, dtype=np.int16)[:, None]
        steps = {"lat": np.arange(bands * side) / 240 - 1, "lon": np.arange(width) / 240 - 180}
        write_hdf(tmp_path / "grid.nc", metres, axes=steps)
        code = [sys.executable, "-c", MEASURED, str(tmp_path), canonical(asked)]
        done = subprocess.run(code, check=True, capture_output=True, text=True)
        peaks.append(int(done.stdout) / 1024)  # MiB
    table = read_table(tmp_path / "tiles.parquet")
    assert read_record(table)["counts"] == {"train": 2 * 3420, "test": 180}  # 5 % of 3,600 tiles
    values = values_of(table)
    assert values.nbytes / 2**20 > 120  # as much as the peak would grow by if it were held, or three quarters
    assert peaks[1] - peaks[0] < 60, peaks
    assert max(peaks) < 600  # under a gigabyte for a grid of any height
    first = values[rows_of(table, "train")[:2]][..., 0]
    np.testing.assert_array_equal(turned(first[:1], np.array([True]), "after"), first[1:])


def entries(folder: Path, **overrides: Any) -> dict[str, Dataset]:
    """The shipped data sets of relief as a study would ask for them."""
    folder = folder / "maps"
    folder.mkdir(exist_ok=True)
    (folder / "study.yaml").write_text("title: Relief\n")
    names = "[relief, tohoku, synthetic-relief]" if "source" not in overrides else "[relief, tohoku]"
    (folder / "maps.yaml").write_text(f"title: Maps\ndatasets: {names}\n")
    study = read_study({"studies": [str(folder)], **overrides}, SHIPPED)
    return {one.name: one for one in study.datasets.values()}


@pytest.mark.parametrize("scale", ["quick", "reduced"])
def test_the_shipped_entries_have_as_many_tiles_as_they_ask_for(tmp_path: Path, scale: str) -> None:
    found = entries(tmp_path, scale=scale)
    assert {one.side for one in found.values()} == {48}
    counts = read_record(prepared(tmp_path, found["relief"]))["counts"]
    assert counts == ({"train": 1200, "test": 200} if scale == "quick" else {"train": 4030, "test": 303})
    assert read_record(prepared(tmp_path, found["tohoku"]))["counts"] == {"train": 0, "test": 16}


def test_the_largest_entries_are_of_the_published_grid(tmp_path: Path) -> None:
    found = entries(tmp_path, scale="thesis", source="original")
    for one in found.values():
        assert (one.source, one.side, one.train, one.test) == ("original", 96, None, None)
        assert one.reader.options["file"] == "GEBCO_2019.nc"
    assert found["relief"].reader.options["stride"] == 96
    assert found["relief"].reader.options["twins"] == "after"


def test_a_library_that_is_missing_is_said_before_any_job_if_the_original_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "find_spec", lambda library: None)
    assert entries(tmp_path)
    with pytest.raises(UserError) as caught:
        entries(tmp_path, source="original")
    assert str(caught.value).endswith(
        "datasets.yaml: relief: reader: the original of 'relief' is read with the library h5py, which is not "
        "installed; expected what the extra `relief` brings: pip install h5py"
    )


def test_embedded_tiles_that_are_endless_must_be_counted(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="synthetic-relief: train: missing; embedded samples are made in any"):
        entries(tmp_path, datasets={"synthetic-relief": {"train": None}})
