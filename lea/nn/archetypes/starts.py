"""Where archetypes begin, and which points they can be mixtures of; drawn from PyTorch's random stream."""

import torch
from torch import Tensor

AGAIN = 10  # points that are chosen again, the first ones first: these were drawn, or chosen by few
DIRECTIONS = 256  # that are looked in at once
TRIES = 8  # times as many directions as points are wanted, at most


def random_points(x: Tensor, count: int) -> Tensor:
    """(n, features) -> (count,), different rows."""
    return torch.randperm(len(x))[:count].to(x.device)


def furthest_sums(x: Tensor, count: int) -> Tensor:
    """(n, features) -> (count,), rows each of which has the largest sum of distances to the others (Mørup and
    Hansen 2012).
    """
    squares = x.square().sum(1)

    def distances(row: int) -> Tensor:
        return (squares + squares[row] - 2 * (x @ x[row])).clamp(min=0).sqrt().double()  # (n,)

    chosen = [int(torch.randint(len(x), ()))]
    sums = distances(chosen[0])
    for turn in range(count - 1 + AGAIN):
        if turn >= count - 1:
            sums -= distances(chosen.pop(0))
        free = sums.index_fill(0, torch.tensor(chosen, dtype=torch.int64, device=x.device), -torch.inf)
        chosen.append(int(free.argmax()))
        sums += distances(chosen[-1])
    return torch.tensor(chosen, device=x.device)


def extreme_points(x: Tensor, count: int) -> Tensor:
    """(n, features) -> (at most count,), rows that are the first or the last of all in a random direction:
    corners of the hull, which alone a mixture at its border can need.
    """
    found = torch.zeros(0, dtype=torch.int64, device=x.device)
    for _ in range(-(-TRIES * count // DIRECTIONS)):
        along = x @ torch.randn(x.shape[1], DIRECTIONS, dtype=x.dtype).to(x.device)
        found = torch.cat([found, along.argmax(0), along.argmin(0)]).unique()
        if len(found) >= count:
            break
    return found[:count]
