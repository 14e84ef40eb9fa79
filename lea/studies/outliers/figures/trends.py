"""How well detectors set outliers apart against a number: of a column `x` that sets runs apart, or, without
one, the size within which samples were changed to deceive them. A panel a table of outliers, a colour a
detector; dashed where test samples were changed as well. Points are medians over the seeds, bars their
intervals, over seeds and samples.
"""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from lea.errors import UserError
from lea.figures.pages import WIDTH, draw_legend
from lea.figures.points import draw_points
from lea.figures.selection import called, check_columns, chosen

NEEDS = ("detection",)
SIZE, CHANGED = "size", "changed"  # columns of what `adversarial-detection` measured
WITHIN = r" within (?P<size>[-+.e0-9]+)(?P<both>, both)?"
CHANCE = 0.5
DASHES = {"outliers": "-", "both": "--"}
HIGH, ROOM = 1.75, 0.55  # inches of a row of panels, and above them


def table(
    summaries: Mapping[str, pd.DataFrame],
    *,
    x: str | None = None,
    where: Mapping[str, object] | None = None,
) -> pd.DataFrame:
    """The AUROC of detectors, where it has the number."""
    rows = chosen(summaries["detection"], where)
    if x is None:
        found = rows["metric"].str.fullmatch("AUROC" + WITHIN)
        rows = rows[found]
        parts = rows["metric"].str.extract(WITHIN)
        both = parts["both"].notna().map({True: "both", False: "outliers"})
        rows = rows.assign(**{SIZE: parts["size"].astype(float), CHANGED: both})
    else:
        check_columns(rows, x)
        rows = rows[(rows["metric"] == "AUROC") & rows[x].notna()].assign(**{CHANGED: "outliers"})
    if rows.empty:
        missing = "that were changed to deceive a detector" if x is None else f"with a number in '{x}'"
        raise UserError(f"nothing to draw: no AUROC of samples {missing}; expected some")
    twice = rows[rows.duplicated(["outliers", "detector", CHANGED, x or SIZE])]
    if len(twice):
        first = twice.iloc[0]
        found = f"two runs have the detector '{first['detector']}' at {x or SIZE} {first[x or SIZE]:g}"
        raise UserError(f"{found}, such as '{first['label']}'; expected one; choose runs by `where`")
    return rows


def draw(
    rows: pd.DataFrame,
    *,
    x: str | None = None,
    label: str | None = None,
    percent: bool = False,
    across: int = 3,
    names: Mapping[str, str] | None = None,
) -> Figure:
    """`across` panels a row; `label`: what the number is called, `percent`: it is a share; `names`: what
    detectors and tables of outliers are called.
    """
    roles, detectors = list(rows["outliers"].unique()), list(rows["detector"].unique())
    across = min(across, len(roles))
    lines = -(-len(roles) // across)
    figure = Figure(figsize=(WIDTH, HIGH * lines + ROOM))
    panels = list(figure.subplots(lines, across, sharey=True, squeeze=False).flat)
    for axes in panels[len(roles) :]:
        axes.set_axis_off()
    for axes, role in zip(panels, roles, strict=False):
        its = rows[rows["outliers"] == role]
        axes.axhline(CHANCE, color="0.6", lw=0.8)
        for (detector, changed), points in its.groupby(["detector", CHANGED], sort=False):
            words = called(detector, names) + (", both changed" if changed == "both" else "")
            colour = f"C{detectors.index(detector)}"
            draw_points(axes, points, x=x or SIZE, label=words, color=colour, linestyle=DASHES[changed])
        axes.set_title(called(role, names))
        ticks = sorted(its[x or SIZE].unique())
        axes.set_xticks(ticks, [f"{100 * one:g}" if percent else f"{one:g}" for one in ticks])
        axes.set_xlabel(label or x or "size of a change")
    for first in panels[::across]:
        first.set_ylabel("AUROC")
    draw_legend(figure)
    return figure
