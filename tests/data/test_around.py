"""Oracles: loops over pixels, moments of the noise, exact areas; readers whose samples are numbers."""

import hashlib
from functools import partial
from math import ceil, exp
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lea.data.arrays import Arrays, Split
from lea.data.corrupted import Corrupted
from lea.data.job import prepare
from lea.data.mnist import MNIST
from lea.data.points import Points
from lea.data.selected import Selected
from lea.data.tables import labels_of, values_of
from lea.errors import UserError
from lea.store import read_record, read_table
from lea.study.spec import Dataset, Part, Source, canonical
from tests.data.readers import Numbered, Strips

STRENGTHS = range(1, 6)
# As docs/data.md has them.
NOISE = (0.04, 0.08, 0.12, 0.2, 0.3)
BLUR = (0.015, 0.025, 0.04, 0.06, 0.09)
OCCLUSION = (0.04, 0.08, 0.15, 0.25, 0.4)


class Greys:
    """Pictures of middle grey, or of random pixels; a class of every third."""

    SOURCES = ("embedded", "original", "folder")
    FACTORS = {"label": 3}
    ORDERED = {"step": None}

    def __init__(self, *, random: bool = False, channels: int = 1) -> None:
        self.random, self.channels = random, channels

    def names(self, source: str) -> dict[str, tuple[str, ...]]:
        return {"label": ("red", "green", "blue"), "step": ("0", "1")}

    def embedded(self, split: Split, count: int, side: int) -> Arrays:
        shape = (count, side, side, self.channels)
        random = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
        labels = {"label": np.arange(count) % 3, "step": np.arange(count) % 2}
        return Arrays(random if self.random else np.full(shape, 128, np.uint8), labels)

    def original(self, folder: Path, split: Split, count: int | None) -> Arrays:
        return self.embedded(split, 10 if count is None else count, 12)

    def folder(self, split: Split, count: int | None, side: int) -> Arrays:
        return self.embedded(split, 10 if count is None else count, side)

    def best(self, source: str, folder: Path, side: int) -> dict[str, Any]:
        return {}


def spoil(kind: str, strength: int, count: int = 30, side: int = 20, **options: Any) -> Arrays:
    reader = Corrupted(of=partial(Greys, **options), kind=kind, strength=strength)  # type: ignore[arg-type]
    return reader.embedded("test", count, side)


# corrupted


@pytest.mark.parametrize("strength", STRENGTHS)
def test_noise_has_the_deviation_of_its_strength_and_is_rounded(strength: int) -> None:
    rest = spoil("noise", strength, count=400).values.astype(float) - 128
    deviation = 255 * NOISE[strength - 1]
    normal = np.random.default_rng(1).standard_normal(10**6)  # what cutting off at 0 and 255 leaves of it
    wanted = np.rint(np.clip(128 + deviation * normal, 0, 255)) - 128
    assert rest.std() == pytest.approx(wanted.std(), rel=0.01)
    assert rest.mean() == pytest.approx(wanted.mean(), abs=0.02 * deviation)
    assert abs(np.corrcoef(rest[:, :, :-1].ravel(), rest[:, :, 1:].ravel())[0, 1]) < 0.01


def test_stronger_noise_is_the_same_noise() -> None:
    weak, strong = (spoil("noise", one).values.astype(float) - 128 for one in (1, 2))
    np.testing.assert_allclose(strong, weak * NOISE[1] / NOISE[0], atol=1.6)


def blurred(picture: np.ndarray, deviation: float) -> np.ndarray:
    """(h, w), pixel by pixel: weights exp(-d^2 / 2 s^2) out to 4 s, nearest pixels beyond the edge."""
    high, wide = picture.shape
    reach = int(4 * deviation + 0.5)
    weights = {d: exp(-(d * d) / (2 * deviation**2)) for d in range(-reach, reach + 1)}
    total = sum(weights.values()) ** 2
    found = np.zeros((high, wide))
    for row in range(high):
        for column in range(wide):
            for down, of_row in weights.items():
                for across, of_column in weights.items():
                    there = min(max(row + down, 0), high - 1), min(max(column + across, 0), wide - 1)
                    found[row, column] += of_row * of_column * picture[there] / total
    return found


@pytest.mark.parametrize("strength", STRENGTHS)
def test_blur_is_that_of_a_loop_over_pixels_in_each_channel(strength: int) -> None:
    before = Greys(random=True, channels=3).embedded("test", 2, 16).values
    after = spoil("blur", strength, count=2, side=16, random=True, channels=3).values
    for channel in (0, 2):
        wanted = blurred(before[1, :, :, channel].astype(float), BLUR[strength - 1] * 16)
        np.testing.assert_allclose(after[1, :, :, channel], wanted, atol=0.51)


