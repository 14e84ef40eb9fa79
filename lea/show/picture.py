"""A picture: what a part of kind `picture` gives, `show(network, samples, *, options) -> pictures`.

The network is in evaluation mode and computes no gradients; random numbers that it draws repeat. Its module
may say with literals what it needs: NEEDS, what the model must have; SAMPLES, which samples of the test it is
given: "all" (the default), or "batch", the first that are tested together, and as many as its option `images`
asks for. One with an option `factors` is given samples with these labels, a column each.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Picture:
    """Values that lie in a plane, and what they are of."""

    part: str  # of the model
    kind: str
    sample: int | None  # the row among the test samples; None: of many
    channel: int | None
    low: float  # the range of what is shown
    high: float
    values: np.ndarray  # (h, w)

    def row(self) -> dict[str, object]:
        """Of the pictures table."""
        height, width = self.values.shape
        place = {"part": self.part, "kind": self.kind, "sample": self.sample, "channel": self.channel}
        size = {"low": self.low, "high": self.high, "height": height, "width": width}
        return place | size | {"values": self.values.ravel()}
