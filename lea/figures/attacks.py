"""What attacks make of networks, as it was measured: colour is the mean square distance between an image and
the adversarial found, over the finds alone, a circle's area the share of attacked images for which one was
found; both medians over the seeds. Only images that the network gets right are attacked. A run that did not
learn its task is named, and not drawn.
"""

import math
from collections.abc import Mapping
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from lea.figures.circles import SHOWN, broke_down, cells, circle, draw_circles, mark, root, with_flags
from lea.figures.selection import chosen

NEEDS = ("robustness", "reliability")


def table(
    summaries: Mapping[str, pd.DataFrame], *, where: Mapping[str, object] | None = None
) -> pd.DataFrame:
    """Of all runs, or of some."""
    return chosen(with_flags(summaries), where)


def draw(robustness: pd.DataFrame, *, audit: str = "the audit") -> Figure:
    """A row a run; `audit`: where it stands why a run is flagged."""
    known = cells(robustness)
    distances = known.loc[known["learnt"], "distance_median"].dropna()
    low, high = (distances.min(), distances.max()) if len(distances) else (1e-6, 1.0)
    low, high = low / 1.01, high * 1.01
    norm, cmap = LogNorm(low, high), matplotlib.colormaps["viridis_r"]

    def show(axes: Axes, x: float, y: float, cell: Any) -> None:
        if np.isnan(cell.success_median):
            mark(axes, x, y, "-")
        elif broke_down(cell):
            mark(axes, x, y, "e")
        elif np.isnan(cell.distance_median) or cell.success_median == 0:
            mark(axes, x, y, "x")
        else:
            circle(axes, x, y, root(cell.success_median), facecolor=cmap(norm(cell.distance_median)))

    figure = draw_circles(
        known,
        show,
        norm=norm,
        cmap=cmap,
        colours="mean distance of the adversarials found (mean square, images in [0, 1])",
        sizes=[(root(share), f"{share:.0%} found") for share in SHOWN],
        notes=["x  none found (median seed)      e  the attack broke down on all      -  none attacked"],
        audit=audit,
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
