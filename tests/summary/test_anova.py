"""Oracle: scipy's tests on the same numbers, means and deviations by Python's statistics, and marginal means
by hand.
"""

import random
import statistics
from collections.abc import Callable, Sequence
from itertools import combinations, product
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy import stats

from lea.errors import UserError
from lea.summary import anova, means, posthoc, spreads, within
from lea.summary.linear import Linear, interval_of_partial, terms_of
from lea.summary.responses import observe
from lea.summary.tables import Inputs
from tests.summary.made import Row, rows_of, stage_table

ENCODERS, LAYOUTS, PRIORS = (
    ("L", "NL", "RKS"),
    ("fc", "conv"),
    (("normal", None), ("real-nvp", 2), ("real-nvp", 6)),
)
Value = Callable[[str, str, int], float]  # of an encoder, a layout, a seed


def ended(run: str, seed: int, train: float, test: float) -> pa.Table:
    rows: list[Row] = [
        {
            "run": run,
            "seed": seed,
            "epoch": epoch,
            "part": "network",
            "split": split,
            "metric": "loss",
            "value": value,
        }
        for epoch, split, value in (
            (1, "train", 99.0),
            (1, "test", 98.0),
            (2, "train", train),
            (2, "test", test),
        )
    ]
    return stage_table("metrics", rows, {"id": run, "seed": seed})


def timed(run: str, seed: int, seconds: Sequence[float]) -> pa.Table:
    rows: list[Row] = [
        {
            "run": run,
            "seed": seed,
            "epoch": epoch,
            "samples": 9,
            "seconds": one,
            "machine": "m",
            "threads": 1,
            "arithmetic": "float32",
        }
        for epoch, one in enumerate(seconds, 1)
    ]
    return stage_table("times", rows, {"id": run, "seed": seed})


def measured(run: str, seed: int, value: float) -> pa.Table:
    row: Row = {
        "run": run,
        "seed": seed,
        "measure": "m",
        "split": None,
        "part": "samples",
        "metric": "kernel distance",
    }
    return stage_table("measures", [row | {"value": value}], {"id": run, "seed": seed})


def study(value: Value, seeds: int = 4, protocols: Sequence[str] = ("elbo",)) -> Inputs:
    """A run an encoder, layout and protocol; a table each for every seed."""
    labels, columns, tables = dict[str, str](), dict[str, dict[str, Any]](), list[pa.Table]()
    for encoder, layout, protocol in product(ENCODERS, LAYOUTS, protocols):
        label, run = f"{encoder} {layout} {protocol}", f"{encoder}-{layout}-{protocol}"
        labels[label] = run
        facts = {"encoder": encoder, "layout": layout, "protocol": protocol}
        for name, one in facts.items():
            columns.setdefault(name, {})[label] = one
        factor = 1 if protocol == "elbo" else -1
        tables += [ended(run, seed, 1.0, factor * value(encoder, layout, seed)) for seed in range(seeds)]
    return Inputs(
        tables={"metrics": tuple(tables), "times": (), "measures": ()}, labels=labels, columns=columns
    )


def noisy(spread: float = 1.0, **effects: float) -> Value:
    """What a level adds, and noise."""
    rng = random.Random(3)
    return lambda encoder, layout, _: effects.get(encoder, 0) + effects.get(layout, 0) + rng.gauss(0, spread)


def grouped(inputs: Inputs, column: str) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for row in observe(inputs, ["test loss"]).to_dict("records"):
        found.setdefault(row[column], []).append(row["value"])
    return found


# --- responses ---


def test_a_response_is_what_a_seed_came_to() -> None:
    tables = {
        "metrics": (ended("a", 0, 1.0, 1.5), ended("a", 1, 2.0, 4.0)),
        "times": (timed("a", 0, [1, 3]), timed("a", 1, [5, 6])),
        "measures": (measured("a", 0, 7.0), measured("a", 1, 8.0)),
    }
    inputs = Inputs(tables=tables, labels={"A": "a"}, columns={"encoder": {"A": "L"}})
    asked = ["test loss", "train loss", "gap loss", "seconds", "samples kernel distance"]
    found = observe(inputs, asked)
    assert {(row["response"], row["seed"]): row["value"] for row in found.to_dict("records")} == {
        ("test loss", 0): 1.5,
        ("test loss", 1): 4.0,
        ("train loss", 0): 1.0,
        ("train loss", 1): 2.0,
        ("gap loss", 0): 0.5,
        ("gap loss", 1): 2.0,
        ("seconds", 0): 2.0,
        ("seconds", 1): 5.5,
        ("samples kernel distance", 0): 7.0,
        ("samples kernel distance", 1): 8.0,
    }
    assert set(found["encoder"]) == {"L"}


