"""Heatmaps of attacks as they were measured: Fig. 4.5 of one network, Fig. A.1 of all."""

import math
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from lea.figures.circles import SHOWN, broke_down, cells, circle, draw_circles, mark, root


def draw_raw(robustness: pd.DataFrame) -> Figure:
    """Colour is the mean distance of the finds, area the share of attacked images for which there is one."""
    found = cells(robustness)
    distances = found.loc[found["learnt"], "distance_median"].dropna()
    low, high = (distances.min(), distances.max()) if len(distances) else (1e-6, 1.0)
    low, high = low / 1.01, high * 1.01
    norm, cmap = LogNorm(low, high), matplotlib.colormaps["viridis_r"]

    def draw(axes: Axes, x: float, y: float, cell: Any) -> None:
        if np.isnan(cell.success_median):
            mark(axes, x, y, "-")
        elif broke_down(cell):
            mark(axes, x, y, "e")
        elif np.isnan(cell.distance_median) or cell.success_median == 0:
            mark(axes, x, y, "x")
        else:
            circle(axes, x, y, root(cell.success_median), facecolor=cmap(norm(cell.distance_median)))

    figure = draw_circles(
        found,
        draw,
        norm=norm,
        cmap=cmap,
        colours="mean distance of the adversarials found (mean square, images in [0, 1])",
        sizes=[(root(share), f"{share:.0%} found") for share in SHOWN],
        notes=["x  none found (median seed)      e  the attack broke down on all      -  none attacked"],
    )
    bar = figure.axes[-1]
    bar.set_xticks(_ticks(low, high))
    bar.xaxis.set_major_formatter("{x:g}")
    bar.minorticks_off()
    return figure


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers of a logarithmic scale: 1, 2 and 5 of each power of ten, of many powers the first."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)))
    firsts = (1, 2, 5) if len(powers) < 4 else (1,)
    ticks = [float(f"{first}e{power}") for power in powers for first in firsts]
    return [tick for tick in ticks if low <= tick <= high]
