"""How far from 0 standard normal values lie: the radius of d of them has the chi distribution, and all lie in
a thin shell whose radius grows as `sqrt(d)`. Beside it, in one number of dimensions, the radii of what each
sampler of outliers draws: `shell`, normal values whose mean radius is `far` times that of inliers;
`sphere`, all at exactly that radius; `beyond`, of normal values those beyond a `quantile`. Bars are drawn,
lines the laws. Ours.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.stats import chi

from lea.figures.pages import WIDTH

NEEDS = ()
LIMITS = {
    "at": (1, 100_000),
    "dimensions": (1, 100_000),
    "far": (0.01, 100),
    "quantile": (0, 0.999999),
    "draws": (100, 100_000),
    "seed": (0, 1_000_000),
}
BINS, PLACES, REACH = 60, 400, 4.5  # reach: standard deviations around a mean that are drawn
INLIERS = "inliers"


class Law(NamedTuple):
    """The distribution of a radius: chi's, stretched, of what lies beyond a place."""

    d: int
    stretch: float = 1.0
    beyond: float = 0.0  # a probability

    def density(self, radius: np.ndarray) -> np.ndarray:
        """(places,)."""
        inside = radius < self.stretch * chi(self.d).ppf(self.beyond)
        found = chi(self.d).pdf(radius / self.stretch) / self.stretch / (1 - self.beyond)
        return np.where(inside, 0, found)

    def draw(self, rng: np.random.Generator, count: int) -> np.ndarray:
        """(count,), by the quantiles of the law."""
        return self.stretch * chi(self.d).isf((1 - self.beyond) * rng.random(count))

    def range(self) -> tuple[float, float]:
        """Where nearly all of it lies."""
        mean, deviation = chi(self.d).mean(), chi(self.d).std()
        low, high = chi(self.d).ppf(self.beyond), mean + REACH * deviation
        return self.stretch * max(low, mean - REACH * deviation), self.stretch * high


def table(
    summaries: Mapping[str, pd.DataFrame],
    *,
    dimensions: tuple[int, ...] = (2, 16, 64, 784, 3072),
    at: int = 64,
    far: float = 1.5,
    quantile: float = 0.99,
    draws: int = 20_000,
    seed: int = 0,
) -> pd.DataFrame:
    """Bars and lines of normal values in several `dimensions`, and `at` one of them of each sampler."""
    rng = np.random.default_rng(seed)
    laws = [(INLIERS, Law(d)) for d in dimensions]
    laws += [("sampled " + INLIERS, Law(at)), ("shell", Law(at, far)), ("beyond", Law(at, 1.0, quantile))]
    parts = list[pd.DataFrame]()
    for name, law in laws:
        low, high = law.range()
        edges, x = np.linspace(low, high, BINS + 1), np.linspace(low, high, PLACES)
        bars = np.histogram(law.draw(rng, draws), edges)[0] / draws / np.diff(edges)
        parts.append(pd.DataFrame({"kind": "drawn", "of": name, "d": law.d, "x": edges[:-1], "value": bars}))
        line = law.density(x)
        parts.append(pd.DataFrame({"kind": "law", "of": name, "d": law.d, "x": x, "value": line}))
    radius = far * chi(at).mean()
    sphere = pd.DataFrame({"kind": "law", "of": "sphere", "d": at, "x": [radius], "value": np.nan})
    return pd.concat([*parts, sphere], ignore_index=True)


def draw(rows: pd.DataFrame, *, at: int = 64, far: float = 1.5, quantile: float = 0.99) -> Figure:
    """Left the shells, right the samplers."""
    figure = Figure(figsize=(WIDTH, 2.5))
    shells, samplers = figure.subplots(1, 2, width_ratios=[1.3, 1])
    inliers = rows[rows["of"] == INLIERS]
    for number, (d, its) in enumerate(inliers.groupby("d")):
        _law(shells, its, f"C{number}", f"d = {d:,}")
        at_most = its.loc[its["value"].idxmax()]
        place = {"ha": "center", "va": "bottom", "fontsize": 7, "rotation": 90}
        shells.annotate(f"  d = {d:,}", (at_most["x"], at_most["value"]), **place)
    shells.set_title("standard normal values")
    shells.set_ylabel("density")
    said = {
        "sampled " + INLIERS: "inliers",
        "beyond": f"beyond the quantile {quantile:g}",
        "shell": f"shell, mean radius {far:g} times as large",
    }
    for number, (name, label) in enumerate(said.items()):
        _law(samplers, rows[rows["of"] == name], f"C{number}", label)
    radius = rows.loc[rows["of"] == "sphere", "x"].item()
    samplers.axvline(radius, color="C3", label="sphere, at that radius")
    samplers.set_title(f"samplers of outliers, d = {at}")
    for axes in (shells, samplers):
        axes.set_xlabel("radius")
    shells.set_ylim(0, 1.4 * inliers["value"].max())
    samplers.set_ylim(0)
    figure.legend(*samplers.get_legend_handles_labels(), loc="outside upper right", ncols=4)
    return figure


def _law(axes: Axes, rows: pd.DataFrame, colour: str, label: str) -> None:
    bars, line = (rows[rows["kind"] == kind] for kind in ("drawn", "law"))
    x = bars["x"].to_numpy()
    axes.stairs(bars["value"], [*x, 2 * x[-1] - x[-2]], fill=True, color=colour, alpha=0.3)
    axes.plot(line["x"], line["value"], color=colour, label=label)
