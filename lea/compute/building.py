"""A run's network, untrained, and the models whose parameters are counted."""

from collections.abc import Iterator
from functools import partial

import torch
from torch import nn

from lea import registry
from lea.compute.computation import Computation
from lea.data.tensors import Data
from lea.errors import UserError
from lea.nn.layer import LEA
from lea.study.seeds import derive
from lea.study.spec import Lea, Models, Part, Run

Shape = tuple[int, int, int]


def build_network(run: Run, data: Data, seed: int) -> Computation:
    """The untrained network of a run and seed; its initialisation is a stream of its own."""
    make = registry.load("network", run.network.name)
    leas = [partial(build_lea, run.lea)] if run.lea else []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive(seed, "initialisation"))
        model: nn.Module = make(data.shape, data.classes, *leas, **run.network.options)
    return Computation(
        model,
        precision=run.training.precision,
        classifies=run.target is not None,
        reconstructs=run.lea is not None and run.training.lea_weight != 0,
    )


def build_lea(lea: Lea, shape: Shape) -> LEA:
    """(c, h, w) of the input -> its layer."""
    channels, *sides = shape
    side = lea.window or max(sides)
    autoencoder = build_autoencoder(lea.autoencoder, lea.coder, (channels, side, side), lea.code_length)
    return LEA(autoencoder, lea.stride)


def build_autoencoder(autoencoder: Part, coder: Part, shape: Shape, code_length: int) -> nn.Module:
    """An autoencoder of the registry with a coder of the registry."""
    make_coder = partial(registry.load("coder", coder.name), **coder.options)
    make = registry.load("autoencoder", autoencoder.name)
    try:
        built: nn.Module = make(shape, code_length, make_coder, **autoencoder.options)
    except ValueError as error:
        raise UserError(f"autoencoder '{autoencoder.name}', coder '{coder.name}': {error}") from error
    return built


def count_parameters(models: Models) -> Iterator[dict[str, str | int]]:
    """The number of trainable parameters of each model."""
    for coder in models.coders:
        for autoencoder in models.autoencoders:
            for height, width, channels in models.inputs:
                shape = (channels, height, width)
                with torch.device("meta"):
                    model = build_autoencoder(autoencoder, coder, shape, models.code_length)
                count = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
                yield {
                    "autoencoder": autoencoder.name,
                    "coder": coder.name,
                    "input": f"{height}x{width}x{channels}",
                    "parameters": count,
                }