def test_without_responses_all_are_observed_but_those_of_training() -> None:
    tables = {
        "metrics": (ended("a", 0, 1.0, 1.5), ended("b", 0, 2.0, 4.0)),
        "times": (timed("a", 0, [1, 3]), timed("b", 0, [5, 6])),
        "measures": (measured("b", 0, 8.0),),
    }
    inputs = Inputs(tables=tables, labels={"A": "a", "B": "b"}, columns={"encoder": {"A": "L", "B": "NL"}})
    found = observe(inputs, None)
    assert {(row["label"], row["response"]): row["value"] for row in found.to_dict("records")} == {
        **{("A", "seconds"): 2.0, ("A", "test loss"): 1.5, ("A", "gap loss"): 0.5},
        **{("B", "seconds"): 5.5, ("B", "test loss"): 4.0, ("B", "gap loss"): 2.0},
        ("B", "samples kernel distance"): 8.0,
        **{(label, f"{split} rise"): 0.0 for label in "AB" for split in ("test", "gap")},
    }
    assert set(observe(inputs, None, {"encoder": "L"})["label"]) == {"A"}


def test_a_response_that_no_run_has_is_answered_with_those_that_there_are() -> None:
    inputs = Inputs(
        tables={"metrics": (ended("a", 0, 1.0, 1.5),), "times": (), "measures": ()}, labels={"A": "a"}
    )
    with pytest.raises(UserError, match=r"response 'test los': no run has it; expected one of .*test loss"):
        observe(inputs, ["test los"])


def test_runs_that_are_elsewhere_are_left_out() -> None:
    inputs = study(noisy(), protocols=("elbo", "source"))
    found = observe(inputs, ["test loss"], {"protocol": "source"})
    assert set(found["protocol"]) == {"source"}
    assert len(found) == 6 * 4
    both = observe(inputs, ["test loss"], {"protocol": ["source", "other"], "layout": ["fc", "conv"]})
    assert found.equals(both)
    with pytest.raises(UserError, match="where: no column 'coder'; expected one of label, run, encoder"):
        observe(inputs, ["test loss"], {"coder": "fc"})


# --- means ---


def test_means_and_deviations_are_those_of_the_seeds() -> None:
    inputs = study(noisy())
    rows = rows_of(means, inputs, responses=("test loss",))
    assert len(rows) == 6
    observed = observe(inputs, ["test loss"])
    for row in rows:
        values = list(observed[observed["label"] == row["label"]]["value"])
        assert row["mean"] == pytest.approx(statistics.mean(values))
        assert row["deviation"] == pytest.approx(statistics.stdev(values))
        expected = stats.t.interval(0.95, 3, statistics.mean(values), statistics.stdev(values) / 2)
        assert (row["low"], row["high"]) == pytest.approx(expected)


def test_one_seed_has_no_deviation() -> None:
    (first, *_) = rows_of(means, study(noisy(), seeds=1), responses=("test loss",))
    assert [first[name] for name in ("deviation", "low", "high")] == [None] * 3


# --- analyses of variance ---


def test_on_one_factor_it_is_scipys_test() -> None:
    inputs = study(noisy(L=2))
    (row,) = rows_of(anova, inputs, responses={"test loss": "encoder"})
    expected = stats.f_oneway(*grouped(inputs, "encoder").values())
    assert (row["f"], row["p"]) == (pytest.approx(expected.statistic), pytest.approx(expected.pvalue))
    assert (row["term"], row["freedom"], row["residual"], row["group"]) == ("encoder", 2, 21, None)


def test_a_level_may_be_what_two_columns_say_together() -> None:
    labels = {f"{prior} {flows}": f"{prior}-{flows}" for prior, flows in PRIORS}
    columns: dict[str, dict[str, Any]] = {
        "prior": {f"{prior} {flows}": prior for prior, flows in PRIORS},
        "flows": {f"{prior} {flows}": flows for prior, flows in PRIORS},
    }
    metrics = tuple(ended(run, seed, 1, seed + len(run)) for run in labels.values() for seed in range(3))
    inputs = Inputs(tables={"metrics": metrics, "times": (), "measures": ()}, labels=labels, columns=columns)
    (row,) = rows_of(anova, inputs, responses={"test loss": "kind"}, factors={"kind": ("prior", "flows")})
    assert (row["freedom"], row["residual"]) == (2, 6)
    pairs = rows_of(posthoc, inputs, responses={"test loss": "kind"}, factors={"kind": ("prior", "flows")})
    assert {one["second"] for one in pairs} == {"real-nvp 2", "real-nvp 6"}


