"""What a sample's code says of it: labels of test samples, read from codes by readers that learnt from the
codes of training samples. A row's part is the reader.

`linear` is a logistic regression, or for numbers least squares; `neighbours` the vote, or the mean, of so
many nearest codes; `chance` the commonest class of training samples, or their mean. Codes are scaled to a
standard deviation of 1 each. Metrics are `accuracy of` a label or, of those in `ordered`, whose classes are
numbers in their order, `R2 of` it: by how much of test samples' variance errors are less than that.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch

from lea.compute.projections import codes_of, labels_of
from lea.data.tensors import Data
from lea.errors import UserError
from lea.measure.measurement import Measurement

NEEDS = ("encode",)
LIMITS = {"neighbours": (1, 100_000)}
LIBRARIES = {"sklearn": "outliers"}
READERS = ("linear", "neighbours", "chance")
ROUNDS = 1000  # of a logistic regression, at most


def measure(
    model: Any,
    data: Data,
    generator: torch.Generator,
    *,
    factors: tuple[str, ...],
    ordered: tuple[str, ...] = (),
    neighbours: int = 10,
) -> Iterator[Measurement]:
    """Of the labels `factors`, of which `ordered` are numbers."""
    if not factors:
        raise UserError("factors: found none; expected labels to read; name some")
    for label in ordered:
        if label not in factors:
            raise UserError(f"ordered: found '{label}'; expected some of `factors`: {', '.join(factors)}")
    if not len(data.test) or neighbours > len(data.train):
        found = f"{len(data.train)} training and {len(data.test)} test samples"
        raise UserError(f"{found}; expected at least {neighbours} and 1, to read their labels")
    codes, labels = codes_of(model, data.train), labels_of(data.train)
    others, theirs = codes_of(model, data.test), labels_of(data.test)
    for column, label in enumerate(factors):
        numbers = label in ordered
        y, expected = labels[:, column], theirs[:, column]
        told = read_labels(codes, y, others, expected, numbers=numbers, neighbours=neighbours)
        for reader, value in told.items():
            yield Measurement(reader, f"{'R2' if numbers else 'accuracy'} of {label}", value, "test")


def read_labels(
    codes: np.ndarray,
    labels: np.ndarray,
    others: np.ndarray,
    theirs: np.ndarray,
    *,
    numbers: bool = False,
    neighbours: int = 10,
) -> Mapping[str, float]:
    """(n, d), (n) to learn from, (m, d), (m) to be read -> by each reader the accuracy, or R2 of numbers."""
    from sklearn.dummy import DummyClassifier, DummyRegressor
    from sklearn.linear_model import LinearRegression, LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if numbers:
        readers = [LinearRegression(), KNeighborsRegressor(neighbours), DummyRegressor()]
    elif len(np.unique(labels)) > 1:
        readers = [LogisticRegression(max_iter=ROUNDS), KNeighborsClassifier(neighbours), DummyClassifier()]
    else:
        raise UserError("training samples of one class; expected at least two, to tell them apart")
    return {
        name: float(make_pipeline(StandardScaler(), reader).fit(codes, labels).score(others, theirs))
        for name, reader in zip(READERS, readers, strict=True)
    }
