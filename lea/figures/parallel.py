"""What a search tried: an axis a parameter, the last of what is minimised, and a line a trial, the darker the
less it came to. Trials that were pruned are thin, the chosen one is thick. A panel a search.

A parameter that a trial did not draw is at `none`, below its axis; a trial that diverged is above the last.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure

from lea.errors import UserError
from lea.figures.pages import WIDTH
from lea.figures.selection import chosen, first_searches, label_of

NEEDS = ("trials",)
LIMITS = {"searches": (1, 6)}
COLOURS = "viridis"
NONE, OVER = -0.13, 1.1  # where what was not drawn stands, and what diverged, of an axis from 0 to 1
HIGH, ROOM = 2.5, 0.35  # inches: of a panel, of the names above it


@dataclass(frozen=True)
class Axis:
    """A parameter's: where its values stand, and what is written at some."""

    label: str
    ticks: Mapping[float, str]  # place, from 0 to 1 -> text
    ends: tuple[float, float] = (0.0, 1.0)
    logarithmic: bool = False

    def place(self, number: float) -> float:
        """Of a number, from 0 to 1."""
        ends, at = (np.log(self.ends), np.log(number)) if self.logarithmic else (self.ends, number)
        return float((at - ends[0]) / ((ends[1] - ends[0]) or 1))


def table(
    summaries: Mapping[str, pd.DataFrame], *, searches: int = 3, where: Mapping[str, object] | None = None
) -> pd.DataFrame:
    """All trials of the first so many searches."""
    rows = chosen(summaries["trials"], where)
    if rows.empty:
        raise UserError("nothing to draw: no run was searched; expected one; choose others by `where`")
    return first_searches(rows, searches)


def draw(
    rows: pd.DataFrame,
    *,
    searches: int = 3,
    labels: Mapping[str, str] | None = None,
    minimised: str = "what is minimised",
) -> Figure:
    """`labels`: what parameters are called; `minimised`: what is shown by colours and on the last axis."""
    groups = list(rows.groupby(["label", "seed"], sort=False))
    figure = Figure(figsize=(WIDTH, (HIGH + ROOM) * len(groups)))
    finite = rows.loc[np.isfinite(rows["value"]), "value"]
    if finite.empty:
        raise UserError("nothing to draw: all trials diverged")
    low, high = float(finite.min()), float(finite.quantile(0.9))
    norm = LogNorm(low, max(high, low * 1.01)) if low > 0 else Normalize(low, max(high, low + 1e-9))
    axes_of = [_axis(its, parameter, labels) for parameter, its in rows.groupby("parameter", sort=False)]
    last = _values(finite, "result")
    panels = figure.subplots(len(groups), 1, squeeze=False)[:, 0]
    several = rows["label"].nunique() > 1
    for panel, ((label, seed), its) in zip(panels, groups, strict=True):
        panel.set_title(f"{label}, search {seed}" if several else f"search {seed}", pad=22)
        _draw_axes(panel, [*axes_of, last])
        for _, trial in sorted(its.groupby("trial"), key=lambda one: -one[1]["value"].iloc[0]):
            _draw_trial(panel, trial, axes_of, last, norm)
    bar = figure.colorbar(ScalarMappable(norm, COLOURS), ax=list(panels), extend="max", fraction=0.03)
    bar.set_label(minimised)
    bar.ax.yaxis.set_major_formatter("{x:.3g}")
    bar.ax.yaxis.set_minor_formatter("{x:.3g}")
    bar.ax.tick_params(which="both", labelsize=6)
    return figure


def _axis(rows: pd.DataFrame, parameter: object, labels: Mapping[str, str] | None) -> Axis:
    label, scale = label_of(str(parameter), labels), rows["scale"].iloc[0]
    none = {NONE: "none"} if (rows["text"] == "").any() else {}
    if scale == "choice":
        texts = sorted({text for text in rows["text"] if text}, key=_order)
        places = np.linspace(0, 1, len(texts)) if len(texts) > 1 else [0.5]
        return Axis(label, none | dict(zip(map(float, places), texts, strict=True)))
    ends = (float(rows["low"].min()), float(rows["high"].max()))
    return Axis(label, none | {0.0: f"{ends[0]:.3g}", 1.0: f"{ends[1]:.3g}"}, ends, scale == "log")


def _order(text: str) -> tuple[float, str]:
    """Numbers by size, words by their letters."""
    try:
        return float(text), ""
    except ValueError:
        return 0.0, text


def _values(finite: pd.Series, label: str) -> Axis:
    ends = (float(finite.min()), float(finite.max()))
    return Axis(label, {0.0: f"{ends[0]:.3g}", 1.0: f"{ends[1]:.3g}"}, ends, ends[0] > 0)


def _draw_axes(panel: Axes, axes: Sequence[Axis]) -> None:
    panel.set_xlim(-0.25, len(axes) - 0.75)
    panel.set_ylim(NONE - 0.05, OVER + 0.03)
    panel.set_xticks(range(len(axes)), [one.label for one in axes])
    panel.xaxis.tick_top()
    panel.tick_params("x", length=0)
    panel.set_yticks([])
    panel.spines[:].set_visible(False)
    panel.grid(False)
    for at, one in enumerate(axes):
        panel.plot([at, at], [0, 1], color="0.6", lw=0.8)
        for place, text in one.ticks.items():
            panel.annotate(
                text,
                (at, place),
                (-3, 0),
                textcoords="offset points",
                ha="right",
                va="center",
                size=6,
                zorder=5,
                bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.6},
            )


def _draw_trial(panel: Axes, trial: pd.DataFrame, axes: Sequence[Axis], last: Axis, norm: Normalize) -> None:
    first = trial.iloc[0]
    value = first["value"]
    places = [_place(row, axis) for (_, row), axis in zip(trial.iterrows(), axes, strict=True)]
    places.append(last.place(value) if np.isfinite(value) else OVER)
    widths = {"complete": 1.2, "pruned": 0.5, "diverged": 0.5}
    colour = colormaps[COLOURS](norm(value)) if np.isfinite(value) else "0.7"
    panel.plot(
        range(len(places)),
        places,
        color=colour,
        lw=2.6 if first["chosen"] else widths[first["state"]],
        alpha=1 if first["state"] == "complete" else 0.6,
        zorder=4 if first["chosen"] else 3,
        marker="o" if first["chosen"] else None,
        ms=3,
    )


def _place(row: pd.Series, axis: Axis) -> float:
    if row["text"] == "":
        return NONE
    if row["scale"] == "choice":
        return next(place for place, text in axis.ticks.items() if text == row["text"])
    return axis.place(row["number"])
