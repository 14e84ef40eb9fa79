"""Oracle: Python's statistics and numpy's quantiles of draws that are written out here, the formula of the
normal distribution and means of as many draws of it, and metres that were worked out from the published sums.
"""

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
import pytest
from matplotlib import style
from matplotlib.figure import Figure

from lea.errors import UserError
from lea.studies.topography.figures import steepness
from lea.studies.topography.tables import codes
from tests.figures.made import STYLE, drawing_of, summary_frame

pytestmark = pytest.mark.filterwarnings("error")

Row = dict[str, object]
Wave = tuple[float, float]  # crest, arrival

# --- codes ---


def waves_of(
    seeds: Sequence[Sequence[Wave]], gauge: str = "A", label: str = "vae", tsunami: str = "codes"
) -> Iterator[Row]:
    """Of each seed its draws, and beside them the mean code, which is none of them."""
    for seed, draws in enumerate(seeds):
        for draw, (crest, arrival) in [(None, (1e6, 1e6)), *enumerate(draws)]:
            where = {"label": label, "tsunami": tsunami, "seed": seed, "draw": draw, "gauge": gauge}
            values = {"crest": crest, "arrival": arrival, "lag": 3.0}
            yield from (where | {"metric": name, "value": value} for name, value in values.items())


def table_of_codes(*rows: Row, gauges: tuple[str, ...] = ("A",), **options: float) -> list[dict[str, object]]:
    given = {"waves": summary_frame("waves", rows)}
    found = drawing_of("table", "codes", gauges=list(gauges), **options).table(given)
    return found.to_dict("records")


def drawn(seeds: int, draws: int) -> list[list[Wave]]:
    """Seeds lie apart, by more than their draws do."""
    rng = np.random.default_rng(seeds)
    return [
        [(5.0 * seed + rng.uniform(1, 2), 900 + 60 * seed + rng.uniform(0, 30)) for _ in range(draws)]
        for seed in range(seeds)
    ]


def expected(seeds: Sequence[Sequence[Wave]]) -> dict[str, float]:
    """Means over the seeds of what their draws come to."""
    crests, arrivals = ([[draw[one] for draw in draws] for draws in seeds] for one in (0, 1))
    return {
        "crest (m)": statistics.mean(map(statistics.mean, crests)),
        "deviation (m)": statistics.mean(map(statistics.stdev, crests)),
        "low (m)": statistics.mean(float(np.quantile(one, 0.05)) for one in crests),
        "high (m)": statistics.mean(float(np.quantile(one, 0.95)) for one in crests),
        "arrival (s)": statistics.mean(map(statistics.mean, arrivals)),
        "its deviation (s)": statistics.mean(map(statistics.stdev, arrivals)),
    }


def by_the_formula(deviation: float, half: float) -> int:
    return max(2, math.ceil((statistics.NormalDist().inv_cdf(0.975) * deviation / half) ** 2))


@pytest.mark.parametrize(("seeds", "draws"), [(1, 4), (3, 16), (5, 2)])
def test_numbers_are_means_over_the_seeds_of_what_the_draws_of_each_come_to(seeds: int, draws: int) -> None:
    given = drawn(seeds, draws)
    (line,) = table_of_codes(*waves_of(given))
    assert (line["label"], line["tsunami"], line["gauge"]) == ("vae", "codes", "A")
    assert (line["seeds"], line["draws of each"], line["without a wave"]) == (seeds, draws, 0)
    known = expected(given)
    for name, value in known.items():
        assert line[name] == pytest.approx(value, abs=0.000051 if "(m)" in name else 0.0051)
    assert line["simulations for 1 %"] == by_the_formula(known["deviation (m)"], 0.01 * known["crest (m)"])


def test_a_line_is_a_run_a_tsunami_and_a_gauge() -> None:
    keys = [
        (label, tsunami, gauge)
        for label in ("vae", "gan")
        for tsunami in ("codes", "waves")
        for gauge in "BAC"
    ]
    rows = [
        row
        for number, (label, tsunami, gauge) in enumerate(keys, 1)
        for row in waves_of([[(number, 60.0), (number, 60.0)]], gauge, label, tsunami)
    ]
    found = table_of_codes(*rows, gauges=("A", "B"))
    shown = [(line["label"], line["tsunami"], line["gauge"]) for line in found]
    assert shown == [key for key in keys if key[2] != "C"]
    assert [line["crest (m)"] for line in found] == [keys.index(key) + 1 for key in shown]


def test_draws_whose_wave_does_not_come_are_counted_and_no_more() -> None:
    given = drawn(2, 5)
    silent = [*waves_of([[(-0.1, math.nan), *given[0], (0.0, math.nan)], [*given[1], (-2.0, math.nan)]])]
    (line,) = table_of_codes(*silent)
    assert (line["seeds"], line["without a wave"]) == (2, 3)
    for name, value in expected(given).items():
        assert line[name] == pytest.approx(value, abs=0.000051 if "(m)" in name else 0.0051)


