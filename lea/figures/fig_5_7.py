"""What attacks make of networks with LEAs, relative to the one without: the difference of the medians over
the seeds, over the root mean square of such differences of all runs under the same attack. Blue needs more
perturbation; a smaller circle than the ring is more seldom successful. A dot: the 95 % bootstrap interval of
the difference in distance includes 0; a broken outline: that of the difference in success does.
"""

from collections.abc import Mapping
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from lea.figures.circles import RADIUS, broke_down, cells, circle, draw_circles, mark, with_flags

NEEDS = ("robustness", "reliability")
EQUAL = 0.3  # radius of a success as frequent as the baseline's


def table(summaries: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Of runs that have a baseline."""
    found = with_flags(summaries)
    return found[found["baseline"].notna()]


def draw(robustness: pd.DataFrame) -> Figure:
    """A row a run."""
    found = cells(robustness)
    drawn = found.loc[found["learnt"], ["distance_relative", "success_relative"]].abs().max()
    most = {name: value if value > 0 else 1.0 for name, value in drawn.items()}
    norm = Normalize(-most["distance_relative"], most["distance_relative"])
    cmap = matplotlib.colormaps["RdBu"]

    def size(relative: float) -> float:
        return EQUAL + (RADIUS - EQUAL) * relative / most["success_relative"]

    def show(axes: Axes, x: float, y: float, cell: Any) -> None:
        if np.isnan(cell.success_relative):
            return mark(axes, x, y, "-")
        if broke_down(cell):
            return mark(axes, x, y, "e")
        unsure = _unsure(cell.success_difference_low, cell.success_difference_high)
        known = not np.isnan(cell.distance_relative)
        colour = cmap(norm(cell.distance_relative)) if known else "white"
        edge = {"edgecolor": "0.2", "lw": 0.6, "ls": (0, (2, 1.5)) if unsure else "-"}
        circle(axes, x, y, size(cell.success_relative), facecolor=colour, **edge)
        circle(axes, x, y, EQUAL, facecolor="none", edgecolor="0.6", lw=0.3)
        if not known:
            return mark(axes, x, y, "x")
        if _unsure(cell.distance_difference_low, cell.distance_difference_high):
            circle(axes, x, y, 0.08, facecolor="black", edgecolor="white", lw=0.5)

    step, unsound = most["success_relative"], found["baseline_unsound"].any()
    return draw_circles(
        found,
        show,
        norm=norm,
        cmap=cmap,
        colours="distance, relative to the network without LEAs",
        sizes=[(size(-step), f"success {-step:+.1f}"), (EQUAL, "the same"), (size(step), f"{step:+.1f}")],
        notes=[
            "the interval of the difference includes 0: dot, in distance; broken outline, in success",
            "ring: as often as without      x  no distance      e  broke down      -  no success to compare",
            *(["the network without LEAs did not learn, or its gradient is masked"] if unsound else []),
        ],
    )


def _unsure(low: float, high: float) -> bool:
    return not (low > 0 or high < 0)  # of one seed there is no interval
