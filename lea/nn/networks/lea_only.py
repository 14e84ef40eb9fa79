"""The layers of `lea-fc`, trained jointly: all parameters follow both losses (Sec. 4.7, 5.5)."""

from lea.nn.networks.lea_fc import LEAFC


class LEAOnly(LEAFC):
    """(b, c, h, w) -> (b, classes) logits."""

    REGIME = "joint"
