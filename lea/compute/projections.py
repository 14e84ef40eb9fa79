"""Codes of samples, and what is left of them in a plane: by principal components, and by t-SNE (van der
Maaten and Hinton 2008), scikit-learn's. Who measures a plane and who shows it have the same one.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from lea.data.tensors import Samples
from lea.errors import UserError

BATCH = 1000
SEED = 0
PCA, TSNE = "principal components", "t-SNE"


def codes_of(model: Any, samples: Samples) -> np.ndarray:
    """(n, d) float64: the means of posteriors."""
    codes = torch.cat([model.encode(x).mean.flatten(1) for x in samples.batches(BATCH)])
    return codes.double().cpu().numpy()


def labels_of(samples: Samples) -> np.ndarray:
    """(n, factors), of who has an option `factors`."""
    assert samples.labels is not None, "a part with an option `factors` is given labels"
    return samples.labels.cpu().numpy()


def planes_of(codes: np.ndarray, perplexity: float) -> Mapping[str, np.ndarray]:
    """(n, d) -> (n, 2) by each way."""
    from sklearn.manifold import TSNE as Embedding

    if len(codes) <= perplexity:
        expected = f"expected more than `perplexity` ({perplexity:g}); ask for more"
        raise UserError(f"count: {len(codes)} samples; {expected}")
    places = Embedding(perplexity=perplexity, init="pca", random_state=SEED, n_jobs=1).fit_transform(codes)
    return {PCA: components_of(codes)[0], TSNE: np.asarray(places, float)}


def components_of(codes: np.ndarray) -> tuple[np.ndarray, float]:
    """(n, d) -> (n, 2), the first two principal components, and their share of the variance."""
    centred = codes - codes.mean(0)
    _, sizes, axes = np.linalg.svd(centred, full_matrices=False)
    places = centred @ axes[:2].T
    if places.shape[1] < 2:
        places = np.column_stack([places, np.zeros(len(places))])
    return places, float((sizes[:2] ** 2).sum() / ((sizes**2).sum() or 1))
