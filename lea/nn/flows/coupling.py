"""Couplings: maps that are undone at the price of following them, and say how much they stretch (Sec. 2.2.1;
Dinh et al. 2015, 2017).

A sample's features, or the channels of its maps, are two halves: one stays and decides what becomes of the
other, whereupon they change places. All couplings are this law; they differ in how they come by its terms.
"""

import math
from abc import abstractmethod
from collections.abc import Callable, Iterable
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

Clamp = Literal["tanh", "arctan", "none"]
CLAMPS: dict[str, Callable[[Tensor, float], Tensor]] = {  # of s, smoothly to -bound and bound
    "tanh": lambda s, bound: bound * (s / bound).tanh(),
    "arctan": lambda s, bound: (2 * bound / math.pi) * (s / bound).atan(),
    "none": lambda s, bound: s,
}


class Mapped(NamedTuple):
    """What a flow makes of samples."""

    y: Tensor  # (n, ...)
    log_determinant: Tensor  # (n,), of the map's Jacobian


class Terms(NamedTuple):
    """What becomes of the half that is changed, each of its shape."""

    s: Tensor | None  # the logarithm of how much it is stretched; None: it keeps its volume
    t: Tensor

    def follow(self, b: Tensor) -> Tensor:
        """Eq. 2.4, 2.5."""
        return b + self.t if self.s is None else self.s.exp() * b + self.t

    def undo(self, y: Tensor) -> Tensor:
        """Eq. 2.6."""
        return y - self.t if self.s is None else (y - self.t) * (-self.s).exp()


class Coupling(nn.Module):
    """`y_a = x_a; y_b = exp(s(x_a)) * x_b + t(x_a)`, whereupon the halves change places."""

    @abstractmethod
    def terms(self, a: Tensor) -> Terms:
        """(n, half, ...) -> s and t of that shape."""

    def forward(self, x: Tensor) -> Mapped:
        """(n, features, ...) -> the same shape, and (n,)."""
        return through([self], x)

    def inverse(self, y: Tensor) -> Tensor:
        """(n, features, ...) -> what was mapped to it."""
        return back([self], y)


class Additive(Coupling):
    """`y_b = x_b + t(x_a)`: no volume changes, and the log-determinant is 0."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def terms(self, a: Tensor) -> Terms:
        """T is what the network gives, of the half's shape."""
        return Terms(None, self.network(a))


class Affine(Coupling):
    """`y_b = exp(s(x_a)) * x_b + t(x_a)`, both from one network, s clamped softly to `bound` on either side:
    `bound * tanh(s / bound)`, or with arctan times 2 / pi.
    """

    def __init__(self, network: nn.Module, *, clamp: Clamp = "tanh", bound: float = 2.0) -> None:
        super().__init__()
        if clamp not in CLAMPS:
            raise ValueError(f"clamp '{clamp}'; expected one of {', '.join(CLAMPS)}")
        if not 0 < bound < math.inf:
            raise ValueError(f"bound {bound}; expected a number above 0, which s does not exceed")
        self.network, self.clamp, self.bound = network, clamp, bound

    def terms(self, a: Tensor) -> Terms:
        """Of what the network gives, which has twice the half's channels, the first are s."""
        s, t = self.network(a).chunk(2, dim=1)
        return Terms(CLAMPS[self.clamp](s, self.bound), t)


def through(couplings: Iterable[nn.Module], x: Tensor) -> Mapped:
    """(n, features, ...) -> the same shape, and (n,): couplings one behind another."""
    a, b = x.chunk(2, dim=1)  # they are joined once, at the end
    log_determinant = x.new_zeros(len(x))
    for coupling in couplings:
        terms = _terms(coupling, a, b)
        a, b = terms.follow(b), a
        if terms.s is not None:
            log_determinant = log_determinant + terms.s.flatten(1).sum(1)
    return Mapped(torch.cat([a, b], dim=1), log_determinant)


def back(couplings: Iterable[nn.Module], y: Tensor) -> Tensor:
    """(n, features, ...) -> what these couplings map to it."""
    a, b = y.chunk(2, dim=1)
    for coupling in reversed(list(couplings)):
        a, b = b, _terms(coupling, b, a).undo(a)
    return torch.cat([a, b], dim=1)


def check_halves(features: int) -> None:
    """Refuse what has no two halves."""
    if features < 2 or features % 2:
        raise ValueError(f"a flow of {features} features; expected an even number, for two halves")


def _terms(coupling: nn.Module, a: Tensor, b: Tensor) -> Terms:
    """Terms of another shape than b's would be repeated over it, or fail far from their network."""
    terms: Terms = coupling.terms(a)  # type: ignore[operator]
    for one in terms:
        if one is not None and one.shape != b.shape:
            found = f"a coupling's network gave a term of shape {tuple(one.shape)}"
            raise ValueError(f"{found}; expected {tuple(b.shape)}, a half's: one for each of s and t")
    return terms
