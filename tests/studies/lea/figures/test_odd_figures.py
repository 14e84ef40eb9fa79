"""Oracle: made-up summaries, every value another; what matplotlib holds of them; the CSV read again."""

from collections.abc import Callable, Sequence
from functools import cache
from itertools import product

import numpy as np
import pytest
from matplotlib.patches import Rectangle

from lea.errors import UserError
from lea.figures.job import Drawing
from lea.studies.lea.figures import pooling as pooling_module
from tests.figures import test_effects_figures as effects
from tests.figures import test_lea_figures as of_curves
from tests.figures.made import configured
from tests.figures.test_effects_figures import (
    MOMENTS,
    Frames,
    OnPage,
    Row,
    check_points,
    compared,
    in_two_rows,
    levels,
    shown,
    ticks,
    where,
)

FIG_5_5, FIG_5_8, FIG_REGIMES = configured("fig-5.5"), configured("fig-5.8"), configured("fig-regimes")


def pooling(
    windows: Sequence[int] = (2, 4, 8), lengths: Sequence[int] = (1, 10), kinds: Sequence[str] = ("ae", "vae")
) -> tuple[dict[str, Row], dict[str, str]]:
    runs: dict[str, Row] = {f"pool {one}": {"network": "pool-fc", "window": one} for one in windows}
    baselines = {}
    for kind, length, window in product(kinds, lengths, windows[::-1]):
        label = f"{kind} {length}, {window}"
        lea = {"autoencoder": kind, "coder": "fc", "code_length": length, "window": window}
        runs[label], baselines[label] = {"network": "lea-fc"} | lea, f"pool {window}"
    return runs, baselines


def weighted(weights: Sequence[float] = (100, 0.01, 1, 0), others: int = 1) -> dict[str, Row]:
    """Weight 0 is the network without a decoder; others were not trained jointly."""
    same: Row = {"autoencoder": "cvae", "coder": "fc", "code_length": 10, "window": 8}
    runs: dict[str, Row] = {f"weight {one}": {"lea_weight": one} for one in weights}
    runs |= {f"alternate {index}": {} for index in range(others)}
    return {label: same | {"network": "lea-only"} | facts for label, facts in runs.items()}


DRAWN: dict[str, tuple[Drawing, Callable[[], Frames]]] = {
    "fig-5.5": (FIG_5_5, lambda: compared(*pooling())),
    "fig-5.5 of seven windows and one seed": (
        FIG_5_5,
        lambda: compared(*pooling([2**one for one in range(7)]), seeds=1),
    ),
    "fig-5.5 of one run": (FIG_5_5, lambda: compared(*pooling([4], [5], ["vae"]))),
    "fig-5.8": (FIG_5_8, lambda: compared(weighted(), {})),
    "fig-5.8 of one seed": (FIG_5_8, lambda: compared(weighted(), {}, seeds=1)),
    "fig-5.8 of one run": (FIG_5_8, lambda: compared(weighted([0.1], others=0), {}, moments=MOMENTS[:2])),
}
every_figure = pytest.mark.parametrize("name", DRAWN)


