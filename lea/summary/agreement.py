"""Whether searches agree on what they chose, beside what those would that choose any of their trials."""

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

NONE = "none"  # what a trial has for a parameter that was not drawn
DRAWS = 2000  # of a trial of each search, for what chance does
Statistic = Callable[[np.ndarray], np.ndarray]  # (n, searches) -> (n,)


def choices(trials: pd.DataFrame) -> Iterator[dict[str, object]]:
    """Of each parameter what each search chose, then all of them together."""
    for parameter, rows in trials.groupby("parameter", sort=False):
        chosen = rows[rows["chosen"]]
        for _, row in chosen.iterrows():
            its = {"value": row["number"], "text": _text(row)}
            yield {"seed": row["seed"], "searches": 1, "quantity": "chosen", "parameter": parameter, **its}
        texts = ", ".join(_text(row) for _, row in chosen.iterrows())
        yield {"parameter": parameter, "text": texts, **_together(rows)}


def _text(row: pd.Series) -> str:
    if row["scale"] == "choice" or not row["text"]:
        return row["text"] or NONE
    digits = 15 if row["number"].is_integer() else 3  # whole numbers as they are
    return f"{row['number']:.{digits}g}"


def _together(rows: pd.DataFrame) -> dict[str, object]:
    is_choice = rows["scale"].iloc[0] == "choice"
    quantity, statistic = ("agreement", _agreement) if is_choice else ("spread", _spread)
    places = pd.Series(_kinds(rows) if is_choice else _places(rows), rows.index)
    picked = places[rows["chosen"]].dropna()
    told: dict[str, object] = {"quantity": quantity, "searches": len(picked)}
    if len(picked) < 2:
        return told
    drawn = [places[rows["seed"] == seed].dropna().to_numpy() for seed in rows.loc[picked.index, "seed"]]
    generator = np.random.default_rng([*map(len, drawn)])
    some = np.stack([generator.choice(its, DRAWS) for its in drawn], 1)
    value = float(statistic(picked.to_numpy()[None])[0])
    return told | {"value": value, "chance": float(statistic(some).mean())}


def _kinds(rows: pd.DataFrame) -> np.ndarray:
    """A number for each choice; NaN: it was not drawn."""
    kinds, _ = pd.factorize(rows["text"])
    return np.where(rows["text"] == "", np.nan, kinds)


def _places(rows: pd.DataFrame) -> np.ndarray:
    """Numbers on their parameter's scale, 0 to 1 within its range; NaN: it was not drawn."""
    ends, numbers = np.array([rows["low"].min(), rows["high"].max()]), rows["number"].to_numpy(float)
    if rows["scale"].iloc[0] == "log":
        ends, numbers = np.log(ends), np.log(numbers)
    return np.asarray((numbers - ends[0]) / (np.ptp(ends) or 1.0))


def _spread(places: np.ndarray) -> np.ndarray:
    return np.asarray(np.ptp(places, axis=1))


def _agreement(places: np.ndarray) -> np.ndarray:
    """Of pairs of searches."""
    first, second = np.triu_indices(places.shape[1], 1)
    return np.asarray((places[:, first] == places[:, second]).mean(1))
