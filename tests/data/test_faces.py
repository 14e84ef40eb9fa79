"""Oracles: pinned bytes, equal counts, labels against what pixels show, closed-form areas, Pillow's grey."""

import hashlib

import numpy as np
import pytest
from PIL import Image

from lea.data.arrays import Arrays
from lea.data.faces import CHUNK, STEPS, Faces
from lea.data.faces_canvas import REACH, Canvas, box, canvas, disc, oval, stroke
from lea.data.faces_cast import CAST
from lea.data.faces_drawing import draw_face
from lea.data.faces_expressions import EXPRESSIONS, NEUTRAL, OWN
from lea.data.ferg import EXPRESSIONS as FERG_EXPRESSIONS
from lea.errors import UserError

DIGESTS = {24: "01941903459e857b", 32: "b36f3f6e0619071a"}  # of the first 100 training faces


@pytest.fixture(scope="module")
def faces() -> Arrays:
    return Faces().embedded("train", 2 * CHUNK, 24)


@pytest.mark.parametrize("side", DIGESTS)
def test_faces_are_the_same_bytes_everywhere(side: int) -> None:
    drawn = Faces().embedded("train", 100, side)
    assert (drawn.values.shape, drawn.values.dtype) == ((100, side, side, 3), np.uint8)
    assert hashlib.sha256(drawn.values.tobytes()).hexdigest()[:16] == DIGESTS[side]


def test_a_larger_count_begins_with_the_same_faces_and_splits_differ(faces: Arrays) -> None:
    few = Faces().embedded("train", CHUNK + 3, 24)
    np.testing.assert_array_equal(few.values, faces.values[: CHUNK + 3])
    for factor, labels in few.labels.items():
        np.testing.assert_array_equal(labels, faces.labels[factor][: CHUNK + 3])
    test = Faces().embedded("test", 100, 24)
    assert len(np.unique(np.concatenate([faces.values, test.values]), axis=0)) == 2 * CHUNK + 100


def test_a_face_is_the_same_at_another_side() -> None:
    small, large = (Faces().embedded("train", 100, side) for side in (11, 33))
    means = large.values.reshape(100, 11, 3, 11, 3, 3).mean((2, 4))
    away = np.abs(small.values - means).mean((1, 2, 3))
    assert away.max() < 12  # of 255; nearly all of it where a line is thinner than a pixel
    others = np.abs(small.values - np.roll(means, 1, axis=0)).mean((1, 2, 3))
    assert others.min() > away.max()
    for factor, labels in small.labels.items():
        np.testing.assert_array_equal(labels, large.labels[factor])


@pytest.mark.parametrize("side", [1, 2, 5])
def test_faces_of_any_side_are_drawn(side: int) -> None:
    values = Faces().embedded("test", 10, side).values
    assert values.shape == (10, side, side, 3)
    assert len(np.unique(values, axis=0)) == 10


def test_other_channels_than_grey_or_colour_are_refused() -> None:
    with pytest.raises(UserError, match="channels: 2; expected 1 for grey or 3 for colour; choose"):
        Faces(channels=2)  # type: ignore[arg-type]


def test_each_chunk_has_every_character_with_every_expression_equally_often(faces: Arrays) -> None:
    both = faces.labels["character"] * 7 + faces.labels["expression"]
    for chunk in both.reshape(2, CHUNK):
        assert np.bincount(chunk).tolist() == [24] * 42
        assert len(set(chunk[:42].tolist())) > 20


def test_labels_are_those_that_are_declared(faces: Arrays) -> None:
    names = Faces().names("embedded")
    assert {factor: len(classes) for factor, classes in names.items()} == Faces.FACTORS
    assert faces.labels.keys() == Faces.FACTORS.keys()
    for factor, classes in Faces.FACTORS.items():
        assert faces.labels[factor].dtype == np.int32
        assert set(faces.labels[factor].tolist()) == set(range(classes)), factor
    assert tuple(EXPRESSIONS) == FERG_EXPRESSIONS
    assert list(Faces.ORDERED) == [factor for factor, classes in Faces.FACTORS.items() if classes == STEPS]


def test_steps_are_named_by_their_middles_between_the_least_and_the_most() -> None:
    names = Faces().names("embedded")
    assert names["light"] == ("-0.875", "-0.625", "-0.375", "-0.125", "0.125", "0.375", "0.625", "0.875")
    assert float(names["brow"][0]) == pytest.approx(-0.16 + 0.35 / 16, abs=1e-3)  # anger's -0.13 and 0.03


def test_light_and_tilt_are_where_the_labels_say(faces: Arrays) -> None:
    grey = faces.values.astype(float).mean(-1)
    light = np.log(grey[:, :12, -1].mean(1) / grey[:, :12, 0].mean(1))  # the ground, right to left
    assert np.corrcoef(light, faces.labels["light"])[0, 1] > 0.8
    cap = (faces.labels["character"] == list(CAST).index("ben"))[:, None, None] & (grey < 50)
    cap[:, 9:] = False  # the flat top of his hair, no brows
    rows, columns = np.indices((24, 24))
    slopes = []
    for number in np.flatnonzero(cap.sum((1, 2)) > 20):
        x, y = columns[cap[number]], rows[cap[number]]
        slopes.append((np.cov(x, y)[0, 1] / x.var(), faces.labels["tilt"][number]))
    assert len(slopes) > 250
    assert np.corrcoef(np.array(slopes).T)[0, 1] > 0.8


