"""Oracle: numpy and Python's statistics over made-up summaries, scipy's rank correlation, means of blocks by
loops, places of cells by their definition, and what matplotlib was given to draw.
"""

import csv
import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from itertools import product

import numpy as np
import pandas as pd
import pytest
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.colors import same_color
from matplotlib.figure import Figure
from scipy.stats import spearmanr

from lea.errors import UserError
from lea.studies.topography.figures import errors_and_waves, film, gauges, maps
from lea.studies.topography.figures.relief import colours, scale_of
from lea.studies.topography.tables import ranks, waves
from lea.studies.topography.waves import rank_correlation
from tests.figures.made import ROOT, STYLE, drawing_of, summary_frame

pytestmark = pytest.mark.filterwarnings("error")

Row = dict[str, object]


@pytest.fixture(autouse=True)
def _in_style_and_soon(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(ranks, "TRIES", 200)
    with style.context(STYLE):
        yield


# --- what waves came to ---


def came_to(
    floors: Mapping[tuple[str, str, int], float],
    said: Mapping[tuple[str, str, int, str, str], float],
    drawn: Sequence[Row] = (),
) -> pd.DataFrame:
    """A summary of waves: (label, tsunami, seed) -> floor, and with gauge and metric -> value."""
    rows: list[Row] = [
        {"label": label, "tsunami": tsunami, "seed": seed, "metric": "root mean square", "value": floor}
        for (label, tsunami, seed), floor in floors.items()
    ]
    rows += [
        dict(zip(("label", "tsunami", "seed", "gauge", "metric"), key, strict=True)) | {"value": value}
        for key, value in said.items()
    ]
    return summary_frame("waves", [*rows, *drawn])


MODELS, SEEDS = ("pca", "vae", "gan", "mean", "ae"), (0, 1, 2)
METRICS = ("lag", "crest off", "travel lag", "first wave off")


OTHERS = {("original", "waves", 0): 1.0, ("original", "flat", 0): 9.0, ("original", "deeper", 0): 1.01}


def learnt(noise: float = 1.0) -> pd.DataFrame:
    """Models whose waves are the worse, the more their floors are off; and the relief as it is, or nearly."""
    rng = np.random.default_rng(3)
    floors, said = dict(OTHERS), {}
    for number, (label, seed) in enumerate(product(MODELS, SEEDS), 2):
        floors[label, "waves", seed] = number + rng.random()
    for (key, floor), gauge, metric in product(floors.items(), ("A", "B"), METRICS):
        off = floor + noise * 5 * rng.standard_normal()
        said[(*key, gauge, metric)] = abs(off) if metric == "first wave off" else (-1) ** len(said) * off
    drawn: list[Row] = [
        {"label": "vae", "tsunami": "waves", "seed": 0, "draw": 0, "gauge": gauge, "metric": metric}
        | {"value": 1e6}
        for gauge, metric in ((None, "root mean square"), *product("AB", ("lag", "first wave off")))
    ]
    return came_to(floors, said, drawn)


def also_flat(summary: pd.DataFrame) -> pd.DataFrame:
    """Beside each tsunami of a model another one, with other numbers."""
    models = summary[summary["label"] != "original"]
    values = np.random.default_rng(5).uniform(2, 30, len(models))
    return pd.concat([summary, models.assign(tsunami="flat", value=values)], ignore_index=True)


def points_of(
    summary: pd.DataFrame, gauge: str, metric: str, tsunami: str = "waves"
) -> dict[tuple[str, int], float]:
    """Of the models, the means of codes alone."""
    rows = summary[summary["draw"].isna() & (summary["metric"] == metric) & (summary["label"] != "original")]
    rows = rows[rows["tsunami"] == tsunami]
    rows = rows[rows["gauge"].isna() if gauge == "" else rows["gauge"] == gauge]
    return {(row["label"], row["seed"]): abs(row["value"]) for _, row in rows.iterrows()}


def test_a_line_is_the_mean_and_the_deviation_over_the_seeds() -> None:
    summary = learnt()
    found = waves.table({"waves": summary}, gauges=("A", "B"), metrics=METRICS[:2])
    assert list(found["label"].unique()) == ["original", *MODELS]
    assert len(found) == 2 * (len(OTHERS) + len(MODELS))
    own = summary[summary["draw"].isna()]
    for _, line in found.iterrows():
        rows = own[(own["label"] == line["label"]) & (own["tsunami"] == line["tsunami"])]
        floors = rows[rows["gauge"].isna()]["value"].tolist()
        assert line["seeds"] == len(floors) == (1 if line["label"] == "original" else 3)
        assert line["sea floor off (m)"] == pytest.approx(statistics.mean(floors), abs=0.0501)
        for metric in METRICS[:2]:
            values = rows[(rows["gauge"] == line["gauge"]) & (rows["metric"] == metric)]["value"].tolist()
            assert line[f"{metric} mean"] == pytest.approx(statistics.mean(values), abs=0.00501)
            if len(values) > 1:
                deviation = statistics.stdev(values)
                assert line[f"{metric} deviation"] == pytest.approx(deviation, abs=0.00501)
            else:
                assert math.isnan(line[f"{metric} deviation"])


def test_a_table_of_waves_may_have_some_gauges_and_runs_and_leaves_out_what_is_no_number() -> None:
    floors = {("vae", "waves", seed): 10.04 for seed in range(3)}
    values = {0: 1.0, 1: math.nan, 2: 2.0}
    said = {("vae", "waves", seed, gauge, "lag"): value for seed, value in values.items() for gauge in "AB"}
    summary = came_to(floors | {("pca", "waves", 0): 1.0}, said | {("pca", "waves", 0, "A", "lag"): 5.0})
    options: dict[str, object] = {"gauges": ["A"], "metrics": ["lag", "crest"], "where": {"label": "vae"}}
    (line,) = drawing_of("table", "waves", **options).table({"waves": summary}).to_dict("records")
    assert (line["label"], line["gauge"], line["seeds"]) == ("vae", "A", 3)
    assert (line["sea floor off (m)"], line["lag mean"], line["lag deviation"]) == (10, 1.5, 0.71)
    assert pd.isna(line["crest mean"])


# --- ranks ---


def ranks_of(
    summary: pd.DataFrame, *, metrics: tuple[str, ...] = METRICS[:2], **options: str
) -> dict[tuple[str, str, str], pd.Series]:
    found = ranks.table({"waves": summary}, gauges=("A", "B"), metrics=metrics, **options)
    return {(row["gauge"], row["wave"], row["against"]): row for _, row in found.iterrows()}


@pytest.mark.parametrize("tsunami", ["waves", "flat"])
def test_rank_correlations_are_scipys_over_models_and_seeds_of_one_tsunami(tsunami: str) -> None:
    summary = also_flat(learnt())
    found = ranks_of(summary, tsunami=tsunami)
    against = {"sea floor off": ("", "root mean square"), "travel lag": (None, "travel lag")}
    assert set(found) == set(product("AB", METRICS[:2], against))
    for (gauge, metric, name), row in found.items():
        where, other = against[name]
        first = points_of(summary, gauge if where is None else where, other, tsunami)
        second = points_of(summary, gauge, metric, tsunami)
        known = spearmanr([first[key] for key in second], list(second.values())).statistic
        assert row["rank correlation"] == pytest.approx(known, abs=0.000501)
        assert (row["models"], row["points"]) == (len(MODELS), len(MODELS) * len(SEEDS))


def test_an_interval_contains_its_rank_correlation_and_grows_with_noise() -> None:
    widths = []
    for noise in (0.02, 1.0):
        row = ranks_of(learnt(noise))["A", "lag", "sea floor off"]
        assert -1 <= row["low"] <= row["rank correlation"] <= row["high"] <= 1
        widths.append(row["high"] - row["low"])
    assert widths[0] < 0.1 < widths[1]


def test_what_is_ordered_alike_has_rank_one_whatever_its_scale_and_sign() -> None:
    floors = {
        (label, "waves", seed): 1.0 + index for index, (label, seed) in enumerate(product("abcd", (0, 1)))
    }
    said = {(*key, gauge, "lag"): -math.exp(floor) for key, floor in floors.items() for gauge in "AB"}
    row = ranks_of(came_to(floors, said), metrics=("lag",))["A", "lag", "sea floor off"]
    assert (row["rank correlation"], row["low"], row["high"]) == (1, 1, 1)


def test_seeds_of_a_model_go_together_into_an_interval() -> None:
    """Each model ten times is no more than each model once."""
    rng = np.random.default_rng(0)
    values = {label: (rng.random(), rng.random()) for label in "abcdefg"}
    rows = []
    for seeds in (1, 10):
        floors = {(label, "waves", seed): one for label, (one, _) in values.items() for seed in range(seeds)}
        said = {(*key, gauge, "lag"): values[key[0]][1] for key in floors for gauge in "AB"}
        rows.append(ranks_of(came_to(floors, said), metrics=("lag",))["A", "lag", "sea floor off"])
    for column in ("rank correlation", "low", "high"):
        assert rows[0][column] == pytest.approx(rows[1][column], abs=1e-3)


@pytest.mark.parametrize(("models", "has_interval"), [(2, False), (3, False), (4, True)])
def test_of_few_models_there_is_no_interval(models: int, has_interval: bool) -> None:
    summary = learnt()
    summary = summary[summary["label"].isin(["original", *MODELS[:models]])]
    row = ranks_of(summary)["A", "lag", "sea floor off"]
    assert row["models"] == models
    assert math.isfinite(row["rank correlation"])
    assert pd.notna(row["low"]) == pd.notna(row["high"]) == has_interval


@pytest.mark.parametrize(("floor", "lag"), [(None, 3.0), (5.0, None)])
def test_values_that_are_all_the_same_have_no_ranks(floor: float | None, lag: float | None) -> None:
    keys = [(label, "waves", seed) for label, seed in product(MODELS, SEEDS)]
    floors = {key: number if floor is None else floor for number, key in enumerate(keys, 1)}
    lags = {key: float(number) if lag is None else lag for number, key in enumerate(keys)}
    said = {(*key, gauge, "lag"): lags[key] for key in keys for gauge in "AB"}
    row = ranks_of(came_to(floors, said), metrics=("lag",))["A", "lag", "sea floor off"]
    assert row["points"] == len(keys)
    assert row[["rank correlation", "low", "high"]].isna().all()


def test_the_tsunami_is_waves_unless_another_is_asked_for() -> None:
    own, both = ranks_of(learnt()), ranks_of(also_flat(learnt()))
    other = ranks_of(also_flat(learnt()), tsunami="flat")
    for key, row in own.items():
        pd.testing.assert_series_equal(both[key], row)
        assert other[key]["rank correlation"] != row["rank correlation"]


def test_a_run_of_another_name_may_be_the_original() -> None:
    found = ranks_of(learnt(), original="pca")
    assert {row["models"] for row in found.values()} == {len(MODELS)}
    assert {row["points"] for row in found.values()} == {3 * (len(MODELS) - 1) + 1}


def without_waves(summary: pd.DataFrame, label: str, seeds: Sequence[int] = SEEDS) -> pd.DataFrame:
    """The same, but of a model no wave comes at A."""
    gone = (summary["label"] == label) & (summary["gauge"] == "A") & summary["seed"].isin(seeds)
    return summary.assign(value=summary["value"].mask(gone & (summary["metric"] == "lag")))


@pytest.mark.parametrize(("label", "seeds"), [("pca", SEEDS), ("gan", (0,)), ("ae", (0, 2))])
def test_a_wave_that_does_not_come_is_the_worst_in_the_ranks(label: str, seeds: tuple[int, ...]) -> None:
    summary = without_waves(learnt(), label, seeds)
    found = ranks_of(summary)
    for against, gauge, metric in (
        ("sea floor off", "", "root mean square"),
        ("travel lag", "A", "travel lag"),
    ):
        first, second = points_of(summary, gauge, metric), points_of(summary, "A", "lag")
        worst = [math.inf if math.isnan(one) else one for one in second.values()]
        assert worst.count(math.inf) == len(seeds)
        row = found["A", "lag", against]
        assert (row["models"], row["points"]) == (5, 15)
        known = spearmanr([first[key] for key in second], worst).statistic
        assert row["rank correlation"] == pytest.approx(known, abs=0.000501)
        assert -1 <= row["low"] <= row["rank correlation"] <= row["high"] <= 1
    own = ranks_of(learnt())
    assert found["A", "lag", "sea floor off"]["rank correlation"] != pytest.approx(
        own["A", "lag", "sea floor off"]["rank correlation"]
    )
    for key in set(own) - {key for key in own if key[:2] == ("A", "lag")}:
        pd.testing.assert_series_equal(found[key], own[key])


def test_of_what_no_gauge_has_there_are_no_points() -> None:
    found = ranks_of(learnt(), metrics=("crest", "lag"))
    assert found["A", "crest", "sea floor off"]["points"] == 0
    assert found["A", "lag", "travel lag"]["points"] == 15


# --- maps ---

WEST, SOUTH, DEGREES = 140.25, 30.5, 0.5
HEIGHT, WIDTH = 5, 7


def sea_map(
    kind: str,
    values: np.ndarray,
    seconds: float | None = None,
    label: str = "original",
    tsunami: str = "waves",
    south: float = SOUTH,
    west: float = WEST,
    degrees: float = DEGREES,
) -> Row:
    height, width = values.shape
    place = {"latitude": south, "longitude": west, "degrees": degrees, "height": height, "width": width}
    whose = {"label": label, "tsunami": tsunami, "seed": 0, "kind": kind, "seconds": seconds}
    return whose | place | {"values": values.astype(np.float32).ravel()}


def slope(coast: float = 142.0) -> np.ndarray:
    """Relief that rises eastwards by a thousand metres a degree, from the sea through this longitude."""
    east = WEST + DEGREES * np.arange(WIDTH)
    return np.tile(1000 * (east - coast), (HEIGHT, 1))


def maps_of(*rows: Row) -> dict[str, pd.DataFrame]:
    return {"maps": summary_frame("maps", rows)}


def panels_of(figure: Figure) -> list[Axes]:
    return [axes for axes in figure.axes if axes.images]


@pytest.mark.parametrize(("cells", "coarser"), [(400, 1), (11, 1), (6, 2), (4, 3), (2, 6)])
def test_coarser_maps_are_means_of_blocks_without_what_is_no_number(cells: int, coarser: int) -> None:
    rng = np.random.default_rng(0)
    values = rng.uniform(1, 9, (6, 11))
    values[:3, :4] = np.nan
    values[rng.random(values.shape) < 0.2] = np.nan
    (line,) = maps.table(maps_of(sea_map("relief", values)), cells=cells).to_dict("records")
    height, width = 6 // coarser, 11 // coarser
    assert (line["height"], line["width"]) == (height, width)
    found = maps.values_of(pd.Series(line))
    for row, column in product(range(height), range(width)):
        block = [
            float(np.float32(values[y, x]))
            for y in range(row * coarser, (row + 1) * coarser)
            for x in range(column * coarser, (column + 1) * coarser)
            if not math.isnan(values[y, x])
        ]
        known = statistics.mean(block) if block else math.nan
        assert found[row, column] == pytest.approx(known, rel=6e-4, nan_ok=True)
    assert np.isnan(found).any() == (coarser < 5)


def test_levels_of_some_moments_keep_their_relief() -> None:
    given = maps_of(
        sea_map("relief", slope()), *(sea_map("level", slope(), seconds=one) for one in (0.0, 60.0))
    )
    found = maps.table(given, kind="level", where={"seconds": 60.0})
    assert list(found["kind"]) == ["level", "relief"]
    assert len(panels_of(maps.draw(found, kind="level"))) == 1


@pytest.mark.parametrize(("cells", "coarser"), [(7, 1), (4, 2), (3, 3)])
def test_the_southwestern_cell_of_a_coarser_map_is_in_the_middle_of_those_that_it_covers(
    cells: int, coarser: int
) -> None:
    (line,) = maps.table(maps_of(sea_map("relief", slope())), cells=cells).to_dict("records")
    covered = DEGREES * np.arange(coarser)
    assert line["latitude"] == pytest.approx(np.mean(SOUTH + covered))
    assert line["longitude"] == pytest.approx(np.mean(WEST + covered))
    assert line["degrees"] == DEGREES * coarser


def test_a_kind_that_there_is_no_map_of_is_named_with_those_that_there_are() -> None:
    given = maps_of(sea_map("relief", slope()), sea_map("uplift", slope()))
    for table in (lambda: maps.table(given, kind="level"), lambda: film.table(given)):
        with pytest.raises(UserError, match=r"no row whose 'kind' is level; expected one of relief, uplift$"):
            table()


@pytest.mark.parametrize(("low", "high"), [(-8000.0, 3000.0), (-5.0, 4000.0), (-9000.0, 2.0), (10.0, 20.0)])
def test_the_sea_is_blue_up_to_its_level_and_land_is_green_from_there(low: float, high: float) -> None:
    norm, paint = scale_of([np.array([low, np.nan]), np.array([high])]), colours()
    red, green, blue, _ = paint(norm(-1e-3))
    assert blue > max(red, green)
    red, green, blue, _ = paint(norm(1e-3))
    assert green > max(red, blue)
    assert norm(0.0) == 0.5
    assert norm(min(low, -1)) == 0
    assert norm(max(high, 1)) == 1


def test_the_sea_is_the_darker_the_deeper_and_land_the_lighter_the_higher() -> None:
    light = colours()(np.linspace(0, 1, 512))[:, :3] @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(light[:256]) > 0).all()
    assert light[256] < light[300] < light[400] < light[511]


