"""Oracle: made-up summaries, every value another; the circles and texts that matplotlib holds; the CSV."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from io import StringIO
from itertools import pairwise
from typing import NamedTuple

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, same_color, to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Rectangle
from matplotlib.transforms import Bbox

from lea.figures.job import Drawing
from lea.registry import PARTS
from tests.figures.made import STYLE, configured, drawing_of, summary_frame
from tests.figures.test_figures import NOTE
from tests.figures.test_lea_figures import drawn, seen_texts

Row = dict[str, object]
Cell = tuple[str, str]  # label, attack
Frames = Mapping[str, pd.DataFrame]

# --- made-up summaries ---

ATTACKS = tuple(PARTS["attack"])
CAPTIONS = {"source": "as in foolbox 1.8.0", "corrected": "corrected", "own": "own"}
SOURCE = ATTACKS[:13]  # the source's attacks; the others are corrected
CODERS = [f"{one} {coder}" for coder in ("fc", "conv", "sb") for one in ("vae", "ae", "cvae", "ksparse")]
LEAS, CLASSIC = ["classic", *CODERS[:11]], [f"classic, {2**index:,} samples" for index in range(12)]
NOT_LEARNT = {"ksparse fc", "vae sb", CLASSIC[3]}
FLAGGED = {"ae fc", "cvae conv", "vae sb", CLASSIC[1]}
METRICS = (
    *("attacked", "found", "failed", "errors", "success", "confirmed", "distance", "median distance"),
    *("literal success", "literal distance", "queries", "gradients", "seconds"),
)
COUNTS = ("attacked", "found", "queries", "gradients")


def protocol_of(attack: str) -> str:
    return "source" if attack in SOURCE else "corrected" if attack in ATTACKS else "own"


def of_run(label: str, rng: np.random.Generator) -> Row:
    """What a run was; those of LEAS have the first as their baseline."""
    autoencoder = label.split(" ")[0] if label in CODERS else None
    accuracy = 0.3 * rng.random() if label in NOT_LEARNT else 1 - 0.2 * rng.random()
    known = {"label": label, "run": f"run-{label}", "network": "classic", "accuracy": accuracy}
    return known | {"autoencoder": autoencoder, "learnt": label not in NOT_LEARNT}


def compared(rng: np.random.Generator, most: float) -> Row:
    """A relative difference, and its interval: on both sides of 0, ending at it, or on one side."""
    low, high = np.sort(rng.random(2) + 0.1)
    ends = [(-low, high), (0.0, high), (-low, 0.0), (low, high), (-high, -low), (low, high)]
    low, high = ends[rng.integers(len(ends))]
    relative = most * (2 * rng.random() - 1)
    return {"relative": relative, "difference_low": low, "difference_high": high}


def value(metric: str, rng: np.random.Generator) -> float:
    if metric in ("failed", "errors"):
        return float(rng.integers(100))
    if metric in COUNTS:
        return float(500 + rng.integers(500) + rng.random() / 2)
    return float(10 ** (-5 * rng.random())) if "distance" in metric else float(rng.random())


def robustness(labels: Sequence[str], attacks: Sequence[str]) -> pd.DataFrame:
    """Of every third attack or so a run finds nothing, or was not attacked."""
    rng, rows = np.random.default_rng(len(labels)), []
    for label in labels:
        run = of_run(label, rng) | {"baseline": labels[0] if label in CODERS else None}
        most = 9.0 if label in NOT_LEARNT else 3.0  # of what is not drawn, nothing is the largest
        for number, attack in enumerate(attacks):
            chance = rng.random() if number else 0.5  # each run was attacked by one at least
            for metric in METRICS:
                point = {"protocol": protocol_of(attack), "attack": attack, "metric": metric, "family": "any"}
                row = {"median": value(metric, rng)} | compared(rng, most)
                if metric == "success" and chance < 0.1:
                    row["median"] = 0.0
                unknown = {"success": chance > 0.8, "distance": chance < 0.05 or chance > 0.8}
                if unknown.get(metric):
                    row = dict.fromkeys(row, math.nan)
                if not run["baseline"]:
                    row |= dict.fromkeys(("relative", "difference_low", "difference_high"), math.nan)
                rows.append(run | point | row | {"seeds": 3})
    return summary_frame("robustness", rows)


ALONE = ("attacked", "margin", "blind", "falling", "worst success", "worst distance")
BEATEN = [("beaten", "source"), ("beaten", "corrected"), ("beaten", "own")]


def reliability(labels: Sequence[str], protocols: int = 2) -> pd.DataFrame:
    """Of FLAGGED one or two shares are above the limit; where nothing was found there is no distance."""
    rng, rows = np.random.default_rng(len(labels)), []
    for label in labels:
        run, second = of_run(label, rng), rng.integers(6, 6 + protocols)
        for number, (metric, protocol) in enumerate([*((one, None) for one in ALONE), *BEATEN[:protocols]]):
            limit = 0.05 if metric in ("blind", "falling", "beaten") else None
            median = rng.random() * {"margin": 30.0, "worst distance": 0.01}.get(metric, 1.0)
            flagged = limit is not None and label in FLAGGED and number in (3, second)
            if limit and not flagged:
                median *= limit
            if metric == "worst distance" and label in NOT_LEARNT:
                median = math.nan
            point = {"protocol": protocol, "metric": metric, "limit": limit, "flagged": flagged}
            rows.append(run | point | {"median": median, "seeds": 3})
    return summary_frame("reliability", rows)


def summaries(labels: Sequence[str], attacks: Sequence[str] = ATTACKS) -> dict[str, pd.DataFrame]:
    return {"robustness": robustness(labels, attacks), "reliability": reliability(labels)}


FIG_4_5, FIG_5_7, FIG_A_1 = configured("fig-4.5"), configured("fig-5.7"), configured("fig-a.1")
OF_ALL = drawing_of("figure", "attacks", where={"autoencoder": None}, audit="fig-reliability")
FIG_RELIABILITY = configured("fig-reliability")
FEW = ("slsqp-corrected", "spatial", "mine", "deepfool")
DRAWN: dict[str, tuple[Drawing, Callable[[], dict[str, pd.DataFrame]]]] = {
    "fig-4.5 of one": (FIG_4_5, lambda: summaries(LEAS[:4])),
    "fig-4.5 of two": (OF_ALL, lambda: summaries(CLASSIC[:2])),
    "fig-4.5 of twelve": (OF_ALL, lambda: summaries(CLASSIC)),
    "fig-5.7 of two": (FIG_5_7, lambda: summaries(LEAS[:3])),
    "fig-5.7 of twelve": (FIG_5_7, lambda: summaries(["classic", *CODERS])),
    "fig-5.7 of four attacks": (FIG_5_7, lambda: summaries(LEAS[:6], FEW)),
    "fig-a.1 of two": (FIG_A_1, lambda: summaries(LEAS[:2])),
    "fig-a.1 of twelve": (FIG_A_1, lambda: summaries(LEAS)),
    "fig-reliability of two": (FIG_RELIABILITY, lambda: {"reliability": reliability(LEAS[1:3])}),
    "fig-reliability of twelve": (FIG_RELIABILITY, lambda: {"reliability": reliability(LEAS)}),
    "fig-reliability of three protocols": (FIG_RELIABILITY, lambda: {"reliability": reliability(CLASSIC, 3)}),
}
RAW = [name for name in DRAWN if name.startswith(("fig-4.5", "fig-a.1"))]
RELATIVE = [name for name in DRAWN if name.startswith("fig-5.7")]
AUDITS = [name for name in DRAWN if name.startswith("fig-reliability")]
every_figure = pytest.mark.parametrize("name", DRAWN)
every_heatmap = pytest.mark.parametrize("name", RAW + RELATIVE)
every_audit = pytest.mark.parametrize("name", AUDITS)


class OnPage(NamedTuple):
    """A figure on its page."""

    figure: Figure
    table: pd.DataFrame
    given: Frames

    @property
    def axes(self) -> Axes:
        """The one that is no legend of colours."""
        return self.figure.axes[0]


@cache
def drawing(name: str) -> OnPage:
    """Drawn once, and laid out twice, as in a file; no test here changes it."""
    one, made = DRAWN[name]
    given = made()
    figure, table = drawn(one, **given)
    FigureCanvasAgg(figure)
    figure.draw_without_rendering()
    figure.draw_without_rendering()
    return OnPage(figure, table, given)


@cache
def texts_on_page(name: str) -> list[tuple[str, Bbox]]:
    """All that are seen, with their boxes."""
    return [(text.get_text(), text.get_window_extent()) for text in seen_texts(drawing(name).figure)]


# --- what is drawn ---


class Values(NamedTuple):
    """What is known of a cell's success or distance."""

    median: float
    relative: float
    low: float
    high: float

    @property
    def unsure(self) -> bool:
        """Whether the interval of the difference includes 0."""
        return self.low <= 0 <= self.high