@pytest.mark.parametrize("side", [8, 20, 33])
@pytest.mark.parametrize("strength", STRENGTHS)
def test_a_square_of_exactly_the_share_of_the_area_lies_before_a_picture(strength: int, side: int) -> None:
    before = Greys(random=True, channels=3).embedded("test", 200, side).values
    after = spoil("occlusion", strength, 200, side, random=True, channels=3).values
    length = round(side * OCCLUSION[strength - 1] ** 0.5)
    corners = set()
    for one, other in zip(before, after, strict=True):
        grey = (other == 128).all(-1)
        rows, columns = (np.flatnonzero(grey.sum(axis) >= length) for axis in (1, 0))
        top, left = rows[0], columns[0]
        wanted = one.copy()
        wanted[top : top + length, left : left + length] = 128
        np.testing.assert_array_equal(other, wanted)
        assert grey.sum() == length**2
        corners.add((top, left))
    least, most = np.min(list(corners), 0), np.max(list(corners), 0)
    assert least.tolist() == [0, 0]
    assert most.tolist() == [side - length] * 2


@pytest.mark.parametrize("kind", ["noise", "blur", "occlusion"])
def test_more_pictures_begin_with_the_same_and_labels_are_kept(kind: str) -> None:
    few, more = (spoil(kind, 3, count, 8, random=False) for count in (1003, 2100))
    np.testing.assert_array_equal(few.values, more.values[:1003])
    np.testing.assert_array_equal(few.labels["label"], np.arange(1003) % 3)
    assert more.values.dtype == np.uint8


@pytest.mark.parametrize(
    ("kind", "digest"), [("noise", "86cc24d40a9d5843"), ("occlusion", "f8e35ac6d664857b")]
)
def test_pictures_are_spoilt_the_same_everywhere(kind: str, digest: str) -> None:
    values = spoil(kind, 3, count=1100, side=8).values  # of two pieces
    assert hashlib.sha256(values.tobytes()).hexdigest()[:16] == digest


@pytest.mark.parametrize("kind", ["noise", "occlusion"])
def test_splits_and_pictures_are_spoilt_differently(kind: str) -> None:
    reader = Corrupted(of=partial(Greys, random=True), kind=kind, strength=3)  # type: ignore[arg-type]
    splits = [reader.embedded(split, 50, 20).values for split in ("train", "test")]
    assert (splits[0] != splits[1]).any()
    if kind == "noise":
        assert len(np.unique(np.concatenate(splits), axis=0)) == 100


@pytest.mark.parametrize(("source", "count"), [("original", None), ("original", 4), ("folder", 4)])
def test_originals_and_own_pictures_are_spoilt_too(tmp_path: Path, source: str, count: int | None) -> None:
    reader = Corrupted(of=Greys, kind="noise", strength=1)
    where = {"original": (tmp_path, "test", count), "folder": ("test", count, 12)}[source]
    found = getattr(reader, source)(*where).values
    np.testing.assert_array_equal(found, spoil("noise", 1, count or 10, 12).values)


def test_what_are_no_pictures_of_8_bits_is_refused(tmp_path: Path) -> None:
    for of in (Numbered, partial(Points, shape="moons")):
        with pytest.raises(UserError, match=r"found samples float32 \(5, .*expected pictures of 8 bits"):
            Corrupted(of=of, kind="noise", strength=1).embedded("test", 5, None)
    with pytest.raises(UserError, match="Strips: samples that are given in pieces"):
        Corrupted(of=Strips, kind="noise", strength=1).original(tmp_path, "train", 5, 8)


# selected


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ({"only": ("7",)}, [7]),
        ({"only": (7,)}, [7]),
        ({"only": ("4", "1")}, [1, 4]),
        ({"without": ("0", 9)}, list(range(1, 9))),
    ],
)
@pytest.mark.parametrize("count", [1, 3, 25])
def test_classes_are_taken_in_their_order_and_numbered_anew(
    options: dict[str, tuple[str | int, ...]], kept: list[int], count: int
) -> None:
    reader = Selected(of=Numbered, label="ten", **options)
    found = reader.embedded("train", count, None)
    wanted = [number for number in range(1000) if number % 10 in kept][:count]
    assert found.values[:, 0].tolist() == wanted
    assert found.labels["ten"].tolist() == [kept.index(number % 10) for number in wanted]
    assert found.labels["odd"].tolist() == [number % 2 for number in wanted]
    assert reader.names("embedded") == {"ten": tuple(map(str, kept)), "odd": ("even", "odd")}


