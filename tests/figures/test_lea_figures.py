"""Oracle: made-up summaries; what matplotlib holds of them, its boxes on the page, the CSV read again."""

from collections.abc import Mapping, Sequence
from functools import cache
from io import StringIO
from itertools import combinations, product
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from lea.errors import UserError
from lea.figures.job import Drawing, sign
from tests.figures.made import STYLE, configured, summary_frame
from tests.figures.test_figures import NOTE

Rows = list[dict[str, object]]
Runs = Mapping[str, tuple[str | None, str | None, tuple[str, ...]]]  # label -> autoencoder, coder, LEAs
Shape = tuple[int, int, int]  # height, width, channels


# --- made-up summaries ---


def curves(runs: Runs, epochs: int = 5) -> pd.DataFrame:
    """Of each run {label: (autoencoder, coder, LEAs)} all that is measured, every value another."""
    rng, rows = np.random.default_rng(0), []
    losses = ("loss", "reconstruction_loss", "normalised_loss", "divergence")
    for label, (autoencoder, coder, leas) in runs.items():
        of_run = {"label": label, "run": f"run-{label}", "autoencoder": autoencoder, "coder": coder}
        points = [("network", "loss"), ("network", "accuracy"), *product(leas, losses)]
        for (part, metric), split, epoch in product(points, ("test", "train"), rng.permutation(epochs) + 1):
            low, middle, high = np.sort(rng.random(3))
            numbers = {"median": middle, "minimum": low, "maximum": high, "seeds": 3, "epoch": epoch}
            rows.append(of_run | {"part": part, "split": split, "metric": metric} | numbers)
    return summary_frame("curves", rows)