@pytest.mark.parametrize("elsewhere", [True, False])
def test_where_no_wave_comes_nothing_is_said_of_it(elsewhere: bool) -> None:
    rows = [*waves_of([2 * [(-1.0, math.nan)]])]
    rows += waves_of([2 * [(1.0, 60.0)]], "B") if elsewhere else ()
    line, *others = table_of_codes(*rows, gauges=("A", "B") if elsewhere else ("A",))
    assert len(others) == elsewhere
    assert (line["draws of each"], line["without a wave"]) == (2, 2)
    assert all(pd.isna(line[name]) for name in expected([2 * [(1.0, 1.0)]]))
    assert pd.isna(line["simulations for 1 %"])


@pytest.mark.parametrize(("part", "column"), [(0.01, "1 %"), (0.005, "0.5 %"), (0.2, "20 %")])
def test_simulations_are_as_many_as_tell_the_mean_to_this_part_of_it(part: float, column: str) -> None:
    given = drawn(1, 8)
    (line,) = table_of_codes(*waves_of(given), part=part)
    known = expected(given)
    half = part * known["crest (m)"]
    assert line[f"simulations for {column}"] == by_the_formula(known["deviation (m)"], half)


def test_without_drawn_codes_there_is_no_table() -> None:
    rows = [row for row in waves_of(drawn(1, 2)) if row["draw"] is None]
    with pytest.raises(
        UserError, match=r"^table 'codes': no codes were drawn; expected a tsunami with `draws`$"
    ):
        table_of_codes(*rows)


@pytest.mark.parametrize(
    ("deviation", "half", "known"),
    [
        (1.0, 1.0, 4),  # 1.96^2 = 3.84
        (1.0, 0.1, 385),  # 384.15
        (2.0, 0.1, 1537),  # 1536.58
        (0.3, 0.2, 9),  # 8.64
        (1e-6, 1.0, 2),
        (0.0, 1.0, 2),
        (1.0, 0.0, None),
        (1.0, -1.0, None),
        (math.nan, 1.0, None),
        (1.0, math.nan, None),
    ],
)
def test_the_number_of_simulations_is_the_normal_distributions(
    deviation: float, half: float, known: int | None
) -> None:
    assert codes.simulations(deviation, half) == known


