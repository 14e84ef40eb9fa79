"""Oracle: made-up summaries, every value another; what matplotlib holds of them; the CSV read again."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from io import StringIO
from itertools import combinations, product
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from lea.figures.job import Drawing
from lea.figures.pages import draw_legend
from lea.registry import constant
from tests.figures.made import STYLE, columns_of, configured, entries, summary_frame
from tests.figures.test_lea_figures import check_lines, drawn, points, seen_texts

Row = dict[str, object]
Frames = Mapping[str, pd.DataFrame]

# --- made-up summaries ---

POINTS = [
    *product(("network",), ("test", "train", "held-out"), ("accuracy", "loss", "rise", "overconfidence")),
    *product(("network",), ("test", "train"), ("calibration_error", "epoch")),
    *product(("lea",), ("test", "train", "held-out"), ("loss", "reconstruction_loss")),
]
MOMENTS = ("end", "lowest test loss", "lowest held-out loss")


def over_seeds(rng: np.random.Generator, seeds: int) -> Row:
    """What several seeds say; of one the interval has no width."""
    values = np.sort(rng.random(5)) if seeds > 1 else np.full(5, rng.random())
    return {"seeds": seeds} | dict(zip(("minimum", "low", "median", "high", "maximum"), values, strict=True))


def compared(
    runs: Mapping[str, Row], baselines: Mapping[str, str], seeds: int = 3, moments: Sequence[str] = MOMENTS
) -> dict[str, pd.DataFrame]:
    """All endings of runs, and the contrasts of some: {label: that of its baseline}."""
    rng = np.random.default_rng(len(runs))
    endings, contrasts = [], []
    for label, facts in runs.items():
        run = {"label": label, "run": f"run-{label}"} | facts
        for (part, split, metric), moment in product(POINTS, moments):
            if part == "network" or "autoencoder" in facts:
                place = {"part": part, "split": split, "metric": metric}
                endings.append(run | place | {"moment": moment} | over_seeds(rng, seeds))
        for part, split, metric in POINTS:
            if label in baselines and part == "network":
                place = {"baseline": baselines[label], "part": part, "split": split, "metric": metric}
                found = over_seeds(rng, seeds)
                numbers = {"difference": found["median"], "low": found["low"], "high": found["high"]}
                contrasts.append(run | place | numbers)
    return {
        "endings": summary_frame("endings", endings),
        "contrasts": summary_frame("contrasts", contrasts),
    }


def sampled(counts: Sequence[int] = (10, 500, 5000, 50_000)) -> tuple[dict[str, Row], dict[str, str]]:
    lea = {"autoencoder": "vae", "coder": "fc", "code_length": 5, "window": 4}
    runs: dict[str, Row] = {}
    for count in counts:
        runs[f"classic, {count}"] = {"network": "classic", "samples": count}
        runs[f"cnn-lea, {count}"] = {"network": "cnn-lea", "samples": count} | lea
    return runs, {f"cnn-lea, {count}": f"classic, {count}" for count in counts}


def curves(
    counts: Sequence[int], networks: Sequence[str] = ("classic", "cnn-lea")
) -> dict[str, pd.DataFrame]:
    rng, rows = np.random.default_rng(0), []
    places = [("network", "loss"), ("network", "accuracy"), ("lea1", "loss")]
    for count, network, (part, metric), split in product(
        counts, networks, places, ("test", "train", "held-out")
    ):
        for epoch in (2, 3, 1):
            run = {"label": f"{network}, {count}", "run": f"run-{network}", "network": network}
            place = {"samples": count, "part": part, "split": split, "metric": metric, "epoch": epoch}
            found = over_seeds(rng, 3)
            rows.append(
                run | place | {name: one for name, one in found.items() if name in columns_of("curves")}
            )
    return {"curves": summary_frame("curves", rows)}


LAYERS = {
    "classic": ("input", "conv1", "pool1", "conv2", "pool2", "hidden", "out"),
    "cnn-lea": ("input", "conv1", "lea1", "conv2", "lea2", "hidden", "out"),
}
FACTORS = {"scale": 6, "orientation": 40, "x": 32, "y": 16}
SHAPES = {"square": 0.25, "ellipse": 0.5, "heart": 1.0}
BEST: dict[tuple[str, str | None], float] = {("orientation", None): 0.75} | {
    ("orientation", shape): best for shape, best in SHAPES.items()
}


def readings(
    networks: Sequence[str] = tuple(LAYERS), factors: Sequence[str] = tuple(FACTORS), seeds: int = 3
) -> dict[str, pd.DataFrame]:
    """Layers from the last to the first."""
    rng, rows = np.random.default_rng(len(factors)), []
    metrics = ("accuracy", "loss", "accuracy within one step", "change", "gain")
    readings = [(metric, None) for metric in metrics] + [("accuracy", shape) for shape in SHAPES]
    for network, probe in product(networks, ("trained", "shuffled", "linear", "untrained")):
        for (place, layer), factor in product(reversed([*enumerate(LAYERS[network])]), factors):
            for metric, group in readings:
                run = {"label": network, "run": f"run-{network}", "network": network}
                where = {"probe": probe, "layer": layer, "place": place, "factor": factor, "group": group}
                limits = {"chance": 1 / FACTORS[factor], "best": BEST.get((factor, group))}
                rows.append(run | where | {"metric": metric} | limits | over_seeds(rng, seeds))
    return {"readings": summary_frame("readings", rows)}


FIG_5_4, FIG_5_6 = configured("fig-5.4"), configured("fig-5.6")
FIG_SAMPLES, FIG_PROBES = configured("fig-samples"), configured("fig-probes")
FIG_ORIENTATION = configured("fig-orientation")
DRAWN: dict[str, tuple[Drawing, Callable[[], Frames]]] = {
    "fig-5.4": (FIG_5_4, readings),
    "fig-5.4 of three factors and one seed": (
        FIG_5_4,
        lambda: readings(factors=["x", "scale", "y"], seeds=1),
    ),
    "fig-5.4 of one network and factor": (FIG_5_4, lambda: readings(["cnn-lea"], ["orientation"])),
    "fig-5.6": (FIG_5_6, lambda: curves([10, 500, 5000, 50_000])),
    "fig-5.6 of three": (FIG_5_6, lambda: curves([50, 10, 2000])),
    "fig-5.6 of one run": (FIG_5_6, lambda: curves([10], ["cnn-lea"])),
    "fig-samples": (FIG_SAMPLES, lambda: compared(*sampled())),
    "fig-samples of one seed": (FIG_SAMPLES, lambda: compared(*sampled([400, 10, 50, 200]), seeds=1)),
    "fig-samples of one run": (FIG_SAMPLES, lambda: compared(*sampled([100]))),
    "fig-probes": (FIG_PROBES, readings),
    "fig-probes of one seed": (FIG_PROBES, lambda: readings(seeds=1)),
    "fig-probes of one network and factor": (FIG_PROBES, lambda: readings(["classic"], ["x"])),
    "fig-orientation": (FIG_ORIENTATION, readings),
    "fig-orientation of one seed": (FIG_ORIENTATION, lambda: readings(seeds=1)),
    "fig-orientation of one network": (FIG_ORIENTATION, lambda: readings(["classic"])),
}


def figures_of(kind: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("name", [name for name in DRAWN if name.split(" ")[0] == kind])


every_figure = pytest.mark.parametrize("name", DRAWN)


class OnPage(NamedTuple):
    """A figure, and what it is of."""

    one: Drawing
    figure: Figure
    table: pd.DataFrame
    given: Frames


@cache
def drawing(name: str) -> OnPage:
    """Drawn and laid out once; no test here changes it."""
    one, made = DRAWN[name]
    return on_page(one, made())


def on_page(one: Drawing, given: Frames) -> OnPage:
    figure, table = drawn(one, **given)
    FigureCanvasAgg(figure).draw()
    return OnPage(one, figure, table, given)


# --- what is drawn ---


def shown(axes: Axes) -> dict[str, np.ndarray]:
    """Of every line of points by its name: (n, 4) of x, y, and both ends of the bar."""
    found = {}
    for container in axes.containers:
        assert isinstance(container, ErrorbarContainer)
        line, _, (segments,) = container.lines
        bars = [segment[:, 1] for segment in segments.get_segments()]
        found[str(container.get_label())] = np.column_stack([line.get_xydata(), bars])
    assert len(found) == len(axes.containers)
    return found


def check_points(found: np.ndarray, frame: pd.DataFrame, x: str, y: str = "median") -> None:
    """They are the frame's, from left to right."""
    known = frame.sort_values(x)[[x, y, "low", "high"]].to_numpy(float)
    assert len(known)
    assert found == pytest.approx(known, abs=1e-12)


