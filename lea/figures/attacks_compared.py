"""What attacks make of networks, relative to the one that each is compared with: the difference of the
medians over the seeds, over the root mean square of such differences of all runs under the same attack. Blue
needs more perturbation; a smaller circle than the ring is more seldom successful. A dot: the 95 % bootstrap
interval of the difference in distance includes 0; a broken outline: that of the difference in success does.
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
from lea.figures.selection import chosen

NEEDS = ("robustness", "reliability")
EQUAL = 0.3  # radius of a success as frequent as the baseline's


def table(
    summaries: Mapping[str, pd.DataFrame], *, where: Mapping[str, object] | None = None
) -> pd.DataFrame:
    """Of runs that have a baseline."""
    robustness = chosen(with_flags(summaries), where)
    return robustness[robustness["baseline"].notna()]


def draw(
    robustness: pd.DataFrame,
    *,
    baseline: str = "the baseline",
    short: str = "the baseline",
    audit: str = "the audit",
) -> Figure:
    """A row a run; `baseline`, `short`: what the runs are compared with is called, `audit`: where it stands
    why a run is flagged.
    """
    known = cells(robustness)
    drawn = known.loc[known["learnt"], ["distance_relative", "success_relative"]].abs().max()
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
        measured = not np.isnan(cell.distance_relative)
        colour = cmap(norm(cell.distance_relative)) if measured else "white"
        edge = {"edgecolor": "0.2", "lw": 0.6, "ls": (0, (2, 1.5)) if unsure else "-"}
        circle(axes, x, y, size(cell.success_relative), facecolor=colour, **edge)
        circle(axes, x, y, EQUAL, facecolor="none", edgecolor="0.6", lw=0.3)
        if not measured:
            return mark(axes, x, y, "x")
        if _unsure(cell.distance_difference_low, cell.distance_difference_high):
            circle(axes, x, y, 0.08, facecolor="black", edgecolor="white", lw=0.5)

    step, unsound = most["success_relative"], known["baseline_unsound"].any()
    return draw_circles(
        known,
        show,
        norm=norm,
        cmap=cmap,
        colours=f"distance, relative to {baseline}",
        sizes=[(size(-step), f"success {-step:+.1f}"), (EQUAL, "the same"), (size(step), f"{step:+.1f}")],
        notes=[
            "the interval of the difference includes 0: dot, in distance; broken outline, in success",
            f"ring: as often as {short}      x  no distance      e  broke down      -  no success to compare",
            *([f"{baseline} did not learn, or its gradient is masked"] if unsound else []),
        ],
        audit=audit,
    )


def _unsure(low: float, high: float) -> bool:
    return not (low > 0 or high < 0)  # of one seed there is no interval