def known(given: Frames, metric: str) -> dict[Cell, Values]:
    """Of all runs that learnt."""
    rows = given["robustness"].to_dict("records")
    return {
        (row["label"], row["attack"]): Values(
            row["median"], row["relative"], row["difference_low"], row["difference_high"]
        )
        for row in rows
        if row["metric"] == metric and row["learnt"]
    }


def shown_labels(name: str) -> list[str]:
    """Of the runs that a heatmap is about."""
    labels = list(drawing(name).given["robustness"]["label"].unique())
    if name.startswith("fig-a.1"):
        return labels
    return [label for label in labels if (label in CODERS) == name.startswith("fig-5.7")]


@cache
def grid(axes: Axes) -> tuple[dict[str, float], dict[str, float]]:
    """Where each attack and each run stands, as their names are written."""
    axis = zip((text.get_text() for text in axes.get_xticklabels()), axes.get_xticks(), strict=True)
    runs = zip((text.get_text() for text in axes.get_yticklabels()), axes.get_yticks(), strict=True)
    return dict(axis), dict(runs)


@cache
def where(axes: Axes) -> dict[tuple[float, float], Cell]:
    """The cell at each place."""
    attacks, runs = grid(axes)
    names = {attack.replace("-", " "): attack for attack in (*ATTACKS, "mine")}
    return {
        (float(x), float(y)): (run.removesuffix(" !"), names[attack])
        for attack, x in attacks.items()
        for run, y in runs.items()
    }


