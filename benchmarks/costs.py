"""What LEAs cost beside pools, in training and in inference, by kernels, window, stride, coder and method.

The source says that training takes up to ten times as long, and measures neither that nor inference, which
needs no decoder. Here the network with LEAs and the one with pools take turns in one process, on a GPU where
there is one and else on one core, by its own time; the fastest step of each counts. By itself
(`python -m benchmarks.costs FILE`) it writes its rows to a file as CSV.
"""

import csv
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import nn

from benchmarks._fits import adam
from benchmarks._rounds import timed
from lea.compute.device import choose_device, machine_name, prepare_device
from lea.compute.network import Network
from lea.nn import AE, FC, SB, VAE, Conv, embed
from lea.studies.lea.methods import Alternate, Shared
from lea.studies.lea.networks.classic import Classic
from lea.studies.lea.networks.cnn_lea import CNNLEA
from lea.training.method import Batch, Method, Setting
from lea.training.methods.classify import Classify

CLASSES, CODE, SECONDS = 3, 10, 1.0
CODERS = {"fc": FC, "conv": partial(Conv, kernels=32), "sb": partial(SB, kernels=32)}
AUTOENCODERS = {"ae": AE, "vae": VAE}
METHODS = {"alternate": Alternate, "shared": Shared}


class Case(NamedTuple):
    """A network with LEAs, and the batch that it is given."""

    side: int = 32
    kernels: tuple[int, int] = (16, 16)
    hidden: int = 1024
    window: int = 4
    stride: int = 2
    autoencoder: str = "vae"
    coder: str = "fc"
    method: str = "alternate"
    precision: Any = "float32"
    batch: int = 32


BASE = Case()
CASES = [
    BASE,
    *(BASE._replace(kernels=(one, one)) for one in (8, 32, 64)),
    *(BASE._replace(window=one) for one in (2, 3, 8)),
    *(BASE._replace(stride=one) for one in (3, 4)),
    *(BASE._replace(coder=one) for one in ("conv", "sb")),
    BASE._replace(autoencoder="ae"),
    BASE._replace(method="shared"),
    BASE._replace(precision="bfloat16"),
    BASE._replace(method="shared", precision="bfloat16"),
    BASE._replace(side=64, kernels=(32, 64), batch=64),  # the source's, by our decision on kernels
    BASE._replace(side=64, kernels=(32, 64), batch=64, method="shared", precision="bfloat16"),
]


def trainer(model: nn.Module, method: Callable[[Setting], Method], case: Case) -> Method:
    """What trains it."""
    fit = adam(1e-4, case.batch, precision=case.precision)
    return method(Setting(Network(model, precision=case.precision), fit, {}))


def fastest(ways: dict[str, Callable[[], object]], device: torch.device) -> dict[str, float]:
    """Seconds of each way, which take turns until each had its time."""

    def whole(way: Callable[[], object]) -> None:
        way()
        if device.type == "cuda":
            torch.cuda.synchronize(device)

    def once(way: Callable[[], object]) -> float:
        return timed(partial(whole, way))[0]

    for way in ways.values():
        once(way)
    found: dict[str, list[float]] = {name: [] for name in ways}
    while sum(map(sum, found.values())) < SECONDS * len(ways) or min(map(len, found.values())) < 3:
        for name, way in ways.items():
            found[name].append(once(way))
    return {name: min(times) for name, times in found.items()}


def measure(case: Case, device: torch.device) -> dict[str, object]:
    """Milliseconds an image."""
    shape = (1, case.side, case.side)
    make = partial(AUTOENCODERS[case.autoencoder], coder=CODERS[case.coder])
    lea = partial(embed, autoencoder=make, code_length=CODE, window=case.window, stride=case.stride)
    options = {"kernels": case.kernels, "hidden": case.hidden}
    models = {
        "pools": Classic(shape, CLASSES, **options),  # type: ignore[arg-type]
        "leas": CNNLEA(shape, CLASSES, lea=lea, **options),  # type: ignore[arg-type]
    }
    for model in models.values():
        model.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    methods = {"pools": Classify, "leas": METHODS[case.method]}
    trainers = {name: trainer(model, methods[name], case) for name, model in models.items()}
    x = (torch.rand(case.batch, *shape, device=device) > 0.9).float()
    batch = Batch(x, torch.arange(case.batch, device=device) % CLASSES, torch.arange(case.batch))
    row: dict[str, object] = {**case._asdict(), "kernels": " ".join(map(str, case.kernels))}
    for model in models.values():
        model.train()
    steps = fastest({name: partial(one.step, batch) for name, one in trainers.items()}, device)
    for model in models.values():
        model.eval()
    with torch.no_grad():
        networks = {name: Network(one, precision=case.precision) for name, one in models.items()}
        passes = fastest({name: partial(one.forward, x) for name, one in networks.items()}, device)
    for what, times in (("training", steps), ("inference", passes)):
        for name, seconds in times.items():
            row[f"{what}, {name}"] = round(1000 * seconds / case.batch, 4)
        row[f"{what}, ratio"] = round(times["leas"] / times["pools"], 2)
    return row


def rows() -> Iterator[dict[str, object]]:
    """All cases, on the machine that is named."""
    device = choose_device("auto")
    prepare_device(device, 1)
    for case in CASES:
        torch.manual_seed(0)
        yield {"machine": machine_name(device), **measure(case, device)}


def main() -> None:
    """A line a case."""
    found = []
    for row in rows():
        found.append(row)
        print(", ".join(f"{key} {value}" for key, value in row.items() if key != "machine"), flush=True)
    if __name__ == "__main__" and len(sys.argv) > 1:
        with Path(sys.argv[1]).open("w", newline="") as file:
            writer = csv.DictWriter(file, list(found[0]))
            writer.writeheader()
            writer.writerows(found)


if __name__ == "__main__":
    main()