def where(frame: pd.DataFrame, **known: object) -> pd.DataFrame:
    """The rows that have these values; None: those that have none."""
    for column, value in known.items():
        frame = frame[frame[column].isna() if value is None else frame[column] == value]
    return frame


def levels(axes: Axes) -> dict[str, float]:
    """Lines from side to side that have a name."""
    named = [line for line in axes.lines if not str(line.get_label()).startswith("_")]
    assert all(line.get_xdata() == [0, 1] for line in named)
    assert all(line.get_transform() == axes.get_yaxis_transform(which="grid") for line in named)
    return {str(line.get_label()): float(np.unique(line.get_ydata()).item()) for line in named}


def ticks(axes: Axes) -> dict[float, str]:
    return dict(zip(axes.get_xticks(), (one.get_text() for one in axes.get_xticklabels()), strict=True))


def panels(figure: Figure) -> list[Axes]:
    return [axes for axes in figure.axes if axes.axison]


def in_two_rows(figure: Figure) -> tuple[list[Axes], list[Axes]]:
    half = len(figure.axes) // 2
    return figure.axes[:half], figure.axes[half:]


def legend(figure: Figure) -> list[str]:
    (found,) = figure.legends
    return [text.get_text() for text in found.get_texts()]


# --- tables ---

KEPT: dict[str, Callable[[Row], bool]] = {
    "fig-5.4": lambda row: (
        pd.isna(row["group"])
        and row["probe"] in ("trained", "untrained", "shuffled")
        and row["metric"] in ("accuracy", "change", "gain")
    ),
    "fig-5.6": lambda row: (row["part"], row["metric"]) == ("network", "loss"),
    "fig-samples": lambda row: (
        (row["part"], row["split"], row.get("moment", "end")) == ("network", "test", "end")
        and row["metric"] in ("loss", "rise", "accuracy", "overconfidence", "calibration_error")
    ),
    "fig-probes": lambda row: (
        pd.isna(row["group"])
        and (row["probe"], row["metric"]) in (("linear", "accuracy"), ("trained", "accuracy within one step"))
    ),
    "fig-orientation": lambda row: (
        not pd.isna(row["group"])
        and (row["factor"], row["probe"], row["metric"]) == ("orientation", "trained", "accuracy")
    ),
}