@pytest.mark.parametrize(("labels", "grid"), [("a", 1), ("ab", 2), ("abc", 3), ("abcd", 6), ("abcdefg", 9)])
def test_there_is_a_map_of_each_run_that_lies_where_its_cells_do(labels: str, grid: int) -> None:
    given = maps_of(*(sea_map("relief", slope() - 200 * n, label=one) for n, one in enumerate(labels)))
    figure = maps.draw(maps.table(given))
    panels = panels_of(figure)
    assert [axes.get_title() for axes in panels] == list(labels)
    assert len([axes for axes in figure.axes if axes.get_label() != "<colorbar>"]) == grid
    for number, axes in enumerate(panels):
        (image,) = axes.images
        assert np.allclose(image.get_array(), slope() - 200 * number, rtol=1e-3)
        assert image.origin == "lower"
        assert image.get_extent() == pytest.approx((140.0, 143.5, 30.25, 32.75))
        assert (image.norm.vmin, image.norm.vmax) == pytest.approx((-1750 - 200 * (len(labels) - 1), 1250))
        assert axes.get_aspect() == pytest.approx(1 / math.cos(math.radians(31.5)))


def test_the_bar_of_a_relief_has_the_seas_level_and_no_height_that_there_is_not() -> None:
    figure = maps.draw(maps.table(maps_of(sea_map("relief", slope()))))
    (bar,) = [axes for axes in figure.axes if axes.get_label() == "<colorbar>"]
    ticks = bar.get_yticks()
    assert 0 in ticks
    assert -1750 <= min(ticks) < 0 < max(ticks) <= 1250
    assert bar.get_ylabel() == "m"


