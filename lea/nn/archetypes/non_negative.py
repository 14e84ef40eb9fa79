"""Non-negative least squares (Lawson and Hanson 1974), for many right-hand sides at once."""

import torch
from torch import Tensor

RIDGE = 1e-14  # of the mean square, so that equal columns have a solution
BITS = 16  # of a set that are looked at together
PASSES = 10  # at most, for each unknown; what has not ended by then is feasible, and better than its start
NOISE = 16  # roundings that a slope or a value may be off by


def nnls(gram: Tensor, targets: Tensor, start: Tensor | None = None, penalty: float = 0.0) -> Tensor:
    """(k, k), (n, k) -> (n, k): of every row t the `a >= 0` at which `a G a - 2 t a` is least.

    Of a system `|C a - x|` that is G = C^T C and t = C^T x. A `penalty` stands for a further row of the
    system, the root of it in each column, that wants a sum of 1: `+ penalty (1 - sum a)^2`, which is kept
    apart, since it would drown G if it were added to it.

    Rows move together: each solves for its passive set, goes towards that as far as it stays feasible, and
    lets an unknown out, or the steepest one in, until it gains nothing that is more than rounding. A `start`
    is feasible; its values over 0 are the first set.
    """
    gram = gram + RIDGE * gram.diagonal().mean() * torch.eye(len(gram), dtype=gram.dtype, device=gram.device)
    tiny, noise = torch.finfo(gram.dtype).tiny, NOISE * torch.finfo(gram.dtype).eps
    ended = torch.zeros_like(targets) if start is None else start.clone()
    rows = torch.arange(len(targets), device=targets.device)
    a, passive = ended, ended > 0
    value = _value(gram, targets, a, penalty)
    for _ in range(PASSES * len(gram)):
        best, pull = _solve(gram, targets, passive, penalty)
        over = passive & (best <= 0)
        reach = torch.where(over, a / (a - best).clamp(min=tiny), 1.0)
        step = reach.amin(1, keepdim=True)
        passive = passive & ~(over & (reach <= step))
        moved = torch.where(passive, a + step * (best - a), 0.0)
        reached = _value(gram, targets, moved, penalty)
        worse = reached > value + noise * (targets.abs() * a).sum(1)  # of unknowns that are all but dependent
        ended[rows] = torch.where(worse[:, None], a, moved)
        feasible = ~over.any(1)
        slope = (targets - moved @ gram + pull).masked_fill(passive, -torch.inf)
        steepest, which = slope.max(1)
        grows = feasible & (steepest > noise * targets.abs().amax(1))
        passive[grows, which[grows]] = True
        left = ~worse & (grows | (~feasible & (step[:, 0] > 0)))
        if not left.any():
            break
        rows, targets, a, passive, value = (one[left] for one in (rows, targets, moved, passive, reached))
    return ended


def _value(gram: Tensor, targets: Tensor, a: Tensor, penalty: float) -> Tensor:
    """(k, k), (n, k), (n, k) -> (n,), what is to be least."""
    return ((a @ gram - 2 * targets) * a).sum(1) + penalty * (1 - a.sum(1)).square()


def _solve(gram: Tensor, targets: Tensor, passive: Tensor, penalty: float) -> tuple[Tensor, Tensor]:
    """(k, k), (n, k), (n, k) -> (n, k), where `G a = t + pull` of each row's passive unknowns, the others 0;
    and (n, 1), the pull of the penalty, `penalty (1 - sum a)`.

    Rows of the same set share an inverse.
    """
    sets = torch.zeros(len(passive), dtype=torch.int64, device=passive.device)
    for some in passive.split(BITS, dim=1):
        powers = 2 ** torch.arange(some.shape[1], device=passive.device)
        sets = torch.unique((sets << BITS) + (some * powers).sum(1), return_inverse=True)[1]
    count = int(sets.max()) + 1
    within = passive.new_zeros(count, passive.shape[1]).index_put((sets,), passive)  # (sets, k)
    both = within[:, :, None] & within[:, None]
    outside = (~within).to(gram.dtype).diag_embed()
    inverse = torch.linalg.inv(torch.where(both, gram, outside)) * both  # (sets, k, k)
    alone = (inverse[sets] @ targets[:, :, None])[..., 0]
    ones = inverse.sum(2)[sets]  # (n, k), what a pull of 1 adds
    pull = penalty * (1 - alone.sum(1, keepdim=True)) / (1 + penalty * ones.sum(1, keepdim=True))
    return alone + pull * ones, pull
