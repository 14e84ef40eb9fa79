"""A measurement: what a part of kind `metric` gives, `measure(model, data, generator, *, options)`.

The model is in evaluation mode, and nothing computes gradients; a parameter that requires one was trained.
The generator is the metric's own stream of random numbers. Its module may say with a literal NEEDS what the
model must have. One with an option `factors` is given samples with these labels, a column each.
"""

from dataclasses import dataclass

from torch import nn

Trained = nn.Module  # what an option arrives as that is the model of another run


@dataclass(frozen=True, slots=True)
class Measurement:
    """One number."""

    part: str  # of the model; `network` is all of it
    metric: str
    value: float
    split: str | None = None  # None: of the model alone
