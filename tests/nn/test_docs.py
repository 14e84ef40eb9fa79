"""Oracle: the pages themselves, docs/layer.md and docs/nn.md, whose code is run as it stands."""

import re
from pathlib import Path
from typing import Any

import torch

from lea.nn import LEA, Archetypes, Flow

PAGE = (Path(__file__).parents[2] / "docs" / "layer.md").read_text()
(EXAMPLE,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
INTERFACE = (Path(__file__).parents[2] / "docs" / "nn.md").read_text()
(ARCHETYPES,) = re.findall(r"```python\n(model = Archetypes.*?)```", INTERFACE, re.DOTALL)
(FLOW,) = re.findall(r"```python\n(flow = .*?)```", INTERFACE, re.DOTALL)


def test_the_pages_loop_trains_the_network_and_its_lea() -> None:
    names: dict[str, Any] = {}
    exec(compile(EXAMPLE, "docs/layer.md", "exec"), names)
    network, x, y = names["network"], torch.rand(64, 1, 28, 28), torch.arange(64) % 10
    before = {name: value.clone() for name, value in network.state_dict().items()}
    assert isinstance(network[2], LEA)
    names["train"]([(x[:32], y[:32]), (x[32:], y[32:])], 2)
    assert all(not torch.equal(network.state_dict()[name], value) for name, value in before.items())


def test_the_pages_loop_lowers_both_losses() -> None:
    names: dict[str, Any] = {}
    exec(compile(EXAMPLE, "docs/layer.md", "exec"), names)
    network, x = names["network"], torch.rand(64, 1, 28, 28)
    y = torch.arange(64) % 2
    x[y == 1, :, :14] = 0

    def measured() -> tuple[float, float]:
        network.train()
        loss = torch.nn.functional.cross_entropy(network(x), y)
        return loss.item(), names["losses"](network)["2"].total.item()

    start = measured()
    names["train"]([(x, y)], 30)
    assert all(after < 0.8 * before for before, after in zip(start, measured(), strict=True))


def test_the_example_is_as_short_as_it_claims_to_be() -> None:
    assert len([line for line in EXAMPLE.splitlines() if line.strip()]) <= 30


def test_five_lines_give_a_flow_that_learns_a_density() -> None:
    assert len(FLOW.strip().splitlines()) == 5
    x = 3 + 0.2 * torch.randn(1000, 2)
    names: dict[str, Any] = {"torch": torch, "Flow": Flow, "batches": [x] * 150}
    start = -Flow((2,)).density(x).total.mean().item()
    exec(compile(FLOW, "docs/nn.md", "exec"), names)
    assert names["loss"].item() < start - 3
    assert (names["flow"].inverse(names["flow"](x)) - x).abs().max() < 1e-4
    assert (names["flow"].sample(500).mean(0) - 3).abs().max() < 0.2


def test_five_lines_give_the_archetypes_of_points() -> None:
    assert len(ARCHETYPES.strip().splitlines()) == 5
    mixed = torch.distributions.Dirichlet(torch.full((8,), 0.3)).sample((500,))
    x = torch.cat([torch.eye(8), mixed]) @ torch.randn(8, 50)
    names: dict[str, Any] = {"Archetypes": Archetypes, "x": x}
    exec(compile(ARCHETYPES, "docs/nn.md", "exec"), names)
    model, shares = names["model"], names["shares"]
    assert names["losses"].mean() < 0.01 * x.var(0).sum()
    assert torch.allclose(shares.sum(1), torch.ones(508))
    assert torch.allclose((model.decode(shares) - x).square().sum(1), names["losses"], atol=0.01)
    assert torch.allclose(model.b @ x[model.rows], model.z, atol=1e-4)
