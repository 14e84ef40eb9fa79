"""What probes found, layer by layer: panels of several networks whose layers stand in the same order."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from lea.figures.points import draw_points

ASIDE = 0.08
CONTROLS = {"trained": "-", "untrained": "--", "shuffled": ":"}


def name_layers(axes: Axes, readings: pd.DataFrame) -> None:
    """Names under the places: `pool1` of one network and `lea1` of another share a place."""
    names = readings.groupby("place")["layer"].unique()
    axes.set_xticks(names.index, ["\n".join(dict.fromkeys(layers)) for layers in names], fontsize=6)


def draw_networks(axes: Axes, readings: pd.DataFrame, kinds: Mapping[str, str]) -> None:
    """A colour a network, a dash a kind of probe; networks a little aside, so that none hides another."""
    for index, (label, of_network) in enumerate(readings.groupby("label", sort=False)):
        for kind, dashes in kinds.items():
            rows = of_network[of_network["probe"] == kind]
            moved = rows.assign(place=rows["place"] + ASIDE * index)
            name = label if kind == "trained" else f"{label}, {kind}"
            pale: dict[str, Any] = {} if kind == "trained" else {"alpha": 0.6, "lw": 0.8, "markersize": 2}
            if len(rows):
                draw_points(axes, moved, x="place", label=name, color=f"C{index}", ls=dashes, **pale)
    name_layers(axes, readings)


def name_panel(axes: Axes, readings: pd.DataFrame, name: str) -> None:
    """A panel's title, with the best accuracy that is possible where that is known, and a line at chance."""
    axes.axhline(readings["chance"].iloc[0], color="0.5", lw=0.8, label="chance")
    best = readings["best"].dropna()
    axes.set_title(f"{name} (best possible {best.max():.2f})" if len(best) else name)
