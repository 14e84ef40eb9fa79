"""Specifications for tests, small; what a test is about it changes by name."""

from typing import Any

from lea.study.spec import Dataset, Part, Run, Training

SIDE = 32


def training(**changes: Any) -> Training:
    """One epoch of a network without LEAs, over all of its images."""
    values: dict[str, Any] = {
        "samples": None,
        "held_out": None,
        "epochs": 1,
        "batch_size": 8,
        "learning_rate": 1e-2,
        "precision": "float32",
        "regime": None,
        "class_weight": None,
        "lea_weight": None,
    }
    return Training(**values | changes)


def sprites(**changes: Any) -> Dataset:
    """A few dSprites, drawn here."""
    values: dict[str, Any] = {
        "name": "sprites",
        "reader": Part(name="dsprites", options={}),
        "source": "embedded",
        "side": SIDE,
        "train": 40,
        "test": 24,
    }
    return Dataset(**values | changes)


def classic(**changes: Any) -> Run:
    """The network without LEAs, with hardly any weights, on those."""
    values: dict[str, Any] = {
        "dataset": sprites(),
        "target": "shape",
        "network": Part(name="classic", options={"kernels": (2, 2), "hidden": 5}),
        "lea": None,
        "training": training(),
        "pictures": None,
    }
    return Run(**values | changes)
