"""The layers of `lea-fc`, trained jointly: all parameters follow both losses (Sec. 4.7, 5.5)."""

from lea.nn.networks.lea_fc import LEAFC
from lea.nn.networks.making import MakeLEA


class LEAOnly(LEAFC):
    """(b, c, h, w) -> (b, classes) logits."""

    LEAS = True
    REGIME = "joint"

    def __init__(
        self, shape: tuple[int, int, int], classes: int, make_lea: MakeLEA, *, hidden: int = 1024
    ) -> None:
        super().__init__(shape, classes, make_lea, hidden=hidden)