def tsunami() -> dict[str, pd.DataFrame]:
    """Two runs, whose coasts lie at 142 and at 142.2 degrees."""
    rows = []
    for label, coast in (("original", 142.0), ("vae", 142.2)):
        bed = slope(coast)
        rows += [sea_map("relief", bed, label=label), sea_map("uplift", bed / 1000, label=label)]
        for seconds in (0.0, 300.0, 600.0):
            level = np.where(bed > 0, np.nan, 1 + seconds / 300)
            rows.append(sea_map("level", level, seconds, label))
    return maps_of(*rows)


def test_levels_are_red_and_blue_over_grey_land_whose_coast_is_its_own_runs() -> None:
    table = maps.table(tsunami(), kind="level", where={"label": ["vae", "original"]})
    figure = maps.draw(table, kind="level", reach=2.5)
    panels = panels_of(figure)
    names = [f"{label}, {minutes} min" for label in ("original", "vae") for minutes in (0, 5, 10)]
    assert [axes.get_title() for axes in panels] == names
    for axes, coast, level in zip(panels, 3 * [142.0] + 3 * [142.2], 2 * [1, 2, 3], strict=True):
        (image,) = axes.images
        dry = slope(coast) > 0
        assert (np.ma.getmaskarray(image.get_array()) == dry).all()
        assert (image.get_array()[~dry] == level).all()
        assert image.get_clim() == (-2.5, 2.5)
        red, green, blue, _ = image.cmap(image.norm(1.0))
        assert red > max(green, blue)
        red, green, blue, _ = image.cmap(image.norm(-1.0))
        assert blue > max(red, green)
        assert same_color(axes.get_facecolor(), "0.75")
        line = np.concatenate([path.vertices for path in axes.collections[0].get_paths()])
        assert line[:, 0] == pytest.approx(coast, abs=1e-3)
        assert (line[:, 1].min(), line[:, 1].max()) == pytest.approx((30.5, 32.5))
        assert (axes.get_xlim(), axes.get_ylim()) == (
            pytest.approx((140, 143.5)),
            pytest.approx((30.25, 32.75)),
        )


