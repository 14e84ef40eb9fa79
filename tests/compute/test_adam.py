"""Oracle: PyTorch's own Adam, to the bit."""

from copy import deepcopy

import torch
from torch import nn

from lea.compute.adam import Adam


def test_steps_are_pytorchs_and_leave_no_graph() -> None:
    ours = nn.Sequential(nn.Linear(7, 5), nn.ReLU(), nn.Linear(5, 3))
    theirs = deepcopy(ours)
    optimizers = Adam(ours.parameters(), 1e-2), torch.optim.Adam(theirs.parameters(), lr=1e-2, fused=True)
    for step in range(6):
        x = torch.randn(4, 7)
        for network, optimizer in zip((ours, theirs), optimizers, strict=True):
            optimizer.zero_grad()
            assert all(weight.grad is None for weight in network.parameters())
            network(x).square().sum().backward(inputs=None if step % 2 else list(network[2].parameters()))
            optimizer.step()
    for weight, expected in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(weight, expected)
        assert weight.is_leaf
        assert weight.requires_grad
