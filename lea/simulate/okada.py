"""How the ground above a slipping rectangle moves: Okada (1985), BSSA 75(4), 1135-1154, at the surface.

His axes: the origin lies at the surface above the start of the rectangle's LOWER edge, which is at `depth`;
x points along strike, y to the left of it, z up, and the rectangle rises from its lower edge to the left, so
that it dips to the right. Lengths have any one unit, displacements the unit of the slip.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

POISSON = 0.25  # of the half-space: its two elastic constants are equal
UPRIGHT = 1e-5  # below this cosine a dip counts as 90 degrees: Eq. 28 divides by its square
NOTHING = 1e-10  # of the rectangle's size; below it a distance counts as 0, as rounding cannot give it


@dataclass(frozen=True, slots=True, kw_only=True)
class Dislocation:
    """A rectangle in the half-space, and how far its upper side slips on its lower one."""

    depth: float  # of the lower edge
    dip: float  # degrees; negative: the rectangle reaches down from the edge at `depth`
    length: float  # along strike
    width: float  # along dip
    strike_slip: float = 0.0  # positive: left-lateral
    dip_slip: float = 0.0  # positive: upwards (a thrust)
    tensile: float = 0.0  # positive: it opens


class Displacement(NamedTuple):
    """Of points of the surface, in their shape."""

    x: Tensor  # along strike
    y: Tensor  # to the left of it
    z: Tensor  # up


class _Corner(NamedTuple):
    """What Eqs. 25 to 29 are written in: one of the four terms of Chinnery's sum (Eq. 24)."""

    xi: Tensor
    eta: Tensor
    q: Tensor
    sine: float  # of the dip
    cosine: float
    ratio: float  # mu / (lambda + mu)


def displacement(x: Tensor, y: Tensor, fault: Dislocation, poisson: float = POISSON) -> Displacement:
    """Points of the surface in Okada's axes, of any one shape -> how far each moves."""
    dip = math.radians(fault.dip)
    sine, cosine = math.sin(dip), math.cos(dip)
    size = abs(fault.depth) + fault.length + fault.width
    p = y * cosine + fault.depth * sine
    q = _settled(y * sine - fault.depth * cosine, size)
    total = torch.zeros(3, *p.shape, dtype=p.dtype, device=p.device)
    for along, sign_along in ((0.0, 1), (fault.length, -1)):
        for up, sign_up in ((0.0, 1), (fault.width, -1)):
            xi, eta = _settled(x - along, size), _settled(p - up, size)
            corner = _Corner(xi, eta, q, sine, cosine, 1 - 2 * poisson)
            total += sign_along * sign_up * _moved(corner, fault)
    return Displacement(*total / (2 * math.pi))


def _settled(values: Tensor, size: float) -> Tensor:
    """Zero where it is zero but for rounding: the singular cases are told apart by it."""
    return torch.where(values.abs() < NOTHING * size, 0.0, values)


def _over(above: Tensor, below: Tensor) -> Tensor:
    """The quotient; zero where its denominator is, as the paper sets such terms."""
    return torch.where(below == 0, 0.0, above / torch.where(below == 0, 1.0, below))


def _sum(r: Tensor, part: Tensor, others: Tensor) -> Tensor:
    """`r + part` of `r = sqrt(part^2 + others)` without cancellation where `part` is negative."""
    return torch.where(part < 0, _over(others, r - part), r + part)


def _moved(c: _Corner, fault: Dislocation) -> Tensor:
    """(3, ...) 2 pi times what a corner gives to the displacement: Eqs. 25, 26 and 27, each by its slip."""
    xi, eta, q, sine, cosine, _ = c
    y, d = eta * cosine + q * sine, eta * sine - q * cosine
    r = (xi**2 + eta**2 + q**2).sqrt()
    r_eta = r * _sum(r, eta, xi**2 + q**2)
    r_xi = r * _sum(r, xi, eta**2 + q**2)
    angle = torch.atan(_over(xi * eta, q * r))  # zero in the plane of the rectangle
    i1, i2, i3, i4, i5 = _integrals(c, y, d, r)
    moved = torch.zeros(3, *r.shape, dtype=r.dtype, device=r.device)
    if fault.strike_slip:
        found = (
            _over(xi * q, r_eta) + angle + i1 * sine,
            _over(y * q, r_eta) + _over(q * r, r_eta) * cosine + i2 * sine,
            _over(d * q, r_eta) + _over(q * r, r_eta) * sine + i4 * sine,
        )
        moved -= fault.strike_slip * torch.stack(found)
    if fault.dip_slip:
        found = (
            _over(q, r) - i3 * sine * cosine,
            _over(y * q, r_xi) + cosine * angle - i1 * sine * cosine,
            _over(d * q, r_xi) + sine * angle - i5 * sine * cosine,
        )
        moved -= fault.dip_slip * torch.stack(found)
    if fault.tensile:
        turned = _over(xi * q, r_eta) - angle
        found = (
            _over(q**2, r_eta) - i3 * sine**2,
            -_over(d * q, r_xi) - sine * turned - i1 * sine**2,
            _over(y * q, r_xi) + cosine * turned - i5 * sine**2,
        )
        moved += fault.tensile * torch.stack(found)
    return moved


def _integrals(c: _Corner, y: Tensor, d: Tensor, r: Tensor) -> tuple[Tensor, ...]:
    """I1 to I5: Eq. 28, or Eq. 29 for an upright rectangle."""
    xi, eta, q, sine, cosine, ratio = c
    r_d = r + d
    r_eta = _sum(r, eta, xi**2 + q**2)
    on_line = r_eta == 0
    log_eta = torch.where(on_line, -_logarithm(r - eta), _logarithm(r_eta))
    if abs(cosine) < UPRIGHT:
        i1 = -ratio / 2 * _over(xi * q, r_d**2)
        i3 = ratio / 2 * (_over(eta, r_d) + _over(y * q, r_d**2) - log_eta)
        i4 = -ratio * _over(q, r_d)
        i5 = -ratio * _over(xi, r_d) * sine
    else:
        tangent = sine / cosine
        x = (xi**2 + q**2).sqrt()
        above = eta * (x + q * cosine) + x * (r + x) * sine
        i5 = ratio * 2 / cosine * torch.atan(_over(above, xi * (r + x) * cosine))  # zero where xi is
        i4 = ratio / cosine * (_logarithm(r_d) - sine * log_eta)
        i3 = ratio * (_over(y, r_d) / cosine - log_eta) + tangent * i4
        i1 = -ratio / cosine * _over(xi, r_d) - tangent * i5
    return i1, -ratio * log_eta - i3, i3, i4, i5


def _logarithm(values: Tensor) -> Tensor:
    """Zero where there is nothing to take it of: at a corner of a rectangle that cuts the surface."""
    return torch.where(values > 0, values, 1.0).log()