@pytest.mark.parametrize(
    ("kind", "label"), [("uplift", "m upwards"), ("level", "m above the still sea"), ("relief", "m")]
)
def test_a_bar_says_what_is_measured(kind: str, label: str) -> None:
    options: dict[str, object] = {"kind": kind, "where": {"label": "original"}}
    drawing = drawing_of("figure", "maps", **options)
    figure = drawing.draw(drawing.table(tsunami()))
    assert [axes.get_ylabel() for axes in figure.axes if axes.get_label() == "<colorbar>"] == [label]


def buoys() -> dict[str, tuple[float, float]]:
    with (ROOT / "lea" / "data" / "tohoku" / "buoys.csv").open(newline="") as file:
        return {
            row["name"]: (float(row["longitude"]), float(row["latitude"])) for row in csv.DictReader(file)
        }


def marks(axes: Axes, marker: str) -> list[tuple[float, float]]:
    found = [line for line in axes.lines if line.get_marker() == marker]
    return [tuple(line.get_xydata()[0]) for line in found]


@pytest.mark.parametrize("labels", ["a", "ab"])
def test_gauges_and_the_epicentre_are_marked_and_named_where_there_is_room(labels: str) -> None:
    wide = {"south": 29.0, "west": 138.0, "degrees": 3.0}
    given = maps_of(*(sea_map("relief", slope(), label=label, **wide) for label in labels))
    figure = maps.draw(maps.table(given), gauges="buoys", epicentre=(38.297, 142.373))
    for axes in panels_of(figure):
        assert marks(axes, "o") == list(buoys().values())
        assert marks(axes, "*") == [(142.373, 38.297)]
        names = {text.get_text(): text.xy for text in axes.texts}
        assert names == (buoys() if labels == "a" else {})


