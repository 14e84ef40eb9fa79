"""Pictures of mixtures of archetypes Z1, Z2 and so on, one seed: lines of pictures, each with its weights
below, if it has any.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lea.figures.albums import clear, draw_picture, planes_of, written
from lea.figures.pages import WIDTH
from lea.figures.selection import called, check_all, chosen

NEEDS = ("album",)
LIMITS = {"wide": (1, 100), "count": (1, 4096)}
BEHIND = " weights"  # a kind's name, for its weights
NAMES = 0.85  # inches for those of the lines
BELOW = 0.24  # inches for the weights
MINUS = "\N{MINUS SIGN}"
LEAST = 0.005  # of a weight that is named


def table(
    summaries: Mapping[str, pd.DataFrame],
    *,
    kinds: tuple[str, ...],
    count: int = 4096,
    where: Mapping[str, object] | None = None,
) -> pd.DataFrame:
    """The first `count` pictures of these kinds of each model, after its last epoch, and their weights."""
    wanted = [kind + behind for kind in kinds for behind in ("", BEHIND)]
    album = chosen(summaries["album"], {"kind": wanted, **(where or {})})
    check_all(album, "kind", kinds)
    album = album[album["epoch"] == album.groupby("label")["epoch"].transform("max")]
    return written(album[album["sample"] < count])


def draw(
    album: pd.DataFrame,
    *,
    kinds: tuple[str, ...],
    wide: int = 8,
    names: Mapping[str, str] | None = None,
) -> Figure:
    """Lines of at most `wide` pictures, kind by kind and model by model; `names`: what kinds and models are
    called.
    """
    lines = list(_lines(album, kinds, wide))
    columns = max(len(numbers) for _, _, numbers in lines)
    side = (WIDTH - NAMES) / columns
    figure = Figure(figsize=(WIDTH, len(lines) * (side + BELOW) + 0.1))
    grid = figure.subplots(len(lines), columns, squeeze=False)
    several = album["label"].nunique() > 1
    before: tuple[str, str] | None = None
    for cells, (label, kind, numbers) in zip(grid, lines, strict=True):
        for axes in cells:
            clear(axes)
        its = album[album["label"] == label]
        for axes, number in zip(cells, numbers, strict=False):
            rows = its[its["sample"] == number]
            draw_picture(axes, rows[rows["kind"] == kind])
            weights = rows[rows["kind"] == kind + BEHIND]
            if len(weights):
                axes.set_xlabel(words(planes_of(weights)[0, :, 0]), fontsize=5, labelpad=1.5)
        if (label, kind) != before:
            said = [called(label, names)] if several and _mixed(album, kind) else []
            said += [called(kind, names)] if len(kinds) > 1 or not said else []
            cells[0].set_ylabel("\n".join(said), rotation=0, ha="right", va="center", fontsize=6.5)
        before = (label, kind)
    return figure


def words(weights: np.ndarray) -> str:
    """(k) -> in words: the archetype; all in equal parts; one, and as much of each other; or those that weigh
    most, and dots if there are more than two.
    """
    order = np.argsort(-weights, kind="stable")
    first, others = order[0], np.delete(weights, order[0])
    if np.ptp(weights) < LEAST:
        return "equal parts"
    if np.abs(others).max() < LEAST and abs(weights[first] - 1) < LEAST:
        return f"Z{first + 1}"
    if len(others) > 1 and np.ptp(others) < LEAST:
        return f"{_number(weights[first])} Z{first + 1}\n{_number(others[0])} each other"
    some = [one for one in order if abs(weights[one]) >= LEAST]
    text = "\n".join(f"{_number(weights[one])} Z{one + 1}" for one in some[:2])
    return text + (" …" if len(some) > 2 else "")


def _number(weight: float) -> str:
    return f"{weight:.2f}".replace("-", MINUS)


def _lines(album: pd.DataFrame, kinds: Sequence[str], wide: int) -> Iterator[tuple[str, str, Sequence[int]]]:
    """Of each line the model, the kind, and which pictures stand in it; what is no mixture stands once."""
    for model, label in enumerate(album["label"].unique()):
        for kind in kinds if not model else filter(partial(_mixed, album), kinds):
            found = album[(album["label"] == label) & (album["kind"] == kind)]
            numbers = [int(one) for one in sorted(found["sample"].unique())]
            for start in range(0, len(numbers), wide):
                yield label, kind, numbers[start : start + wide]


def _mixed(album: pd.DataFrame, kind: str) -> bool:
    """Whether pictures of a kind have weights."""
    return bool((album["kind"] == kind + BEHIND).any())
