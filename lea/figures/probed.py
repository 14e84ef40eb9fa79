"""What probes found, layer by layer: panels of several networks side by side."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from lea.figures.points import draw_points

ASIDE = 0.08
CONTROLS = {"trained": "-", "untrained": "--", "shuffled": ":"}


def aligned(networks: Iterable[Iterable[str]]) -> list[dict[int, str]]:
    """Places for the layers of several networks, each in its order: at each place layers by number of their
    network. Layers of one name share a place, and so do those that stand between the same two, as `pool1` of
    one network and `lea1` of another.
    """
    places: list[dict[int, str]] = []
    for number, layers in enumerate(networks):
        first, between = 0, list[str]()
        for name in layers:
            same = next((at for at in range(first, len(places)) if name in places[at].values()), None)
            if same is None:
                between.append(name)
                continue
            same = _fill(places, first, same, number, between)
            places[same][number] = name
            first, between = same + 1, []
        _fill(places, first, len(places), number, between)
    return places


def _fill(places: list[dict[int, str]], first: int, last: int, number: int, layers: Iterable[str]) -> int:
    """Put layers into places from the first to before the last, and into new ones; where the last is then."""
    for at, name in enumerate(layers, first):
        if at == last:
            places.insert(at, {})
            last += 1
        places[at][number] = name
    return last


def draw_networks(axes: Axes, readings: pd.DataFrame, kinds: Mapping[str, str]) -> None:
    """A colour a network, a dash a kind of probe; networks a little aside, so that none hides another."""
    networks = list(readings.groupby("label", sort=False))
    places = aligned(of_network.sort_values("place")["layer"].unique() for _, of_network in networks)
    for index, (label, of_network) in enumerate(networks):
        at = {layers[index]: place for place, layers in enumerate(places) if index in layers}
        for kind, dashes in kinds.items():
            rows = of_network[of_network["probe"] == kind]
            moved = rows.assign(place=rows["layer"].map(at) + ASIDE * index)
            name = label if kind == "trained" else f"{label}, {kind}"
            pale: dict[str, Any] = {} if kind == "trained" else {"alpha": 0.6, "lw": 0.8, "markersize": 2}
            if len(rows):
                draw_points(axes, moved, x="place", label=name, color=f"C{index}", ls=dashes, **pale)
    names = ["\n".join(dict.fromkeys(layers.values())) for layers in places]
    axes.set_xticks(range(len(places)), names, fontsize=6)


def name_panel(axes: Axes, readings: pd.DataFrame, name: str) -> None:
    """A panel's title, with the best accuracy that is possible where that is known, and a line at chance."""
    axes.axhline(readings["chance"].iloc[0], color="0.5", lw=0.8, label="chance")
    best = readings["best"].dropna()
    axes.set_title(f"{name} (best possible {best.max():.2f})" if len(best) else name)
