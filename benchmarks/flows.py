"""A step of a flow against the same couplings as one would first write them (target: 1.1 times).

Maximum likelihood, batches of 64, Adam. The usual couplings take their halves by index, put what they changed
into a copy of their input, and add up the logarithms of determinants; images are downsampled by
`F.pixel_unshuffle`. Both have the same weights and give the same losses, or this exits with an error. Ours is
the method's own step, its metrics included. Each way runs in a process of its own, in turn; ratios are taken
pair by pair.
"""

import json
import math
import sys
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks._fits import adam
from benchmarks._rounds import measure_apart, print_rate, print_ratio, timed
from lea.compute.device import prepare_device
from lea.compute.network import Network
from lea.nn import Connected, Flow, MultiScaleFlow
from lea.nn.flows.flow import Invertible
from lea.training.method import Batch, Setting
from lea.training.methods.likelihood import Likelihood

BATCH, RATE, WARMING, STEPS, ROUNDS, TARGET = 64, 1e-3, 3, 15, 3, 1.1
WAYS = ("usual", "ours")
SAME = 1e-4  # relative difference of losses
SHAPES = {"vectors": (16,), "images as vectors": (1, 28, 28), "images": (3, 32, 32)}
MAKE = {
    "vectors": partial(Flow, SHAPES["vectors"]),
    "images as vectors": partial(
        Flow, SHAPES["images as vectors"], subnetwork=partial(Connected, hidden=512)
    ),
    "images": partial(MultiScaleFlow, SHAPES["images"], order="channel"),
}


class UsualCoupling(nn.Module):
    """One of the halves is changed, where it is."""

    def __init__(self, network: nn.Module, features: int, *, second: bool) -> None:
        super().__init__()
        halves = torch.arange(features).chunk(2)
        self.network = network
        self.register_buffer("stays", halves[0 if second else 1])
        self.register_buffer("changes", halves[1 if second else 0])

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The same shape, and (n,)."""
        s, t = self.network(x[:, self.stays]).chunk(2, dim=1)
        s = 2 * torch.tanh(s / 2)
        y = x.clone()
        y[:, self.changes] = x[:, self.changes] * torch.exp(s) + t
        return y, s.flatten(1).sum(1)


class UsualFlow(nn.Module):
    """With the networks of ours."""

    def __init__(self, ours: Invertible) -> None:
        super().__init__()
        scales = [ours.couplings] if isinstance(ours, Flow) else list(ours.scales)
        channels = [ours.features] if isinstance(ours, Flow) else [maps[0] for maps in ours.maps]
        self.scales = nn.ModuleList(
            nn.ModuleList(
                UsualCoupling(one.network, count, second=number % 2 == 0) for number, one in enumerate(scale)
            )
            for scale, count in zip(scales, channels, strict=True)
        )
        self.images = isinstance(ours, MultiScaleFlow)

    def forward(self, x: Tensor) -> Tensor:
        """(n,), the negative logarithm of the density."""
        parts, log_determinant = [], torch.zeros(len(x))
        x = x if self.images else x.flatten(1)
        for number, scale in enumerate(self.scales):
            x = F.pixel_unshuffle(x, 2) if self.images else x
            for coupling in scale:
                x, its = coupling(x)
                log_determinant = log_determinant + its
            if number < len(self.scales) - 1:
                left, x = x.chunk(2, dim=1)
                parts.append(left.flatten(1))
        u = torch.cat([*parts, x.flatten(1)], dim=1)
        return 0.5 * (u**2 + math.log(2 * math.pi)).sum(1) - log_determinant


def speed(case: str, way: str) -> list[float]:
    """Samples a second, of the fastest of some steps, and the loss of the last."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model, x = MAKE[case](), torch.rand(BATCH, *SHAPES[case])
    if way == "usual":
        flow = UsualFlow(model)
        optimizer = torch.optim.Adam(flow.parameters(), lr=RATE)

        def step() -> float:
            optimizer.zero_grad()
            loss = flow(x).mean()
            loss.backward()
            optimizer.step()
            return loss.item()
    else:
        prepare_device(torch.device("cpu"), 1)
        fit = adam(RATE, BATCH)
        method = Likelihood(
            Setting(Network(model.to(memory_format=torch.channels_last), precision="float32"), fit)
        )
        batch = Batch(
            x.contiguous(memory_format=torch.channels_last) if x.ndim == 4 else x, None, torch.arange(BATCH)
        )

        def step() -> float:
            return method.step(batch)["network", "loss"].item() / BATCH

    for _ in range(WARMING):
        step()
    times, losses = zip(*(timed(step) for _ in range(STEPS)), strict=True)
    return [BATCH / min(times), losses[-1]]


def main() -> None:
    """Print rates and ratios."""
    for case in SHAPES:
        print(case)
        found = [{way: measure_apart(__name__, case, way) for way in WAYS} for _ in range(ROUNDS)]
        for one in found:
            if not math.isclose(one["usual"][1], one["ours"][1], rel_tol=SAME):
                sys.exit(f"  losses {one['usual'][1]} and {one['ours'][1]}; not the same")
        rates = {way: [one[way][0] for one in found] for way in WAYS}
        for way, its in rates.items():
            print_rate(way, its)
        print_ratio("ours / usual", rates["ours"], rates["usual"], TARGET)


if __name__ == "__main__":
    print(json.dumps(speed(*sys.argv[1:])))
