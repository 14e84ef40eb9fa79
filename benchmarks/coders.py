"""Convolutional coders of small windows against PyTorch's convolutions (targets: 1.5 times with 8 kernels, no
slower with 32).

A LEA with a vae, window 4, stride 2, on 16 feature maps of 8 channels and 32 pixels: forward, loss, backward.
The usual version: every window goes through `F.conv2d` and `F.conv_transpose2d`, and a spatial broadcast lays
its code over every place. Both have the same weights; if their losses differ, this exits with an error. Each
runs in a process of its own, in turn; ratios are taken pair by pair.
"""

import json
import math
import sys
from functools import partial
from itertools import product

import torch
from torch import Tensor
from torch.nn import functional as F

from benchmarks._rounds import measure_apart, print_ratio, timed
from lea.compute.device import prepare_device
from lea.nn import LEA, VAE, losses
from lea.nn.coders import small
from lea.nn.coders.conv import Conv
from lea.nn.coders.sb import SB, Broadcast

SHAPE, BATCH, KERNELS, CODE, STRIDE = (8, 32, 32), 16, {"8": 1.5, "32": 1.0}, 10, 2
WARMING, STEPS, ROUNDS = 3, 10, 4


class Laid(Broadcast):
    """As it is written: the code in every place."""

    def forward(self, z: Tensor) -> Tensor:
        side = self.coordinates.shape[-1]
        tiled = z[:, :, None, None].expand(-1, -1, side, side)
        places = self.coordinates.to(z.dtype).expand(z.shape[0], -1, -1, -1)
        v = torch.cat([tiled, places], 1).movedim(1, -1).contiguous().movedim(-1, 1)
        return F.conv2d(v, self.weight, self.bias, padding="same")


CODERS = {"conv": Conv, "sb": SB}


def measure(coder: str, kernels: str, way: str, precision: str) -> list[float]:
    """Seconds of a step, and the loss of the first."""
    prepare_device(torch.device("cpu"), torch.get_num_threads())
    small.MOST = small.MOST if way == "ours" else 0
    torch.manual_seed(0)
    made = VAE((SHAPE[0], 4, 4), CODE, coder=partial(CODERS[coder], kernels=int(kernels)))
    if coder == "sb" and way == "usual":
        made.coder.first.__class__ = Laid
    layer = LEA(made, STRIDE).train()
    x = torch.rand(BATCH, *SHAPE).contiguous(memory_format=torch.channels_last)

    def step() -> float:
        layer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
            layer(x)
            (loss,) = losses(layer).values()
        loss.total.backward()
        return loss.total.item()

    torch.manual_seed(1)
    first = step()
    for _ in range(WARMING):
        step()
    return [min(timed(step)[0] for _ in range(STEPS)), first]


def main() -> None:
    """A line a coder and precision."""
    for coder, kernels, precision in product(CODERS, KERNELS, ("float32", "bfloat16")):
        seconds = {"ours": list[float](), "usual": list[float]()}
        for _ in range(ROUNDS):
            found = {
                way: measure_apart("benchmarks.coders", coder, kernels, way, precision) for way in seconds
            }
            same = math.isclose(found["ours"][1], found["usual"][1], rel_tol=1e-2)
            if not same:
                sys.exit(f"losses differ: {found}")
            for way, times in seconds.items():
                times.append(found[way][0])
        print_ratio(
            f"{coder}, {kernels} kernels, {precision}", seconds["usual"], seconds["ours"], KERNELS[kernels]
        )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(measure(*sys.argv[1:])))
    else:
        main()
