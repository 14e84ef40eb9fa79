"""Oracle: Pillow's bilinear resampling, equal counts, nested beginnings, and the nearest class mean."""

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from lea.data.arrays import Arrays
from lea.data.atlases import SHAPES, glyph_atlas, shape_atlas, texture_atlas
from lea.data.cifar_10 import CIFAR10
from lea.data.drawing import Pose, look, sample, to_bytes, two_colours
from lea.data.fashion_mnist import FashionMNIST
from lea.data.mnist import MNIST
from lea.data.svhn import SVHN
from lea.study.seeds import derive

Kind = type[MNIST] | type[FashionMNIST] | type[CIFAR10] | type[SVHN]
KINDS: list[Kind] = [MNIST, FashionMNIST, CIFAR10, SVHN]
STILL = Pose(turn=0, shear=0, bend=0, shift=0, scale=(1, 1))


def same(one: Arrays, other: Arrays) -> bool:
    labels = np.array_equal(one.labels["label"], other.labels["label"])
    return labels and np.array_equal(one.values, other.values)


@pytest.mark.parametrize("kind", KINDS)
def test_shapes_types_and_classes_are_those_of_the_original(kind: Kind) -> None:
    images = kind().embedded("test", 100, kind.SHAPE[0])
    assert images.values.shape == (100, *kind.SHAPE)
    assert images.values.dtype == np.uint8
    assert images.labels.keys() == kind.FACTORS.keys()
    assert set(images.labels["label"].tolist()) == set(range(kind.FACTORS["label"]))
    assert images.labels["label"].dtype == np.int32


@pytest.mark.parametrize("kind", KINDS)
def test_a_larger_count_begins_with_the_same_pictures_across_chunks(kind: Kind) -> None:
    few, more = (kind().embedded("train", count, 16) for count in (1003, 2001))
    assert same(few, more.take(np.arange(1003)))
    assert len(more) == 2001


@pytest.mark.parametrize("kind", KINDS)
def test_splits_and_chunks_are_different_pictures(kind: Kind) -> None:
    train, test = (kind().embedded(split, 2000, 12) for split in ("train", "test"))
    everything = np.concatenate([train.values, test.values]).reshape(4000, -1)
    assert len(np.unique(everything, axis=0)) == 4000


