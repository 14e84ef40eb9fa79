"""`lea-only` without its reconstruction: the LEA weight is 0 and the decoder never runs (Sec. 4.7)."""

from lea.nn.networks.lea_fc import LEAFC


class DecoderFree(LEAFC):
    """(b, c, h, w) -> (b, classes) logits."""

    REGIME = "joint"
    LEA_WEIGHT = 0.0
