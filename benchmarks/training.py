"""The training loop against the usual one at 64 pixels, samples a second on two cores (target: 1.5 times).

Both train the classic network on the same rendered dSprites, each in a process of its own, in turn; the ratio
is taken pair by pair. The usual loop: a Dataset that gives one image at a time as floats, a DataLoader that
shuffles and collates, Adam as it comes, contiguous tensors. It is timed with its loader in the process and
with two workers; the faster one of a round counts.
"""

import statistics
import subprocess
import sys
import time

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from benchmarks._fits import adam
from lea.compute.device import prepare_device
from lea.compute.network import Network
from lea.data.dsprites import DSprites
from lea.data.tensors import Data, Samples
from lea.studies.lea.networks.classic import Classic
from lea.study.spec import Precision
from lea.training.loop import train
from lea.training.method import Setting
from lea.training.methods.classify import Classify

SIDE, SAMPLES, TEST_SAMPLES, BATCH, ROUNDS, THREADS = 64, 1536, 64, 64, 5, 2


class Images(Dataset):
    """One image and its label at a time, as most people write it."""

    def __init__(self, pixels: np.ndarray, labels: np.ndarray) -> None:
        self.pixels, self.labels = pixels, labels

    def __len__(self) -> int:
        return len(self.pixels)

    def __getitem__(self, row: int) -> tuple[Tensor, int]:
        return torch.from_numpy(self.pixels[row]).permute(2, 0, 1).float() / 255, int(self.labels[row])


def usual_loop(pixels: np.ndarray, labels: np.ndarray, *, workers: int) -> float:
    """Samples a second of the usual loop."""
    loader = DataLoader(Images(pixels, labels), BATCH, shuffle=True, num_workers=workers)
    model = Classic((1, SIDE, SIDE), 3)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)
    loss_function = nn.CrossEntropyLoss()
    start = time.perf_counter()
    total = 0.0
    for x, y in loader:
        optimizer.zero_grad()
        loss = loss_function(model(x), y)
        loss.backward()
        optimizer.step()
        total += loss.item()
    return len(pixels) / (time.perf_counter() - start)


def our_loop(pixels: np.ndarray, labels: np.ndarray, *, precision: Precision) -> float:
    """Samples a second of ours, its test after the epoch on one batch included."""
    prepare_device(torch.device("cpu"), THREADS)
    samples = Samples(torch.from_numpy(pixels), torch.from_numpy(labels), scale=(0.0, 255.0))
    data = Data(samples, samples.first(TEST_SAMPLES), samples.first(0), (1, SIDE, SIDE), 3, {})
    fit = adam(1e-4, BATCH, precision=precision)
    model = Classic((1, SIDE, SIDE), 3).to(memory_format=torch.channels_last)
    network = Network(model, precision=precision)
    start = time.perf_counter()
    train(network, Classify(Setting(network, fit)), data, fit, seed=0)
    return len(pixels) / (time.perf_counter() - start)


WAYS = {
    "usual, loader in process": lambda *data: usual_loop(*data, workers=0),
    "usual, two workers": lambda *data: usual_loop(*data, workers=2),
    "ours, float32": lambda *data: our_loop(*data, precision="float32"),
    "ours, bfloat16": lambda *data: our_loop(*data, precision="bfloat16"),
}


def measure(name: str) -> float:
    """Samples a second of one way, in this process, after one epoch to warm up."""
    torch.set_num_threads(THREADS)
    images = DSprites().embedded("train", SAMPLES, SIDE)
    data = images.values, images.labels["shape"].astype(np.int64)
    WAYS[name](*data)
    return WAYS[name](*data)


def measure_apart(name: str) -> float:
    """The same in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.training", name]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def main() -> None:
    """Print the median rates and ratios."""
    rounds = [{name: measure_apart(name) for name in WAYS} for _ in range(ROUNDS)]
    for name in WAYS:
        print(f"{name:28} {statistics.median(one[name] for one in rounds):7.0f} samples/s")
    for name in list(WAYS)[2:]:
        ratios = [one[name] / max(list(one.values())[:2]) for one in rounds]
        low, middle, high = min(ratios), statistics.median(ratios), max(ratios)
        print(
            f"{name} / the faster usual loop: median {middle:.2f} ({low:.2f} to {high:.2f}, {ROUNDS} pairs)"
        )


if __name__ == "__main__":
    print(measure(sys.argv[1]))
