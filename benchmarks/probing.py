"""Probes of all layers of a network trained together against one layer at a time (target: 3 times).

cnn-lea (vae fc, code 10, window 4, stride 2) with its seven layers, all four kinds of probe, a hidden layer
of 1,024; weights are random, which changes no time. One at a time: the same work, layer by layer. Each way
runs in a process of its own, in turn; ratios are taken pair by pair.
"""

import json
import sys

import torch
from torch import nn

from benchmarks._rounds import measure_apart, print_ratio, timed
from lea.compute.device import prepare_device
from lea.compute.network import Network
from lea.nn import LEA, VAE
from lea.probes.layers import Layers
from lea.probes.readers import TRAINED, UNTRAINED
from lea.probes.stage import Probes
from lea.probes.training import Factor, Probing
from lea.studies.lea.networks.cnn_lea import CNNLEA

BATCH, HIDDEN, TARGET = 64, 1024, 3.0
FACTORS = [
    Factor("scale", 6, True),
    Factor("orientation", 40, True, 39),
    Factor("x", 32, True),
    Factor("y", 32, True),
]
CASES = {
    "32": ((16, 32), 4, 4),
    "64": ((32, 64), 1, 2),
}  # side: kernels, steps of which the fastest counts, rounds
LAYERS = ("input", "conv1", "lea1", "conv2", "lea2", "hidden", "out")


def network(side: int, kernels: tuple[int, int]) -> nn.Module:
    """Untrained: its values do not matter here."""
    torch.manual_seed(0)

    def make_lea(shape: tuple[int, int, int]) -> LEA:
        return LEA(VAE((shape[0], 4, 4), 10, coder="fc"), 2)

    return CNNLEA((1, side, side), 3, lea=make_lea, kernels=kernels).to(memory_format=torch.channels_last)


def measure(way: str, side: str) -> float:
    """Seconds that a batch takes: of one step for all layers, or of one for each."""
    prepare_device(torch.device("cpu"), torch.get_num_threads())
    kernels, steps, _ = CASES[side]
    x = torch.rand(BATCH, 1, int(side), int(side))
    y = torch.stack([torch.randint(factor.classes, (BATCH,)) for factor in FACTORS], 1)
    total = 0.0
    for layers in [LAYERS] if way == "together" else [(layer,) for layer in LAYERS]:
        models = {
            kind: Network(network(int(side), kernels), precision="float32") for kind in (TRAINED, UNTRAINED)
        }
        networks = {kind: Layers(model, layers) for kind, model in models.items()}
        probes = Probes(
            factors=tuple(factor.name for factor in FACTORS),
            layers=layers,
            hidden=HIDDEN,
            samples=None,
            epochs=1,
            batch_size=BATCH,
            learning_rate=1e-4,
        )
        probing = Probing(networks, FACTORS, probes, 0, x)
        probing.step(x, y, y)  # Adam's state is made now
        total += min(timed(lambda probing=probing: probing.step(x, y, y))[0] for _ in range(steps))
    return total


def main() -> None:
    """Print the ratios."""
    for side, (_, _, rounds) in CASES.items():
        pairs = [[measure_apart(__name__, way, side) for way in ("together", "apart")] for _ in range(rounds)]
        together, apart = zip(*pairs, strict=True)
        print_ratio(f"{side} pixels: one layer at a time / all together", list(apart), list(together), TARGET)


if __name__ == "__main__":
    print(json.dumps(measure(*sys.argv[1:])))
