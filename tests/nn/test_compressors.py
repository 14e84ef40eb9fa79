"""Oracle: scikit-learn's principal components, scipy's cosine transform, means by hand; the law that what is
kept comes back, and the theorem that no linear code of so many values restores better than the principal one.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from scipy import fft
from sklearn.decomposition import PCA as TheirPCA
from torch import Tensor

from lea.nn.compressors import PCA, Cosines, Downsampled, Identity, Mean

SHAPE = (1, 12, 10)


def images(count: int = 40, shape: tuple[int, ...] = SHAPE) -> Tensor:
    return torch.rand(count, *shape).cumsum(2).cumsum(3) / 50


def principal(x: Tensor, latent: int) -> PCA:
    made = PCA(tuple(x.shape[1:]), latent=latent)

    def read() -> Iterator[Tensor]:
        return iter(x.split(7))

    made.fit(read)
    return made


def test_principal_components_are_another_librarys() -> None:
    x, unseen = images(), images(5)
    theirs = TheirPCA(6, svd_solver="full").fit(x.flatten(1).numpy())
    restored = theirs.inverse_transform(theirs.transform(unseen.flatten(1).numpy()))
    made = principal(x, 6)
    assert np.allclose(made(unseen).flatten(1).numpy(), restored, atol=1e-4)
    assert made.encode(unseen).mean.shape == (5, 6)
    assert torch.allclose(made.components @ made.components.T, torch.eye(6), atol=1e-5)


@pytest.mark.parametrize("other", ["random", "near"])
def test_no_other_plane_of_so_many_directions_is_as_near(other: str) -> None:
    x = images()
    directions = torch.linalg.qr(torch.randn(120, 6)).Q
    if other == "near":
        directions = torch.linalg.qr(principal(x, 6).components.T + 0.01 * directions).Q
    apart = x.flatten(1) - x.flatten(1).mean(0)
    left = (apart - apart @ directions @ directions.T).square().sum()
    assert (principal(x, 6)(x) - x).square().sum() < left


def test_images_in_the_plane_of_their_components_come_back() -> None:
    x = 1 + torch.randn(30, 3) @ torch.randn(3, 120)
    x = x.unflatten(1, SHAPE)
    assert torch.allclose(principal(x, 3)(x), x, atol=1e-4)


def test_the_largest_cosines_are_scipys() -> None:
    x = images(3)
    coefficients = fft.dctn(x.numpy(), axes=(2, 3), norm="ortho").reshape(3, -1)
    for row in coefficients:
        row[np.argsort(abs(row))[:-9]] = 0
    made = Cosines(SHAPE, latent=9)
    assert np.allclose(made.encode(x).mean.numpy(), coefficients, atol=1e-4)
    expected = fft.idctn(coefficients.reshape(x.shape), axes=(2, 3), norm="ortho")
    assert np.allclose(made(x).numpy(), expected, atol=1e-4)


def test_all_cosines_restore_all() -> None:
    x = images(3, (2, 7, 5))
    assert torch.allclose(Cosines((2, 7, 5), latent=70)(x), x, atol=1e-5)


def test_what_is_downsampled_are_means_of_rectangles() -> None:
    x = images(3, (2, 12, 12))
    kept = Downsampled((2, 12, 12), latent=18).encode(x).mean.unflatten(1, (2, 3, 3))
    assert kept[1, 1, 2, 0].item() == pytest.approx(x[1, 1, 8:, :4].mean().item(), rel=1e-5)


def test_what_is_downsampled_comes_back_smooth() -> None:
    """Bicubic curves follow a plane, away from the edges where they level out."""
    plane = (torch.arange(40.0)[:, None] + torch.arange(40.0))[None, None]
    restored = Downsampled((1, 40, 40), latent=100)(plane)
    assert torch.allclose(restored[..., 10:-10, 10:-10], plane[..., 10:-10, 10:-10], atol=1e-3)


def test_an_image_that_is_kept_whole_or_flat() -> None:
    x = images(3, (2, 4, 5))
    assert torch.equal(Identity((2, 4, 5))(x), x)
    assert torch.allclose(Mean((2, 4, 5))(x)[1, 0], x[1, 0].mean().expand(4, 5))
    assert Mean((2, 4, 5)).encode(x).mean.shape == (3, 2)


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda: Downsampled(SHAPE, latent=99), "expected a square number"),
        (lambda: Cosines(SHAPE, latent=121), "expected at most 120"),
        (lambda: PCA(SHAPE, latent=121), "expected at most 120"),
        (lambda: principal(images(5), 5), "5 images for 5 components; expected more images"),
    ],
)
def test_a_number_of_values_that_does_not_fit_is_refused(made: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        made()
