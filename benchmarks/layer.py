"""Training with LEAs against the layer as one would first write it (targets: 2 times, 3.5 with bfloat16).

Alternate training (Sec. 3.1.1): main by the classification loss, then every LEA by its own. The usual
version: torch as it comes; windows by `F.unfold`; a LEA decodes in every forward pass in training mode.
Ours: the study's own steps, of `alternate` and of `shared`, which takes the same gradients from one
forward pass. The networks have the same weights and noise; if the losses of usual and alternate differ in
float32, this exits with an error. Each way runs in a process of its own, in turn; ratios are taken pair
by pair.
"""

import json
import math
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.profiler import ProfilerActivity, profile

from benchmarks._fits import adam
from benchmarks._rounds import measure_apart, print_rate, print_ratio, timed
from lea.compute.device import prepare_device
from lea.compute.network import Network
from lea.nn import LEA, VAE, losses
from lea.nn.windows import positions, same_padding
from lea.studies.lea.methods import Alternate, Shared
from lea.studies.lea.networks.cnn_lea import CNNLEA
from lea.training.method import Batch, Setting

BATCH, CODE, WINDOW, STRIDE, CLASSES, RATE = 64, 10, 4, 2, 3, 1e-4
SAME = 1e-4  # relative difference of float32 losses


class Case(NamedTuple):
    """An image side with its kernels, and how often it is measured."""

    side: int
    kernels: tuple[int, int]
    warming: int  # steps
    steps: int  # the fastest counts
    rounds: int


CASES = {"32": Case(32, (16, 32), 2, 4, 4), "64": Case(64, (32, 64), 1, 1, 2)}
WAYS = {
    "usual, float32": ("usual", "float32"),
    "usual, bfloat16": ("usual", "bfloat16"),
    "alternate, float32": ("alternate", "float32"),
    "alternate, bfloat16": ("alternate", "bfloat16"),
    "shared, float32": ("shared", "float32"),
    "shared, bfloat16": ("shared", "bfloat16"),
}
METHODS = {"alternate": Alternate, "shared": Shared}
TARGETS = {name: 2.0 if "float32" in name else 3.5 for name in list(WAYS)[2:]}
INFERENCE_TARGET = 1.8


class UsualLEA(nn.Module):
    """A LEA with a vae and the fc coder: pad, unfold, linear layers; its loss is kept as an attribute."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        values = channels * WINDOW * WINDOW
        self.hidden = nn.Linear(values, 2 * values)
        self.mean, self.log_sigma = nn.Linear(2 * values, CODE), nn.Linear(2 * values, CODE)
        self.widen, self.restore = nn.Linear(CODE, 2 * values), nn.Linear(2 * values, values)
        self.loss: Tensor | None = None

    def windows(self, x: Tensor) -> Tensor:
        """(b, c, h, w) -> (b·h'·w', c·k·k)."""
        height, width = x.shape[-2:]
        padding = same_padding(width, WINDOW, STRIDE) + same_padding(height, WINDOW, STRIDE)
        v = F.unfold(F.pad(x, padding), WINDOW, stride=STRIDE)  # (b, c·k·k, h'·w')
        return v.transpose(1, 2).reshape(-1, v.shape[1])

    def forward(self, x: Tensor) -> Tensor:
        """(b, c, h, w) -> (b, L, h', w')."""
        v = self.windows(x)
        features = F.relu(self.hidden(v))
        z = mean = self.mean(features)
        if self.training:
            log_sigma = self.log_sigma(features)
            z = mean + torch.exp(log_sigma) * torch.randn_like(mean)
            r = self.restore(F.relu(self.widen(z)))
            divergence = 0.5 * (mean**2 + torch.exp(2 * log_sigma) - 2 * log_sigma - 1).sum(1).mean()
            self.loss = ((r - v) ** 2).sum(1).mean() + divergence
        rows, columns = (positions(side, STRIDE) for side in x.shape[-2:])
        return z.reshape(len(x), rows, columns, CODE).permute(0, 3, 1, 2)


class UsualNetwork(nn.Module):
    """cnn-lea with it."""

    def __init__(self, case: Case) -> None:
        super().__init__()
        first, second = case.kernels
        self.conv1, self.lea1 = nn.Conv2d(1, first, 5, padding=2), UsualLEA(first)
        self.conv2, self.lea2 = nn.Conv2d(CODE, second, 3, padding=1), UsualLEA(second)
        self.hidden = nn.Linear(CODE * (case.side // STRIDE**2) ** 2, 1024)
        self.out = nn.Linear(1024, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        """(b, 1, h, w) -> (b, classes)."""
        x = self.lea1(F.relu(self.conv1(x)))
        x = self.lea2(F.relu(self.conv2(x)))
        return self.out(F.relu(self.hidden(torch.flatten(x, 1))))


def our_network(case: Case) -> CNNLEA:
    """The same in ours, its weights from a seed."""
    torch.manual_seed(0)

    def make_lea(shape: tuple[int, int, int]) -> LEA:
        return LEA(VAE((shape[0], WINDOW, WINDOW), CODE, coder="fc"), STRIDE)

    return CNNLEA((1, case.side, case.side), CLASSES, lea=make_lea, kernels=case.kernels)


def usual_network(case: Case) -> UsualNetwork:
    """With the weights of ours: its windows are flattened channels last, `F.unfold`'s channels first."""
    state = {}
    for key, value in our_network(case).state_dict().items():
        if key.endswith("coder.hidden.weight"):
            value = channels_first(value.T).T
        if "coder.restore" in key:
            value = channels_first(value)
        state[key.replace("autoencoder.", "").replace("coder.", "")] = value
    network = UsualNetwork(case)
    network.load_state_dict(state)
    return network