def test_nothing_is_marked_that_is_not_asked_for() -> None:
    (axes,) = panels_of(maps.draw(maps.table(maps_of(sea_map("relief", slope())))))
    assert not axes.lines
    assert not axes.texts


# --- a film ---


def moments(count: int) -> pd.DataFrame:
    levels = [sea_map("level", np.full((HEIGHT, WIDTH), n), 60.0 * n) for n in range(count)]
    return film.table(maps_of(sea_map("relief", slope()), *levels))


@pytest.mark.parametrize("count", [1, 4, 7, 22])
def test_a_film_has_a_figure_a_moment(count: int) -> None:
    figures = list(film.frames(moments(count), reach=30.0))
    assert len(figures) == count
    for number, figure in enumerate(figures):
        (axes,) = panels_of(figure)
        assert axes.get_title() == f"original, {number} min"
        assert (axes.images[0].get_array() == number).all()
        assert axes.images[0].get_clim() == (-30, 30)
    assert len({tuple(figure.get_size_inches()) for figure in figures}) == 1


@pytest.mark.parametrize(
    ("count", "minutes"), [(1, [0]), (4, [0, 1, 2, 3]), (6, [0, 1, 2, 3, 4, 5]), (11, [0, 2, 4, 6, 8, 10])]
)
def test_six_moments_of_a_film_stand_beside_each_other(count: int, minutes: list[int]) -> None:
    panels = panels_of(film.draw(moments(count), reach=30.0))
    assert [int(axes.images[0].get_array().max()) for axes in panels] == minutes
    assert [axes.get_title().rpartition(", ")[2] for axes in panels] == [f"{one} min" for one in minutes]


