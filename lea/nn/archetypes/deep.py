"""Deep archetypes (Keller et al. 2020, here over a flow): samples are mixtures where a flow carries them.

The archetypes are the corners of a regular simplex there, in directions that are drawn at random: a flow
hardly turns what it carries, so that along its first axes they would differ in a few pixels' values.
"""

import math
from collections.abc import Callable
from typing import Literal, NamedTuple, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lea.nn.compressors import ReadImages
from lea.nn.encoders.encoder import Posterior, constant_posterior
from lea.nn.flows.coupling import Mapped
from lea.nn.layouts.layout import Shape
from lea.nn.priors.prior import log_normal


class Carrying(Protocol):
    """What is asked of a flow."""

    def map(self, x: Tensor) -> Mapped:
        """(n, ...) -> (n, features), and (n,)."""
        ...

    def inverse(self, u: Tensor) -> Tensor:
        """(n, features) -> the samples that are carried there."""
        ...


MakeModel = Callable[[Shape], Carrying]  # from a sample's shape


class DeepLosses(NamedTuple):
    """Of each sample or archetype, summed over its values."""

    a: Tensor  # (n, k), the mixtures
    nats: Tensor  # (n,), the negative logarithm of a sample's density
    mixture: Tensor  # (n,), |t - a Z|^2
    archetype: Tensor  # (k,), |Z - b t|^2
    side: Tensor | None = None  # (n,), nats of a sample's label; None: none is predicted


class DeepArchetypes(nn.Module):
    """(n, ...) -> (n, ...): mixtures `a Z` in place of `t = f(x)`, where a flow f carries samples.

    a is the softmax over archetypes of a linear layer of t, b the one over samples of another. The corners Z
    are fixed while all else is learnt, or free, which is that they are learnt too.

    Over a flow that was trained before: a run of this model that follows the likelihood alone (`mixture` and
    `archetype` 0) trains the flow, another starts with its part `flow`, and has that frozen.
    """

    LIMITS = {"archetypes": (1, 10_000), "radius": (1e-6, 1e6)}
    z: Tensor

    def __init__(
        self,
        shape: Shape,
        *,
        flow: MakeModel,
        archetypes: int = 3,
        vertices: Literal["fixed", "free"] = "fixed",
        radius: float = 1.0,
    ) -> None:
        super().__init__()
        features = math.prod(shape)
        if archetypes < 1 or archetypes - 1 > features:
            expected = (
                f"expected 1 to {features + 1}, the corners that a simplex can have in {features} values"
            )
            raise ValueError(f"{archetypes} archetypes; {expected}")
        self.shape, self.flow = shape, flow(shape)
        if not (hasattr(self.flow, "map") and hasattr(self.flow, "inverse")):
            found = f"the flow is a {type(self.flow).__name__}, without `map` or `inverse`"
            raise ValueError(f"{found}; expected one that has both, such as flow or multi-scale-flow")
        directions = nn.init.orthogonal_(torch.empty(archetypes - 1, features))
        z = simplex(archetypes, radius) @ directions
        if vertices == "free":
            self.z = nn.Parameter(z)
        else:
            self.register_buffer("z", z)
        self.to_a, self.to_b = nn.Linear(features, archetypes), nn.Linear(features, archetypes)

    def forward(self, x: Tensor) -> Tensor:
        """(n, ...) -> (n, ...)."""
        return self.decode(self.encode(x).mean)

    def encode(self, x: Tensor) -> Posterior:
        """(n, ...) -> twice (n, archetypes), the first a point in the simplex."""
        return constant_posterior(self.to_a(self.flow.map(x).y).softmax(1))

    def decode(self, z: Tensor) -> Tensor:
        """(n, archetypes) -> (n, ...); also of weights outside of the simplex."""
        return self.flow.inverse(z @ self.z)

    def losses(self, x: Tensor) -> DeepLosses:
        """(n, ...), samples that are all there are, as far as b is concerned."""
        t, log_determinant = self.flow.map(x)
        a, b = self.to_a(t).softmax(1), self.to_b(t).softmax(0).T
        return DeepLosses(
            a=a,
            nats=-log_normal(t) - log_determinant,
            mixture=(t - a @ self.z).square().sum(1),
            archetype=(self.z - b @ t).square().sum(1),
        )

    @torch.no_grad()
    def read_archetypes(self, read: ReadImages) -> tuple[Tensor, Tensor]:
        """(k, n), (k, features): b over all samples that are read, and the mixtures of them."""
        carried = torch.cat([self.flow.map(x).y for x in read()])
        b = self.to_b(carried).softmax(0).T
        return b, b @ carried


class LabelledArchetypes(DeepArchetypes):
    """The same, with side information: a linear layer predicts a sample's label from its mixture."""

    def __init__(
        self,
        shape: Shape,
        classes: int,
        *,
        flow: MakeModel,
        archetypes: int = 3,
        vertices: Literal["fixed", "free"] = "fixed",
        radius: float = 1.0,
    ) -> None:
        super().__init__(shape, flow=flow, archetypes=archetypes, vertices=vertices, radius=radius)
        self.to_label = nn.Linear(archetypes, classes)

    def losses_with_labels(self, x: Tensor, y: Tensor) -> DeepLosses:
        """(n, ...), (n,)."""
        found = self.losses(x)
        return found._replace(side=F.cross_entropy(self.to_label(found.a), y, reduction="none"))


def simplex(count: int, radius: float = 1.0) -> Tensor:
    """(count, count - 1): points of one length that lie equally far from one another, around 0."""
    centred = torch.eye(count, dtype=torch.float64) - 1 / count
    corners = torch.linalg.qr(centred[:, : count - 1]).Q  # of its columns' plane a basis, in which they stand
    return (corners * radius * math.sqrt(count / max(1, count - 1))).float()