def show(side: int, **changes: float) -> np.ndarray:
    """(side, side, 3): somebody's face that looks straight ahead, lit evenly."""
    at = (((np.arange(side, dtype=np.float32) + 0.5) / side - 0.5) * 2 * REACH)[None]
    shape = (1, side, side)
    x, y = (np.ascontiguousarray(np.broadcast_to(axis, shape)) for axis in (at[:, None], at[:, :, None]))
    sheet = canvas(x, y, (0.8, 0.8, 0.8))
    face = {feature: np.float32(changes.get(feature, rest)) for feature, rest in NEUTRAL.items()}
    draw_face(sheet, CAST["dan"], {feature: value.reshape(1, 1, 1) for feature, value in face.items()})
    return sheet.bytes(np.zeros((1, 1, 1), np.float32))[0].astype(int)


@pytest.mark.parametrize(
    ("feature", "change", "rows"),
    [
        ("brow", 0.1, (0.0, 0.5)),
        ("lids", -0.3, (0.3, 0.65)),
        ("curve", 0.2, (0.55, 0.95)),
        ("gape", 0.3, (0.55, 1.0)),
        ("sweat", 1.0, (0.2, 0.5)),
        ("tear", 1.0, (0.55, 0.8)),
        ("blush", 1.0, (0.5, 0.8)),
        ("tongue", 0.2, (0.6, 1.0)),
    ],
)
def test_a_feature_changes_its_part_of_the_face_and_no_other(
    feature: str, change: float, rows: tuple[float, float]
) -> None:
    changed = (show(64) != show(64, **{feature: NEUTRAL[feature] + change})).any((1, 2))
    where = np.flatnonzero(changed) / 64
    assert len(where) >= 4
    assert rows[0] <= where.min()
    assert where.max() <= rows[1]


def test_windows_leave_nothing_out(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = {side: Faces().embedded("train", CHUNK, side).values for side in (8, 24)}
    monkeypatch.setattr(Canvas, "window", lambda self, *limits: self)
    for side, values in drawn.items():
        np.testing.assert_array_equal(values, Faces().embedded("train", CHUNK, side).values)


def test_grey_faces_are_what_pillow_makes_of_the_coloured_ones(faces: Arrays) -> None:
    grey = Faces(channels=1).embedded("train", 50, 24)
    assert grey.values.shape == (50, 24, 24, 1)
    for one, coloured in zip(grey.values, faces.values, strict=False):
        np.testing.assert_array_equal(one[..., 0], np.asarray(Image.fromarray(coloured).convert("L")))


def test_characters_are_told_by_their_means_and_expressions_are_not(faces: Arrays) -> None:
    seen = faces.values.reshape(2 * CHUNK, -1).astype(float)
    accuracies = {}
    for factor in ("character", "expression"):
        labels = faces.labels[factor]
        known, new = slice(CHUNK), slice(CHUNK, None)
        means = np.stack([seen[known][labels[known] == one].mean(0) for one in range(labels.max() + 1)])
        away = ((means**2).sum(1) - 2 * seen[new] @ means.T).argmin(1)
        accuracies[factor] = (away == labels[new]).mean()
    assert accuracies["character"] > 0.95
    assert 1.2 / 7 < accuracies["expression"] < 0.6


def test_faces_of_a_character_and_an_expression_differ_in_strength(faces: Arrays) -> None:
    joy = faces.labels["expression"] == list(EXPRESSIONS).index("joy")
    assert len(set(faces.labels["gape"][joy].tolist())) >= 4
    assert EXPRESSIONS["joy"]["gape"] + OWN["gape"] < EXPRESSIONS["surprise"]["gape"] + OWN["gape"]


SIDE = 200
AXIS = (np.arange(SIDE) + 0.5) / SIDE * 4 - 2
Y, X = np.meshgrid(AXIS, AXIS, indexing="ij")


@pytest.mark.parametrize(
    ("distance", "area"),
    [
        (disc(X, Y, 0.7), np.pi * 0.7**2),
        (oval(X, Y, 1.1, 0.4), np.pi * 1.1 * 0.4),
        (box(X, Y, 0.8, 0.5, corner=0.2), 1.6 * 1.0 - (4 - np.pi) * 0.2**2),
        (stroke(X, Y, 0.6, slope=0.0, bend=0.0, thick=0.1), 1.2 * 0.2 + np.pi * 0.1**2),
    ],
)
def test_parts_have_the_areas_of_closed_forms(distance: np.ndarray, area: float) -> None:
    assert (distance < 0).mean() * 16 == pytest.approx(area, rel=0.01)


@pytest.mark.parametrize("make", [lambda: disc(X, Y, 0.7), lambda: box(X, Y, 0.8, 0.5, corner=0.2)])
def test_distances_grow_by_one_with_each_step_away(make) -> None:
    down, across = np.gradient(make(), AXIS, AXIS)
    outside = make() > 0.05
    np.testing.assert_allclose(np.hypot(down, across)[outside], 1, atol=0.01)


def test_a_pixel_is_covered_by_as_much_as_an_upright_edge_leaves() -> None:
    x = np.tile(np.arange(8, dtype=np.float32), (1, 8, 1))
    sheet = Canvas(x, x, [np.zeros_like(x) for _ in range(3)], 1.0)
    sheet.lay(x - 3.25, (1.0, 0.5, 0.0))
    assert sheet.planes[0][0, 0].tolist() == [1, 1, 1, 0.75, 0, 0, 0, 0]
    assert sheet.planes[1][0, 0].tolist() == [0.5, 0.5, 0.5, 0.375, 0, 0, 0, 0]
