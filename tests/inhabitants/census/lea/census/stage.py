"""The census stage: how many values of each layer of a trained model are zero."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lea.study.asking import Asking
from lea.study.spec import Count
from lea.study.stages import Stage

OUTPUTS = {
    "census": {
        "run": "string",
        "seed": "int32",
        "layer": "string",
        "zeros": "float64",
    }
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Census:
    """What stands under the key."""

    samples: Count


def read(values: Any, asking: Asking) -> Iterator[Census]:
    """One job, once there are so many test samples."""
    census = asking.build(Census, values)
    asking.no_more("test", f"{census.samples}", census.samples, asking.spot / "samples")
    yield census


STAGE = Stage(
    name="census",
    title="count the zeros of each layer",
    key="census",
    asks=Census,
    read=read,
    outputs=OUTPUTS,
)