# --- gauges ---

LINES = ("silent at B", "original: waves", "original: flat", "vae")  # in the order of the summary


def levels() -> dict[str, pd.DataFrame]:
    """Of four runs, of which one has no levels at B; the VAE has three seeds and draws."""
    rng = np.random.default_rng(0)
    rows: list[Row] = []

    def add(label: str, tsunami: str, gauge: str, count: int, drawn: bool = False) -> None:
        for seconds in (0.0, 60.0, 120.0):
            low, level, high = np.sort(rng.standard_normal(3)).tolist() if count > 1 else 3 * [rng.random()]
            where = {"label": label, "tsunami": tsunami, "gauge": gauge, "seconds": seconds}
            rows.append(where | {"count": count, "level": level, "low": low, "high": high, "drawn": drawn})

    for gauge in ("A", "B"):
        if gauge == "A":
            add("silent at B", "waves", gauge, 1)
        add("original", "waves", gauge, 1)
        add("original", "flat", gauge, 1)
        add("vae", "waves", gauge, 3)
        add("vae", "waves", gauge, 40, drawn=True)
        add("gan", "codes", gauge, 1)
        add("recorded", "recorded", gauge, 1)
        rows.append(rows[-1] | {"seconds": 9000.0, "level": 7.0})
    return {"levels": summary_frame("levels", rows)}


def rows_at(gauge: str, label: str, tsunami: str = "waves", drawn: bool = False) -> pd.DataFrame:
    frame = levels()["levels"]
    same = (frame["gauge"] == gauge) & (frame["label"] == label) & (frame["tsunami"] == tsunami)
    return frame[same & (frame["drawn"] == drawn)]


WHOSE = {
    "original: waves": ("original", "waves"),
    "vae": ("vae", "waves"),
    "original: flat": ("original", "flat"),
    "silent at B": ("silent at B", "waves"),
}
SHOWN: dict[str, object] = {"label": ["vae", "original", "silent at B"], "tsunami": ["flat", "waves"]}


def table_of_gauges(drawn: bool = True, where: Mapping[str, object] | None = SHOWN) -> pd.DataFrame:
    return gauges.table(levels(), gauges=("B", "A"), where=where, drawn=drawn)


def drawn_gauges(drawn: bool = True) -> Figure:
    return gauges.draw(table_of_gauges(drawn), gauges=("B", "A"))


@pytest.mark.parametrize(
    ("where", "lines"),
    [
        (None, [*LINES, "gan"]),
        (SHOWN, [*LINES]),
        ({"label": "original"}, ["original: waves", "original: flat"]),
        ({"tsunami": "waves"}, ["silent at B", "original", "vae"]),
        ({"tsunami": "flat"}, ["original"]),
        ({"label": ["gan", "original"], "tsunami": ["codes", "flat"]}, ["original", "gan"]),
    ],
)
def test_a_line_is_a_run_and_a_tsunami_if_several_of_it_are_chosen(
    where: Mapping[str, object] | None, lines: list[str]
) -> None:
    table = table_of_gauges(where=where)
    assert list(table["line"].unique()) == [*lines, "recorded"]
    for line, rows in table.groupby("line"):
        assert {(*one,) for one in rows[["label", "tsunami"]].to_numpy()} == {
            next(
                (label, tsunami)
                for label, tsunami in zip(table["label"], table["tsunami"], strict=True)
                if line in (label, f"{label}: {tsunami}")
            )
        }