def circles(axes: Axes) -> dict[Cell, list[Circle]]:
    """Of each cell that has some, in the order that they are drawn in."""
    cells, found = where(axes), dict[Cell, list[Circle]]()
    for patch in axes.patches:
        if isinstance(patch, Circle) and patch.center[1] in axes.get_yticks():
            found.setdefault(cells[patch.center], []).append(patch)
    return found


def signs(axes: Axes) -> dict[Cell, str]:
    """Of each cell that has one."""
    cells = where(axes)
    places = {text.get_position(): text.get_text() for text in axes.texts if len(text.get_text()) == 1}
    return {cells[place]: sign for place, sign in places.items()}


def colours(figure: Figure) -> ScalarMappable:
    """What the legend of colours shows."""
    (bar,) = (axes._colorbar for axes in figure.axes if axes.get_label() == "<colorbar>")
    return bar.mappable


@every_heatmap
def test_rows_are_the_runs_that_it_is_about_in_their_order_and_columns_all_attacks(name: str) -> None:
    axes, table = drawing(name).axes, drawing(name).table
    attacks, runs = grid(axes)
    assert [run.removesuffix(" !") for run in runs] == shown_labels(name) == list(table["label"].unique())
    assert list(runs.values()) == list(range(len(runs)))
    assert axes.yaxis_inverted()
    given = drawing(name).given["robustness"]["attack"].unique()
    order = sorted(given, key=lambda attack: list(CAPTIONS).index(protocol_of(attack)))
    assert list(attacks) == [one.replace("-", " ") for one in order]


@pytest.mark.parametrize("name", RAW)
def test_a_circle_is_as_large_as_its_success_and_has_the_colour_of_its_distance(name: str) -> None:
    figure, _, given = drawing(name)
    successes, distances = known(given, "success"), known(given, "distance")
    wanted = {cell for cell, one in successes.items() if one.median > 0 and cell[0] in shown_labels(name)}
    found, shades = circles(figure.axes[0]), colours(figure)
    assert set(found) == wanted
    assert shades.get_cmap().name == "viridis_r"
    assert isinstance(shades.norm, LogNorm)
    for cell in wanted:
        (one,) = found[cell]
        assert one.radius == pytest.approx(0.45 * math.sqrt(successes[cell].median))
        assert shades.norm.vmin < distances[cell].median < shades.norm.vmax
        assert same_color(one.get_facecolor(), shades.to_rgba(distances[cell].median))
    assert len({one[0].get_facecolor() for one in found.values()}) > 0.5 * len(found)