def figures_of(file: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("name", [name for name in DRAWN if name.split(" ")[0] == file])


@cache
def drawing(name: str) -> OnPage:
    """Drawn and laid out once; no test here changes it."""
    one, made = DRAWN[name]
    return effects.on_page(one, made())


# --- pools and LEAs ---


@figures_of("fig-5.5")
def test_accuracies_stand_above_their_differences_to_the_pool_in_a_column_a_code_length(name: str) -> None:
    _, figure, table, given = drawing(name)
    accuracies = where(given["endings"], metric="accuracy", split="test", moment="end")
    differences = where(given["contrasts"], metric="accuracy", split="test")
    lengths, kinds = sorted(table["code_length"].dropna().unique()), table["autoencoder"].dropna().unique()
    for above, below, length in zip(*in_two_rows(figure), lengths, strict=True):
        found, compared = shown(above), shown(below)
        check_points(found.pop("max-pool"), where(accuracies, autoencoder=None), "window")
        for kind in kinds:
            chosen = {"autoencoder": kind, "code_length": length}
            check_points(found.pop(f"LEA, {kind}"), where(accuracies, **chosen), "window")
            check_points(compared.pop(f"LEA, {kind}"), where(differences, **chosen), "window", "difference")
        assert not found
        assert not compared
        assert above.get_title() == f"code length {length:g}"
        windows = sorted(table["window"].unique())
        assert ticks(below) == {window: f"{window:g}" for window in windows}
        assert (below.get_xlabel(), below.get_xscale()) == ("window", "log")
        assert below.lines[0].get_xydata() == pytest.approx(np.array([[0, 0], [1, 0]]))  # no difference
    labels = [axes.get_ylabel() for axes in figure.axes if axes.get_ylabel()]
    assert labels == ["test accuracy", "LEA less max-pool"]


@pytest.mark.parametrize("column", ["window", "code_length", "autoencoder"])
def test_an_analysis_that_does_not_say_what_the_figure_is_about_is_refused(column: str) -> None:
    given = {name: frame.drop(columns=column) for name, frame in compared(*pooling()).items()}
    with pytest.raises(UserError, match=f"no column '{column}' in the summary; expected one of label, run"):
        pooling_module.table(given)


# --- weights ---

LOSSES = {"loss": "cross entropy", "reconstruction_loss": "reconstruction loss"}
CHOSEN = {
    "lowest test loss": "chosen on the test images",
    "lowest held-out loss": "chosen on held-out images",
}


@figures_of("fig-5.8")
def test_both_losses_are_shown_against_the_weight_at_the_epoch_of_each_choice(name: str) -> None:
    _, figure, table, given = drawing(name)
    choices = [moment for moment in CHOSEN if moment in set(table["moment"])]
    for axes, (metric, moment) in zip(figure.axes, product(LOSSES, choices), strict=True):
        losses = where(given["endings"], metric=metric, moment=moment)
        losses = losses[(losses["part"] == "network") == (metric == "loss")]
        found = shown(axes)
        assert set(found) == {"test", "train"}
        for split, line in found.items():
            check_points(line, where(losses[losses["lea_weight"] > 0], split=split), "lea_weight")
        assert axes.get_ylabel() == (LOSSES[metric] if moment == choices[0] else "")
        assert axes.get_title() == (CHOSEN[moment] if metric == "loss" else "")
        assert axes.get_xlabel() == ("LEA weight" if metric != "loss" else "")
        assert axes.get_xscale() == "log"


@figures_of("fig-5.8")
def test_the_network_without_decoder_is_a_line_before_its_interval(name: str) -> None:
    _, figure, table, _ = drawing(name)
    choices = [moment for moment in CHOSEN if moment in set(table["moment"])]
    for axes, (metric, moment) in zip(figure.axes, product(LOSSES, choices), strict=True):
        rows = where(table, metric=metric, moment=moment, lea_weight=0.0)
        rows = rows[(rows["part"] == "network") == (metric == "loss")].set_index("split")
        known = {split: rows.loc[split] for split in ("test", "train") if len(rows)}
        assert levels(axes) == {f"{split}, without decoder": row["median"] for split, row in known.items()}
        colours = {str(one.get_label()): one[0].get_color() for one in axes.containers}
        named = {str(one.get_label()): one.get_color() for one in axes.lines}
        assert all(named[f"{split}, without decoder"] == colours[split] for split in known)
        spans = [one for one in axes.patches if isinstance(one, Rectangle)]
        ends = [end for one in spans for end in (one.get_y(), one.get_y() + one.get_height())]
        assert ends == pytest.approx([row[end] for row in known.values() for end in ("low", "high")])


# --- both ---

KEPT: dict[str, tuple[tuple[str, ...], Callable[[Row], bool]]] = {
    "fig-5.5": (
        ("endings", "contrasts"),
        lambda row: (
            (row["part"], row["split"], row["metric"]) == ("network", "test", "accuracy")
            and row.get("moment", "end") == "end"
        ),
    ),
    "fig-5.8": (
        ("endings",),
        lambda row: (
            row["moment"] in CHOSEN
            and row["metric"] in ("loss", "reconstruction_loss", "epoch", "accuracy")
            and row["lea_weight"] == row["lea_weight"]  # there is one
        ),
    ),
}


@every_figure
def test_the_table_is_exactly_the_rows_that_are_wanted(name: str) -> None:
    effects.check_table(drawing(name), *KEPT[name.split(" ")[0]])


@every_figure
def test_no_panel_is_empty_and_the_legend_names_each_thing_once(name: str) -> None:
    _, figure, table, _ = drawing(name)
    joint = ["test", "train"]
    without = [f"{split}, without decoder" for split in joint if 0 in set(table["lea_weight"])]
    known = {
        "fig-5.5": ["max-pool", *(f"LEA, {kind}" for kind in table["autoencoder"].dropna().unique())],
        "fig-5.8": without + joint,
    }
    effects.check_named(figure, known[name.split(" ")[0]])


@every_figure
def test_the_csv_draws_the_same_figure(name: str) -> None:
    effects.check_csv(drawing(name))


@every_figure
def test_no_text_lies_over_another_or_beyond_the_page(name: str) -> None:
    effects.check_texts(drawing(name).figure)


# --- ways to train ---

WAYS = {way: ("vae", "fc", ("lea1", "lea2")) for way in ("alternate", "shared", "joint", "independent")}
REGIMES: dict[str, of_curves.Runs] = {
    "all": WAYS,
    "one": {"alternate": WAYS["alternate"]},
    "one LEA": {"alternate": ("ae", "fc", ("lea",))},
}
EPOCHS = {"one": 1}
every_way = pytest.mark.parametrize("name", REGIMES)


@cache
def ways(name: str) -> of_curves.OnPage:
    """Drawn and laid out once; no test here changes it."""
    return of_curves.on_page(FIG_REGIMES, curves=of_curves.curves(REGIMES[name], EPOCHS.get(name, 5)))


@pytest.mark.parametrize("leas", [("lea",), ("lea1", "lea2"), ("lea1", "lea2", "lea3")])
@pytest.mark.parametrize("count", [1, 4])
def test_regimes_show_test_curves_of_the_classification_and_of_each_lea(
    leas: tuple[str, ...], count: int
) -> None:
    given = of_curves.curves({way: ("vae", "fc", leas) for way in list(WAYS)[:count]})
    figure, table = of_curves.drawn(FIG_REGIMES, curves=given)
    panels = [("network", "accuracy"), ("network", "loss"), *((lea, "normalised_loss") for lea in leas)]
    for axes, (part, metric) in zip(figure.axes, panels, strict=False):
        known = {way: of_curves.points(given, way, "test", metric, part) for way in list(WAYS)[:count]}
        of_curves.check_lines(axes, known)
        assert part == "network" or part in axes.get_ylabel()
    assert not any(axes.axison for axes in figure.axes[len(panels) :])
    assert set(table["split"]) == {"test"}
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == list(WAYS)[:count]


@every_way
def test_every_panel_that_is_shown_shows_something(name: str) -> None:
    of_curves.check_panels(ways(name))


@every_way
def test_the_csv_draws_the_same_ways(name: str) -> None:
    of_curves.check_csv(ways(name))


@every_way
@pytest.mark.parametrize("kind", ["texts", "parts"])
def test_nothing_lies_over_anything_else_or_beyond_the_page(name: str, kind: str) -> None:
    of_curves.check_apart(getattr(ways(name), kind), ways(name).figure.bbox)


@every_way
def test_panels_have_room_and_the_page_is_as_wide_as_the_text(name: str) -> None:
    of_curves.check_room(ways(name).figure)
