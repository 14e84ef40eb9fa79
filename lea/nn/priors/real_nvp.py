"""A prior that a flow maps to the standard normal one (RealNVP, Dinh et al. 2017)."""

from torch import Tensor, nn

from lea.nn.flows.coupling import Coupling, Mapped, Terms, back, check_halves, through
from lea.nn.flows.flow import Invertible


class RealNVPCoupling(Coupling):
    """s and t are three linear layers each, with a leaky ReLU behind the first two and tanh at the end, so
    that no value is stretched by more than e.
    """

    def __init__(self, features: int, *, hidden: int = 64) -> None:
        super().__init__()
        check_halves(features)
        self.s, self.t = (_half(features // 2, hidden) for _ in range(2))

    def terms(self, a: Tensor) -> Terms:
        """(n, half) -> twice the same shape, in [-1, 1]."""
        return Terms(self.s(a), self.t(a))


class RealNVP(Invertible):
    """`log p(z) = log N(f(z); 0, 1) + log |det df/dz|`, f several couplings one behind another."""

    LIMITS = {"flows": (1, 1000), "hidden": (1, 100_000)}
    MULTIPLES = {"latent": 2}

    def __init__(
        self, features: int, encoder: nn.Module | None = None, *, flows: int = 2, hidden: int = 64
    ) -> None:
        super().__init__()
        self.features = features
        self.scales = flows * features // 2  # values of s; their sum is the logarithm of the determinant
        self.couplings = nn.ModuleList(RealNVPCoupling(features, hidden=hidden) for _ in range(flows))

    def forward(self, z: Tensor) -> Mapped:
        """(n, features) -> the same shape, and (n,)."""
        return self.map(z)

    def map(self, z: Tensor) -> Mapped:
        """(n, features) -> the same shape, and (n,)."""
        return through(self.couplings, z)

    def inverse(self, u: Tensor) -> Tensor:
        """(n, features) -> the codes that are mapped to it."""
        return back(self.couplings, u)


def _half(values: int, hidden: int) -> nn.Sequential:
    """(n, values) -> (n, values) in [-1, 1]."""
    return nn.Sequential(
        nn.Linear(values, hidden),
        nn.LeakyReLU(),
        nn.Linear(hidden, hidden),
        nn.LeakyReLU(),
        nn.Linear(hidden, values),
        nn.Tanh(),
    )
