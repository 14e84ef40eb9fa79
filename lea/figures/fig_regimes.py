"""Four ways to train the same network with LEAs, on test images: accuracy and loss of the classification,
normalised reconstruction loss of each LEA. Lines are medians over the seeds, the hue behind a line is their
full range.
"""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from lea.figures.curves import draw_curves, draw_legend

NEEDS = ("curves",)
METRICS = {"accuracy": "accuracy", "loss": "cross entropy"}


def table(summaries: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The test curves of the classification and of the LEAs' normalised losses."""
    curves = summaries["curves"]
    of_network = (curves["part"] == "network") & curves["metric"].isin(METRICS)
    return curves[(curves["split"] == "test") & (of_network | (curves["metric"] == "normalised_loss"))]


def draw(curves: pd.DataFrame) -> Figure:
    """The classification above, the LEAs below."""
    leas = [part for part in curves["part"].unique() if part != "network"]
    panels = [("network", metric, label) for metric, label in METRICS.items()]
    panels += [(lea, "normalised_loss", f"normalised loss of {lea}") for lea in leas]
    rows = -(-len(panels) // 2)
    figure = Figure(figsize=(6.3, 2.2 * rows))
    grid = figure.subplots(rows, 2).ravel()
    for axes, (part, metric, label) in zip(grid, panels, strict=False):
        draw_curves(axes, curves[(curves["part"] == part) & (curves["metric"] == metric)], label=label)
    for axes in grid[len(panels) :]:
        axes.set_axis_off()
    draw_legend(figure)
    return figure
