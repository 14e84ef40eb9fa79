"""Oracles: sums and shares by hand over made-up searches; a function whose variance has a closed form."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from lea.errors import UserError
from lea.summary import histories, importances, searches, trials
from lea.summary.tables import Inputs
from tests.searches import SPACE, Parameter, Search, table


def inputs(*made: Search, baselines: dict[str, str] | None = None, **facts: Any) -> Inputs:
    tables = [one.tables() for one in made]
    names = {one.run: one.run for one in made}
    return Inputs(
        tables={name: tuple(its[name] for its in tables) for name in ("trials", "histories")},
        labels={name.upper(): name for name in names},
        baselines=baselines or {},
    )


def frame(made: Any) -> pd.DataFrame:
    return made.to_pandas()


def quantity(rows: pd.DataFrame, name: str, seed: int | None = None, label: str = "A") -> pd.Series:
    its = rows[(rows["quantity"] == name) & (rows["label"] == label)]
    its = its[its["seed"].isna() if seed is None else its["seed"] == seed]
    assert len(its) == 1
    return its.iloc[0]


def test_trials_are_handed_on_with_their_label() -> None:
    made = Search(seed=1)
    found = frame(trials.summarise(inputs(made)))
    assert len(found) == len(SPACE) * 20
    assert set(found["label"]) == {"A"}
    assert found.loc[found["chosen"], "trial"].unique().tolist() == [made.chosen]


def test_histories_know_what_became_of_their_trial() -> None:
    made = Search(seed=1)
    found = frame(histories.summarise(inputs(made)))
    for number, curve in enumerate(made.curves):
        its = found[found["trial"] == number]
        assert its["value"].tolist() == curve.tolist()
        assert set(its["state"]) == {made.states[number]}
        assert set(its["chosen"]) == {number == made.chosen}


def test_what_pruning_saved_is_counted() -> None:
    made = [Search(seed=seed) for seed in range(3)]
    found = frame(searches.summarise(inputs(*made)))
    shares = []
    for one in made:
        trained = sum(map(len, one.curves))
        whole = sum(
            len(curve) if state == "diverged" else 30
            for curve, state in zip(one.curves, one.states, strict=True)
        )
        assert quantity(found, "epochs trained", one.seed)["value"] == trained
        assert quantity(found, "epochs to the end", one.seed)["value"] == whole
        assert quantity(found, "pruned", one.seed)["value"] == one.states.count("pruned")
        shares.append(1 - trained / whole)
        assert quantity(found, "share saved", one.seed)["value"] == pytest.approx(shares[-1])
    over = quantity(found, "share saved")
    assert (over["searches"], over["value"]) == (3, pytest.approx(np.median(shares)))
    assert over["low"] <= over["value"] <= over["high"]


def test_what_pruning_cost_is_told_beside_the_same_trials_without() -> None:
    made = [Search(seed=seed) for seed in range(3)]
    whole = [Search(run="b", seed=seed, rungs=()) for seed in range(3)]
    found = frame(searches.summarise(inputs(*made, *whole, baselines={"A": "B"})))
    same = []
    for ours, theirs in zip(made, whole, strict=True):
        lost = ours.curves[ours.chosen][-1] - theirs.curves[theirs.chosen][-1]
        assert lost >= 0
        assert quantity(found, "value lost", ours.seed)["value"] == pytest.approx(lost)
        same.append(ours.chosen == theirs.chosen)
        assert quantity(found, "same trial", ours.seed)["value"] == same[-1]
    assert quantity(found, "same trial")["value"] == np.mean(same)
    assert not (found["label"] == "B")[found["quantity"] == "value lost"].any()


def test_searches_of_other_spaces_are_not_compared() -> None:
    other = Search(run="b", space=[*SPACE[:-1], Parameter("model.encoder.layout.channels", low=1, high=9)])
    with pytest.raises(UserError, match=r"search different ranges of model\.encoder\.layout\.channels"):
        searches.summarise(inputs(Search(), other, baselines={"A": "B"}))


def test_agreement_and_spread_of_what_was_chosen() -> None:
    made = [Search(seed=seed) for seed in range(4)]
    found = frame(searches.summarise(inputs(*made)))
    picked = [one.drawn[one.chosen] for one in made]
    latents = [float(one["model.encoder.layout.latent"]) for one in picked]
    spread = found[(found["quantity"] == "spread") & (found["parameter"] == "model.encoder.layout.latent")]
    assert spread["value"].item() == pytest.approx((max(latents) - min(latents)) / 60)
    names = [one["fit.optimizer.name"] for one in picked]
    pairs = [names[a] == names[b] for a in range(4) for b in range(a)]
    agreement = found[(found["quantity"] == "agreement") & (found["parameter"] == "fit.optimizer.name")]
    assert agreement["value"].item() == pytest.approx(np.mean(pairs))
    assert 0 < agreement["chance"].item() < 1
    assert agreement["text"].item() == ", ".join(map(str, names))
    rates = [float(one["fit.optimizer.rate"]) for one in picked]
    chosen = found[(found["quantity"] == "chosen") & (found["parameter"] == "fit.optimizer.rate")]
    assert max(map(len, chosen["text"])) <= len("0.000123")
    assert list(map(float, chosen["text"])) == pytest.approx(rates, rel=5e-3)


def additive(count: int, seed: int) -> Inputs:
    """y = 2 a + b of two even numbers, and c, which says nothing: 4/5 and 1/5 of the variance."""
    rng = np.random.default_rng(seed)
    points = rng.random((count, 3))
    values = 1 + 2 * points[:, 0] + points[:, 1]
    rows, history = [], []
    for number, (point, value) in enumerate(zip(points, values, strict=True)):
        trial = {"run": "a", "seed": seed, "trial": number, "state": "complete", "epoch": 1, "value": value}
        trial["chosen"] = value == values.min()
        history.append({"run": "a", "seed": seed, "trial": number, "epoch": 1, "value": value})
        rows += [
            trial
            | {
                "parameter": name,
                "number": its,
                "text": f"{its:g}",
                "low": 0.0,
                "high": 1.0,
                "scale": "linear",
            }
            for name, its in zip("abc", point, strict=True)
        ]
    tables = {"trials": (table("trials", rows),), "histories": (table("histories", history),)}
    return Inputs(tables=tables, labels={"A": "a"})


def test_importances_are_the_shares_of_the_variance() -> None:
    found = frame(importances.summarise(additive(300, 0)))
    fanova = found[(found["evaluator"] == "fanova") & found["seed"].isna()].set_index("parameter")
    assert fanova["importance"]["a"] == pytest.approx(0.8, abs=0.06)
    assert fanova["importance"]["b"] == pytest.approx(0.2, abs=0.06)
    assert fanova["importance"]["c"] < 0.02
    assert fanova["importance"]["a"] > fanova["chance"]["a"]
    assert fanova["importance"]["c"] < fanova["chance"]["c"]
    best = found[(found["evaluator"] == "ped-anova") & found["seed"].isna()].set_index("parameter")
    assert best["importance"].sum() == pytest.approx(1)
    assert best["importance"].idxmax() == "a"


def test_of_too_few_trials_nothing_is_told() -> None:
    found = frame(importances.summarise(additive(1, 0)))
    assert found["importance"].isna().all()
    assert (found["searches"] == 0).all()


def test_a_parameter_that_only_some_draw_is_read_from_these() -> None:
    made = Search(trials=40, rungs=())
    found = frame(importances.summarise(inputs(made)))
    fanova = found[(found["evaluator"] == "fanova") & (found["seed"] == 0)].set_index("parameter")
    having = [
        number
        for number, values in enumerate(made.drawn)
        if "fit.optimizer.momentum" in values and made.states[number] == "complete"
    ]
    assert fanova["conditional"].tolist() == [name == "fit.optimizer.momentum" for name in fanova.index]
    assert fanova["trials"]["fit.optimizer.momentum"] == len(having)
    assert fanova["trials"]["fit.optimizer.rate"] == made.states.count("complete")


def test_whole_numbers_that_were_chosen_are_called_in_full() -> None:
    made = Search(space=[Parameter("fit.batch_size", low=1024, high=4096, whole=True)], rungs=(1,))
    found = frame(searches.summarise(inputs(made)))
    chosen = found[found["quantity"] == "chosen"]
    assert chosen["text"].item() == str(int(made.drawn[made.chosen]["fit.batch_size"]))