def test_lines_that_there_are_none_of_are_refused() -> None:
    for where, there in (
        ({"label": "mean"}, "silent at B, original, vae, gan"),
        ({"tsunami": "6"}, "waves, "),
    ):
        with pytest.raises(UserError, match=f"^nothing to draw: no row whose .*; expected one of {there}"):
            table_of_gauges(where=where)


def test_every_line_is_its_runs_levels_at_the_gauge_and_dots_are_what_it_recorded() -> None:
    figure = drawn_gauges()
    assert [axes.get_ylabel() for axes in figure.axes] == ["B (m)", "A (m)"]
    for axes, gauge in zip(figure.axes, "BA", strict=True):
        lines = {line.get_label(): line for line in axes.lines}
        names = [name for name in LINES if gauge == "A" or name != "silent at B"]
        assert list(lines) == [*names, "recorded"]
        for name in names:
            rows = rows_at(gauge, *WHOSE[name])
            assert lines[name].get_xydata() == pytest.approx(
                np.array([rows["seconds"] / 60, rows["level"]]).T
            )
        rows = rows_at(gauge, "recorded", "recorded")
        dots = lines["recorded"]
        assert dots.get_xydata() == pytest.approx(np.array([rows["seconds"] / 60, rows["level"]]).T)
        assert (dots.get_marker(), dots.get_linestyle()) == (".", "None")
        assert axes.get_xlim() == (0, 2)


@pytest.mark.parametrize("drawn", [False, True])
def test_hues_are_the_range_over_seeds_and_of_draws_if_these_are_asked_for(drawn: bool) -> None:
    figure = drawn_gauges(drawn)
    for axes, gauge in zip(figure.axes, "BA", strict=True):
        found = [
            set(map(tuple, hue.get_paths()[0].vertices.round(5)))
            for hue in axes.collections
            if hue.get_paths()
        ]
        known = [rows_at(gauge, "vae"), *([rows_at(gauge, "vae", drawn=True)] if drawn else [])]
        assert found == [
            {
                (round(minute, 5), round(value, 5))
                for end in ("low", "high")
                for minute, value in zip(rows["seconds"] / 60, rows[end], strict=True)
            }
            for rows in known
        ]


def test_a_line_has_one_colour_in_all_panels_and_the_first_is_black() -> None:
    below, above = (
        {line.get_label(): line.get_color() for line in axes.lines} for axes in drawn_gauges().axes
    )
    assert same_color(above[LINES[0]], "black")
    assert below == {name: colour for name, colour in above.items() if name in below}
    assert len({above[name] for name in LINES}) == len(LINES)


def test_the_legend_names_each_line_once() -> None:
    (legend,) = drawn_gauges().legends
    assert sorted(text.get_text() for text in legend.get_texts()) == sorted([*LINES, "recorded"])


# --- errors and waves ---

NAMES = ("A", "B")
OFF = "first wave off"


def scattered(summary: pd.DataFrame | None = None, **options: str) -> tuple[Figure, pd.DataFrame]:
    given = {"waves": learnt() if summary is None else summary}
    table = errors_and_waves.table(given, gauges=NAMES, **options)
    return errors_and_waves.draw(table, gauges=NAMES), table


@pytest.mark.parametrize("tsunami", ["waves", "flat"])
def test_a_point_is_a_models_seed_with_how_far_its_floor_and_its_wave_are_off(tsunami: str) -> None:
    summary = also_flat(learnt())
    figure, _ = scattered(summary, tsunami=tsunami)
    own = summary[(summary["tsunami"] == tsunami) & summary["draw"].isna() & summary["label"].isin(MODELS)]
    floors = own[own["gauge"].isna()].set_index(["label", "seed"])["value"]
    for axes, gauge in zip(figure.axes, "AB", strict=True):
        offs = own[(own["gauge"] == gauge) & (own["metric"] == OFF)].set_index(["label", "seed"])["value"]
        found = {line.get_label(): line.get_xydata().tolist() for line in axes.lines}
        for label in MODELS:
            assert found[label] == [[floors[label, seed], offs[label, seed]] for seed in SEEDS]


def test_the_tsunami_of_models_is_waves_unless_another_is_asked_for() -> None:
    _, own = scattered()
    _, both = scattered(also_flat(learnt()))
    pd.testing.assert_frame_equal(own, both)


def test_the_title_has_scipys_rank_correlation_of_the_models() -> None:
    figure, _ = scattered()
    floors = points_of(learnt(), "", "root mean square")
    for axes, gauge in zip(figure.axes, "AB", strict=True):
        offs = points_of(learnt(), gauge, OFF)
        known = spearmanr([floors[key] for key in offs], list(offs.values())).statistic
        assert axes.get_title() == f"{gauge}: rank correlation {known:.2f}"