def check_table(page: OnPage, needs: Sequence[str], is_kept: Callable[[Row], bool]) -> None:
    """It is exactly the rows that are wanted."""
    known = []
    for need in needs:
        value = "difference" if need == "contrasts" else "median"
        known += [row[value] for row in page.given[need].to_dict("records") if is_kept(row)]
    table = page.table
    found = table["difference"].fillna(table["median"]) if "difference" in table else table["median"]
    assert found.tolist() == known
    assert set(table.columns) == {column for need in needs for column in page.given[need].columns}


@every_figure
def test_the_table_is_exactly_the_rows_that_are_wanted(name: str) -> None:
    page = drawing(name)
    file = name.split(" ")[0]
    check_table(page, constant("figure", entries()[file][1]["name"], "NEEDS"), KEPT[file])


# --- probes ---


def check_networks(axes: Axes, readings: pd.DataFrame, kinds: Mapping[str, str]) -> None:
    """A line of points for each network and kind of probe {its name: it}, all but on their layers' places."""
    networks = list(readings["label"].unique())
    known = {f"{network}{name}": (network, kind) for network in networks for name, kind in kinds.items()}
    found = shown(axes)
    assert list(found) == list(known)
    places = np.arange(len(LAYERS["classic"]))
    for name, (network, kind) in known.items():
        aside = found[name][:, 0] - places
        assert aside == pytest.approx(0.08 * networks.index(network))
        found[name][:, 0] -= aside
        check_points(found[name], where(readings, label=network, probe=kind), "place")
    lines = [container[0] for container in axes.containers]
    assert len({line.get_color() for line in lines}) == len(networks)
    assert len({line.get_linestyle() for line in lines}) == len(kinds)
    names = zip(*(LAYERS[network] for network in networks), strict=True)
    assert ticks(axes) == {place: "\n".join(dict.fromkeys(one)) for place, one in enumerate(names)}


