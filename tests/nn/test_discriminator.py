"""Oracle: layers put together by hand, a flow that is known exactly, the odds of two classes."""

import copy
import re
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn import functional as F

from lea.nn import Discriminator, mean_radius, sample_sphere
from lea.nn.discriminator import outlier_logits
from tests.measure.flows import Linear

PAGE = Path(__file__).parents[2] / "docs" / "nn.md"


def test_it_is_linear_layers_with_relus_between_them() -> None:
    model, x = Discriminator((2, 3), hidden=(5, 4)), torch.randn(7, 2, 3)
    (a, p), (b, q), (c, r) = [(one.weight, one.bias) for one in model.layers if hasattr(one, "weight")]
    expected = ((x.reshape(7, 6) @ a.T + p).relu() @ b.T + q).relu() @ c.T + r
    assert (a.shape, b.shape, c.shape) == ((5, 6), (4, 5), (1, 4))
    assert torch.allclose(model(x), expected, atol=1e-6)


def test_without_hidden_layers_it_is_linear() -> None:
    model, x = Discriminator((4,), hidden=()), torch.randn(7, 4)
    middle = (model(x[:1]) + model(x[1:2])) / 2
    assert torch.allclose(model(x[:2].mean(0, keepdim=True)), middle, atol=1e-6)
    assert sum(one.numel() for one in model.parameters()) == 5


def test_with_a_flow_it_judges_where_that_carries_samples() -> None:
    flow = Linear((2, 2))
    model, x = Discriminator((2, 2), hidden=(5,), flow=flow), torch.randn(7, 2, 2)
    t = (x.flatten(1) - flow.mean) @ flow.matrix.T
    assert torch.allclose(model(x), model.judge(t), atol=1e-6)
    assert not torch.allclose(model(x), model.judge(x), atol=1e-2)


def test_the_flow_is_kept_with_it_and_stays_in_evaluation_mode() -> None:
    model = Discriminator((3,), flow=Linear())
    assert {"flow.matrix", "flow.mean"} < set(model.state_dict())
    assert model.train().training
    assert not model.flow.training  # type: ignore[union-attr]
    assert not copy.deepcopy(model).train().flow.training  # type: ignore[union-attr]


def test_logits_of_two_classes_are_the_log_odds_of_the_second() -> None:
    two = torch.randn(9, 2)
    share = F.softmax(two, 1)[:, 1]
    assert torch.allclose(outlier_logits(two), (share / (1 - share)).log(), atol=1e-5)
    assert torch.equal(outlier_logits(two[:, :1]), two[:, 0])
    assert torch.equal(outlier_logits(two[:, 0]), two[:, 0])


@pytest.mark.parametrize("shape", [(5, 3), (5, 0), (5, 1, 1), ()])
def test_other_answers_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="expected a logit each, or two classes"):
        outlier_logits(torch.zeros(shape))


def test_the_pages_lines_learn_to_tell_a_sphere_from_normal_values() -> None:
    """Of 16 values the radius alone tells them: halfway, both lie 1.4 deviations away or more."""
    (example,) = re.findall(r"```python\n(model = Discriminator.*?)```", PAGE.read_text(), re.DOTALL)
    names: dict[str, Any] = {"torch": torch, "Discriminator": Discriminator, "softplus": F.softplus}
    names |= {"sample_sphere": sample_sphere, "mean_radius": mean_radius}
    names["batches"] = torch.randn(150, 100, 16)
    exec(compile(example, "docs/nn.md", "exec"), names)
    model, radius = names["model"], 1.5 * mean_radius(16)
    assert (model(sample_sphere(500, 16, radius=radius)) > 0).float().mean() > 0.9
    assert (model(torch.randn(500, 16)) < 0).float().mean() > 0.9
