"""The k-sparse autoencoder: of each code only the largest activations are kept (Sec. 2.4, Makhzani and Frey
2014).
"""

from fractions import Fraction

import torch
from torch import Tensor

from lea.nn.autoencoders.ae import AE, Code
from lea.nn.coders.coder import MakeCoder, Shape


class KSparse(AE):
    """Keeps the k largest activations while training, `floor(a k)` while testing; the others are 0."""

    LIMITS = {"k": (1, "code_length"), "a": (1e-6, 1e6)}

    def __init__(
        self, shape: Shape, code: int = 10, *, coder: str | MakeCoder = "fc", k: int = 5, a: float = 1.3
    ) -> None:
        super().__init__(shape, code, coder=coder)
        self.kept = {True: k, False: int(Fraction(str(a)) * k)}  # as it is written: 1.15 * 20 is 23
        if not 1 <= min(self.kept.values()) <= max(self.kept.values()) <= code:
            found = f"k = {self.kept[True]} while training, {self.kept[False]} while testing, of {code}"
            raise ValueError(f"ksparse: {found}; expected 1 to {code}; choose another k, a or code length")

    def encode(self, v: Tensor) -> Code:
        """(n, c, k, k) -> (n, L), all but some zero."""
        z = super().encode(v).z
        largest, places = z.topk(self.kept[self.training], dim=1)
        return Code(torch.zeros_like(z).scatter(1, places, largest))