CONTROLS = {"": "trained", ", untrained": "untrained", ", shuffled": "shuffled"}


@figures_of("fig-5.4")
def test_a_panel_a_factor_has_every_layers_accuracy_for_each_network_and_control(name: str) -> None:
    _, figure, table, given = drawing(name)
    factors = list(table["factor"].unique())
    titles = [one.replace("orientation", "orientation (best possible 0.75)") for one in factors]
    assert [axes.get_title() for axes in panels(figure)] == titles
    for axes, factor in zip(panels(figure), factors, strict=True):
        check_networks(axes, where(given["readings"], factor=factor, metric="accuracy", group=None), CONTROLS)
        assert levels(axes) == {"chance": 1 / FACTORS[factor]}
        assert axes.get_ylabel() == "accuracy"


@figures_of("fig-probes")
def test_linear_probes_stand_above_those_one_step_away(name: str) -> None:
    _, figure, table, given = drawing(name)
    factors = list(table["factor"].unique())
    lines = [
        ("linear", "accuracy", "linear probe"),
        ("trained", "accuracy within one step", "within one step"),
    ]
    for axes, ((kind, metric, label), factor) in zip(figure.axes, product(lines, factors), strict=True):
        check_networks(axes, where(given["readings"], factor=factor, metric=metric, group=None), {"": kind})
        assert axes.get_title() == factor
        assert axes.get_ylabel() == (f"accuracy, {label}" if factor == factors[0] else "")


@figures_of("fig-orientation")
def test_a_panel_a_shape_has_its_own_best_possible_accuracy_of_orientation(name: str) -> None:
    _, figure, _, given = drawing(name)
    for axes, (shape, best) in zip(figure.axes, SHAPES.items(), strict=True):
        readings = where(given["readings"], factor="orientation", metric="accuracy", group=shape)
        check_networks(axes, readings, {"": "trained"})
        assert levels(axes) == {"chance": 1 / 40}
        assert axes.get_title() == f"{shape} (best possible {best:.2f})"
    assert [axes.get_ylabel() for axes in figure.axes] == ["accuracy of orientation", "", ""]


# --- samples ---


@figures_of("fig-samples")
def test_values_of_both_networks_stand_above_their_differences_in_a_column_a_metric(name: str) -> None:
    _, figure, _, given = drawing(name)
    metrics = ["loss", "rise", "accuracy", "overconfidence", "calibration_error"]
    titles = ["test cross entropy", "its rise", "test accuracy", "overconfidence", "calibration error"]
    for above, below, metric, title in zip(*in_two_rows(figure), metrics, titles, strict=True):
        values = where(given["endings"], part="network", metric=metric, split="test", moment="end")
        found = shown(above)
        assert list(found) == ["classic", "cnn-lea"]
        for network, line in found.items():
            check_points(line, where(values, network=network), "samples")
        (differences,) = shown(below).values()
        check_points(
            differences, where(given["contrasts"], metric=metric, split="test"), "samples", "difference"
        )
        assert below.containers[0][0].get_color() == above.containers[1][0].get_color()
        assert ticks(below) == {count: f"{count:,}" for count in sorted(values["samples"].unique())}
        assert (above.get_title(), below.get_xlabel(), below.get_xscale()) == (title, "samples", "log")
        assert below.lines[0].get_xydata() == pytest.approx(np.array([[0, 0], [1, 0]]))  # no difference
    assert [axes.get_ylabel() for axes in figure.axes if axes.get_ylabel()] == ["difference"]


@figures_of("fig-5.6")
def test_a_panel_a_number_of_samples_has_the_losses_of_both_networks(name: str) -> None:
    _, figure, table, given = drawing(name)
    counts = list(table["samples"].unique())
    for axes, count in zip(panels(figure), counts, strict=True):
        curves = where(given["curves"], samples=count)
        known = {
            f"{network}, {split}": points(curves, f"{network}, {count}", split, "loss", "network")
            for network, split in product(table["network"].unique(), ("train", "test"))
        }
        check_lines(axes, known)
        assert axes.get_title() == f"{count:,} samples"
        assert (axes.get_xlabel(), axes.get_ylabel()) == ("epoch", "cross entropy")