def test_each_group_has_an_analysis_of_its_own() -> None:
    inputs = study(noisy(L=3), protocols=("elbo", "source"))
    rows = rows_of(anova, inputs, responses={"test loss": "encoder * layout"}, by="protocol")
    assert [(row["group"], row["term"]) for row in rows] == [
        (group, term) for group in ("elbo", "source") for term in ("encoder", "layout", "encoder x layout")
    ]


@pytest.mark.parametrize("summary", [anova, posthoc])
def test_a_response_that_a_group_lacks_is_left_out_there(summary: Any) -> None:
    both = study(noisy(L=3), protocols=("elbo", "source"))
    runs = [run for run in both.labels.values() if run.endswith("elbo")]
    taken = tuple(measured(run, seed, seed + len(run)) for run in runs for seed in range(4))
    inputs = Inputs(tables={**both.tables, "measures": taken}, labels=both.labels, columns=both.columns)
    asked = {"test loss": "encoder", "samples kernel distance": "encoder"}
    rows = rows_of(summary, inputs, responses=asked, by="protocol")
    found = {(row["group"], row["response"]) for row in rows}
    assert found == {("elbo", "test loss"), ("elbo", "samples kernel distance"), ("source", "test loss")}


def test_an_interval_of_an_effect_holds_it_and_is_far_from_zero_where_it_is_large() -> None:
    large, small = rows_of(anova, study(noisy(L=20), seeds=8), responses={"test loss": "encoder + layout"})
    assert 0.9 < large["low"] < large["partial"] < large["high"] < 1  # type: ignore[operator]
    assert small["low"] == 0


def test_of_noise_an_interval_holds_nothing_at_all_as_often_as_it_says() -> None:
    """Zero lies in it unless F is among the 2.5 % that are the largest."""
    rng = np.random.default_rng(5)
    levels = pd.DataFrame(product(ENCODERS, LAYOUTS, range(3)), columns=["encoder", "layout", "seed"])
    held = 0
    for _ in range(400):
        model = Linear(levels, rng.normal(size=len(levels)), terms_of("encoder * layout"))
        effect = list(model.effects())[-1]
        held += interval_of_partial(effect, model.freedom, 0.95)[0] == 0
    assert held / 400 == pytest.approx(0.975, abs=0.025)


def test_the_ends_of_an_interval_are_the_effects_of_which_so_large_or_small_an_f_is_as_unlikely() -> None:
    """By draws of designs that have exactly these effects."""
    rows = rows_of(anova, study(noisy(L=1.5), seeds=5), responses={"test loss": "encoder"})
    (row,) = rows
    rng, count = np.random.default_rng(6), 30
    for end, share in (("low", 0.025), ("high", 0.025)):
        effect = float(row[end])  # type: ignore[arg-type]
        noncentrality = effect / (1 - effect) * count
        drawn = rng.noncentral_f(2, 27, noncentrality, 40_000)
        beyond = np.mean(drawn > row["f"]) if end == "low" else np.mean(drawn < row["f"])
        assert beyond == pytest.approx(share, abs=0.004)


def test_a_missing_combination_of_crossed_factors_is_refused() -> None:
    inputs = study(noisy())
    fewer = tuple(one for one in inputs.tables["metrics"] if one["run"][0].as_py() != "NL-conv-elbo")
    labels = {label: run for label, run in inputs.labels.items() if run != "NL-conv-elbo"}
    left = Inputs(tables={**inputs.tables, "metrics": fewer}, labels=labels, columns=inputs.columns)
    with pytest.raises(
        UserError, match=r"'test loss': no run with NL and conv, and encoder [*] layout crosses them"
    ):
        anova.summarise(left, responses={"test loss": "encoder * layout"})
    terms = rows_of(anova, left, responses={"test loss": "encoder + layout"})
    assert [row["freedom"] for row in terms] == [2, 1]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_response_that_is_no_number_is_refused(value: float) -> None:
    metrics = (ended("a", 0, 1.0, 1.5), ended("a", 1, 1.0, value))
    inputs = Inputs(tables={"metrics": metrics, "times": (), "measures": ()}, labels={"A": "a"})
    with pytest.raises(
        UserError, match=r"response 'test loss' of run 'A', seed 1: (nan|inf); expected a finite"
    ):
        observe(inputs, ["test loss"])


