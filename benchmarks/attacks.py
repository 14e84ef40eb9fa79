"""The thirteen attacks in foolbox 1.8.0's meaning against 1.8.0 itself, one image at a time (targets: 4 times
without Local Search, 2 with it).

One core, a classic network with 64-pixel dSprites (8 and 16 kernels, hidden 64) trained for the purpose, the
same 12 images for both; ours attack all 12 at once. 1.8.0 must lie in a folder of its own, which the variable
FOOLBOX_1_8_0 names: `uv pip install --target DIR --no-deps foolbox==1.8.0`.
"""

import collections
import collections.abc
import json
import os
import random
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from benchmarks._fits import adam
from benchmarks._rounds import measure_apart, timed
from lea import registry
from lea.compute.device import prepare_device
from lea.compute.network import Network
from lea.data.dsprites import DSprites
from lea.data.tensors import Data, Samples
from lea.studies.lea.networks.classic import Classic
from lea.training.loop import train
from lea.training.method import Setting
from lea.training.methods.classify import Classify
from tests.attacks.reference.make import PLAIN, RANDOM

SIDE, CLASSES, IMAGES, SLOWEST = 64, 3, 12, "local-search"
TARGETS = {True: 2.0, False: 4.0}  # with Local Search or without


class Cast(nn.Module):
    """1.8.0 on numpy 2 hands on float64."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.network(x.float())
        return out


def network() -> Classic:
    """Untrained."""
    torch.manual_seed(0)
    return Classic((1, SIDE, SIDE), CLASSES, kernels=(8, 16), hidden=64)


def prepare(file: Path) -> None:
    """A trained network, and the first test images that it gets right."""
    splits = []
    for split, count in (("train", 8000), ("test", 200)):
        made = DSprites().embedded(split, count, SIDE)
        labels = torch.from_numpy(made.labels["shape"]).long()
        splits.append(Samples(torch.from_numpy(made.values), labels, scale=(0.0, 255.0)))
    fit = adam(2e-3, 32, epochs=8)
    model = network().to(memory_format=torch.channels_last)
    data = Data(*splits, splits[0].first(0), (1, SIDE, SIDE), CLASSES, {})
    learner = Network(model, precision="float32")
    train(learner, Classify(Setting(learner, fit)), data, fit, seed=0)
    x, y = data.test.batch(torch.arange(len(data.test)))
    with torch.no_grad():
        right = (model.eval()(x).argmax(1) == y).nonzero()[:, 0]
    print(f"  the network gets {len(right)} of {len(y)} test images right", flush=True)
    kept = {"images": x[right[:IMAGES]].contiguous(), "labels": y[right[:IMAGES]]}
    save_file({name: one.contiguous() for name, one in model.state_dict().items()} | kept, file)


def measure(way: str, file: str) -> dict[str, tuple[float, int]]:
    """Attack -> seconds an image, and how many it found an adversarial for."""
    prepare_device(torch.device("cpu"), 1)
    held = load_file(file)
    x, y = held.pop("images"), held.pop("labels")
    model = network().eval().requires_grad_(False)
    model.load_state_dict(held)
    return theirs(model, x, y) if way == "theirs" else ours(model, x, y)


def ours(model: nn.Module, x: Tensor, y: Tensor) -> dict[str, tuple[float, int]]:
    """All images at once, the network as the stage prepares it."""
    model, found = model.to(memory_format=torch.channels_last), {}
    for name in (*PLAIN, *RANDOM):
        attack = registry.load("attack", name)()
        seconds, search = timed(lambda attack=attack: attack.search(model, (0.0, 1.0), x, y))
        found[name] = seconds / len(x), int(search.found.sum())
    return found


def theirs(model: nn.Module, x: Tensor, y: Tensor) -> dict[str, tuple[float, int]]:
    """One by one, as 1.8.0 does."""
    collections.Iterable = collections.abc.Iterable  # type: ignore[attr-defined]
    sys.path.insert(0, os.environ["FOOLBOX_1_8_0"])
    warnings.filterwarnings("ignore")
    import foolbox

    assert foolbox.__version__ == "1.8.0", f"{foolbox.__version__} in {os.environ['FOOLBOX_1_8_0']}"
    np.random.seed(0)
    random.seed(0)
    wrapped = foolbox.models.PyTorchModel(Cast(model), bounds=(0, 1), num_classes=CLASSES, device="cpu")
    found = {}
    for name, (kind, options) in (PLAIN | RANDOM).items():
        attack = getattr(foolbox.attacks, kind)(wrapped)
        own = options | ({"subsample": CLASSES} if name == "adef" else {})

        def all_of_them(attack: Any = attack, own: Any = own) -> int:
            return sum(
                _found(attack, image, int(label), own) for image, label in zip(x.numpy(), y, strict=True)
            )

        seconds, count = timed(all_of_them)
        found[name] = seconds / len(x), count
    return found


def _found(attack: Any, image: np.ndarray, label: int, options: dict[str, int]) -> bool:
    try:
        return bool(np.isfinite(attack(image, label, unpack=False, **options).distance.value))
    except (ValueError, UnboundLocalError):
        return False


def main() -> None:
    """Print both times and their ratio, attack by attack and together."""
    if "FOOLBOX_1_8_0" not in os.environ:
        print("  left out: FOOLBOX_1_8_0 names no folder with foolbox 1.8.0 (see benchmarks/attacks.py)")
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "network.safetensors"
        prepare(file)
        old, new = (measure_apart(__name__, way, str(file)) for way in ("theirs", "ours"))
    for name in old:
        (before, their_count), (after, our_count) = old[name], new[name]
        counts = f"{their_count} and {our_count} of {IMAGES} found"
        print(
            f"  {name:20} {before:7.4f} s an image, ours {after:7.4f}: {before / after:6.1f} times; {counts}"
        )
    for with_slowest, target in TARGETS.items():
        names = [name for name in old if with_slowest or name != SLOWEST]
        before, after = (sum(one[name][0] for name in names) for one in (old, new))
        what = "all thirteen" if with_slowest else "without Local Search"
        print(f"  {what}: {before:.2f} s against {after:.2f}: {before / after:.1f} times; target {target}")


if __name__ == "__main__":
    print(json.dumps(measure(*sys.argv[1:])))
