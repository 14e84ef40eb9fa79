"""Accuracy of probes at every layer of a frozen network, its input and output included: a hidden layer and a
softmax head for each factor. Untrained: the same probes on the network before its training; shuffled: probes
trained on labels of other images. Points are medians over the seeds, on test images after the probes' last
epoch; bars are their 95 % bootstrap intervals.
"""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from lea.figures.pages import draw_legend, in_pairs
from lea.figures.probed import CONTROLS, draw_networks, name_panel
from lea.figures.selection import chosen

NEEDS = ("readings",)


def table(
    summaries: Mapping[str, pd.DataFrame], *, where: Mapping[str, object] | None = None
) -> pd.DataFrame:
    """Accuracies over all images, and their differences to the input and to the untrained network."""
    wanted = {"metric": ["accuracy", "change", "gain"], "probe": list(CONTROLS), "group": None}
    return chosen(summaries["readings"], {**wanted, **(where or {})})


def draw(readings: pd.DataFrame) -> Figure:
    """A panel a factor."""
    factors = list(readings["factor"].unique())
    figure, panels = in_pairs(len(factors), height=2.2, room=0.4)
    for axes, factor in zip(panels, factors, strict=True):
        of_factor = readings[(readings["factor"] == factor) & (readings["metric"] == "accuracy")]
        draw_networks(axes, of_factor, CONTROLS)
        name_panel(axes, of_factor, factor)
        axes.set_ylabel("accuracy")
    draw_legend(figure)
    return figure