def test_a_response_that_two_measurements_give_is_refused() -> None:
    tables = {"metrics": (), "times": (), "measures": (measured("a", 0, 1.0), measured("a", 0, 2.0))}
    inputs = Inputs(tables=tables, labels={"A": "a"})
    with pytest.raises(UserError, match="two measurements give it"):
        observe(inputs, ["samples kernel distance"])


def test_without_repeats_the_table_says_that_it_cannot_tell() -> None:
    rows = rows_of(anova, study(noisy(), seeds=1), responses={"test loss": "encoder * layout"})
    assert [row["residual"] for row in rows] == [0, 0, 0]
    assert all(row[name] is None for row in rows for name in ("f", "p", "partial", "low", "high"))


def test_a_factor_of_one_level_is_left_out() -> None:
    inputs = study(noisy(L=2), protocols=("elbo",))
    asked = {"test loss": "encoder * protocol + layout"}
    rows = rows_of(anova, inputs, responses=asked)
    assert [row["term"] for row in rows] == ["encoder", "layout"]
    assert rows == rows_of(anova, inputs, responses={"test loss": "encoder + layout"})


def test_what_some_runs_do_not_have_is_a_level_of_its_own() -> None:
    labels = {"plain": "a", "two": "b", "six": "c"}
    columns: dict[str, dict[str, Any]] = {"flows": {"plain": None, "two": 2, "six": 6}}
    metrics = tuple(
        ended(run, seed, 1, place + 0.1 * seed)
        for place, run in enumerate(labels.values())
        for seed in range(3)
    )
    inputs = Inputs(tables={"metrics": metrics, "times": (), "measures": ()}, labels=labels, columns=columns)
    (row,) = rows_of(anova, inputs, responses={"test loss": "flows"})
    assert (row["freedom"], row["residual"]) == (2, 6)
    assert [one["first"] for one in rows_of(posthoc, inputs, responses={"test loss": "flows"})][:2] == [
        "none"
    ] * 2


def test_an_unknown_factor_is_answered_with_the_columns() -> None:
    with pytest.raises(
        UserError, match="no column 'coder' to compare runs by; expected one of label, encoder"
    ):
        anova.summarise(study(noisy()), responses={"test loss": "coder"})


# --- which levels differ ---


def test_pairs_of_one_factor_are_t_tests_with_the_noise_of_all() -> None:
    inputs = study(noisy(L=1.5))
    rows = rows_of(posthoc, inputs, responses={"test loss": "encoder"})
    groups = grouped(inputs, "encoder")
    noise = sum(np.var(one) * len(one) for one in groups.values()) / 21
    assert len(rows) == 3
    for row in rows:
        first, second = (groups[str(row[name])] for name in ("first", "second"))
        difference = np.mean(first) - np.mean(second)
        error = np.sqrt(noise * (1 / len(first) + 1 / len(second)))
        p = min(1, 3 * 2 * stats.t.sf(abs(difference) / error, 21))
        assert row["difference"] == pytest.approx(difference)
        assert row["p"] == pytest.approx(p)
        assert (row["low"] > 0 or row["high"] < 0) == (p < 0.01)  # type: ignore[operator]


def test_with_two_levels_a_pair_is_the_analysis_itself() -> None:
    inputs = study(noisy(fc=1), seeds=5)
    asked = {"test loss": "encoder * layout"}
    of_layout = {row["term"]: row for row in rows_of(anova, inputs, responses=asked)}["layout"]
    (pair,) = [row for row in rows_of(posthoc, inputs, responses=asked) if row["factor"] == "layout"]
    assert pair["p"] == pytest.approx(of_layout["p"])


