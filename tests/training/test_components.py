"""Oracle: the theorem that principal components leave the other eigenvalues of the covariance (NumPy's)."""

import numpy as np
import pytest
import torch

from lea.data.tensors import Samples
from lea.nn.compressors import PCA, Identity
from lea.training.methods.fit_components import FitComponents
from lea.training.methods.reconstruct import Reconstruct
from tests import specs
from tests.training.fitting import divided, fitted


def samples(count: int) -> Samples:
    x = torch.rand(count, 6, 5, 1).cumsum(1).cumsum(2) / 20
    return Samples(x, None, (0.0, 1.0))


def test_a_run_fits_components() -> None:
    shown, how = samples(50), specs.fit(epochs=1, batch_size=8, optimizer=None)
    past = fitted(PCA((1, 6, 5), latent=4), divided(shown, samples(9), 0), how, method=FitComponents)
    values = np.linalg.eigvalsh(np.cov(shown.values.flatten(1).double().numpy().T, bias=True))
    found = {(one.split, one.metric): one.value for one in past.epochs[-1].measurements}
    assert found["train", "reconstruction"] == pytest.approx(values[:-4].sum(), rel=1e-3)
    assert found["test", "reconstruction"] > found["train", "reconstruction"]


def test_what_needs_no_fitting_is_measured_as_it_is() -> None:
    how = specs.fit(epochs=0, optimizer=None)
    past = fitted(Identity((1, 6, 5)), divided(samples(5), samples(9), 0), how, method=Reconstruct)
    assert {one.value for one in past.epochs[-1].measurements if one.metric == "reconstruction"} == {0.0}