def test_data_sets_have_orders_of_their_own() -> None:
    orders = {tuple(kind().embedded("train", 50, 8).labels["label"].tolist()) for kind in KINDS}
    assert len(orders) == len(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_each_thousand_has_a_hundred_of_each_class_in_mixed_order(kind: Kind) -> None:
    labels = kind().embedded("train", 2000, 8).labels["label"].reshape(2, 1000)
    for chunk in labels:
        assert np.bincount(chunk).tolist() == [100] * 10
        assert len(set(chunk[:50].tolist())) > 5
    seed = derive(0, kind.__module__.split(".")[-1], "train", 1)
    assert labels[1].tolist() == np.random.default_rng(seed).permutation(np.arange(1000) % 10).tolist()


def test_another_process_draws_the_same_bits() -> None:
    program = (
        "import hashlib; from lea.data.svhn import SVHN; from lea.data.cifar_10 import CIFAR10\n"
        "for kind in (SVHN, CIFAR10):\n"
        "    print(hashlib.sha256(kind().embedded('test', 200, 16).values.tobytes()).hexdigest())\n"
        "import sys; print(sorted({'torch', 'torchvision', 'matplotlib.pyplot'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", program]
    first, second = (
        subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in range(2)
    )
    assert first == second
    assert first.endswith("[]\n"), "drawing loads neither torch nor pyplot"


@pytest.mark.parametrize("side", [8, 13, 40])
@pytest.mark.parametrize("kind", KINDS)
def test_any_side_from_eight_is_drawn_over_its_whole_range(kind: Kind, side: int) -> None:
    pixels = kind().embedded("train", 10, side).values
    assert pixels.shape == (10, side, side, kind.SHAPE[2])
    assert pixels.max() - pixels.min() > 100


def apart(images: Arrays) -> np.ndarray:
    """(n, h·w): how far each pixel is from its picture's border, whatever the colours."""
    grey = images.values.astype(float).mean(-1)
    border = np.concatenate([grey[:, 0], grey[:, -1], grey[:, :, 0], grey[:, :, -1]], 1)
    return np.abs(grey - np.median(border, 1)[:, None, None]).reshape(len(grey), -1)


@pytest.mark.parametrize("kind", KINDS)
def test_nearest_class_means_know_most_pictures_but_not_all(kind: Kind) -> None:
    train, test = (kind().embedded(split, 2000, 28) for split in ("train", "test"))
    seen, labels = apart(train), train.labels["label"]
    seen, new = (values / np.linalg.norm(values, axis=1, keepdims=True) for values in (seen, apart(test)))
    means = np.stack([seen[labels == label].mean(0) for label in range(10)])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    accuracy = ((new @ means.T).argmax(1) == test.labels["label"]).mean()
    assert 0.5 < accuracy < 0.95


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_of_a_class_differ(kind: Kind) -> None:
    images = kind().embedded("train", 1000, 16)
    of_class = images.values[images.labels["label"] == 3].reshape(100, -1)
    assert len(np.unique(of_class, axis=0)) == 100
    assert of_class.std(0).max() > 30


def test_without_a_pose_sampling_is_pillows_reduction_by_half() -> None:
    atlas = np.random.default_rng(0).integers(0, 256, (3, 32, 32), np.uint8)
    down, across = look(np.random.default_rng(0), 2, 16, STILL)
    drawn = sample(atlas.astype(np.float32) / 255, np.array([2, 0]), down, across)
    expected = [np.asarray(Image.fromarray(atlas[number]).reduce(2)) for number in (2, 0)]
    np.testing.assert_allclose(drawn * 255, expected, atol=0.6)


def test_sampling_between_texels_is_bilinear_and_stays_at_the_edge_beyond() -> None:
    atlas = np.array([[[0, 1, 2, 3]] * 4], np.float32)
    across = np.array([[[-9.0, -0.375, -0.25, 0.0, 9.0]]], np.float32)
    values = sample(atlas, np.array([0]), np.zeros_like(across), across)
    np.testing.assert_allclose(values[0, 0], [0, 0, 0.5, 1.5, 3], atol=0.002)


def test_a_turn_goes_by_the_tangent_of_half_the_angle() -> None:
    turn = np.tan(np.deg2rad(30) / 2)
    pose = Pose(turn=turn, shear=0, bend=0, shift=0, scale=(1, 1))
    down, across = look(np.random.default_rng(0), 500, 9, pose)
    angles = np.rad2deg(np.arctan2(-down[:, 4, 8], across[:, 4, 8]))
    assert 28 < np.abs(angles).max() <= 30.001
    np.testing.assert_allclose(np.hypot(down, across)[:, 4, 8], 4 / 9, rtol=1e-5)


def test_every_glyph_is_in_the_middle_with_room_around_it() -> None:
    for glyph in np.concatenate(
        [glyph_atlas(text, 28).reshape(-1, 56, 56) for text in ("0123456789", "ABCDEFGHIJ")]
    ):
        rows, columns = (np.flatnonzero(glyph.max(axis)) for axis in (1, 0))
        assert abs(rows[0] + rows[-1] - 55) <= 1
        assert abs(columns[0] + columns[-1] - 55) <= 1
        assert min(rows[0], columns[0]) >= 3


def test_fonts_and_shapes_are_all_different() -> None:
    glyphs = glyph_atlas("0123456789", 28).reshape(100, -1)
    shapes = shape_atlas(32).reshape(len(SHAPES), -1)
    assert len(np.unique(glyphs, axis=0)) == 100
    assert np.abs(shapes[:, None] - shapes[None]).mean(-1)[~np.eye(10, dtype=bool)].min() > 0.05


def test_a_disc_and_a_ring_have_the_area_of_their_circles() -> None:
    disc, ring, square = shape_atlas(64)[0, :3].reshape(3, -1).mean(1)
    assert disc == pytest.approx(np.pi * 0.33**2, rel=0.02)
    assert ring == pytest.approx(np.pi * (0.35**2 - 0.2**2), rel=0.02)
    assert square == pytest.approx(0.58**2, rel=0.02)


def test_textures_vary_over_the_grey_values() -> None:
    textures = texture_atlas(32)
    assert textures.min() >= 0
    assert textures.max() <= 1
    assert textures.std((1, 2, 3)).min() > 0.1


def test_two_colours_differ_in_brightness_by_the_contrast_in_either_direction() -> None:
    ground, figure = two_colours(np.random.default_rng(0), 1000, contrast=0.35, chroma=0.5)
    difference = (figure - ground).mean((1, 2, 3))
    assert np.abs(difference).min() > 0.349
    assert 0.4 < (difference > 0).mean() < 0.6


def test_bytes_are_rounded_and_cut_off() -> None:
    assert to_bytes(np.array([-1, 0, 0.5, 1.4 / 255, 1.6 / 255, 1, 2])).tolist() == [
        0,
        0,
        128,
        1,
        2,
        255,
        255,
    ]
