"""A network with LEAs of every kind, for the tests of this study."""

from collections.abc import Callable, Mapping

import pytest
from torch import nn

from lea.nn import AE, CVAE, LEA, VAE, KSparse
from lea.studies.lea.networks.cnn_lea import CNNLEA

HEIGHT, WIDTH, SIZE, STRIDE, LENGTH = 9, 7, 4, 2, 3
KERNELS = (4, 6)
KINDS: Mapping[str, Callable[..., nn.Module]] = {"ae": AE, "vae": VAE, "cvae": CVAE, "ksparse": KSparse}
every_kind = pytest.mark.parametrize("kind", KINDS)


def make_network(kind: str = "vae", shape: tuple[int, int, int] = (3, HEIGHT, WIDTH)) -> CNNLEA:
    options = {"k": 2, "a": 1.0} if kind == "ksparse" else {}

    def make_lea(shape: tuple[int, int, int]) -> LEA:
        return LEA(KINDS[kind]((shape[0], SIZE, SIZE), LENGTH, **options), STRIDE)

    return CNNLEA(shape, 10, lea=make_lea, kernels=KERNELS, hidden=8)


def places(side: int) -> tuple[int, int, int]:
    """How many windows, and zeros before and after."""
    count = -(-side // STRIDE)
    zeros = (count - 1) * STRIDE + SIZE - side
    return count, zeros // 2, zeros - zeros // 2
