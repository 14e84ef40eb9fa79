"""Where test samples' codes lie in a plane, by principal components and by t-SNE: (n, 2) places of each
class of a label. Kinds are `principal components by <label>` and `t-SNE by <label>`, the channel is the
class.
"""

from collections.abc import Iterator

from lea.compute.network import Network
from lea.compute.projections import codes_of, labels_of, planes_of
from lea.data.tensors import Samples
from lea.show.picture import Picture

NEEDS = ("encode",)
LIMITS = {"count": (10, 100_000), "perplexity": (1, 1000)}
LIBRARIES = {"sklearn": "search"}


def show(
    network: Network,
    samples: Samples,
    *,
    factors: tuple[str, ...] = ("label",),
    count: int = 2000,
    perplexity: float = 30.0,
) -> Iterator[Picture]:
    """Of the first `count` test samples; fewer where there are."""
    some = samples.first(min(count, len(samples)))
    planes, labels = planes_of(codes_of(network.model, some), perplexity), labels_of(some)
    for way, places in planes.items():
        low, high = float(places.min()), float(places.max())
        for column, factor in enumerate(factors):
            for label in sorted(set(labels[:, column].tolist())):
                its = places[labels[:, column] == label]
                yield Picture("network", f"{way} by {factor}", None, label, low, high, its)