# --- every figure ---


def check_named(figure: Figure, names: Sequence[str]) -> None:
    """No panel is empty, and the legend names each thing once."""
    assert all(axes.containers or axes.collections for axes in panels(figure))
    assert legend(figure) == list(names)


@every_figure
def test_no_panel_is_empty_and_the_legend_names_each_thing_once(name: str) -> None:
    _, figure, table, _ = drawing(name)
    networks = list(table["network"].unique())
    known = {
        "fig-5.4": ["chance", *(f"{network}{one}" for network, one in product(networks, CONTROLS))],
        "fig-5.6": [f"{network}, {split}" for network, split in product(networks, ("train", "test"))],
        "fig-samples": networks,
        "fig-probes": networks,
        "fig-orientation": ["chance", *networks],
    }
    check_named(figure, known[name.split(" ")[0]])


def test_a_legend_names_what_stands_in_any_panel() -> None:
    figure = Figure()
    for axes, names in zip(figure.subplots(1, 3), (["a"], [], ["b", "a"]), strict=True):
        for one in names:
            axes.plot([1], [1], label=one)
    draw_legend(figure)
    assert legend(figure) == ["a", "b"]


def held(figure: Figure) -> list[np.ndarray]:
    """All numbers that a figure draws."""
    found: list[np.ndarray] = []
    for axes in figure.axes:
        found += [np.asarray(line.get_xydata(), float) for line in axes.lines]
        found += [np.asarray(path.vertices) for one in axes.collections for path in one.get_paths()]
        found += [np.asarray(patch.get_path().vertices) for patch in axes.patches]
    return found


def check_csv(page: OnPage) -> None:
    """It draws the same figure."""
    with style.context(STYLE):
        again = page.one.draw(pd.read_csv(StringIO(page.table.to_csv(index=False))))
    for numbers, others in zip(held(page.figure), held(again), strict=True):
        assert numbers == pytest.approx(others)
    assert [axes.get_title() for axes in again.axes] == [axes.get_title() for axes in page.figure.axes]
    assert legend(again) == legend(page.figure)


def check_texts(figure: Figure) -> None:
    """None lies over another or beyond the page."""
    boxes = [(text.get_text(), text.get_window_extent()) for text in seen_texts(figure)]
    for (one, first), (other, second) in combinations(boxes, 2):
        shared = Bbox.intersection(first, second)
        assert shared is None or min(shared.width, shared.height) < 1, f"{one!r} lies over {other!r}"
    for one, box in boxes:
        page = figure.bbox
        assert min(box.x0 - page.x0, box.y0 - page.y0, page.x1 - box.x1, page.y1 - box.y1) >= -1, one


@every_figure
def test_the_csv_draws_the_same_figure(name: str) -> None:
    check_csv(drawing(name))


@every_figure
def test_no_text_lies_over_another_or_beyond_the_page(name: str) -> None:
    check_texts(drawing(name).figure)


# --- Table of samples ---


def counted(dataset: str, split: str, counts: Mapping[str, int]) -> list[Row]:
    samples = sum(counts.values())
    same: Row = {"dataset": dataset, "target": "shape", "split": split, "samples": samples}
    return [same | {"class": one, "count": count, "share": count / samples} for one, count in counts.items()]


def test_a_row_of_the_table_has_the_count_and_share_of_each_class_in_their_order() -> None:
    rows = counted("dsprites", "train", {"square": 1, "ellipse": 6, "heart": 1})
    rows += counted("dsprites", "test", {"square": 400, "ellipse": 300, "heart": 300})
    rows += counted("dsprites", "train", {"square": 0, "ellipse": 1, "heart": 2})
    found = configured("table-samples").table({"balance": summary_frame("balance", rows)})
    assert list(found.columns) == ["dataset", "target", "split", "samples", "square", "ellipse", "heart"]
    known = [
        ("dsprites", "shape", "train", 8, "1 (12.5%)", "6 (75.0%)", "1 (12.5%)"),
        ("dsprites", "shape", "test", 1000, "400 (40.0%)", "300 (30.0%)", "300 (30.0%)"),
        ("dsprites", "shape", "train", 3, "0 (0.0%)", "1 (33.3%)", "2 (66.7%)"),
    ]
    assert sorted(found.itertuples(index=False, name=None)) == sorted(known)