@pytest.mark.parametrize(("count", "ranked"), [(2, False), (4, False), (5, True)])
def test_of_fewer_than_five_points_there_is_no_rank(count: int, ranked: bool) -> None:
    points = np.random.default_rng(count).standard_normal((count, 2))
    found = rank_correlation(points)
    assert (found is not None) == ranked
    assert not ranked or found == pytest.approx(spearmanr(*points.T).statistic)
    alike = points.copy()
    alike[:, 0] = 1.0
    assert rank_correlation(alike) is None


def test_what_is_no_models_is_black_and_what_is_off_by_a_metre_is_not_shown() -> None:
    figure, table = scattered()
    assert OTHERS["original", "waves", 0] == 1
    assert set(table[table["label"] == "original"]["tsunami"]) == {"flat", "deeper"}
    frame = learnt()
    frame = frame[(frame["label"] == "original") & (frame["metric"] == OFF)].set_index(["gauge", "tsunami"])
    for axes, gauge in zip(figure.axes, "AB", strict=True):
        lines = {line.get_label(): line for line in axes.lines}
        assert set(lines) == {*MODELS, "flat", "deeper"}
        for name in ("flat", "deeper"):
            known = [[OTHERS["original", name, 0], frame["value"][gauge, name]]]
            assert lines[name].get_xydata().tolist() == known
            assert same_color(lines[name].get_color(), "black")
        assert lines["flat"].get_marker() != lines["deeper"].get_marker()
        assert not any(same_color(lines[label].get_color(), "black") for label in MODELS)


def test_a_models_points_that_are_off_by_a_metre_or_less_are_not_shown() -> None:
    summary = learnt()
    floors = (summary["label"] == "vae") & summary["gauge"].isna()
    summary.loc[floors, "value"] = summary["seed"].map({0: 0.5, 1: 1.0, 2: 1.5})
    _, table = scattered(summary)
    assert set(table[table["label"] == "vae"]["seed"]) == {2}
    assert set(table[table["label"] == "gan"]["seed"]) == set(SEEDS)


def test_a_run_of_another_name_may_be_the_original_there() -> None:
    table = errors_and_waves.table({"waves": learnt()}, gauges=NAMES, tsunami="flat", original="pca")
    assert set(map(tuple, table[["label", "tsunami"]].to_numpy())) == {("pca", "waves"), ("original", "flat")}
    figure = errors_and_waves.draw(table, gauges=NAMES, original="pca")
    colours_ = {line.get_label(): line.get_color() for line in figure.axes[0].lines}
    assert same_color(colours_["waves"], "black")
    assert not same_color(colours_["original"], "black")


def test_a_model_has_one_colour_and_mark_of_its_own_in_all_panels() -> None:
    labels = [f"model {number}" for number in range(54)]
    floors = {(label, "waves", 0): 2.0 + number for number, label in enumerate(labels)}
    said = {(*key, gauge, OFF): floor for key, floor in floors.items() for gauge in NAMES}
    summary = came_to(floors, said)
    figure, _ = scattered(summary)
    below, above = (
        {line.get_label(): (line.get_color(), line.get_marker()) for line in axes.lines}
        for axes in figure.axes
    )
    assert below == above
    assert list(above) == labels
    assert len(set(above.values())) == len(labels)
    assert len({colour for colour, _ in above.values()}) == 6


def test_both_axes_are_logarithmic() -> None:
    figure, _ = scattered()
    assert {(axes.get_xscale(), axes.get_yscale()) for axes in figure.axes} == {("log", "log")}


@pytest.mark.parametrize(
    ("count", "bottom", "first"),
    [(1, "A", "A"), (2, "AB", "A"), (3, "ABC", "A"), (4, "CD", "AC"), (6, "DEF", "AD")],
)
def test_there_is_a_panel_a_gauge_and_names_of_axes_stand_below_and_at_the_left(
    count: int, bottom: str, first: str
) -> None:
    names = tuple("ABCDEF"[:count])
    frame = learnt()
    copies = [frame[frame["gauge"] == "A"].assign(gauge=name) for name in names]
    given = {"waves": pd.concat([frame[frame["gauge"].isna()], *copies], ignore_index=True)}
    figure = errors_and_waves.draw(errors_and_waves.table(given, gauges=names), gauges=names)
    shown = {axes.get_title().partition(":")[0]: axes for axes in figure.axes if axes.axison}
    assert list(shown) == list(names)
    assert [name for name, axes in shown.items() if axes.get_xlabel() == "sea floor off by (m)"] == list(
        bottom
    )
    named = [name for name, axes in shown.items() if axes.get_ylabel() == "first wave off\n(% of its crest)"]
    assert named == list(first)
    assert not any(shown[name].get_xlabel() for name in set(names) - set(bottom))
    assert not any(shown[name].get_ylabel() for name in set(names) - set(first))
