"""Oracle: the normal distribution, and how often intervals of simulated studies hold what is true."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from lea.ranking import auroc, drawn_again
from lea.summary.detection import summarise
from lea.summary.seeds import describe, difference
from tests.summary.made import Row, inputs_of, stage_table

Values = dict[tuple[str, str, str], list[float]]
BOTH = {"flow": "run-1", "learnt": "run-2"}


def table(run: str, values: Values, measure: str = "detection") -> Any:
    def rows() -> Iterator[Row]:
        for (detector, outliers, metric), its in values.items():
            for seed, value in enumerate(its):
                key = {"run": run, "seed": seed, "measure": measure, "split": outliers}
                yield key | {"part": detector, "metric": metric, "value": value}

    return stage_table("measures", list(rows()), {"id": run})


def summed(
    runs: dict[str, Values], baselines: dict[str, str] | None = None, **options: Any
) -> dict[tuple[str, ...], Any]:
    tables = [table(BOTH[label], values) for label, values in runs.items()]
    inputs = inputs_of({label: BOTH[label] for label in runs}, baselines, measures=tables)
    found = summarise(inputs, **options).to_pylist()
    return {(row["label"], row["detector"], row["outliers"], row["metric"]): row for row in found}


FLOW: Values = {
    ("likelihood", "near", "AUROC"): [0.5, 0.6, 0.7],
    ("likelihood", "near", "AUROC error"): [0.02, 0.02, 0.02],
    ("radius", "near", "AUROC"): [0.4, 0.4, 0.4],
    ("radius", "near", "AUROC error"): [0.03, 0.04, 0.05],
    ("radius", "near", "outliers"): [100.0, 100.0, 100.0],
}
LEARNT: Values = {
    ("logit", "near", "AUROC"): [0.9, 0.8, 0.9],
    ("logit", "near", "AUROC error"): [0.1, 0.1, 0.1],
    ("logit", "far", "AUROC"): [1.0, 1.0, 1.0],
    ("logit", "far", "AUROC error"): [0.0, 0.0, 0.0],
}


def test_medians_are_over_seeds_and_errors_no_rows_of_their_own() -> None:
    found = summed({"flow": FLOW})
    assert list(found) == [("flow", *key) for key in FLOW if not key[2].endswith("error")]
    row = found["flow", "likelihood", "near", "AUROC"]
    assert (row["seeds"], row["median"], row["minimum"], row["maximum"]) == (3, 0.6, 0.5, 0.7)
    count = found["flow", "radius", "near", "outliers"]
    assert (count["low"], count["median"], count["high"]) == (100, 100, 100)


def test_what_is_left_of_changed_samples_is_summed_alike_and_other_measures_are_not() -> None:
    within: Values = {
        ("likelihood", "near", "AUROC within 0.1"): [0.3, 0.4],
        ("likelihood", "near", "AUROC within 0.1 error"): [0.02, 0.02],
    }
    tables = [table("run-1", within, "adversarial-detection"), table("run-1", LEARNT, "normality")]
    (row,) = summarise(inputs_of({"flow": "run-1"}, None, measures=tables)).to_pylist()
    assert (row["metric"], row["median"]) == ("AUROC within 0.1", 0.35)
    assert row["low"] < 0.3


def test_each_is_compared_with_the_detector_of_the_baseline_or_of_its_own_run() -> None:
    found = summed({"flow": FLOW, "learnt": LEARNT}, {"learnt": "flow"})
    own, logit = found["flow", "radius", "near", "AUROC"], found["learnt", "logit", "near", "AUROC"]
    assert (own["against"], own["difference"]) == ("flow", pytest.approx(-0.2))
    assert (logit["against"], logit["difference"]) == ("flow", pytest.approx(0.3))
    error = np.sqrt(0.02**2 + 0.1**2)
    expected = difference([0.9, 0.8, 0.9], [0.5, 0.6, 0.7], error=error)
    assert (logit["difference_low"], logit["difference_high"]) == (expected["low"], expected["high"])
    for key in (("flow", "likelihood", "near", "AUROC"), ("learnt", "logit", "far", "AUROC")):
        assert (found[key]["against"], found[key]["difference"]) == (None, None)
    other = summed({"flow": FLOW}, against="radius")["flow", "likelihood", "near", "AUROC"]
    assert other["difference"] == pytest.approx(0.2)


def test_an_interval_of_shares_ends_where_shares_do() -> None:
    row = summed({"learnt": LEARNT})["learnt", "logit", "near", "AUROC"]
    assert row["low"] < 0.8
    assert row["high"] == 1


def test_other_measurements_are_left_out() -> None:
    inputs = inputs_of({"flow": "run-1"}, measures=[table("run-1", FLOW, "parameters")])
    assert summarise(inputs).num_rows == 0


# --- intervals ---


@pytest.mark.parametrize("error", [0.01, 0.3])
def test_of_seeds_that_agree_the_interval_is_the_samples(error: float) -> None:
    found = describe([0.6] * 5, error=error)
    assert found["low"] == pytest.approx(0.6 - norm.ppf(0.975) * error, abs=0.1 * error)
    assert found["high"] == pytest.approx(0.6 + norm.ppf(0.975) * error, abs=0.1 * error)
    apart = difference([0.6] * 5, [0.5] * 3, error=error)
    assert apart["high"] == pytest.approx(0.1 + norm.ppf(0.975) * error, abs=0.1 * error)
    assert describe([0.6] * 5)["low"] == 0.6


def test_intervals_over_seeds_and_the_samples_that_they_share_hold_what_is_true() -> None:
    """Scores of a detector that each seed finds a little otherwise; all are tested on the same samples."""
    rng, true, count, seeds = np.random.default_rng(0), norm.cdf(1 / np.sqrt(2)), 60, 9
    is_outlier = np.arange(2 * count) >= count
    with_samples, without, studies = 0, 0, 40
    for _ in range(studies):
        shared = rng.normal(size=2 * count) + is_outlier
        scores = [shared + 0.2 * rng.normal() * is_outlier for _ in range(seeds)]  # a shift of a seed's own
        values = [auroc(one, is_outlier) for one in scores]
        error = float(drawn_again(scores[0], is_outlier)["AUROC"].std(ddof=1))
        wide, narrow = describe(values, error=error), describe(values)
        with_samples += wide["low"] <= true <= wide["high"]
        without += narrow["low"] <= true <= narrow["high"]
    assert 0.88 <= with_samples / studies <= 1
    assert without / studies < 0.85