@pytest.mark.parametrize("name", RAW)
def test_where_nothing_is_found_or_attacked_stands_a_sign(name: str) -> None:
    figure, _, given = drawing(name)
    successes = {cell: one for cell, one in known(given, "success").items() if cell[0] in shown_labels(name)}
    wanted = {cell: "x" for cell, one in successes.items() if one.median == 0}
    wanted |= {cell: "-" for cell, one in successes.items() if math.isnan(one.median)}
    assert signs(figure.axes[0]) == wanted


@pytest.mark.parametrize("name", RAW)
def test_the_legends_circles_are_the_sizes_that_they_name(name: str) -> None:
    axes = drawing(name).axes
    assert [one.radius for one in in_legend(axes)] == pytest.approx([0.45, 0.45 * 0.5**0.5, 0.45 * 0.1**0.5])
    texts = [text.get_text() for text in axes.texts]
    assert [text for text in texts if text.endswith("% found")] == ["100% found", "50% found", "10% found"]


def in_legend(axes: Axes) -> list[Circle]:
    rows = axes.get_yticks()
    return [one for one in axes.patches if isinstance(one, Circle) and one.center[1] not in rows]


@pytest.mark.parametrize("name", RELATIVE)
def test_a_circle_is_larger_than_its_ring_for_more_success_and_blue_for_more_distance(name: str) -> None:
    figure, _, given = drawing(name)
    successes, distances = known(given, "success"), known(given, "distance")
    wanted = {cell for cell, one in successes.items() if not math.isnan(one.relative)}
    most = max(abs(successes[cell].relative) for cell in wanted)
    farthest = max(abs(one.relative) for one in distances.values() if not math.isnan(one.relative))
    found, shades = circles(figure.axes[0]), colours(figure)
    assert set(found) == wanted
    assert (shades.norm.vmin, shades.norm.vmax) == pytest.approx((-farthest, farthest))
    assert np.argmax(shades.to_rgba(farthest)[:3]) == 2  # more blue than red
    assert np.argmax(shades.to_rgba(-farthest)[:3]) == 0
    for cell in wanted:
        one, ring, *_ = found[cell]
        assert one.radius == pytest.approx(0.3 + 0.15 * successes[cell].relative / most)
        assert ring.radius == 0.3
        assert not ring.get_fill() or ring.get_facecolor()[3] == 0
        relative = distances[cell].relative
        colour = to_rgba("white") if math.isnan(relative) else shades.to_rgba(relative)
        assert same_color(one.get_facecolor(), colour)
    axes = figure.axes[0]
    assert [one.radius for one in in_legend(axes)] == pytest.approx([0.15, 0.3, 0.45])
    texts = [text.get_text() for text in axes.texts]
    assert texts[texts.index("the same") - 1 :][:3:2] == [f"success {-most:+.1f}", f"{most:+.1f}"]


@pytest.mark.parametrize("name", RELATIVE)
def test_dots_and_broken_outlines_are_where_an_interval_includes_no_difference(name: str) -> None:
    figure, _, given = drawing(name)
    successes, distances = known(given, "success"), known(given, "distance")
    for cell, (one, _, *dots) in circles(figure.axes[0]).items():
        assert (one.get_linestyle() not in ("-", "solid")) == successes[cell].unsure, cell
        assert len(dots) == distances[cell].unsure, cell
        assert all(dot.radius < 0.1 and same_color(dot.get_facecolor(), "black") for dot in dots)
    wanted = {cell: "-" for cell, one in successes.items() if math.isnan(one.relative) and cell[0] in CODERS}
    wanted |= {
        cell: "x"
        for cell, one in distances.items()
        if math.isnan(one.relative) and cell not in wanted and cell[0] in CODERS
    }
    assert signs(figure.axes[0]) == wanted


@pytest.mark.parametrize(
    ("low", "high", "unsure"),
    [(-1, 1, True), (0, 1, True), (-1, 0, True), (0, 0, True), (0.01, 1, False), (-1, -0.01, False)],
)
@pytest.mark.parametrize("metric", ["success", "distance"])
def test_an_interval_that_ends_at_no_difference_includes_it(
    metric: str, low: float, high: float, unsure: bool
) -> None:
    frames = summaries(["classic", "vae fc"], ["spatial"])
    rows = frames["robustness"]
    ours, ends = rows["baseline"].notna(), ["difference_low", "difference_high"]
    rows.loc[ours, ends] = (0.5, 1.0)
    rows.loc[ours & (rows["metric"] == metric), ends] = (low, high)
    figure, _ = drawn(FIG_5_7, **frames)
    (one, _, *dots) = circles(figure.axes[0])["vae fc", "spatial"]
    assert (one.get_linestyle() not in ("-", "solid"), len(dots)) == (
        unsure and metric == "success",
        unsure and metric == "distance",
    )


