"""Heatmaps of attacks: a row a run, a column an attack, a circle each, coloured by distance and as large as
its success.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Rectangle

PROTOCOLS = {"source": "as in foolbox 1.8.0", "corrected": "corrected", "own": "own"}
RADIUS, GAP = 0.45, 0.6  # of the largest circle; between protocols
COLUMNS = 20  # at least so many, so that cells are as large in all figures
INCHES, NOTE, LETTER = 0.25, 0.7, 0.26  # of a row; in rows: a note, a letter
SHOWN_METRICS = ("success", "distance", "attacked", "failed", "errors")
SHOWN = (1.0, 0.5, 0.1)  # sizes in the legend


def with_flags(summaries: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Successes and distances, and whether the audit flags the run: then they say little."""
    robustness, reliability = summaries["robustness"], summaries["reliability"]
    flagged = reliability[reliability["flagged"]]["label"]
    chosen = robustness[robustness["metric"].isin([*SHOWN_METRICS, "found"])]
    unsound = chosen["baseline"].isin(flagged) | chosen["baseline_learnt"].eq(False)
    return chosen.assign(flagged=chosen["label"].isin(flagged), baseline_unsound=unsound)


def cells(robustness: pd.DataFrame) -> pd.DataFrame:
    """One row a run and attack: what is known of both, and values of `success` and `distance`."""
    keys = ["label", "attack"]
    shared = ["protocol", "accuracy", "learnt", "flagged", "baseline_unsound"]
    known = robustness.drop_duplicates(keys).set_index(keys)[shared]
    values = ["median", "relative", "difference_low", "difference_high"]
    for metric in SHOWN_METRICS:
        its = robustness[robustness["metric"] == metric].set_index(keys)[values]
        known = known.join(its.add_prefix(f"{metric}_"))
    return known.reset_index()


def draw_circles(
    known: pd.DataFrame,
    draw: Callable[[Axes, float, float, Any], None],
    *,
    norm: Normalize,
    cmap: Colormap,
    colours: str,
    sizes: Sequence[tuple[float, str]],
    notes: Sequence[str],
    audit: str,
) -> Figure:
    """`draw` puts a cell at (x, y); `sizes` are radii with their meaning, `notes` the meanings of signs;
    `audit`: where it stands why a run is flagged.
    """
    assert len(known), "nothing to draw: no run of the kind that this figure shows"
    runs = list(known["label"].unique())
    places, captions = _columns(known)
    width = max(places.values()) + 1
    flagged = set(known[known["flagged"]]["label"])
    notes = [*notes, *([f"!  masked gradient: see {audit}"] if flagged else [])]
    figure = Figure(figsize=(6.3, INCHES * (len(runs) + 2.2 + NOTE * len(notes)) + 2.1))
    figure.set_layout_engine("constrained", compress=True)
    axes = figure.subplots()
    for row in known.itertuples():
        if row.learnt:
            draw(axes, places[row.attack], runs.index(row.label), row)
    for index, run in enumerate(runs):
        its = known[known["label"] == run].iloc[0]
        if not its["learnt"]:
            _not_learnt(axes, index, width, its["accuracy"])
    axes.set_yticks(range(len(runs)), [f"{run} !" if run in flagged else run for run in runs])
    axes.set_xticks(list(places.values()), [name.replace("-", " ") for name in places], rotation=90)
    head_only(axes)
    bottom = len(runs) - 0.5
    for start, caption in captions:
        axes.text(start, bottom + 0.1, caption, va="top", fontsize=7)
    _legend(axes, sizes, bottom + 1.4)
    for index, note in enumerate(notes):
        axes.text(-0.5, bottom + 2.3 + NOTE * index, note, va="center", fontsize=7)
    axes.set_xlim(-0.6, max(width, COLUMNS) - 0.4)
    axes.set_ylim(bottom + 2.0 + NOTE * len(notes), -0.6)
    axes.set_aspect("equal")
    bar = figure.colorbar(
        ScalarMappable(norm, cmap), ax=axes, location="bottom", shrink=0.9, aspect=50, pad=0.02
    )
    bar.set_label(colours)
    return figure


def head_only(axes: Axes) -> None:
    """Names of columns above and of rows on the left, and nothing else around a table."""
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)


def broke_down(cell: Any) -> bool:
    """Whether the attack failed or raised an error on every image: that says nothing of the network."""
    return bool(cell.attacked_median > 0 and cell.failed_median + cell.errors_median >= cell.attacked_median)


def mark(axes: Axes, x: float, y: float, text: str) -> None:
    """A sign in a cell's middle."""
    axes.text(x, y, text, ha="center", va="center", fontsize=6, color="0.3")


def circle(axes: Axes, x: float, y: float, radius: float, **style: Any) -> None:
    """One circle."""
    axes.add_patch(Circle((x, y), radius, **({"lw": 0.3, "edgecolor": "0.5"} | style)))


def _columns(known: pd.DataFrame) -> tuple[dict[str, float], list[tuple[float, str]]]:
    """Where each attack stands, protocol by protocol, and where the protocols' names begin."""
    places: dict[str, float] = {}
    captions, x = [], 0.0
    for protocol, name in PROTOCOLS.items():
        attacks = list(known[known["protocol"] == protocol]["attack"].unique())
        if attacks:
            places |= {attack: x + index for index, attack in enumerate(attacks)}
            captions.append((x - 0.5, name))
            x += max(len(attacks), LETTER * len(name)) + GAP
    return places, captions


def _not_learnt(axes: Axes, index: int, width: float, accuracy: float) -> None:
    band = Rectangle((-0.5, index - 0.4), width, 0.8, facecolor="0.93", edgecolor="0.75", hatch="////", lw=0)
    axes.add_patch(band)
    text = f"did not learn the task: accuracy {accuracy:.2f}"
    box = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
    axes.text(width / 2 - 0.5, index, text, ha="center", va="center", fontsize=6, bbox=box)


def _legend(axes: Axes, sizes: Sequence[tuple[float, str]], y: float) -> None:
    x = 0.0
    for radius, meaning in sizes:
        circle(axes, x, y, radius, facecolor="0.6")
        axes.text(x + 0.6, y, meaning, va="center", fontsize=7)
        x += 1.7 + LETTER * len(meaning)


def root(success: float) -> float:
    """The radius of a circle whose area stands for a share."""
    return RADIUS * float(np.sqrt(success))
