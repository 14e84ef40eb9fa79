"""Colours for elevations, blue below the sea's level and green to white above it, and maps."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, LinearSegmentedColormap, TwoSlopeNorm
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

SEA = ("#08183a", "#0f3d73", "#2171b5", "#6baed6", "#c6e2f2")  # from the deep to the shore
LAND = ("#2f6b3a", "#8fae5d", "#d9c28a", "#a0784f", "#f5f2ee")


def colours() -> Colormap:
    """Half of it is the sea's."""
    half = np.linspace(0, 0.5, len(SEA))
    points = [*zip(half, SEA, strict=True), *zip(0.5 + half, LAND, strict=True)]
    return LinearSegmentedColormap.from_list("relief", points, N=512)


def scale_of(values: Sequence[np.ndarray]) -> TwoSlopeNorm:
    """Over the range of all these heights in metres, with the sea's level between the colours of both."""
    low = min(float(np.nanmin(one)) for one in values)
    high = max(float(np.nanmax(one)) for one in values)
    return TwoSlopeNorm(0.0, vmin=min(low, -1.0), vmax=max(high, 1.0))


def draw_scale(figure: Figure, norm: TwoSlopeNorm, axes: Sequence[Axes]) -> None:
    """A bar beside some axes, named in metres."""
    bar = figure.colorbar(
        ScalarMappable(norm, colours()), ax=list(axes), label="m", shrink=0.85, aspect=30, extend="both"
    )
    low, high = norm.vmin or 0.0, norm.vmax or 0.0
    below, above = (MaxNLocator(3).tick_values(*ends) for ends in ((low, 0), (0, high)))
    bar.set_ticks(sorted({0.0, *(one for one in (*below, *above) if low <= one <= high)}))
