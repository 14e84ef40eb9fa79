"""Training a VAE with a flow against the usual loop with the same modules (target: 1.2 times).

Both train the learnt encoder with six flows in batches of 64 by the source's objective, each in a process of
its own, in turn; the ratio is taken pair by pair. The usual loop: a Dataset that gives one image at a time as
floats, a DataLoader that shuffles and collates, Adam as it comes, contiguous tensors, and the loss's value at
each step.
"""

import json
import sys
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from benchmarks._fits import adam
from benchmarks._rounds import measure_apart, print_rate, print_ratio, timed
from lea.compute.device import prepare_device
from lea.compute.network import Network
from lea.data.tensors import Data, Samples
from lea.nn import ConvLayout, EncoderDecoder, FCLayout, Learnt, RealNVP
from lea.nn.bound import cost_of
from lea.study.spec import Precision
from lea.training.loop import train
from lea.training.method import Setting
from lea.training.methods.elbo import ELBO

SHAPE, SAMPLES, BATCH, RATE, ROUNDS, EPOCHS = (1, 32, 32), 2048, 64, 1e-3, 3, 3
LAYOUTS: dict[str, Any] = {"fc": (FCLayout, 64), "conv": (ConvLayout, 128)}
WAYS = {"usual": "usual", "ours, float32": "float32", "ours, bfloat16": "bfloat16"}
TARGET = 1.2


class Images(Dataset):
    """One image at a time, as most people write it."""

    def __init__(self, pixels: np.ndarray) -> None:
        self.pixels = pixels

    def __len__(self) -> int:
        return len(self.pixels)

    def __getitem__(self, row: int) -> Tensor:
        return torch.from_numpy(self.pixels[row]).permute(2, 0, 1).float() / 255


def images() -> np.ndarray:
    """(n, h, w, 1) uint8."""
    return np.random.default_rng(0).integers(0, 256, (SAMPLES, *SHAPE[1:], 1), np.uint8)


def model(layout: str) -> EncoderDecoder:
    """With six flows."""
    made, hidden = LAYOUTS[layout]
    return EncoderDecoder(SHAPE, layout=made, encoder=Learnt, prior=partial(RealNVP, flows=6, hidden=hidden))


def usual_epoch(layout: str) -> Any:
    """What runs one epoch."""
    loader = DataLoader(Images(images()), BATCH, shuffle=True)
    network = model(layout)
    optimizer = torch.optim.Adam(network.parameters(), lr=RATE)

    def epoch() -> None:
        total = 0.0
        for x in loader:
            optimizer.zero_grad()
            loss = cost_of(network, x, "source").total.mean()
            loss.backward()
            optimizer.step()
            total += loss.item()

    return epoch


def our_epoch(layout: str, precision: Precision) -> Any:
    """Likewise, its test of one image after the epoch included."""
    prepare_device(torch.device("cpu"), torch.get_num_threads())
    samples = Samples(torch.from_numpy(images()), None, (0.0, 255.0))
    data = Data(samples, samples.first(1), samples.first(0), SHAPE, 0, {})
    fit = adam(RATE, BATCH, precision=precision)
    network = Network(model(layout).to(memory_format=torch.channels_last), precision=precision)  # type: ignore[call-overload]
    return lambda: train(network, ELBO(Setting(network, fit), protocol="source"), data, fit, seed=0)


def rate(layout: str, way: str) -> float:
    """Samples a second, of the fastest of some epochs."""
    torch.set_num_threads(1)
    epoch = usual_epoch(layout) if way == "usual" else our_epoch(layout, way)  # type: ignore[arg-type]
    epoch()
    return SAMPLES / min(timed(epoch)[0] for _ in range(EPOCHS))


def main() -> None:
    """Print rates and ratios."""
    for layout in LAYOUTS:
        print(layout)
        rounds = [
            {name: measure_apart(__name__, layout, way) for name, way in WAYS.items()} for _ in range(ROUNDS)
        ]
        for name in WAYS:
            print_rate(name, [one[name] for one in rounds])
        for name in list(WAYS)[1:]:
            ours, usual = [one[name] for one in rounds], [one["usual"] for one in rounds]
            print_ratio(f"{name} / usual", ours, usual, TARGET)


if __name__ == "__main__":
    print(json.dumps(rate(*sys.argv[1:])))
