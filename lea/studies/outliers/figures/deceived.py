"""How well detectors set outliers apart that are changed to deceive them, against the size within which they
are: a panel a table of outliers, a colour a detector; dashed where test samples were changed as well. Points
are medians over the seeds, bars their intervals, over seeds and samples.
"""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from lea.errors import UserError
from lea.figures.pages import WIDTH, draw_legend
from lea.figures.points import draw_points
from lea.figures.selection import called, chosen
from lea.studies.outliers.figures.detection import refuse_twice

NEEDS = ("detection",)
SIZE, CHANGED = "size", "changed"  # columns of what `adversarial-detection` measured
WITHIN = r" within (?P<size>[-+.e0-9]+)(?P<both>, both)?"
CHANCE = 0.5
DASHES = {"outliers": "-", "both": "--"}
HIGH, ROOM = 1.75, 0.55  # inches of a row of panels, and above them


def table(
    summaries: Mapping[str, pd.DataFrame], *, where: Mapping[str, object] | None = None
) -> pd.DataFrame:
    """The AUROC of detectors, by sizes."""
    rows = chosen(summaries["detection"], where)
    rows = rows[rows["metric"].str.fullmatch("AUROC" + WITHIN)]
    if rows.empty:
        raise UserError("nothing to draw: no AUROC of samples that were changed to deceive a detector")
    parts = rows["metric"].str.extract(WITHIN)
    both = parts["both"].notna().map({True: "both", False: "outliers"})
    rows = rows.assign(**{SIZE: parts["size"].astype(float), CHANGED: both})
    refuse_twice(rows, ["detector", CHANGED], SIZE)
    return rows


def draw(
    rows: pd.DataFrame,
    *,
    label: str = "size of a change",
    across: int = 3,
    names: Mapping[str, str] | None = None,
) -> Figure:
    """`across` panels a row; `label`: what the size is called; `names`: what detectors and tables of
    outliers are called.
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
            draw_points(axes, points, x=SIZE, label=words, color=colour, linestyle=DASHES[changed])
        axes.set_title(called(role, names))
        ticks = sorted(its[SIZE].unique())
        axes.set_xticks(ticks, [f"{one:g}" for one in ticks])
        axes.set_xlabel(label)
    for first in panels[::across]:
        first.set_ylabel("AUROC")
    draw_legend(figure)
    return figure