def maps(
    label: str, epochs: Sequence[int], samples: int, shape: Shape, leas: Sequence[str], codes: int
) -> Rows:
    """What a run keeps: values between 0 and 1, an input's own range beside them."""
    height, width, channels = shape
    windows = -(-height // 2), -(-width // 2)
    rng, rows = np.random.default_rng(len(label)), []
    for epoch, part in product(epochs, ("network", *leas)):
        kinds = {"input": (channels, shape[:2])}
        if part != "network":
            kinds |= {
                "reconstruction": (channels, shape[:2]),
                "code": (codes, windows),
                "confidence": (1, windows),
            }
        for sample, (kind, (count, sides)) in product(range(samples), kinds.items()):
            for channel in range(count):
                place = {"label": label, "seed": 0, "epoch": epoch, "part": part, "kind": kind}
                size = {"height": sides[0], "width": sides[1], "low": 0.0, "high": 1.0}
                which = {"sample": sample, "channel": channel, "values": rng.random(sides).ravel()}
                rows.append(place | size | which)
    return rows


def histograms(label: str, epochs: Sequence[int], leas: Sequence[str]) -> Rows:
    rng, rows = np.random.default_rng(len(label)), []
    for epoch, part, kind in product(epochs, leas, ("input", "reconstruction")):
        shares = rng.random(64) * (rng.random(64) > 0.2)
        place = {"label": label, "seed": 0, "epoch": epoch, "part": part, "kind": f"{kind} histogram"}
        size = {"height": 1, "width": 64, "low": -0.5 - epoch, "high": 2.0 + epoch}
        rows.append(place | size | {"sample": None, "channel": None, "values": shares / shares.sum()})
    return rows


def album(
    labels: Sequence[str] = ("cnn-lea",),
    epochs: Sequence[int] = (0, 1, 6),
    samples: int = 3,
    shapes: Sequence[Shape] = ((8, 6, 1),),
    leas: Sequence[str] = ("lea1", "lea2"),
    codes: int = 5,
) -> pd.DataFrame:
    rows: Rows = []
    for index, label in enumerate(labels):
        rows += maps(label, epochs, samples, shapes[index % len(shapes)], leas, codes)
        rows += histograms(label, epochs, leas)
    return summary_frame("album", rows)


AUTOENCODERS = {
    "ae fc": ("ae", "fc", ("lea",)),
    "ksparse fc": ("ksparse", "fc", ("lea",)),
    "vae fc": ("vae", "fc", ("lea",)),
    "cvae fc": ("cvae", "fc", ("lea",)),
    "vae conv": ("vae", "conv", ("lea",)),
    "vae sb": ("vae", "sb", ("lea",)),
}
ELEVEN = [
    f"{one} {coder}"
    for one in ("ae", "ksparse", "vae", "cvae")
    for coder in ("fc", "conv", "sb")
    if (one, coder) != ("ksparse", "sb")
]
NETWORK = {"classic": (None, None, ()), "cnn-lea": ("vae", "fc", ("lea1", "lea2"))}
WAYS = {way: ("vae", "fc", ("lea1", "lea2")) for way in ("alternate", "shared", "joint", "independent")}
THREE = ["Fashion-MNIST, ae", "CIFAR-10, cvae", "MNIST, cvae"]
FOUR = ["MNIST", "Fashion-MNIST", "dSprites", "CIFAR-10"]
SHAPES = [(28, 28, 1), (28, 28, 1), (64, 64, 1), (32, 32, 3)]


def some(runs: Runs, count: int) -> Runs:
    return dict(list(runs.items())[:count])


def drawn(one: Drawing, **summaries: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    table = one.table(summaries)
    with style.context(STYLE):
        return sign(one.draw(table), NOTE), table


FIG_3_3, FIG_3_4, FIG_3_5 = configured("fig-3.3"), configured("fig-3.4"), configured("fig-3.5")
FIG_4_1, FIG_4_3, FIG_4_4 = configured("fig-4.1"), configured("fig-4.3"), configured("fig-4.4")
FIG_5_2, FIG_VALUES = configured("fig-5.2"), configured("fig-values")
WHOLE = {"leas": ("lea",), "epochs": (8,), "shapes": ((28, 28, 1),)}
SQUARE = {"shapes": ((28, 28, 1),)}
DRAWN: dict[str, tuple[Drawing, dict[str, Any]]] = {
    "fig-3.3": (FIG_3_3, {"labels": ELEVEN, "samples": 3, **WHOLE}),
    "fig-3.3 of one run and image": (FIG_3_3, {"labels": ELEVEN[:1], "samples": 1, **WHOLE}),
    "fig-3.3 in colour": (FIG_3_3, {"labels": ELEVEN[:4], **WHOLE, "shapes": ((32, 32, 3),)}),
    "fig-3.4": (FIG_3_4, {"runs": AUTOENCODERS, "epochs": 8}),
    "fig-3.4 of one run and epoch": (FIG_3_4, {"runs": some(AUTOENCODERS, 1), "epochs": 1}),
    "fig-3.4 of 100 epochs": (FIG_3_4, {"runs": AUTOENCODERS, "epochs": 100}),
    "fig-3.5": (FIG_3_5, {"runs": AUTOENCODERS, "epochs": 8}),
    "fig-4.1": (FIG_4_1, {"runs": NETWORK}),
    "fig-4.1 of three": (FIG_4_1, {"runs": {f"cnn-lea, window {k}": NETWORK["cnn-lea"] for k in (2, 4, 8)}}),
    "fig-4.3": (
        FIG_4_3,
        {"labels": THREE, "epochs": (0, 1, 10, 50, 100), "samples": 2, "shapes": SHAPES[1:]},
    ),
    "fig-4.3 of one epoch": (FIG_4_3, {"epochs": (100,), "samples": 1, **SQUARE}),
    "fig-4.3 of an image each": (FIG_4_3, {"labels": THREE, "samples": 1, **SQUARE}),
    "fig-4.4": (FIG_4_4, {"samples": 4, **SQUARE}),
    "fig-4.4 of one code": (FIG_4_4, {"samples": 1, "codes": 1, **SQUARE}),
    "fig-4.4 of ten codes": (FIG_4_4, {"codes": 10, **SQUARE}),
    "fig-5.2": (FIG_5_2, {"labels": FOUR, "shapes": SHAPES, "codes": 10, "samples": 1, "leas": ("lea",)}),
    "fig-5.2 of one data set": (FIG_5_2, {"labels": FOUR[:1], "codes": 10, "samples": 1, **SQUARE}),
    "fig-values": (FIG_VALUES, SQUARE),
    "fig-values of one epoch": (FIG_VALUES, {"epochs": (0,), **SQUARE}),
    "fig-values of five": (FIG_VALUES, {"epochs": (0, 1, 10, 50, 100), **SQUARE}),
}
every_figure = pytest.mark.parametrize("name", DRAWN)


class OnPage(NamedTuple):
    """A figure on its page."""

    one: Drawing
    figure: Figure
    table: pd.DataFrame
    texts: list[tuple[str, Bbox]]
    parts: list[tuple[str, Bbox]]


@cache
def drawing(name: str) -> OnPage:
    """Drawn once: its layout takes most of the time, and no test here changes it."""
    one, asked = DRAWN[name]
    return on_page(one, **({"curves": curves(**asked)} if "runs" in asked else {"album": album(**asked)}))


def on_page(one: Drawing, **summaries: pd.DataFrame) -> OnPage:
    figure, table = drawn(one, **summaries)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    texts = [(text.get_text(), text.get_window_extent(renderer)) for text in seen_texts(figure)]
    parts = [
        (f"panel {i}", axes.get_tightbbox(renderer)) for i, axes in enumerate(figure.axes) if axes.axison
    ]
    others = [*figure.legends, *figure.texts]
    parts += [(type(other).__name__, other.get_window_extent(renderer)) for other in others]
    return OnPage(one, figure, table, texts, parts)


def seen_texts(figure: Figure) -> list[Text]:
    """Every text that is seen; of ticks those within their axis."""
    texts = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
    ticks, kept = set(), set()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            ticks |= {id(text) for text in axis.get_ticklabels(which="both")}
            kept |= {id(text) for tick in axis._update_ticks() for text in (tick.label1, tick.label2)}
        if not axes.axison:
            ticks |= {id(text) for text in axes.findobj(Text)}
            kept -= ticks
    return [text for text in texts if id(text) in kept or id(text) not in ticks]


# --- curves ---


def points(frame: pd.DataFrame, label: str, split: str, metric: str, part: str) -> np.ndarray:
    chosen = frame[(frame["label"] == label) & (frame["split"] == split)]
    chosen = chosen[(chosen["metric"] == metric) & (chosen["part"] == part)].sort_values("epoch")
    assert len(chosen)
    return chosen[["epoch", "median", "minimum", "maximum"]].to_numpy(float)


def check_lines(axes: Axes, expected: dict[str, np.ndarray]) -> None:
    """Each line is the medians, each hue behind it the range."""
    assert [line.get_label() for line in axes.lines] == list(expected)
    for line, hue, known in zip(axes.lines, axes.collections, expected.values(), strict=True):
        assert np.array_equal(line.get_xydata(), known[:, :2])
        outline = {tuple(point) for point in hue.get_paths()[0].vertices.tolist()}
        assert outline == {(row[0], row[column]) for row in known.tolist() for column in (2, 3)}


CODERS_FC, VAES = ["ae fc", "ksparse fc", "vae fc", "cvae fc"], ["vae fc", "vae conv", "vae sb"]


@pytest.mark.parametrize(("one", "labels"), [(FIG_3_4, CODERS_FC), (FIG_3_5, VAES)])
@pytest.mark.parametrize("epochs", [1, 5, 60])
def test_reconstruction_losses_are_drawn_of_the_runs_it_is_about(
    one: Drawing, labels: list[str], epochs: int
) -> None:
    given = curves(AUTOENCODERS, epochs)
    figure, table = drawn(one, curves=given)
    assert list(dict.fromkeys(table["label"])) == labels
    for axes, split, title in zip(figure.axes, ("train", "test"), ("training", "test"), strict=True):
        known = {label: points(given, label, split, "reconstruction_loss", "lea") for label in labels}
        check_lines(axes, known)
        assert axes.get_title() == title
    assert figure.axes[0].get_ylabel() == "reconstruction loss"
    assert figure.axes[0].get_ylim() == figure.axes[1].get_ylim()


@pytest.mark.parametrize("labels", [["cnn-lea"], ["classic", "cnn-lea"], ["cnn-lea", "a", "classic", "b"]])
def test_raw_and_normalised_losses_are_those_of_each_networks_first_lea(labels: list[str]) -> None:
    runs = NETWORK | {"a": ("ae", "fc", ("lea",)), "b": ("cvae", "sb", ("lea1",))}
    given = curves({label: runs[label] for label in labels})
    figure, _ = drawn(FIG_4_1, curves=given)
    first = {"cnn-lea": "lea1", "a": "lea", "b": "lea1"}
    shown = [label for label in labels if label != "classic"]
    for axes, metric in zip(figure.axes, ("reconstruction_loss", "normalised_loss"), strict=True):
        check_lines(
            axes,
            {
                f"{label}, {split}": points(given, label, split, metric, first[label])
                for label, split in product(shown, ("train", "test"))
            },
        )
    assert [one.get_ylabel() for one in figure.axes] == [
        "reconstruction loss",
        "normalised reconstruction loss",
    ]


# --- pictures ---


def shades(image: AxesImage) -> np.ndarray:
    """What is seen: 0 black to 1 white, or the colours."""
    values = np.asarray(image.get_array(), float)
    low, high = image.get_clim()
    return values if values.ndim == 3 else (values - low) / ((high - low) or 1)


def cells(figure: Figure, columns: int) -> list[list[Axes]]:
    """The axes with pictures, row by row."""
    shown = [axes for axes in figure.axes if axes.images]
    assert len(shown) % columns == 0
    assert all(len(axes.images) == 1 for axes in shown)
    return [shown[start : start + columns] for start in range(0, len(shown), columns)]


def picture(frame: pd.DataFrame, **where: object) -> np.ndarray:
    """(h, w) or (h, w, c) of an album."""
    for column, value in where.items():
        frame = frame[frame[column] == value]
    channels = frame.sort_values("channel").to_dict("records")
    assert len(channels) == frame["channel"].nunique() > 0
    values = [np.reshape(one["values"], (one["height"], one["width"])) for one in channels]
    return values[0] if len(values) == 1 else np.stack(values, -1)


def same(axes: Axes, expected: np.ndarray) -> bool:
    return np.allclose(shades(axes.images[0]), expected, rtol=0, atol=1e-4)  # four digits are written


@pytest.mark.parametrize(
    ("labels", "samples", "channels"), [(1, 1, 1), (11, 1, 1), (3, 2, 1), (1, 4, 3), (2, 3, 3)]
)
def test_reconstructions_stand_beside_their_image_in_the_order_of_the_labels(
    labels: int, samples: int, channels: int
) -> None:
    given = album(ELEVEN[:labels], (1, 8), samples, ((7, 6, channels),), ("lea",))
    figure, table = drawn(FIG_3_3, album=given)
    grid = cells(figure, 1 + labels)
    assert len(grid) == samples
    for sample, (image, *others) in enumerate(grid):
        assert same(image, picture(given, label="ae fc", epoch=8, part="network", sample=sample))
        for axes, label in zip(others, ELEVEN, strict=False):
            asked = {"label": label, "epoch": 8, "kind": "reconstruction", "sample": sample}
            assert same(axes, picture(given, **asked))
    titles = [axes.get_title().replace("\n", " ") for axes in grid[0]]
    assert titles == ["image", *ELEVEN[:labels]]
    assert set(table["epoch"]) == {8}


def test_runs_of_unlike_length_are_each_shown_at_their_end() -> None:
    given = pd.concat([album(["short"], (0, 3), leas=("lea",)), album(["longer"], (1, 9), leas=("lea",))])
    figure, _ = drawn(FIG_3_3, album=given)
    for sample, (_, *others) in enumerate(cells(figure, 3)):
        for axes, (label, epoch) in zip(others, (("short", 3), ("longer", 9)), strict=True):
            assert same(axes, picture(given, label=label, epoch=epoch, kind="reconstruction", sample=sample))


@pytest.mark.parametrize("one", [FIG_4_4, FIG_5_2])
def test_codes_of_runs_of_unlike_length_are_each_those_of_their_end(one: Drawing) -> None:
    given = pd.concat([album(["short"], (0, 3), 1), album(["longer"], (1, 9), 1)])
    figure, _ = drawn(one, album=given)
    for (_, first, *_), (label, epoch) in zip(cells(figure, 6), (("short", 3), ("longer", 9)), strict=True):
        values = picture(given, label=label, epoch=epoch, part="lea1", kind="code", channel=0)
        assert np.allclose(first.images[0].get_array(), values, rtol=0, atol=1e-4)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_perfect_reconstruction_looks_like_its_image_whatever_the_images_range(channels: int) -> None:
    given = album(["ae fc"], (8,), 2, ((7, 6, channels),), ("lea",))
    images = given[(given["part"] == "network")]
    values = [0.2 + 0.5 * one for one in images["values"]]
    perfect = images.assign(values=values, part="lea", kind="reconstruction", low=0.2, high=0.7)
    figure, _ = drawn(FIG_3_3, album=pd.concat([images.assign(values=values), perfect]))
    for image, reconstruction in cells(figure, 2):
        assert np.allclose(shades(reconstruction.images[0]), shades(image.images[0]), rtol=0, atol=1e-3)


@pytest.mark.parametrize(
    ("labels", "samples", "epochs"), [(1, 1, (5,)), (3, 2, (5,)), (1, 3, (0, 1, 10)), (3, 1, (0, 9))]
)
def test_confidence_is_shown_for_each_image_and_epoch(
    labels: int, epochs: tuple[int, ...], samples: int
) -> None:
    given = album(THREE[:labels], epochs, samples, ((8, 6, 1), (7, 5, 3), (6, 6, 1)))
    given.loc[given["part"] != "network", ["low", "high"]] = (-3.0, 7.0)  # of the input's values
    figure, _ = drawn(FIG_4_3, album=given)
    grid = cells(figure, 1 + len(epochs))
    assert len(grid) == labels * samples
    for (image, *others), (label, sample) in zip(grid, product(THREE[:labels], range(samples)), strict=True):
        asked = {"label": label, "sample": sample}
        assert same(image, picture(given, **asked, part="network", epoch=epochs[0]))
        for axes, epoch in zip(others, epochs, strict=True):
            assert same(axes, picture(given, **asked, part="lea1", epoch=epoch, kind="confidence"))
            assert axes.images[0].get_clim() == (0, 1)
    assert [axes.get_title() for axes in grid[0]] == ["image", *(f"epoch {one}" for one in epochs)]
    (bar,) = (axes for axes in figure.axes if not axes.images)
    assert bar.get_ylabel() == "confidence"


@pytest.mark.parametrize("one", [FIG_4_4, FIG_5_2])
@pytest.mark.parametrize(("labels", "samples", "codes"), [(1, 1, 10), (1, 4, 3), (4, 1, 2), (2, 2, 1)])
def test_code_maps_are_grey_from_their_least_to_their_largest_value(
    one: Drawing, labels: int, samples: int, codes: int
) -> None:
    given = album(FOUR[:labels], (0, 8), samples, ((8, 6, 1), (7, 5, 3)), codes=codes)
    figure, _ = drawn(one, album=given)
    rows = product(FOUR[:labels], range(samples))
    for (image, *others), (label, sample) in zip(cells(figure, 1 + codes), rows, strict=True):
        asked = {"label": label, "sample": sample, "epoch": 8}
        assert same(image, picture(given, **asked, part="network"))
        assert len(others) == codes
        for channel, axes in enumerate(others):
            values = picture(given, **asked, part="lea1", kind="code", channel=channel)
            expected = (values - values.min()) / (values.max() - values.min())
            assert np.allclose(shades(axes.images[0]), expected, rtol=0, atol=1e-3)
            assert axes.images[0].get_cmap().name == "gray"


def test_a_run_without_pictures_leaves_no_gap_beside_one_with() -> None:
    classic = album(["classic"]).iloc[:0]
    figure, _ = drawn(FIG_4_4, album=pd.concat([classic, album(["cnn-lea"])]))
    assert len(cells(figure, 6)) == 3


MIXED = {"cnn-lea": ("lea1", "lea2"), "lea-fc": ("lea",)}


@pytest.mark.parametrize(("one", "kind"), [(FIG_4_3, "confidence"), (FIG_4_4, "code")])
def test_the_first_lea_of_each_network_is_shown_whatever_it_is_called(one: Drawing, kind: str) -> None:
    given = pd.concat([album([label], leas=leas) for label, leas in MIXED.items()])
    table = one.table({"album": given})
    shown = table[table["kind"] == kind]
    assert dict(zip(shown["label"], shown["part"], strict=True)) == {"cnn-lea": "lea1", "lea-fc": "lea"}


# --- histograms ---


@pytest.mark.parametrize("epochs", [(0,), (0, 1, 6), (0, 1, 10, 50, 100)])
def test_values_are_each_epochs_shares_of_the_first_lea_over_their_range(epochs: tuple[int, ...]) -> None:
    given = album(epochs=epochs)
    figure, table = drawn(FIG_VALUES, album=given)
    assert set(table["part"]) == {"lea1"}
    for axes, epoch in zip(figure.axes, epochs, strict=True):
        assert axes.get_title() == f"epoch {epoch}"
        for patch, kind in zip(axes.patches, ("input", "reconstruction"), strict=True):
            known = given[(given["part"] == "lea1") & (given["epoch"] == epoch)]
            (row,) = known[known["kind"] == f"{kind} histogram"].to_dict("records")
            assert np.allclose(patch.get_data().values, row["values"], rtol=1e-3, atol=0)
            assert np.allclose(patch.get_data().edges, np.linspace(-0.5 - epoch, 2.0 + epoch, 65))
            assert patch.get_label() == kind
            assert patch.get_fill() == (kind == "input")
    assert {axes.get_ylim() for axes in figure.axes} == {figure.axes[0].get_ylim()}


def test_values_of_two_runs_are_told_apart() -> None:
    figure, _ = drawn(FIG_VALUES, album=album(["alternate", "shared"]))
    names = [
        text.get_text() for axes in figure.axes if axes.get_legend() for text in axes.get_legend().get_texts()
    ]
    names += [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    panels = len([axes for axes in figure.axes if axes.patches])
    assert panels == 2 * 3 or len(set(names)) == len(names) == 4, f"{panels} panels, the legend {names}"


# --- every figure ---


def check_panels(page: OnPage) -> None:
    """Every one that is shown shows something."""
    panels = [axes for axes in page.figure.axes if axes.axison and axes.get_label() != "<colorbar>"]
    assert panels
    assert all(axes.lines or axes.images or axes.patches for axes in panels)


def held(figure: Figure) -> list[np.ndarray]:
    """All numbers that a figure draws."""
    found: list[np.ndarray] = []
    for axes in figure.axes:
        found += [np.asarray(line.get_xydata(), float) for line in axes.lines]
        found += [np.asarray(hue.get_paths()[0].vertices) for hue in axes.collections if axes.lines]
        found += [shades(image) for image in axes.images]
        found += [np.concatenate(patch.get_data()[:2]) for patch in axes.patches]
    return found


def check_csv(page: OnPage) -> None:
    """It draws the same figure."""
    with style.context(STYLE):
        again = page.one.draw(pd.read_csv(StringIO(page.table.to_csv(index=False))))
    first, second = held(page.figure), held(again)
    assert len(first) > 0
    for one, other in zip(first, second, strict=True):
        assert np.allclose(one, other, rtol=1e-6, atol=1e-6)
    assert [axes.get_title() for axes in again.axes] == [axes.get_title() for axes in page.figure.axes]


def check_apart(found: Sequence[tuple[str, Bbox]], page: Bbox) -> None:
    """Nothing lies over anything else or beyond the page."""
    assert len(found) > 1
    for (one, first), (other, second) in combinations(found, 2):
        shared = Bbox.intersection(first, second)
        assert shared is None or min(shared.width, shared.height) < 1, f"{one!r} lies over {other!r}"
    for one, box in found:
        assert min(box.x0 - page.x0, box.y0 - page.y0, page.x1 - box.x1, page.y1 - box.y1) >= -1, one


def check_room(figure: Figure) -> None:
    """Panels have some, and the page is as wide as the text."""
    assert figure.get_figwidth() == pytest.approx(6.3)
    assert figure.get_figheight() < 9.5
    assert min(axes.get_window_extent().height for axes in figure.axes) > 0.25 * figure.dpi
    panels = [axes for axes in figure.axes if axes.get_label() != "<colorbar>"]
    assert min(axes.get_window_extent().width for axes in panels) > 0.25 * figure.dpi
    assert NOTE in [text.get_text().replace("\n", " ") for text in figure.texts]


@every_figure
def test_every_panel_that_is_shown_shows_something(name: str) -> None:
    check_panels(drawing(name))


@every_figure
def test_the_csv_draws_the_same_figure(name: str) -> None:
    check_csv(drawing(name))


@every_figure
@pytest.mark.parametrize("kind", ["texts", "parts"])
def test_nothing_lies_over_anything_else_or_beyond_the_page(name: str, kind: str) -> None:
    check_apart(getattr(drawing(name), kind), drawing(name).figure.bbox)


@every_figure
def test_panels_have_room_and_the_page_is_as_wide_as_the_text(name: str) -> None:
    check_room(drawing(name).figure)


def test_nothing_to_draw_is_an_error_and_no_empty_figure() -> None:
    with pytest.raises(UserError, match="nothing to draw"):
        drawn(FIG_3_4, curves=curves({"classic": (None, None, ())}))
    with pytest.raises(AssertionError, match="nothing to draw"):
        FIG_3_4.draw(curves(AUTOENCODERS).iloc[:0])


# --- tables ---


def test_table_3_1_is_the_numbers_as_they_were_counted() -> None:
    counts = {"vae sb 28x28x1": 52_053, "ae conv 4x4x32": 301_386, "ae conv 999x999x9": 25_776_515_001}
    rows, known = [], []
    for label, count in counts.items():
        run = dict(zip(("autoencoder", "coder", "input"), label.split(), strict=True))
        for metric, value in (("parameters", float(count)), ("sum of sizes", 9.0)):
            rows.append({"label": label, **run, "metric": metric, "part": "network", "median": value})
        known.append(run | {"parameters": count})
    table = configured("table-3.1").table({"measures": pd.DataFrame(rows)})
    assert table.to_dict("records") == known
    assert table.to_csv(index=False).splitlines()[1:] == [
        ",".join(str(one) for one in row.values()) for row in known
    ]


def test_table_3_2_is_the_costs_without_the_labels_to_a_few_digits() -> None:
    where = {"machine": "mill", "threads": 1, "arithmetic": "float32"}
    same = {"epochs": 8, "samples": 1000, "seeds": 3, **where}
    costs = {"minutes": 125.123456, "minimum": 0.004, "maximum": 153.996, "milliseconds_a_sample": 0.12345}
    rows = [
        {"label": f"{one} fc", "autoencoder": one, "coder": "fc", **costs, **same} for one in ("vae", "ae")
    ]
    found = configured("table-3.2").table({"costs": summary_frame("costs", rows)})
    rounded = {"minutes": 125.12, "minimum": 0.0, "maximum": 154.0, "milliseconds_a_sample": 0.123}
    known = [{"autoencoder": one, "coder": "fc", **rounded, **same} for one in ("vae", "ae")]
    assert found.to_dict("records") == known
    order = ["autoencoder", "coder", "epochs", "samples", "seeds", *rounded, *where]
    assert list(found.columns) == order
