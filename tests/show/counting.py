"""A picture of how many samples it is given."""

from collections.abc import Iterator

import numpy as np

from lea.compute.network import Network
from lea.data.tensors import Samples
from lea.show.picture import Picture

SAMPLES = "batch"


def show(network: Network, samples: Samples, *, images: int = 2) -> Iterator[Picture]:
    yield Picture("network", "count", None, None, 0.0, 1.0, np.full((1, 1), len(samples)))


def all_of(network: Network, samples: Samples) -> Iterator[Picture]:
    """Without a choice of how many are shown."""
    return show(network, samples)
