"""Oracle: margins and slopes in float64 by hand; networks that hide from their gradients in a known way."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from lea.attacks.audit import audit
from lea.attacks.evaluation import Target
from lea.summary import reliability as summary
from tests.attacks.reference.make import Tiny
from tests.attacks.test_attacks import BOUNDS, Linear, attack, images
from tests.attacks.test_evaluation import COUNT, outcomes
from tests.attacks.test_reference import network as network  # a fixture
from tests.summary.made import inputs_of, rows_of, stage_table


def lead(logits: np.ndarray, label: int) -> float:
    others = np.delete(logits, label)
    return float(logits[label] - np.log(np.exp(others).sum()))


def test_the_margin_is_the_lead_over_all_other_classes_together() -> None:
    model, x = Linear(), images(count=COUNT)
    y = model(x).argmax(1)
    found = audit(model, BOUNDS, x, y)
    for logits, label, margin in zip(
        model(x).double().numpy(), y.tolist(), found.margin.tolist(), strict=True
    ):
        assert margin == pytest.approx(lead(logits, label), rel=1e-5)


def test_the_slope_is_the_norm_of_the_cross_entropys_gradient() -> None:
    model, x = Linear(), images(count=COUNT)
    y = model(x).argmax(1)
    shares = model(x).double().softmax(1)
    shares[torch.arange(COUNT), y] -= 1
    slopes = (shares @ model.weight.double()).norm(dim=1)
    assert torch.allclose(audit(model, BOUNDS, x, y).slope, slopes, rtol=1e-4)


class Turned(torch.autograd.Function):
    """The identity, with the gradient of its opposite."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:  # type: ignore[override]
        return -grad


def masked(model: nn.Module) -> dict[str, Callable[[Tensor], Tensor]]:
    """The same decisions behind gradients that mislead."""
    return {
        "confident": lambda x: 100 * model(x),
        "stepwise": lambda x: model((x * 255).round() / 255),
        "turned": lambda x: model(Turned.apply(x)),
    }


MADE = ("gradient-sign", "deepfool", "gradient-sign-margin", "gaussian-noise", "contrast-reduction")


def reliability(model: Callable[[Tensor], Tensor], x: Tensor, y: Tensor) -> dict[tuple[str, str | None], Any]:
    """The summary of a network under some attacks, through the tables."""
    attacks = {name: attack(name) for name in MADE}
    key: dict[str, object] = {"run": "run", "seed": 0}
    rows = []
    for one in outcomes(attacks, Target(model, BOUNDS, x, y, torch.arange(len(x)))):
        made = attacks[one.attack]
        rows.append(key | {"family": made.FAMILY, "protocol": made.PROTOCOL} | one.row())
    right = (model(x).argmax(1) == y).double().mean().item()
    ended = {"epoch": 1, "split": "test", "part": "network", "metric": "accuracy", "value": right}
    record = {"id": "run", "seed": 0, "labels": [1, 1]}
    inputs = inputs_of(
        {"tiny": "run"},
        attacks=[stage_table("attacks", rows, record)],
        metrics=[stage_table("metrics", [key | ended], record)],
    )
    return {(row["metric"], row["protocol"]): row for row in rows_of(summary, inputs)}


def test_a_plain_network_is_not_flagged(network: tuple[Tiny, Tensor, Tensor]) -> None:
    found = reliability(*network)
    assert not any(row["flagged"] for row in found.values())
    assert found["worst success", None]["median"] == 1


@pytest.mark.parametrize(
    ("kind", "metric", "protocol"),
    [
        ("confident", "blind", None),
        ("stepwise", "blind", None),
        ("turned", "falling", None),
        ("turned", "beaten", "corrected"),
    ],
)
def test_a_network_with_a_masked_gradient_is_flagged(
    network: tuple[Tiny, Tensor, Tensor], kind: str, metric: str, protocol: str | None
) -> None:
    model, x, y = network
    assert reliability(masked(model)[kind], x, y)[metric, protocol]["flagged"]


def test_confidence_masks_the_gradient_and_the_corrected_attacks_see_through(
    network: tuple[Tiny, Tensor, Tensor],
) -> None:
    model, x, y = network
    found = reliability(masked(model)["confident"], x, y)
    plain = reliability(*network)
    assert found["margin", None]["median"] == pytest.approx(100 * plain["margin", None]["median"], rel=0.1)
    assert not found["beaten", "corrected"]["flagged"]
