"""Where the first value that is no number came from, once a training has blown up.

By then its weights are mostly no numbers either, and every module gives none: then the model is built again,
as it was before its first step, and is shown the same samples.
"""

from collections.abc import Callable

import torch

from lea import blame
from lea.compute.looking import no_numbers, watching_numbers
from lea.compute.network import Network
from lea.data.tensors import Samples
from lea.errors import UserError
from lea.training.method import Batch, Method
from lea.training.totals import EXPECTED, TRY, NoNumber

Learning = tuple[Network, Method]  # what learns, and how
NAMED = 3  # weights, at most


def explained(
    error: NoNumber, now: Learning, as_built: Callable[[], Learning], samples: Samples, size: int
) -> UserError:
    """The error, and what is to blame."""
    names = no_numbers(now[0].model)
    try:
        origin = _origin(as_built() if names else now, samples, size, training=error.split == "train")
    except (MemoryError, torch.OutOfMemoryError):  # of a second model
        return error
    why = f"the first comes from {origin}" if origin else ""
    if names:
        some = ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if names[NAMED:] else "")
        built = f"{why}, in the model as it was built" if origin else "the model as it was built gave numbers"
        why = f"{built}; by now the weights {some} are none"
    elif origin:
        why = f"{why}, whose weights are numbers"
    mend = f"mend it there, or {TRY}" if origin else TRY
    return UserError("; ".join(filter(None, (error.found, why, EXPECTED, mend))))


@torch.no_grad()
def _origin(learning: Learning, samples: Samples, size: int, *, training: bool) -> str | None:
    """Where the first value comes from that is no number, in the order of the samples."""
    network, method = learning
    network.model.train(training)
    for rows in torch.arange(len(samples), device=samples.values.device).split(size):
        with watching_numbers(network.model) as watch:
            sums = method.examine(Batch(*samples.batch(rows), rows))
        watch.note(dict(sums), f"`examine` of {blame.called('method', method, 'examine')}")
        if watch.origin:
            return watch.origin
    return None