def test_runs_that_do_not_differ_are_all_as_large_as_the_ring() -> None:
    frames = summaries(["classic", "vae fc", "cvae fc"], FEW)
    ours = frames["robustness"]["baseline"].notna()
    frames["robustness"].loc[ours, ["relative", "difference_low", "difference_high"]] = 0.0
    figure, _ = drawn(FIG_5_7, **frames)
    found = circles(figure.axes[0])
    assert {one.radius for one, *_ in found.values()} == {0.3}
    assert len(found) == 2 * len(FEW)
    (colour,) = {one.get_facecolor() for one, *_ in found.values()}
    assert same_color(colour, matplotlib.colormaps["RdBu"](0.5))


@every_heatmap
def test_a_run_that_did_not_learn_is_named_with_its_accuracy_and_has_no_circle(name: str) -> None:
    figure, _, given = drawing(name)
    axes, labels = figure.axes[0], shown_labels(name)
    cells = {*circles(axes), *signs(axes)}
    assert not [cell for cell in cells if cell[0] in NOT_LEARNT]
    assert {cell[0] for cell in cells} == set(labels) - NOT_LEARNT
    accuracies = given["robustness"].drop_duplicates("label").set_index("label")["accuracy"]
    texts = {text.get_position()[1]: text.get_text() for text in axes.texts if "not learn" in text.get_text()}
    assert texts == {
        labels.index(label): f"did not learn the task: accuracy {accuracies[label]:.2f}"
        for label in NOT_LEARNT & set(labels)
    }


@every_heatmap
def test_a_flagged_run_has_a_mark_that_is_explained(name: str) -> None:
    axes, labels = drawing(name).axes, shown_labels(name)
    marked = {run.removesuffix(" !") for run in grid(axes)[1] if run.endswith(" !")}
    assert marked == FLAGGED & set(labels)
    assert any("masked gradient" in text.get_text() for text in axes.texts) == bool(marked)


@every_heatmap
def test_protocols_stand_apart_each_over_its_caption(name: str) -> None:
    axes, table = drawing(name).axes, drawing(name).table
    attacks, runs = grid(axes)
    kinds = dict(zip(table["attack"].str.replace("-", " "), table["protocol"], strict=True))
    for one, other in pairwise(attacks):
        between = attacks[other] - attacks[one]
        assert between == pytest.approx(1) if kinds[one] == kinds[other] else between > 1.3
    texts = {text.get_text(): text.get_position() for text in axes.texts}
    assert {one for one in CAPTIONS.values() if one in texts} == {CAPTIONS[one] for one in kinds.values()}
    for kind in set(kinds.values()):
        places = [place for one, place in attacks.items() if kinds[one] == kind]
        x, y = texts[CAPTIONS[kind]]
        assert x == pytest.approx(min(places) - 0.5)
        assert y > max(runs.values())  # below the last row


# --- fig-reliability ---

WRITTEN: dict[tuple[str, str | None], tuple[str, Callable[[float], str]]] = {
    ("attacked", None): ("attacked", lambda one: f"{one:.0%}"),
    ("margin", None): ("margin (nats)", lambda one: f"{one:.1f}"),
    ("blind", None): ("blind", lambda one: f"{one:.0%}"),
    ("falling", None): ("falling", lambda one: f"{one:.0%}"),
    ("beaten", "source"): ("beaten, 1.8.0", lambda one: f"{one:.0%}"),
    ("beaten", "corrected"): ("beaten, corrected", lambda one: f"{one:.0%}"),
    ("beaten", "own"): ("beaten, own", lambda one: f"{one:.0%}"),
    ("worst success", None): ("worst: success", lambda one: f"{one:.0%}"),
    ("worst distance", None): ("worst: distance", lambda one: f"{one:.1e}"),
}


def column_of(row: Mapping[str, object]) -> tuple[str, str | None]:
    return str(row["metric"]), str(row["protocol"]) if row["metric"] == "beaten" else None


