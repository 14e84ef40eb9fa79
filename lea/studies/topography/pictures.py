"""Tiles of relief and what a model makes of them, in metres: some test tiles spread over all of them, the one
that comes back worst, where a code is maps the mean of these, and what is made of codes from a prior; in
float32, whatever the model was trained in.
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from lea.compute.network import Network
from lea.data.tensors import Samples
from lea.nn.losses import window_losses
from lea.show.picture import Picture

LIMITS = {"images": (1, 100)}
BATCH = 256


def show(network: Network, samples: Samples, *, images: int = 6) -> Iterator[Picture]:
    """Every so many-th test tile; all pictures of a tile have the range of its heights."""
    errors = torch.cat([_errors(network, samples, rows) for rows in torch.arange(len(samples)).split(BATCH)])
    worst = int(errors.argmax())
    rows = torch.linspace(0, len(samples) - 1, images).round().long()
    yield from _pictures(network, samples, rows.unique(), "")
    yield from _pictures(network, samples, torch.tensor([worst]), "worst ")
    yield from _made_up(network, samples, images)


def _errors(network: Network, samples: Samples, rows: Tensor) -> Tensor:
    x, _ = samples.batch(rows.to(samples.values.device))
    return window_losses(network.model(x), x).cpu()


def _pictures(network: Network, samples: Samples, rows: Tensor, prefix: str) -> Iterator[Picture]:
    low, high = samples.scale
    x, _ = samples.batch(rows.to(samples.values.device))
    made = {"input": x, "reconstruction": network.model(x)}
    for number, row in enumerate(rows.tolist()):
        heights = {kind: low + (high - low) * tiles[number, 0].float() for kind, tiles in made.items()}
        least, most = heights["input"].min().item(), heights["input"].max().item()
        for kind, values in heights.items():
            yield Picture("network", prefix + kind, row, 0, least, most, values.cpu().numpy())
    for row, values in zip(rows.tolist(), _maps(network, x), strict=False):
        low, high = values.min().item(), values.max().item()
        yield Picture("network", prefix + "code", row, 0, low, high, values.cpu().numpy())


def _made_up(network: Network, samples: Samples, images: int) -> Iterator[Picture]:
    """Tiles that a model makes up, if it does."""
    low, high = samples.scale
    model: Any = network.model
    if hasattr(model, "sample"):
        tiles = low + (high - low) * model.sample(images)[:, 0].float()
        for number, values in enumerate(tiles):
            least, most = values.min().item(), values.max().item()
            yield Picture("network", "sample", number, 0, least, most, values.cpu().numpy())


def _maps(network: Network, x: Tensor) -> Tensor:
    """(n, h', w'): the mean of the maps that an encoder's layers give, if they do."""
    layers: Any = getattr(getattr(network.model, "encoder", None), "layers", None)
    if layers is None:
        return x[:0, 0]
    out: Tensor = layers(x)
    return out.float().mean(1) if out.ndim == x.ndim else x[:0, 0]
