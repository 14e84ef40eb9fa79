"""Oracle: magnitudes, places and peaks that are published; files written here, one thing wrong in each."""

from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from lea.data.measured import TOHOKU, digest_of, is_shipped, number, path_of, read_numbers, read_rows
from lea.data.relief.shipped import read_region
from lea.errors import UserError

RECORDED = ("21401", "21413", "21418", "21419")
TABLES = {"buoys", "rectangles-2", "subfaults-48", *(f"record-{name}" for name in RECORDED)}
TEXT = 'name,metres,note\none,1.5,"near, and deep"\ntwo,-2e3,\n'


def column(table: str, name: str) -> np.ndarray:
    """(lines,) of numbers."""
    return np.array([row[name] for row in read_numbers(path_of(table), (name,))])


def written(folder: Path, text: str, name: str = "own.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


# --- what is shipped ---


def test_the_largest_slip_is_the_published_one() -> None:
    slips = column("subfaults-48", "slip_m")
    largest = slips.argmax()
    assert len(slips) == 40
    where = [column("subfaults-48", name)[largest] for name in ("latitude", "longitude")]
    assert [*where, slips[largest]] == pytest.approx([38.193, 143.702, 44.6], abs=0.05)


def test_two_rectangles_have_the_published_magnitudes() -> None:
    length, width, slip = (column("rectangles-2", name) for name in ("length_km", "width_km", "slip_m"))
    moments = np.log10(30e9 * length * width * 1e6 * slip) / 1.5 - 6.07
    np.testing.assert_allclose(moments, [8.8, 8.3], atol=0.05)


@pytest.mark.parametrize("name", RECORDED)
def test_a_buoys_crest_is_in_its_record(name: str) -> None:
    (buoy,) = [row for row in read_rows(path_of("buoys"), ("name",)) if row["name"] == name]
    seconds, metres = (column(f"record-{name}", one) for one in ("seconds", "metres"))
    after = seconds > 900  # what is before shakes the sea floor
    assert metres[after].max() == pytest.approx(float(buoy["peak_m"]), abs=0.02)


def test_the_deep_buoys_are_far_from_the_edges_of_the_region() -> None:
    region = read_region()
    deep = np.array([row["place"] == "deep sea" for row in read_rows(path_of("buoys"), ("place",))])
    assert deep.sum() == 4
    for axis, name in ((region.latitudes, "latitude"), (region.longitudes, "longitude")):
        away = np.abs(axis[:, None] - column("buoys", name)[deep]).argmin(0)
        assert min(away.min(), 191 - away.max()) >= 14  # cells


def test_all_of_it_lies_in_the_package() -> None:
    there = {one.name for one in TOHOKU.iterdir()}
    assert there == {f"{name}.csv" for name in TABLES} | {"README.md"}
    assert all(files("lea.data").joinpath("tohoku", name).is_file() for name in there)


def test_a_table_is_shipped_if_its_name_is_one_of_theirs(tmp_path: Path) -> None:
    assert all(is_shipped(name) for name in TABLES)
    own = written(tmp_path, TEXT)
    assert not any(is_shipped(name) for name in ("faults", "record-21402", "README", str(own)))


# --- which file is meant ---


def test_a_name_is_a_shipped_tables_and_anything_else_a_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    own = written(tmp_path, TEXT, "buoys.csv")
    written(tmp_path, TEXT, "buoys")
    assert path_of("buoys").read_text().startswith("name,longitude,latitude,peak_m")
    assert path_of("buoys.csv").read_text() == TEXT
    assert path_of(str(own)) == own


def test_a_table_that_is_not_there_is_answered_with_those_that_are() -> None:
    with pytest.raises(
        UserError, match=r"no file .*faults\.csv; expected one of buoys, record-21401, "
    ) as caught:
        path_of("faults")
    named = str(caught.value).partition("expected one of ")[2].partition(", which are shipped")[0]
    assert set(named.split(", ")) == TABLES


@pytest.mark.parametrize("name", ["none.csv", "folder.csv"])
def test_a_path_without_a_file_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(UserError, match=rf"no file {tmp_path / name}; expected .* or the path of a file"):
        path_of(str(tmp_path / name))


# --- what is in it ---


def test_lines_are_read_as_they_are_written(tmp_path: Path) -> None:
    assert read_rows(written(tmp_path, TEXT), ("metres",)) == [
        {"name": "one", "metres": "1.5", "note": "near, and deep"},
        {"name": "two", "metres": "-2e3", "note": ""},
    ]


def test_numbers_are_those_of_the_columns_that_are_asked_for(tmp_path: Path) -> None:
    assert read_numbers(written(tmp_path, TEXT), ("metres",)) == [{"metres": 1.5}, {"metres": -2000.0}]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"own\.csv, line 1: columns none; expected name, depth among them"),
        (TEXT, r"own\.csv, line 1: columns name, metres, note; expected name, depth among them"),
        ("name,depth\n", r"own\.csv: no line after the first; expected one at least"),
    ],
)
def test_a_file_without_a_column_or_a_line_is_refused(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=message):
        read_rows(written(tmp_path, text), ("name", "depth"))


@pytest.mark.parametrize("field", ["much", "", "nan", "inf", "1,5"])
def test_what_is_no_number_is_refused_with_file_line_and_column(field: str, tmp_path: Path) -> None:
    path = written(tmp_path, TEXT + f'three,"{field}",deep\n')
    with pytest.raises(UserError) as caught:
        read_numbers(path, ("metres",))
    assert str(caught.value) == f"{path}, line 4, metres: '{field}'; expected a number"


def test_a_line_that_ends_too_early_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="line 4, metres: ''; expected a number"):
        read_numbers(written(tmp_path, TEXT + "three\n"), ("metres",))


def test_the_line_that_is_named_is_that_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="line 6, metres: 'much'"):
        read_numbers(written(tmp_path, TEXT + "\n\nthree,much,\n"), ("metres",))


def test_a_number_is_read_as_it_is_written() -> None:
    assert [number(text, "") for text in ("-1.25", " 3 ", "1e-3")] == [-1.25, 3.0, 0.001]


# --- whether it is the same ---


def test_a_digest_goes_by_what_a_file_holds_and_not_by_its_name(tmp_path: Path) -> None:
    first, second = written(tmp_path, TEXT), written(tmp_path, TEXT, "other.csv")
    digest = digest_of(first)
    assert digest_of(second) == digest
    written(tmp_path, TEXT.replace("1.5", "1.6"))
    assert digest_of(first) != digest
    written(tmp_path, TEXT)
    assert digest_of(first) == digest


def test_no_two_shipped_tables_have_one_digest() -> None:
    assert len({digest_of(path_of(name)) for name in TABLES}) == len(TABLES)