def test_of_what_ends_the_samples_that_there_are_are_taken(tmp_path: Path) -> None:
    reader = Selected(of=Greys, only=("green",))
    for count, wanted in ((None, 3), (2, 2), (9, 3)):
        assert len(reader.original(tmp_path, "train", count)) == wanted
        assert len(reader.folder("train", count, 8)) == wanted


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "only, without: found neither; expected one of them"),
        ({"only": ("red",), "without": ("red",)}, "only, without: found both; expected one of them"),
        (
            {"only": ("pink",)},
            "label: no class 'pink'; expected some of red, green, blue, or numbers from 0 to 2",
        ),
        ({"only": ("1",)}, "label: no class '1'; expected some of red,"),
        ({"without": (3,)}, "label: no class 3; expected some of red, green, blue, or numbers from 0 to 2"),
        ({"without": (-1,)}, "label: no class -1; expected some of red,"),
        ({"without": ("red", 0, 1, 2)}, "without: found all classes of 'label'"),
        ({"without": ("red", "green", "blue")}, "without: found all classes of 'label'"),
        ({"label": "hue", "only": ("1",)}, "label: found 'hue'; expected one of label, step"),
        ({"label": "step", "only": ("1",)}, "label: 'step' counts steps"),
    ],
)
def test_a_wrong_choice_is_refused_by_name(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        Selected(of=Greys, **options).embedded("train", 5, 8)


def test_a_number_means_the_same_class_whatever_it_is_called() -> None:
    class Clothes(Greys):
        def names(self, source: Source) -> dict[str, tuple[str, ...]]:
            called = {"embedded": ("A", "B", "C"), "original": ("shirt", "coat", "shoe")}
            return {"label": called.get(source, ("0", "2", "1")), "step": ("0", "1")}

    reader = Selected(of=Clothes, only=(1,))
    kept = {source: reader.names(source)["label"] for source in ("embedded", "original", "folder")}
    assert kept == {"embedded": ("B",), "original": ("coat",), "folder": ("2",)}
    assert Selected(of=Clothes, only=("1",)).names("folder")["label"] == ("1",)  # a name before a number


def test_a_class_that_does_not_occur_is_not_waited_for() -> None:
    class Gapped(Greys):
        def embedded(self, split: Split, count: int, side: int) -> Arrays:
            return Arrays(np.zeros((count, 1, 1, 1), np.uint8), {"label": np.zeros(count, int)})

    with pytest.raises(UserError, match="label: found 0 samples of these classes among 1,024; expected 1"):
        Selected(of=Gapped, only=("green",)).embedded("train", 1, 8)


# both


def test_what_is_true_of_all_samples_is_not_said_of_some() -> None:
    assert hasattr(Greys(), "best")
    assert not hasattr(Selected(of=Greys, only=("red",)), "best")


DIGITS = Part(name="mnist", options={})
OWN = Part(name="tests.data.test_around:Greys", options={"random": False, "channels": 1})
SEVENS = Part(name="selected", options={"of": DIGITS, "label": "label", "only": ["7"], "without": []})


def table(path: Path, reader: Part, *, source: Source = "embedded", **sizes: Any) -> Any:
    dataset = Dataset(name="a", reader=reader, source=source, **sizes)
    prepare(canonical(dataset), path, path / "a.parquet")
    return read_table(path / "a.parquet")


def test_readers_stand_around_readers_in_the_job(tmp_path: Path) -> None:
    noisy = Part(name="corrupted", options={"of": SEVENS, "kind": "occlusion", "strength": 5})
    found = table(tmp_path, noisy, side=12, train=7, test=5)
    record = read_record(found)
    assert record["names"] == {"label": ["7"]}
    assert record["shape"] == [12, 12, 1]
    drawn = MNIST().embedded("train", 200, 12)
    sevens = drawn.values[drawn.labels["label"] == 7][:7]
    same = (values_of(found)[:7] == sevens).mean((1, 2, 3))
    assert (same >= 1 - ceil(12 * 0.4**0.5) ** 2 / 144).all()
    assert set(labels_of(found, "label").tolist()) == {0}


def test_more_than_there_are_of_a_class_is_refused_in_the_job(tmp_path: Path) -> None:
    greens = Part(name="selected", options={"of": OWN, "label": "label", "only": ["green"], "without": []})
    message = "data set 'a', split train: found 3 samples; expected 4; ask for no more than there are"
    with pytest.raises(UserError, match=message):
        table(tmp_path, greens, source="folder", side=8, train=4, test=3)


def test_points_come_through_with_their_type(tmp_path: Path) -> None:
    moons = Part(name="points", options={"shape": "moons"})
    reader = Part(name="selected", options={"of": moons, "label": "label", "only": [], "without": ["lower"]})
    found = table(tmp_path, reader, side=None, train=7, test=5)
    record = read_record(found)
    assert (record["dtype"], record["range"], record["shape"]) == ("float32", None, [2])
    assert record["names"] == {"label": ["upper"]}
