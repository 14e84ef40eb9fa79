"""Downsampling that loses nothing: each block of 2x2 places becomes one place with four times the channels
(Sec. 2.2.2; Jacobsen et al. 2018).

Its two orders are the same for one channel only, and with a split behind it they decide what is split off:
`block` puts all channels of the first place of a block first, then those of its next (row, column, channel:
i-RevNet's); `channel` all places of the first channel (channel, row, column: `F.pixel_unshuffle`'s).
"""

from typing import Literal

from torch import Tensor

Order = Literal["block", "channel"]
# From (n, c, h/2, row, w/2, column), and from (n, row, column, c, h/2, w/2) or (n, c, row, column, h/2, w/2).
TO_CHANNELS = {"block": (0, 3, 5, 1, 2, 4), "channel": (0, 1, 3, 5, 2, 4)}
TO_PLACES = {"block": (0, 3, 4, 1, 5, 2), "channel": (0, 1, 4, 2, 5, 3)}


def to_channels(x: Tensor, order: Order = "block") -> Tensor:
    """(n, c, h, w) -> (n, 4c, h/2, w/2)."""
    height, width = x.shape[2:]
    if height % 2 or width % 2:
        raise ValueError(f"maps of {height}x{width}; expected even sides, which can be halved")
    blocks = x.unflatten(3, (-1, 2)).unflatten(2, (-1, 2))
    return blocks.permute(TO_CHANNELS[_known(order)]).flatten(1, 3)


def to_places(y: Tensor, order: Order = "block") -> Tensor:
    """(n, 4c, h, w) -> (n, c, 2h, 2w), from where it came."""
    if y.shape[1] % 4:
        raise ValueError(f"maps of {y.shape[1]} channels; expected a multiple of 4, for blocks of 2x2 places")
    blocks = y.unflatten(1, (2, 2, -1) if _known(order) == "block" else (-1, 2, 2))
    return blocks.permute(TO_PLACES[order]).flatten(4).flatten(2, 3)


def _known(order: str) -> str:
    if order not in TO_CHANNELS:
        raise ValueError(f"order '{order}'; expected one of {', '.join(TO_CHANNELS)}")
    return order
