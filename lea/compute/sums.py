"""Sums over samples, added up batch by batch on the device, and the rules by which they become values.

Who sums a metric declares its rule; a metric without one is a mean.
"""

from collections.abc import Mapping, MutableMapping
from typing import Any, Literal, get_args

import torch
from torch import Tensor

from lea.errors import UserError

Rule = Literal["mean", "root", "maximum", "calibration"]
Rules = Mapping[str, str]  # metric -> Rule
Sums = dict[tuple[str, str], Tensor]  # (part, metric) -> what is summed
MEANS: Rules = {}


def check_rules(rules: Rules, whose: str) -> None:
    """Refuse a rule that there is not."""
    for metric, rule in rules.items():
        if rule not in get_args(Rule):
            expected = f"expected one of {', '.join(get_args(Rule))}; mend its RULES"
            raise UserError(f"{whose}: metric '{metric}' has the rule '{rule}'; {expected}")


def add(totals: MutableMapping[Any, Tensor], batch: Mapping[Any, Tensor], rules: Rules = MEANS) -> None:
    """Take in what a batch summed; the second of a key's texts is the metric."""
    for key, one in batch.items():
        if key not in totals:
            totals[key] = one
        elif rules.get(key[1]) == "maximum":
            totals[key] = torch.maximum(totals[key], one)
        else:
            totals[key] = totals[key] + one


def value(total: Tensor, count: int, rule: str = "mean") -> float:
    """What a sum over `count` samples is worth.

    A mean; the root of one; the largest of all; of gaps in bins the expected calibration error.
    """
    if rule == "calibration":
        return total.abs().sum().item() / count
    if total.numel() != 1:
        found = f"a sum of shape {tuple(total.shape)}"
        raise UserError(f"{found}; expected one number, or another rule than '{rule}'; mend its method")
    if rule == "maximum":
        return total.item()
    mean = total.item() / count
    return mean**0.5 if rule == "root" else mean