def test_a_marginal_mean_gives_each_cell_the_same_weight() -> None:
    """Two seeds of one cell and five of another: their plain mean would be another number."""
    inputs = study(lambda encoder, layout, seed: {"fc": 0.0, "conv": 10.0}[layout] + 0.01 * seed, seeds=5)
    fewer = tuple(
        table
        for table in inputs.tables["metrics"]
        if not (table["run"][0].as_py().startswith("L-fc") and table["seed"][0].as_py() > 1)
    )
    inputs = Inputs(tables={**inputs.tables, "metrics": fewer}, labels=inputs.labels, columns=inputs.columns)
    rows = rows_of(posthoc, inputs, responses={"test loss": "encoder * layout"})
    (pair,) = [row for row in rows if (row["first"], row["second"]) == ("L", "NL")]
    assert pair["difference"] == pytest.approx((0.005 + 10.02) / 2 - (0.02 + 10.02) / 2)


def test_without_repeats_no_pair_is_told_apart() -> None:
    rows = rows_of(posthoc, study(noisy(), seeds=1), responses={"test loss": "encoder * layout"})
    assert all(row[name] is None for row in rows for name in ("low", "high", "p"))


# --- within the cells of a design ---


def test_within_a_combination_a_pair_is_welchs_test_of_its_own_two() -> None:
    inputs = study(noisy(L=2, conv=5), seeds=6)
    rows = rows_of(within, inputs, responses=("test loss",), factor="encoder", within=("layout",))
    assert [(row["within"], row["first"], row["second"]) for row in rows] == [
        (layout, *pair) for layout in LAYOUTS for pair in combinations(ENCODERS, 2)
    ]
    observed = observe(inputs, ["test loss"])
    for row in rows:
        of_layout = observed[observed["layout"] == row["within"]]
        first, second = (
            of_layout[of_layout["encoder"] == row[name]]["value"] for name in ("first", "second")
        )
        expected = stats.ttest_ind(first, second, equal_var=False)
        assert row["difference"] == pytest.approx(first.mean() - second.mean())
        assert row["p"] == pytest.approx(min(1, 6 * expected.pvalue))
        assert (row["low"] > 0 or row["high"] < 0) == (row["p"] < 0.01)  # type: ignore[operator]


def test_a_difference_that_marginal_means_hide_is_seen_within_a_combination() -> None:
    """L is better by 9 with one kind of layers alone; the printed FID of PNL and L is of that kind."""

    def value(encoder: str, layout: str, seed: int) -> float:
        return (9.0 if (encoder, layout) == ("NL", "fc") else 0.0) + 0.1 * seed

    rows = rows_of(within, study(value), responses=("test loss",), factor="encoder", within=("layout",))
    found = {(row["within"], row["second"]): row for row in rows if row["first"] == "L"}
    assert found["fc", "NL"]["p"] < 1e-6 < 0.5 < found["conv", "NL"]["p"]  # type: ignore[operator]


def test_the_level_that_varies_most_is_told_with_an_interval() -> None:
    rng = random.Random(8)
    inputs = study(
        lambda encoder, layout, _: rng.gauss(5 if layout == "fc" else 0, 4 if encoder == "NL" else 1),
        seeds=12,
    )
    rows = rows_of(spreads, inputs, responses=("test loss",), factor="encoder", within=("layout",))
    observed = observe(inputs, ["test loss"])
    cells = [
        [of_cell["value"] - of_cell["value"].median() for _, of_cell in of_level.groupby("layout")]
        for _, of_level in observed.groupby("encoder", sort=False)
    ]
    expected = stats.f_oneway(*(pd.concat(one).abs() for one in cells))
    for row in rows:
        values = [one["value"] for _, one in observed[observed["encoder"] == row["level"]].groupby("layout")]
        squares = sum(float(((one - one.mean()) ** 2).sum()) for one in values)
        assert (row["f"], row["p"]) == pytest.approx((expected.statistic, expected.pvalue))
        assert row["freedom"] == 22
        assert row["deviation"] == pytest.approx((squares / 22) ** 0.5)
        low, high = (squares / stats.chi2.ppf(share, 22) for share in (0.975, 0.025))
        assert (row["low"], row["high"]) == pytest.approx((low**0.5, high**0.5))
    by_level = {row["level"]: row for row in rows}
    assert by_level["NL"]["low"] > max(by_level[name]["high"] for name in ("L", "RKS"))  # type: ignore[type-var,operator]


def test_of_one_seed_neither_is_told() -> None:
    inputs = study(noisy(), seeds=1)
    asked: dict[str, Any] = {"responses": ("test loss",), "factor": "encoder", "within": ("layout",)}
    assert all(row["p"] is None for row in rows_of(within, inputs, **asked))
    assert all(row["deviation"] is None and row["p"] is None for row in rows_of(spreads, inputs, **asked))