@pytest.mark.parametrize(("deviation", "half"), [(1.0, 0.5), (3.0, 0.6), (0.2, 0.02)])
def test_means_of_so_many_draws_lie_within_reach_in_95_of_100_cases(deviation: float, half: float) -> None:
    count = codes.simulations(deviation, half)
    assert count
    rng = np.random.default_rng(1)
    for number, enough in ((count, True), (count * 3 // 4, False)):
        means = rng.normal(7.0, deviation, (20_000, number)).mean(1)
        share = (abs(means - 7.0) <= half).mean()
        assert (0.945 < share < 0.965) == enough
        assert enough or share < 0.93


# --- errors ---

PUBLISHED = {
    "ae": (455.65, 5.95),
    "vae": (307.88, 10.36),
    "dfc-vae": (213.26, 7.36),
    "vae-gan": (642.51, 31.46),
}
RESPONSES = {
    "total": "whole total error",
    "worst tile": "whole worst tile",
    "metres a cell": "whole root mean square",
    "of test tiles": "tested root mean square",
}


def means_of(label: str, seeds: int = 3, **values: float) -> list[Row]:
    """Of the columns that are given, with a deviation that is a tenth of the mean."""
    return [
        {"label": label, "response": RESPONSES[name.replace("_", " ")], "seeds": seeds, "mean": value}
        | {"deviation": value / 10 if seeds > 1 else None}
        for name, value in values.items()
    ]


def table_of_errors(*rows: Row, published: Mapping[str, tuple[float, float]] | None = None) -> pd.DataFrame:
    given = {key: list(pair) for key, pair in (published or {}).items()}
    drawing = drawing_of("table", "errors", **({"published": given} if given else {}))
    return drawing.table({"means": summary_frame("means", rows)})


def test_published_sums_are_metres_a_cell_of_405_000_tiles() -> None:
    rows = [row for label in PUBLISHED for row in means_of(label, total=1.0)]
    found = table_of_errors(*rows, published=PUBLISHED).set_index("model")
    metres = {"ae": 145.4, "vae": 98.2, "dfc-vae": 68.0, "vae-gan": 205.0}
    assert found["published metres a cell"].to_dict() == metres
    for column, index in (("published total", 0), ("published worst tile", 1)):
        assert found[column].to_dict() == {label: pair[index] for label, pair in PUBLISHED.items()}


def test_a_line_is_a_run_with_its_means_and_deviations() -> None:
    values = {"total": 123.456, "worst tile": 5.019, "metres a cell": 87.654, "of test tiles": 91.234}
    given = {name.replace(" ", "_"): value for name, value in values.items()}
    twice = {name: 2 * value for name, value in given.items()}
    other: Row = {"label": "vae", "response": "tested slope", "seeds": 9, "mean": 1.0, "deviation": 1.0}
    found = table_of_errors(*means_of("vae", **given), other, *means_of("ae", 5, **twice))
    assert list(found["model"]) == ["vae", "ae"]
    assert list(found["seeds"]) == [3, 5]
    for line, factor in zip(found.to_dict("records"), (1, 2), strict=True):
        for name, value in values.items():
            assert line[name] == round(factor * value, 2)
            assert line[f"{name} deviation"] == round(factor * value / 10, 2)
    assert not any("published" in column for column in found)


def test_what_was_published_of_no_run_follows_behind() -> None:
    rows = [*means_of("mine", total=1.0), *means_of("vae", total=2.0)]
    found = table_of_errors(*rows, published=PUBLISHED)
    assert list(found["model"]) == ["mine", "vae", "ae", "dfc-vae", "vae-gan"]
    assert list(found["seeds"].isna()) == [False, False, True, True, True]
    assert list(found["total"].isna()) == [False, False, True, True, True]
    assert list(found["published total"].fillna(0)) == [0, 307.88, 455.65, 213.26, 642.51]


def test_of_one_seed_there_is_no_deviation() -> None:
    found = table_of_errors(*means_of("one", 1, total=1.0), *means_of("three", total=2.0))
    one, three = found.to_dict("records")
    assert (one["total"], three["total deviation"]) == (1, 0.2)
    assert pd.isna(one["total deviation"])


def test_a_run_that_has_not_measured_all_tiles_has_the_others_alone() -> None:
    found = table_of_errors(*means_of("few", of_test_tiles=50.0), *means_of("all", total=1.0))
    few, whole = found.to_dict("records")
    assert (few["of test tiles"], whole["total"]) == (50, 1)
    assert pd.isna(few["total"])
    assert pd.isna(whole["of test tiles"])


def test_without_errors_of_tiles_there_is_no_table() -> None:
    row: Row = {"label": "vae", "response": "tested slope", "seeds": 1, "mean": 1.0, "deviation": None}
    with pytest.raises(
        UserError, match=r"^table 'errors': no run has whole total error, .*expected the metric `restoration`"
    ):
        table_of_errors(row, published=PUBLISHED)


# --- steepness ---

TENTHS = tuple(range(1, 11))


def measured() -> pd.DataFrame:
    """Of two runs a tenth each, the steepest first, and other measurements."""
    rows: list[Row] = []
    for label, factor in (("vae", 1.0), ("ae", 3.0)):
        for tenth in reversed(TENTHS):
            where = {"label": label, "part": f"tenth-{tenth}", "measure": "restoration", "seeds": 3}
            rows.append(where | {"metric": "steepness", "median": 4.0**tenth, "minimum": 0.1, "maximum": 1e9})
            error = factor * (tenth + 20)
            values = {"median": error, "minimum": error - tenth, "maximum": error + 2 * tenth}
            rows.append(where | {"metric": "root mean square"} | values)
        rows.append({"label": label, "part": "tested", "metric": "root mean square", "median": 1e3})
    return summary_frame("measures", rows)


def drawn_steepness() -> Figure:
    with style.context(STYLE):
        return steepness.draw(steepness.table({"measures": measured()}))


def test_a_line_is_a_run_with_the_median_error_of_each_tenth_against_its_steepness() -> None:
    (axes,) = drawn_steepness().axes
    lines = {container.get_label(): container.lines[0] for container in axes.containers}
    assert list(lines) == ["vae", "ae"]
    for label, factor in (("vae", 1), ("ae", 3)):
        known = [[4.0**tenth, factor * (tenth + 20)] for tenth in TENTHS]
        assert lines[label].get_xydata().tolist() == known
    assert lines["vae"].get_color() != lines["ae"].get_color()
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")


def test_bars_are_the_range_over_the_seeds() -> None:
    (axes,) = drawn_steepness().axes
    for container, factor in zip(axes.containers, (1, 3), strict=True):
        (bars,) = container.lines[2]
        found = [segment[:, 1].tolist() for segment in bars.get_segments()]
        errors = [factor * (tenth + 20) for tenth in TENTHS]
        known = [[error - tenth, error + 2 * tenth] for tenth, error in zip(TENTHS, errors, strict=True)]
        assert found == [pytest.approx(one) for one in known]


def test_some_runs_may_be_chosen_and_tenths_are_needed() -> None:
    given = {"measures": measured()}
    assert set(steepness.table(given, where={"label": "ae"})["label"]) == {"ae"}
    with pytest.raises(UserError, match=r"^nothing to draw: no run has errors by tenths; "):
        steepness.table(given, where={"part": "tested"})
