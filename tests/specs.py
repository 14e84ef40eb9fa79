"""Specifications for tests, small; what a test is about it changes by name."""

from typing import Any

from lea.study.spec import Data, Dataset, Fit, Part, Run

SIDE = 32


def part(name: str, **options: Any) -> Part:
    """A part with these options."""
    return Part(name=name, options=options)


def fit(**changes: Any) -> Fit:
    """One epoch."""
    values: dict[str, Any] = {
        "epochs": 1,
        "passes": None,
        "batch_size": 8,
        "optimizer": part("adam", rate=1e-2, decay=0.0, clip_norm=None),
        "optimizers": {},
        "precision": "float32",
        "frozen": None,
        "snapshots": (),
    }
    return Fit(**values | changes)


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


def data(**changes: Any) -> Data:
    """All of those, with their shapes as labels."""
    values: dict[str, Any] = {
        "table": sprites(),
        "others": {},
        "target": "shape",
        "samples": None,
        "held_out": None,
        "split": "fixed",
    }
    return Data(**values | changes)


def lea(autoencoder: Part, **options: Any) -> Part:
    """A layer: windows of 4 with stride 2 and codes of 3, unless it is said otherwise."""
    return part("lea", **{"autoencoder": autoencoder, "code_length": 3, "window": 4, "stride": 2} | options)


def autoencoder(name: str = "ae", coder: str = "fc", **options: Any) -> Part:
    """With a coder that has no options."""
    return part(name, coder=part(coder), **options)


def run(**changes: Any) -> Run:
    """The network without LEAs, with hardly any weights, on those."""
    values: dict[str, Any] = {
        "data": data(),
        "model": part("classic", kernels=(2, 2), hidden=5),
        "method": part("classify"),
        "fit": fit(),
        "initialisation": None,
        "start": None,
        "search": None,
        "called": None,
    }
    return Run(**values | changes)