def written(name: str) -> dict[tuple[float, float], tuple[str, bool]]:
    """What should stand at each place, and whether it is flagged."""
    rows = drawing(name).given["reliability"].to_dict("records")
    labels = list(dict.fromkeys(row["label"] for row in rows))
    columns = [one for one in WRITTEN if one in {column_of(row) for row in rows}]
    found = {}
    for row in rows:
        text = "-" if math.isnan(row["median"]) else WRITTEN[column_of(row)][1](row["median"])
        found[columns.index(column_of(row)), labels.index(row["label"])] = (text, row["flagged"])
    assert len(found) == len(rows)
    return found


@every_audit
def test_a_cell_holds_its_number_and_is_coloured_if_it_is_flagged(name: str) -> None:
    axes, known = drawing(name).axes, written(name)
    texts = {text.get_position(): text for text in axes.texts}
    assert {place: text.get_text() for place, text in texts.items()} == {
        place: text for place, (text, _) in known.items()
    }
    coloured = {
        (patch.get_x() + patch.get_width() / 2, patch.get_y() + patch.get_height() / 2): patch
        for patch in axes.patches
        if isinstance(patch, Rectangle)
    }
    flagged = {place for place, (_, flag) in known.items() if flag}
    assert sorted(coloured) == pytest.approx(np.array(sorted(flagged)))
    for patch in coloured.values():
        assert patch.get_width() <= 1
        assert np.ptp(to_rgba(patch.get_facecolor())[:3]) > 0.2  # no grey
    assert {place for place, text in texts.items() if text.get_weight() == "bold"} == flagged
    assert flagged


@every_audit
def test_rows_and_columns_of_the_audit_are_named(name: str) -> None:
    axes, given = drawing(name).axes, drawing(name).given["reliability"]
    columns, runs = grid(axes)
    known = {column_of(row) for row in given.to_dict("records")}
    titles = [title for column, (title, _) in WRITTEN.items() if column in known]
    assert [one.replace("\n", " ") for one in columns] == titles
    labels = list(given["label"].unique())
    assert [one.replace("\n", " ") for one in runs] == [
        f"{label} (did not learn)" if label in NOT_LEARNT else label for label in labels
    ]


# --- every figure ---


@every_figure
def test_the_csv_draws_the_same_figure(name: str) -> None:
    figure, table, _ = drawing(name)
    with style.context(STYLE):
        again = DRAWN[name][0].draw(pd.read_csv(StringIO(table.to_csv(index=False))))
    axes, others = figure.axes[0], again.axes[0]
    assert grid(axes) == grid(others)
    assert [(one.get_position(), one.get_text()) for one in axes.texts] == [
        (one.get_position(), one.get_text()) for one in others.texts
    ]
    for one, other in zip(axes.patches, others.patches, strict=True):
        in_data = [patch.get_patch_transform().transform(patch.get_path().vertices) for patch in (one, other)]
        assert in_data[0] == pytest.approx(in_data[1])
        assert one.get_facecolor() == pytest.approx(other.get_facecolor())
        assert one.get_linestyle() == other.get_linestyle()


def overlapping(boxes: np.ndarray, others: np.ndarray) -> list[list[int]]:
    """(n, 4), (m, 4) of left, low, right, high -> the pairs of rows that share a pixel."""
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    return np.argwhere((high - low >= 1).all(2)).tolist()


@every_figure
def test_no_text_lies_over_another(name: str) -> None:
    texts, boxes = zip(*texts_on_page(name), strict=True)
    corners = np.array([box.extents for box in boxes])
    pairs = [(texts[one], texts[other]) for one, other in overlapping(corners, corners) if one < other]
    assert not pairs


@every_figure
def test_no_text_goes_beyond_the_page(name: str) -> None:
    page = drawing(name).figure.bbox
    for one, box in texts_on_page(name):
        assert min(box.x0 - page.x0, box.y0 - page.y0, page.x1 - box.x1, page.y1 - box.y1) >= -1, one


@every_heatmap
def test_no_circle_lies_over_a_text_that_is_no_sign_or_is_cut(name: str) -> None:
    axes = drawing(name).axes
    circles = [one for one in axes.patches if isinstance(one, Circle)]
    sides = np.array([(x - r, y - r, x + r, y + r) for (x, y), r in ((c.center, c.radius) for c in circles)])
    corners = axes.transData.transform(sides.reshape(-1, 2)).reshape(-1, 2, 2)
    boxes = np.column_stack([corners.min(1), corners.max(1)])
    texts, others = zip(*(one for one in texts_on_page(name) if len(one[0]) > 1), strict=True)
    pairs = overlapping(boxes, np.array([box.extents for box in others]))
    assert not [(circles[one].center, texts[other]) for one, other in pairs]
    whole = (boxes[:, :2] > axes.bbox.min - 1).all(1) & (boxes[:, 2:] < axes.bbox.max + 1).all(1)
    assert not [one.center for one, its in zip(circles, whole, strict=True) if not its]