def channels_first(rows: Tensor) -> Tensor:
    """(k·k·c, ...) -> (c·k·k, ...)."""
    return rows.unflatten(0, (WINDOW * WINDOW, -1)).transpose(0, 1).flatten(0, 1)


def batch(case: Case) -> tuple[Tensor, Tensor]:
    """Images and labels; from here on both ways draw the same noise."""
    torch.manual_seed(1)
    return torch.rand(BATCH, 1, case.side, case.side), torch.randint(CLASSES, (BATCH,))


Step = Callable[[], dict[str, float]]  # what a step found: the losses


def split(network: nn.Module, kind: type[nn.Module]) -> tuple[list[nn.Parameter], dict[str, nn.Module]]:
    """Main's parameters, and the LEAs by name (Sec. 3.1.1)."""
    layers = {name: module for name, module in network.named_modules() if isinstance(module, kind)}
    theirs = {id(one) for layer in layers.values() for one in layer.parameters()}
    return [one for one in network.parameters() if id(one) not in theirs], layers


def usual_step(network: UsualNetwork, x: Tensor, y: Tensor, precision: str) -> Step:
    """Two forward passes; the first loss's gradients of LEAs are computed and thrown away."""
    main, layers = split(network, UsualLEA)
    optimizer = torch.optim.Adam(main, lr=RATE)
    optimizers = {name: torch.optim.Adam(layer.parameters(), lr=RATE) for name, layer in layers.items()}
    network.train()

    def step() -> dict[str, float]:
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
            loss = F.cross_entropy(network(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
            network(x)
        for name, layer in layers.items():
            optimizers[name].zero_grad()
            layer.loss.backward(inputs=list(layer.parameters()))
            optimizers[name].step()
        return {"network": loss.item()} | {name: layer.loss.item() for name, layer in layers.items()}

    return step


def our_step(model: CNNLEA, x: Tensor, y: Tensor, precision: str, method: str) -> Step:
    """The study's own step of a method, its metrics included."""
    batch = Batch(x.contiguous(memory_format=torch.channels_last), y, torch.arange(BATCH))
    network = Network(model.to(memory_format=torch.channels_last).train(), precision=precision)
    fit = adam(RATE, BATCH, precision=precision)
    train = METHODS[method](Setting(network, fit))

    def step() -> dict[str, float]:
        found = train.step(batch)
        return {part: value.item() / BATCH for (part, metric), value in found.items() if metric == "loss"}

    return step


def make_step(way: str, precision: str, case: Case) -> Step:
    """A training step of one way, with this process set up for it."""
    if way != "usual":
        prepare_device(torch.device("cpu"), torch.get_num_threads())
        return our_step(our_network(case), *batch(case), precision, way)
    return usual_step(usual_network(case), *batch(case), precision)


def measure_speed(way: str, precision: str, side: str) -> dict[str, float]:
    """Samples a second of one way in this process, and the losses of its last step."""
    case = CASES[side]
    step = make_step(way, precision, case)
    for _ in range(case.warming):
        step()
    times, found = zip(*(timed(step) for _ in range(case.steps)), strict=True)
    return {"rate": BATCH / min(times)} | found[-1]


def measure_inference(precision: str, side: str) -> list[list[float]]:
    """Seconds of ours: forward passes of training with their losses, and of inference, in turn."""
    prepare_device(torch.device("cpu"), torch.get_num_threads())
    network = our_network(CASES[side]).to(memory_format=torch.channels_last)
    x, _ = batch(CASES[side])

    @torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16")
    def training() -> None:
        network.train()(x)
        losses(network)

    @torch.inference_mode()
    @torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16")
    def inference() -> None:
        network.eval()(x)

    pairs = [[timed(call)[0] for call in (training, inference)] for _ in range(11)]
    return pairs[1:]  # the first warms up


def measure_memory(way: str) -> dict[str, float]:
    """Of one step: the most bytes of tensors alive at once; of two passes: copies of the windows alive."""
    case = CASES["32"]
    step = make_step(way, "float32", case)
    step()  # Adam's own state is there now
    channels = case.kernels[0]
    layer = UsualLEA(channels) if way == "usual" else LEA(VAE((channels, WINDOW, WINDOW), CODE), STRIDE)
    x = torch.rand(BATCH, channels, case.side, case.side).to(memory_format=torch.channels_last)
    windows = x.numel() * (WINDOW // STRIDE) ** 2 * x.element_size()

    def twice() -> None:  # as in a step: the second pass follows the first's backward pass
        layer(x).sum().backward()
        layer(x)

    return {"peak": peak(traced(step)), "copies": peak(traced(twice), windows) / windows, "windows": windows}


def traced(call: Callable[[], object]) -> list[tuple[int, int]]:
    """(address, bytes) of every allocation while it runs, with negative bytes where it is freed again."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as found:
        call()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "trace.json"
        found.export_chrome_trace(str(file))
        events = json.loads(file.read_text())["traceEvents"]
    told = sorted((one for one in events if one["name"] == "[memory]"), key=lambda one: one["ts"])
    return [(one["args"]["Addr"], one["args"]["Bytes"]) for one in told]


def peak(changes: list[tuple[int, int]], only: int | None = None) -> int:
    """The most bytes alive at once that were taken meanwhile; if told, only in pieces of this size."""
    alive: dict[int, int] = {}
    most = 0
    for address, size in changes:
        if size > 0 and only in (None, size):
            alive[address] = size
            most = max(most, sum(alive.values()))
        elif size < 0:
            alive.pop(address, None)
    return most


def compare(side: str, case: Case) -> None:
    """Print rates and ratios of one case; exit if the two ways have not computed the same."""
    print(f" {side} pixels, kernels {case.kernels}, batch {BATCH}", flush=True)
    rounds = []
    for number in range(case.rounds):
        ways = [name for name in WAYS if name != "usual, bfloat16" or not number]  # it has no target
        told = {name: measure_apart(__name__, "speed", *WAYS[name], side) for name in ways}
        check(told["usual, float32"], told["alternate, float32"])
        rounds.append({name: one["rate"] for name, one in told.items()})
    for name in WAYS:
        print_rate(name, [one[name] for one in rounds if name in one])
    usual = [one["usual, float32"] for one in rounds]
    for name, target in TARGETS.items():
        print_ratio(f"{name} / usual, float32", [one[name] for one in rounds], usual, target)


def check(usual: dict[str, float], ours: dict[str, float]) -> None:
    """The same losses after the same steps."""
    for name in ("network", "lea1", "lea2"):
        if not math.isclose(usual[name], ours[name], rel_tol=SAME):
            sys.exit(
                f"  loss of {name}: {usual[name]} in the usual network, {ours[name]} in ours; not the same"
            )


def main() -> None:
    """Print the ratios, then what inference and memory take."""
    for side, case in CASES.items():
        compare(side, case)
    for precision in ("float32", "bfloat16"):
        training, inference = zip(*measure_apart(__name__, "inference", precision, "32"), strict=True)
        print_ratio(
            f"32 pixels, {precision}: a forward pass with its losses / inference",
            list(training),
            list(inference),
            INFERENCE_TARGET,
        )
    for way in ("usual", "alternate"):
        told = measure_apart(__name__, "memory", way)
        print(
            f"  {way:9} at 32 pixels: a step takes {told['peak'] / 2**20:.0f} MiB at its peak; tensors as "
            f"large as the windows of LEA 1 ({told['windows'] / 2**20:.0f} MiB), at once, in two passes: "
            f"{told['copies']:.0f}"
        )


JOBS = {"speed": measure_speed, "inference": measure_inference, "memory": measure_memory}

if __name__ == "__main__":
    print(json.dumps(JOBS[sys.argv[1]](*sys.argv[2:])))
