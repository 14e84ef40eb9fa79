"""The capacity-controlled variational autoencoder: the divergence is held at a capacity that rises while
training (Sec. 2.4, Burgess et al. 2018).
"""

import torch
from torch import Tensor

from lea.nn.autoencoders.vae import VAE, GaussianCode
from lea.nn.coders.coder import MakeCoder, Shape
from lea.nn.losses import Loss


class CVAE(VAE):
    """Minimises `gamma |KL - C| + RL` while training, a VAE's loss while testing.

    C rises linearly from 0 to `capacity` (in nats) over the first `rising` epochs, or over all of them.
    """

    LIMITS = {"gamma": (0, 1e6), "capacity": (0, 1e6), "rising": (1, 1_000_000)}
    target: Tensor

    def __init__(
        self,
        shape: Shape,
        code: int = 10,
        *,
        coder: str | MakeCoder = "fc",
        gamma: float = 10.0,
        capacity: float = 25.0,
        rising: int | None = None,
    ) -> None:
        super().__init__(shape, code, coder=coder)
        if gamma < 0 or capacity < 0 or (rising is not None and rising < 1):
            found = f"gamma {gamma}, capacity {capacity}, rising {rising}"
            raise ValueError(f"cvae: {found}; expected none below 0, and rising 1 or more, or None")
        self.gamma, self.capacity, self.rising = gamma, capacity, rising
        self.register_buffer("target", torch.zeros(()), persistent=False)

    def advance(self, epoch: float, epochs: int) -> None:
        """Say how many epochs are done, and of how many."""
        self.target.fill_(self.capacity * min(1.0, epoch / (self.rising or epochs)))

    def loss(self, v: Tensor, code: GaussianCode, r: Tensor) -> Loss:
        """Of windows, their codes and their reconstructions."""
        loss = super().loss(v, code, r)
        if not self.training or loss.divergence is None:
            return loss
        return loss._replace(total=self.gamma * (loss.divergence - self.target).abs() + loss.reconstruction)