@every_heatmap
def test_circles_are_round_and_cells_at_least_an_eighth_of_an_inch(name: str) -> None:
    corners = drawing(name).axes.transData.transform([(0, 0), (1, 1)])
    width, height = abs(corners[1] - corners[0])
    assert width == pytest.approx(height, rel=0.01)
    assert width > drawing(name).figure.dpi / 8


@pytest.mark.parametrize("name", ["fig-5.7 of twelve", "fig-a.1 of two"])
def test_a_second_file_is_laid_out_as_the_first(name: str) -> None:
    one, made = DRAWN[name]
    figure, _ = drawn(one, **made())
    widths = []
    for _ in range(2):  # PNG and PDF
        figure.draw_without_rendering()
        figure.draw_without_rendering()
        widths.append(figure.axes[0].get_position().width)
    assert widths[1] == pytest.approx(widths[0], rel=0.01)


@every_figure
def test_the_page_is_as_wide_as_the_text_and_no_longer(name: str) -> None:
    figure = drawing(name).figure
    assert figure.get_figwidth() == pytest.approx(6.3)
    assert figure.get_figheight() < 9.5
    assert NOTE in [text.get_text().replace("\n", " ") for text in figure.texts]


# --- the table ---


@pytest.mark.parametrize(("labels", "attacks"), [(LEAS, ATTACKS), (LEAS[:3], FEW), (CLASSIC[:2], FEW[:1])])
def test_the_table_has_a_row_a_run_and_attack_and_a_column_a_metric(
    labels: Sequence[str], attacks: Sequence[str]
) -> None:
    given = robustness(labels, attacks)
    found = configured("table-robustness").table({"robustness": given})
    keys = ["label", "attack", "accuracy", "learnt", "protocol", "family"]
    assert list(found.columns) == keys + list(METRICS)
    assert len(found) == len(labels) * len(attacks)
    assert list(found["label"].unique()) == list(labels)
    for _, rows in found.groupby("label"):
        assert rows["attack"].tolist() == list(attacks)
    values = given.set_index(["label", "attack", "metric"])["median"]
    for row in found.to_dict("records"):
        its = given[(given["label"] == row["label"]) & (given["attack"] == row["attack"])].iloc[0]
        assert {key: row[key] for key in keys} == {key: its[key] for key in keys}
        for metric in METRICS:
            value = values[row["label"], row["attack"], metric]
            assert row[metric] == pytest.approx(value, rel=6e-4, nan_ok=True)  # four digits


@pytest.mark.parametrize("one", [FIG_A_1, FIG_5_7])
def test_an_attack_that_broke_down_on_all_images_is_no_robustness(one: Drawing) -> None:
    given = summaries(LEAS[:3])
    table = given["robustness"]
    chosen = (table["label"] == LEAS[1]) & (table["attack"] == ATTACKS[0])
    for metric, counted in {"attacked": 9.0, "failed": 4.0, "errors": 5.0, "success": 0.0}.items():
        table.loc[chosen & (table["metric"] == metric), "median"] = counted
    figure, _ = drawn(one, **given)
    signs = [text for text in figure.axes[0].texts if text.get_text() == "e"]
    (place,) = (text.get_position() for text in signs)
    names = [label.get_text().removesuffix(" !") for label in figure.axes[0].get_yticklabels()]
    assert place == (0, names.index(LEAS[1]))


@pytest.mark.parametrize("unsound", ["not learnt", "masked", "neither"])
def test_a_baseline_that_is_no_measure_is_named(unsound: str) -> None:
    given = summaries(LEAS[:3])
    given["robustness"]["baseline_learnt"] = None if unsound == "masked" else unsound == "neither"
    audit = given["reliability"]
    audit.loc[audit["label"] == LEAS[0], "flagged"] = unsound == "masked"
    figure, _ = drawn(FIG_5_7, **given)
    noted = [text for text in figure.axes[0].texts if "did not learn, or its" in text.get_text()]
    assert len(noted) == (unsound != "neither")
