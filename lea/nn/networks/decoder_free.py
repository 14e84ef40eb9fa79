"""`lea-only` without its reconstruction: the LEA weight is 0 and the decoder never runs (Sec. 4.7)."""

from lea.nn.networks.lea_fc import LEAFC
from lea.nn.networks.making import MakeLEA


class DecoderFree(LEAFC):
    """(b, c, h, w) -> (b, classes) logits."""

    LEAS = True
    REGIME = "joint"
    LEA_WEIGHT = 0.0

    def __init__(
        self, shape: tuple[int, int, int], classes: int, make_lea: MakeLEA, *, hidden: int = 1024
    ) -> None:
        super().__init__(shape, classes, make_lea, hidden=hidden)
