"""What a model makes of points of two values, over the square that they lie in: with a density, its
logarithm; if it can be undone, where the points are carried, straight lines of that plane brought back, and
points that it makes up; with one logit, that. A plane's first row is its lowest. Of a model over a flow, as
deep archetypes are, it is the flow's, with its archetypes `z`.

With `outliers` as many are drawn on purpose as points, `far` out (lea/nn/outliers.py).
"""

from collections.abc import Iterator
from typing import Any, Literal

import torch
from torch import Tensor

from lea.compute.network import Network
from lea.data.tensors import Samples
from lea.errors import UserError
from lea.nn.outliers import brought_back, latent_outliers
from lea.show.picture import Picture

LIMITS = {"reach": (0.1, 1000), "side": (2, 1024), "points": (1, 100_000), "far": (1e-6, 1e6)}
CARRIED = 4.0  # half the side of the plane that points are carried to
LINES, PLACES = 13, 200  # in either direction, and on each


def show(
    network: Network,
    samples: Samples,
    *,
    reach: float = 4.0,
    side: int = 120,
    points: int = 600,
    outliers: Literal["shell", "sphere", "beyond", "maxima", "simplex"] | None = None,
    far: float = 2.0,
) -> Iterator[Picture]:
    """Of the square from -`reach` to `reach`, `side` places a side, and of the first test points."""
    model: Any = network.model
    flow: Any = getattr(model, "flow", None) if hasattr(model, "z") else model
    x, y = samples.batch(torch.arange(min(points, len(samples)), device=samples.values.device))
    if x.shape[1:] != (2,):
        raise UserError(f"samples of shape {tuple(x.shape[1:])}; expected points of two values for a plane")
    yield from _points("point", x, y, reach)
    places = lattice(reach, side).to(x.device)
    if hasattr(flow, "density"):
        yield _plane("log density", flow.density(places).total, side, reach)
    elif (logits := network.forward(places)).shape[1:] == (1,):
        yield _plane("logit", logits.float()[:, 0], side, reach)
    if not hasattr(flow, "inverse"):
        return
    yield from _points("carried point", flow(x), y, CARRIED)
    yield from _points("made", flow.sample(len(x)), None, reach)
    for number, line in enumerate(lines(CARRIED).to(x.device)):
        yield Picture("network", "line", number, 0, -reach, reach, flow.inverse(line).cpu().numpy())
    carried = {} if model is flow else {"archetype": model.z}
    if outliers:
        carried["outlier"] = latent_outliers(model, where=outliers, far=far)(len(x)).to(x.device)
    for kind, places in carried.items():
        yield from _points(f"carried {kind}", places, None, CARRIED)
        yield from _points(kind, brought_back(flow, places), None, reach)


def lattice(reach: float, side: int) -> Tensor:
    """(side * side, 2): row by row, the middles of the squares that a square is divided into."""
    middles = (torch.arange(side) + 0.5) * (2 * reach / side) - reach
    vertical, level = torch.meshgrid(middles, middles, indexing="ij")
    return torch.stack([level, vertical], -1).flatten(0, 1)


def lines(reach: float) -> Tensor:
    """(lines, places, 2): upright ones, then level ones."""
    at, along = torch.linspace(-reach, reach, LINES), torch.linspace(-reach, reach, PLACES)
    upright = torch.stack([at[:, None].expand(-1, PLACES), along.expand(LINES, -1)], -1)
    return torch.cat([upright, upright.flip(-1)])


def _plane(kind: str, values: Tensor, side: int, reach: float) -> Picture:
    return Picture("network", kind, 0, 0, -reach, reach, values.unflatten(0, (side, side)).cpu().numpy())


def _points(kind: str, points: Tensor, labels: Tensor | None, reach: float) -> Iterator[Picture]:
    """A picture a class: its points, a row each."""
    labels = torch.zeros(len(points), dtype=torch.int64).to(points.device) if labels is None else labels
    for label in labels.unique():  # in their order
        yield Picture("network", kind, 0, int(label), -reach, reach, points[labels == label].cpu().numpy())
