"""Oracle: the metrics of all samples at once, in NumPy."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from lea.compute.sums import Sums, add, check_rules, value
from lea.errors import UserError

RULES = {"rmse": "root", "worst": "maximum", "calibration_error": "calibration"}
BINS = 4


def summed(values: Tensor) -> Sums:
    """What a batch of values leaves: in each of a few bins their sum, too."""
    bins = torch.zeros(BINS).index_add_(0, torch.arange(len(values)) % BINS, values)
    return {
        ("network", "level"): values.sum(),
        ("network", "rmse"): values.square().sum(),
        ("network", "worst"): values.max(),
        ("network", "calibration_error"): bins,
        ("head", "worst"): -values.min(),
    }


@pytest.mark.parametrize("size", [4, 8, 100])  # whole bins, so that each value stays in its own
def test_sums_over_batches_are_worth_what_all_samples_are(size: int) -> None:
    values = torch.randn(24, generator=torch.Generator().manual_seed(1))
    totals: Sums = {}
    for batch in values.split(size):
        add(totals, summed(batch), RULES)
    found = {key: value(total, 24, RULES.get(key[1], "mean")) for key, total in totals.items()}
    x = values.numpy().astype(np.float64)
    assert found == pytest.approx(
        {
            ("network", "level"): x.mean(),
            ("network", "rmse"): np.sqrt((x**2).mean()),
            ("network", "worst"): x.max(),
            ("network", "calibration_error"): np.abs(x.reshape(-1, BINS).sum(0)).sum() / 24,
            ("head", "worst"): -x.min(),
        },
        rel=1e-5,
    )


def test_without_rules_everything_is_added_whatever_it_is_called() -> None:
    totals: dict[tuple[str, ...], Tensor] = {}
    for one in (3.0, 5.0):
        add(totals, {("trained", "worst", "accuracy", "shape"): torch.tensor(one)})
    assert value(totals["trained", "worst", "accuracy", "shape"], 2) == 4


def test_what_was_added_to_is_not_changed_in_place() -> None:
    first = {("network", "loss"): torch.tensor(1.0)}
    totals: Sums = {}
    add(totals, first)
    add(totals, {("network", "loss"): torch.tensor(2.0)})
    assert first["network", "loss"].item() == 1


@pytest.mark.parametrize(("rule", "total"), [("mean", -math.inf), ("root", math.inf), ("maximum", math.inf)])
def test_what_is_no_number_stays_none(rule: str, total: float) -> None:
    assert value(torch.tensor(total), 3, rule) == total
    assert math.isnan(value(torch.tensor(math.nan), 3, rule))


def test_the_rule_decides_and_not_the_shape() -> None:
    with pytest.raises(
        UserError, match=r"a sum of shape \(4,\); expected one number, or another rule than 'mean'"
    ):
        value(torch.ones(BINS), 2)
    assert value(torch.tensor(-6.0), 2, "calibration") == 3


def test_a_rule_that_there_is_not_is_refused_by_name() -> None:
    check_rules(RULES, "method 'Classify'")
    with pytest.raises(UserError) as caught:
        check_rules({"loss": "mean", "rmse": "median"}, "method 'Classify'")
    assert str(caught.value) == (
        "method 'Classify': metric 'rmse' has the rule 'median'; "
        "expected one of mean, root, maximum, calibration; mend its RULES"
    )
