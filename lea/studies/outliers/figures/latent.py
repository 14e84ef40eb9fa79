"""Where flows carry test samples, beside standard normal values, one seed: their radii with the chi
distribution; quantiles of the coordinates against those of the normal distribution; correlations of
coordinates, below the diagonal, and of their squares above.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.stats import chi

from lea.figures.albums import values_of, written
from lea.figures.pages import WIDTH
from lea.figures.selection import called, chosen

NEEDS = ("album",)
LIMITS = {"strongest": (0.01, 1)}
KINDS = ["radii", "features", "quantiles", "correlations"]
BINS, REACH = 40, 4.0  # of radii; the law is drawn to so many of its deviations


def table(
    summaries: Mapping[str, pd.DataFrame], *, where: Mapping[str, object] | None = None
) -> pd.DataFrame:
    """What was taken of each flow after its last epoch."""
    album = chosen(summaries["album"], {"kind": KINDS, **(where or {})})
    return written(album[album["epoch"] == album.groupby("label")["epoch"].transform("max")])


def draw(album: pd.DataFrame, *, names: Mapping[str, str] | None = None, strongest: float = 0.5) -> Figure:
    """A row a flow; `names`: what they are called; `strongest`: the correlation that has the full colour."""
    labels = list(album["label"].unique())
    figure = Figure(figsize=(WIDTH, 1.75 * len(labels) + 0.35))
    grid = figure.subplots(len(labels), 3, squeeze=False)
    for line, label in zip(grid, labels, strict=True):
        its = {row["kind"]: values_of(row) for _, row in album[album["label"] == label].iterrows()}
        features = int(its["features"].item())
        _radii(line[0], its["radii"][0], features)
        _quantiles(line[1], its["quantiles"], album.loc[album["kind"] == "quantiles", ["low", "high"]])
        size = len(its["correlations"])
        shown = np.where(np.eye(size, dtype=bool), np.nan, its["correlations"])
        image = line[2].imshow(shown, cmap="RdBu_r", vmin=-strongest, vmax=strongest)
        line[2].grid(False)
        line[2].set_xticks([])
        line[2].set_yticks([])
        line[2].set_ylabel(f"{size} of {features:,}" if size < features else f"all {features}")
        figure.colorbar(image, ax=line[2], extend="both")
        line[0].set_ylabel(f"{called(label, names)}\ndensity")
        line[1].set_ylabel("found")
    for axes, title in zip(grid[0], ("radius", "quantiles of coordinates", "correlations"), strict=True):
        axes.set_title(title)
    grid[-1, 1].set_xlabel("of the normal distribution")
    for panel in (0, 1):
        handles, called_ = grid[0, panel].get_legend_handles_labels()
        grid[0, panel].legend(handles, called_, loc="best", fontsize=6)
    return figure


def _radii(axes: Axes, radii: np.ndarray, features: int) -> None:
    """Over all radii and all of the law."""
    law = chi(features)
    low, high = (law.mean() + sign * REACH * law.std() for sign in (-1, 1))
    places = np.linspace(max(low, 0), high, 200)
    axes.hist(radii, BINS, density=True, color="0.8", label="test samples")
    axes.plot(places, law.pdf(places), color="C0", label=f"chi, {features:,} values")


def _quantiles(axes: Axes, quantiles: np.ndarray, ends: pd.DataFrame) -> None:
    low, high = ends.iloc[0]
    places = np.linspace(low, high, quantiles.shape[1])
    least, below, middle, above, greatest = quantiles
    axes.fill_between(places, least, greatest, color="C0", alpha=0.15, lw=0, label="all coordinates")
    axes.fill_between(places, below, above, color="C0", alpha=0.3, lw=0, label="90 % of them")
    axes.plot(places, middle, color="C0", label="median")
    axes.plot(places, places, "--", color="black", lw=0.8, label="normal")
