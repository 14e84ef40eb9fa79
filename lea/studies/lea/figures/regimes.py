"""Four ways to train the same network with LEAs, on test images: accuracy and loss of the classification,
normalised reconstruction loss of each LEA. Lines are medians over the seeds, the hue behind a line is their
full range. If `shared` is as good as `alternate`, their lines lie within each other's hue.
"""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from lea.figures.lines import draw_curves
from lea.figures.pages import draw_legend, in_pairs

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
    figure, axes_of = in_pairs(len(panels), height=2.2)
    for axes, (part, metric, label) in zip(axes_of, panels, strict=True):
        draw_curves(axes, curves[(curves["part"] == part) & (curves["metric"] == metric)], label=label)
    draw_legend(figure)
    return figure
