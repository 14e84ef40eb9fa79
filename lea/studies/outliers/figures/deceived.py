"""How well detectors set outliers apart that are changed to deceive them, against the size within which they
are: a panel a table of outliers, a colour a detector; dashed where test samples were changed as well. Points
are medians over the seeds, bars their intervals, over seeds and samples.
"""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from lea.errors import UserError
from lea.figures.pages import draw_legend
from lea.figures.points import draw_points, root_axis
from lea.figures.selection import called, chosen
from lea.studies.outliers.figures.detection import panels_of, refuse_twice

NEEDS = ("detection",)
SIZE, CHANGED = "size", "changed"  # columns of what `adversarial-detection` measured
WITHIN = r" within (?P<size>[-+.e0-9]+)(?P<both>, both)?"
CHANCE = 0.5
DASHES = {"outliers": "-", "both": "--"}


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
    names: Mapping[str, str] | None = None,
) -> Figure:
    """`label`: what the size is called; `names`: what detectors and tables of outliers are called."""
    detectors = list(rows["detector"].unique())
    figure, panels = panels_of(list(rows["outliers"].unique()), names, along=label, up="AUROC")
    for role, axes in panels.items():
        its = rows[rows["outliers"] == role]
        axes.axhline(CHANCE, color="0.6", lw=0.8)
        for (detector, changed), points in its.groupby(["detector", CHANGED], sort=False):
            words = called(detector, names) + (", both changed" if changed == "both" else "")
            colour = f"C{detectors.index(detector)}"
            draw_points(axes, points, x=SIZE, label=words, color=colour, linestyle=DASHES[changed])
        root_axis(axes, its[SIZE])
    draw_legend(figure)
    return figure
