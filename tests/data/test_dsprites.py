"""Oracles: closed-form areas and moments, exact shifts, a renderer by points, the published mean, faults."""

import cmath
import hashlib
import math
import zipfile
from pathlib import Path

import numpy as np
import pytest

from lea.data import dsprites, dsprites_archive, dsprites_drawing
from lea.data.arrays import Split
from lea.data.dsprites import GRID, ROWS, DSprites, choose_rows, label_rows
from lea.data.dsprites_drawing import draw_rows
from lea.errors import UserError

SMALL = (3, 2, 4, 3, 3)
FILE = DSprites.FILES[0]
AREAS = (21.5**2, math.pi * 21.5 * 10.75 / 4, 11.57**2 * (1 + math.pi / 4))
PERIMETERS = (
    4 * 21.5,
    2 * 4.8442 * 21.5 / 4,
    11.57 * (2 + math.pi),
)  # of the ellipse by its complete integral
PUBLISHED_MEAN = 0.042494423521889584  # of all pixels of the published archive, as others have measured it


def row_of(shape: int, scale: int, orientation: int, x: int = 15, y: int = 16) -> int:
    return (((shape * 6 + scale) * 40 + orientation) * 32 + x) * 32 + y


def draw(side: int, rows: list[int]) -> np.ndarray:
    """(n, side, side) of zeros and ones."""
    return draw_rows(np.array(rows), side)[..., 0] // 255


def centroids(pictures: np.ndarray) -> np.ndarray:
    """(n, 2): x and y of the lit pixels' mean."""
    y, x = np.indices(pictures.shape[1:])
    return np.stack([(pictures * axis).sum((1, 2)) / pictures.sum((1, 2)) for axis in (x, y)], axis=1)


def lit_in_heart(point: complex) -> bool:
    """Not yet moved to its centroid: the square on its tip, a disc around the middle of each upper side."""
    half = 11.57 / 2
    turned = point * cmath.exp(1j * math.pi / 4)
    in_square = abs(turned.real) < half and abs(turned.imag) < half
    middles = (half * cmath.exp(-1j * math.pi / 4), half * cmath.exp(-3j * math.pi / 4))
    return in_square or any(abs(point - middle) < half for middle in middles)


def heart_centroid() -> complex:
    """From the square, its centroid at 0, and two half discs, theirs at 4 r / (3 pi) from the side."""
    half = 11.57 / 2
    discs = math.pi * half**2
    return -1j * discs / (11.57**2 + discs) * (half + 4 * half / (3 * math.pi)) / math.sqrt(2)


def is_lit(shape: int, point: complex, centroid: complex) -> bool:
    """Whether a point, seen from a sprite of scale 1 and orientation 0, lies in it."""
    if shape == 0:
        return max(abs(point.real), abs(point.imag)) < 21.5 / 2
    if shape == 1:
        focus = math.sqrt(21.5**2 - 10.75**2) / 2
        return abs(point - focus) + abs(point + focus) < 21.5
    return lit_in_heart(point + centroid)


def render(labels: np.ndarray, side: int) -> np.ndarray:
    """(side, side) of zeros and ones, pixel by pixel; with y downwards, `exp(i a)` turns clockwise."""
    shape, scale, orientation, x, y = labels
    unit, centroid = 64 / side, heart_centroid() if shape == 2 else 0j
    turn = cmath.exp(-1j * 2 * math.pi * orientation / 39) / (0.5 + 0.1 * scale)
    picture = np.zeros((side, side), np.uint8)
    for row in range(side):
        for column in range(side):
            point = complex((column + 0.5) * unit - 16.5 - x, (row + 0.5) * unit - 16.5 - y)
            picture[row, column] = is_lit(shape, point * turn, centroid)
    return picture


@pytest.mark.parametrize("side", [64, 32])
def test_a_pixel_is_on_when_its_centre_lies_in_the_shape(side: int) -> None:
    images = DSprites().embedded("train", 40, side)
    labels = np.stack(list(images.labels.values()), axis=1)
    for picture, row in zip(images.values[..., 0], labels, strict=True):
        assert np.array_equal(picture, 255 * render(row, side))


@pytest.mark.parametrize("shape", range(3))
def test_areas_are_the_closed_forms_times_the_square_of_the_scale(shape: int) -> None:
    for scale, factor in enumerate(np.linspace(0.5, 1, 6)):
        areas = draw(64, [row_of(shape, scale, orientation) for orientation in range(40)]).sum((1, 2))
        assert areas.mean() == pytest.approx(AREAS[shape] * factor**2, rel=0.02)
        assert abs(areas - AREAS[shape] * factor**2).max() < 0.3 * PERIMETERS[shape] * factor


def test_the_mean_of_all_pixels_is_the_published_one() -> None:
    rows = [row_of(shape, scale, turn) for shape in range(3) for scale in range(6) for turn in range(40)]
    assert draw(64, rows).mean() == pytest.approx(PUBLISHED_MEAN, rel=0.005)


@pytest.mark.parametrize("shape", range(3))
def test_a_step_of_x_or_y_moves_the_picture_by_exactly_one_of_64_pixels(shape: int) -> None:
    for turn in (0, 7, 23):
        here, right, down = draw(64, [row_of(shape, 5, turn, *at) for at in ((9, 20), (10, 20), (9, 21))])
        assert np.array_equal(right, np.roll(here, 1, axis=1))
        assert np.array_equal(down, np.roll(here, 1, axis=0))


def test_a_step_of_x_moves_the_centroid_by_half_of_32_pixels_and_leaves_y_alone() -> None:
    rows = np.arange(ROWS).reshape(3, 6, 40, 32, 32)[..., 16]  # (shape, scale, orientation, x)
    tracks = centroids(draw(32, rows.ravel().tolist())).reshape(*rows.shape, 2)
    steps = np.diff(tracks, axis=3)
    assert abs(steps.mean(axis=2) - [0.5, 0]).max() < 0.1  # for each shape, scale and step, over orientations
    assert abs(steps.mean(axis=(0, 1, 2, 3)) - [0.5, 0]).max() < 0.01


def test_two_steps_of_x_and_y_are_exactly_one_of_32_pixels() -> None:
    for shape in range(3):
        here, there = draw(32, [row_of(shape, 4, 11, 6, 21), row_of(shape, 4, 11, 8, 19)])
        assert np.array_equal(there, np.roll(here, (-1, 1), axis=(0, 1)))


def test_the_centroid_lies_at_the_position_for_every_sprite() -> None:
    rows = [row_of(shape, scale, t, 31, 0) for shape in range(3) for scale in range(6) for t in range(40)]
    assert abs(centroids(draw(64, rows)) - [47, 16]).max() < 0.3


def test_orientation_turns_the_long_axis_of_the_ellipse_clockwise_in_equal_steps() -> None:
    pictures = draw(64, [row_of(1, 5, orientation) for orientation in range(40)])
    y, x = np.indices((64, 64))
    for picture, middle, angle in zip(
        pictures, centroids(pictures), np.linspace(0, 2 * np.pi, 40), strict=True
    ):
        dx, dy = x[picture > 0] - middle[0], y[picture > 0] - middle[1]
        found = np.arctan2(2 * (dx * dy).mean(), (dx * dx).mean() - (dy * dy).mean()) / 2
        assert abs((found - angle + np.pi / 2) % np.pi - np.pi / 2) < 0.04


def test_orientation_turns_the_heart_clockwise_through_the_whole_circle() -> None:
    pictures = draw(64, [row_of(2, 5, orientation) for orientation in range(40)])
    for picture, angle in zip(pictures, np.linspace(0, 2 * np.pi, 40), strict=True):
        down = 1j * cmath.exp(1j * angle)  # from the centroid to the tip, 10.74 pixels; to the notch, 5.62
        for distance, lit in ((9, 1), (-4.5, 1), (-7, 0)):
            at = complex(31, 32) + distance * down
            assert picture[round(at.imag), round(at.real)] == lit


def test_the_heart_of_orientation_zero_stands_on_its_tip() -> None:
    picture = draw(64, [row_of(2, 5, 0)])[0]
    rows = np.flatnonzero(picture.any(axis=1))
    assert np.array_equal(picture[rows[-1]].nonzero()[0], [31])
    assert len(np.flatnonzero(np.diff(picture[rows[0]]))) == 4  # two lobes: on, off, on, off
    assert np.array_equal(picture[:, :31], picture[:, :31:-1][:, 1:])


@pytest.mark.parametrize("side", [64, 32])
def test_no_sprite_is_cut_off_at_any_corner_of_the_positions(side: int) -> None:
    sprites = [(shape, scale, t) for shape in range(3) for scale in range(6) for t in range(40)]
    middle = draw(side, [row_of(*sprite, 16, 16) for sprite in sprites]).sum((1, 2))
    for x in (0, 30):
        for y in (0, 30):
            assert np.array_equal(
                draw(side, [row_of(*sprite, x, y) for sprite in sprites]).sum((1, 2)), middle
            )


def test_the_area_is_the_same_at_all_positions() -> None:
    areas = draw(64, [row_of(0, 5, 5, x, y) for x in range(32) for y in range(32)]).sum((1, 2))
    assert len(areas) == 1024
    assert len(set(areas.tolist())) == 1


@pytest.mark.parametrize("side", [64, 32])
def test_no_pixel_centre_lies_so_near_an_edge_that_rounding_could_decide(side: int) -> None:
    phases = dsprites_drawing.place_sprites(side)[0] * 64 / side
    steps = (np.arange(-64, 65) * 64 / side - phases[:, None]).ravel()
    x, y = np.meshgrid(steps[abs(steps) < 17], steps[abs(steps) < 17])
    angles, scales = np.linspace(0, 2 * np.pi, 40)[:, None, None, None], np.linspace(0.5, 1, 6)[:, None, None]
    u, v = np.cos(angles) * x + np.sin(angles) * y, np.cos(angles) * y - np.sin(angles) * x
    for depth in (dsprites_drawing.in_square, dsprites_drawing.in_ellipse, dsprites_drawing.in_heart):
        assert abs(depth(u / scales, v / scales)).min() > 1e-8


def test_rows_and_factors_are_a_bijection_in_the_published_order() -> None:
    rows = np.arange(ROWS)
    shape, scale, orientation, x, y = label_rows(rows).values()
    assert tuple(DSprites.FACTORS.values()) == GRID
    assert np.array_equal((((shape * 6 + scale) * 40 + orientation) * 32 + x) * 32 + y, rows)
    for factor, classes in DSprites.FACTORS.items():
        assert np.array_equal(np.unique(label_rows(rows)[factor]), np.arange(classes))
        assert np.array_equal(label_rows(rows[::977])[factor], np.array(label_rows(rows)[factor])[::977])
    assert np.array_equal(
        np.stack(list(label_rows(rows).values())), np.unravel_index(rows, (3, 6, 40, 32, 32))
    )


def test_the_splits_have_the_studys_sizes_and_share_no_row() -> None:
    train, test = (set(choose_rows(split, DSprites.SIZES[split]).tolist()) for split in ("train", "test"))
    assert (len(train), len(test)) == (59972, 10006)
    assert not train & test


def test_train_and_test_are_disjoint_up_to_the_whole_grid() -> None:
    rows = np.concatenate([choose_rows("train", 700_000), choose_rows("test", ROWS - 700_000)])
    assert np.array_equal(np.sort(rows), np.arange(ROWS))


@pytest.mark.parametrize("split", ["train", "test"])
def test_a_larger_count_begins_with_the_same_pictures(split: Split) -> None:
    small, large = (DSprites().embedded(split, count, 32) for count in (50, 5000))
    assert np.array_equal(large.values[:50], small.values)
    assert all(np.array_equal(large.labels[factor][:50], small.labels[factor]) for factor in small.labels)
    assert np.array_equal(large.values[4090:4100], draw_rows(choose_rows(split, 5000)[4090:4100], 32))


def test_the_bits_are_the_same_for_ever() -> None:
    digests = []
    for side in (64, 32, 64):
        images = DSprites().embedded("train", 500, side)
        content = images.values.tobytes() + np.stack(list(images.labels.values())).tobytes()
        digests.append(hashlib.sha256(content).hexdigest()[:16])
    assert digests == ["aa8136236127e9da", "4c3e1448594eaca8", "aa8136236127e9da"]


def test_names_are_different_texts_for_every_class() -> None:
    names = DSprites().names("original")
    assert names["shape"] == ("square", "ellipse", "heart")
    assert names["scale"] == ("0.5", "0.6", "0.7", "0.8", "0.9", "1")
    assert (names["orientation"][1], names["x"][31], names["y"][0]) == ("0.161", "1", "0")
    assert {factor: len(set(texts)) for factor, texts in names.items()} == DSprites.FACTORS


def test_other_sides_and_too_many_pictures_are_refused() -> None:
    with pytest.raises(UserError, match="side 28; expected 64 or 32"):
        DSprites().embedded("train", 10, 28)
    with pytest.raises(UserError, match="737281 pictures wanted for test; expected 0 to 737280"):
        DSprites().embedded("test", ROWS + 1, 64)


def small_labels() -> np.ndarray:
    return np.stack(np.unravel_index(np.arange(math.prod(SMALL)), SMALL), axis=1)


@pytest.fixture(scope="module")
def arrays() -> dict[str, np.ndarray]:
    """What a small archive holds, drawn by the point-by-point renderer at 32 pixels, in a corner of 64."""
    labels = small_labels()
    pictures = np.zeros((len(labels), 64, 64), np.uint8)
    pictures[::5, :32, :32] = [render(row, 32) for row in labels[::5]]
    pictures[:, 63, :5] = labels % 2  # so that each row can be told from others
    classes = np.concatenate([np.zeros((len(labels), 1), int), labels], axis=1)
    metadata = np.array({"never": "touched"}, object)
    return {
        "imgs": pictures,
        "latents_classes": classes,
        "latents_values": classes + 0.5,
        "metadata": metadata,
    }


def write(path: Path, arrays: dict[str, np.ndarray]) -> str:
    """Write an archive; its blob id."""
    np.savez_compressed(path, allow_pickle=True, **arrays)
    return blob_id(path.read_bytes())


def blob_id(content: bytes) -> str:
    return hashlib.sha1(b"blob " + str(len(content)).encode() + b"\0" + content).hexdigest()


def test_a_blob_id_is_the_one_that_git_gives(tmp_path: Path) -> None:
    (tmp_path / "hello").write_bytes(b"hello\n")
    dsprites_archive.check_blob(tmp_path / "hello", "ce013625030ba8dba906f756967f9e9ca394464a")


def test_the_original_gives_the_rows_of_the_split_with_their_labels(
    tmp_path: Path, arrays: dict[str, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dsprites, "BLOB", write(tmp_path / FILE, arrays))
    monkeypatch.setattr(dsprites, "GRID", SMALL)
    monkeypatch.setattr(dsprites, "ROWS", math.prod(SMALL))
    monkeypatch.setattr(dsprites_archive, "CHUNK", 50)
    train, test = (DSprites().original(tmp_path, split, 108) for split in ("train", "test"))
    rows = {tuple(row): number for number, row in enumerate(small_labels().tolist())}
    found = [
        rows[tuple(row)] for part in (train, test) for row in np.stack(list(part.labels.values()), 1).tolist()
    ]
    assert sorted(found) == list(range(216))
    assert np.array_equal(np.concatenate([train.values, test.values])[..., 0], 255 * arrays["imgs"][found])


def refusal(path: Path, blob: str) -> str:
    """What is said about an archive."""
    try:
        dsprites_archive.check_archive(path, blob, SMALL)
        dsprites_archive.read_rows(path, np.arange(5))
    except UserError as error:
        return str(error)
    return "nothing"


def test_a_missing_archive_is_said_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=f"{tmp_path}/{FILE}: no such file; .*`source: embedded`"):
        DSprites().original(tmp_path, "train", None)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "an empty file; expected a zip archive"),
        (b"\n<!DOCTYPE html><html>Not found</html>", "an HTML page"),
        (b"\x93NUMPY", "it begins with"),
        (b"PK\x03\x04" + bytes(100), "truncated, 104 bytes; expected a zip archive with its end"),
    ],
)
def test_what_is_no_archive_is_said_in_words(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(UserError, match=words):
        DSprites().original(tmp_path, "test", 5)


def test_a_truncated_or_changed_archive_is_found_by_its_blob_id(
    tmp_path: Path, arrays: dict[str, np.ndarray]
) -> None:
    blob = write(tmp_path / FILE, arrays)
    content = (tmp_path / FILE).read_bytes()
    (tmp_path / FILE).write_bytes(content[:-300])
    assert "truncated, " in refusal(tmp_path / FILE, blob)
    for place in np.random.default_rng(0).integers(4, len(content) - 30, 50):
        flipped = bytearray(content)
        flipped[place] ^= 1
        (tmp_path / FILE).write_bytes(flipped)
        assert "so truncated or changed; expected " + blob in refusal(tmp_path / FILE, blob)


def test_damage_inside_is_found_even_where_the_blob_id_agrees(
    tmp_path: Path, arrays: dict[str, np.ndarray]
) -> None:
    write(tmp_path / FILE, arrays)
    content = bytearray((tmp_path / FILE).read_bytes())
    content[500] ^= 255
    (tmp_path / FILE).write_bytes(content)
    assert "imgs.npy: " in refusal(tmp_path / FILE, blob_id(bytes(content)))


def replace(array: np.ndarray, place: tuple[int, ...], value: int) -> np.ndarray:
    array = array.copy()
    array[place] = value
    return array


def test_wrong_content_is_said_in_words(tmp_path: Path, arrays: dict[str, np.ndarray]) -> None:
    classes, pictures = arrays["latents_classes"], arrays["imgs"]
    cases = [
        (
            {"imgs": pictures[:-1]},
            r"imgs.npy: uint8 of shape (215, 64, 64); expected uint8 of shape (216, 64, 64)",
        ),
        ({"imgs": pictures.astype(float)}, "imgs.npy: float64 of shape (216, 64, 64); expected uint8"),
        ({"imgs": np.asfortranarray(pictures)}, "imgs.npy: pixels before pictures"),
        ({"imgs": replace(pictures, (3, 5, 5), 2)}, "a pixel of 2 in rows 0 to 215; expected only 0 and 1"),
        ({"latents_values": classes}, "latents_values.npy: int64"),
        (
            {"latents_classes": replace(classes, (7, 2), 5)},
            "row 7 are [0, 0, 5, 0, 2, 1]; expected [0, 0, 0, 0, 2, 1]",
        ),
        ({"latents_classes": classes[::-1]}, "latents_classes in row 0 are [0, 2, 1, 3, 2, 2]"),
    ]
    for number, (change, words) in enumerate(cases):
        path = tmp_path / f"{number}.npz"
        assert words in refusal(path, write(path, arrays | change))


def test_a_missing_or_unreadable_member_is_named(tmp_path: Path, arrays: dict[str, np.ndarray]) -> None:
    for name in ("imgs", "latents_classes", "latents_values"):
        rest = {member: array for member, array in arrays.items() if member != name}
        assert f"{name}.npy: " in refusal(tmp_path / FILE, write(tmp_path / FILE, rest))
    with zipfile.ZipFile(tmp_path / FILE, "w") as archive:
        archive.writestr("imgs.npy", b"no array")
    assert "imgs.npy: the magic string" in refusal(tmp_path / FILE, blob_id((tmp_path / FILE).read_bytes()))


class Trap:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


def test_a_pickle_in_the_archive_is_refused_and_never_run(
    tmp_path: Path, arrays: dict[str, np.ndarray]
) -> None:
    trap = np.array([Trap(tmp_path / "sprung")], object)
    for name in ("imgs", "latents_classes"):
        blob = write(tmp_path / FILE, arrays | {"metadata": trap, name: trap})
        assert f"{name}.npy: a pickle, which could run code" in refusal(tmp_path / FILE, blob)
    dsprites_archive.check_archive(
        tmp_path / FILE, write(tmp_path / FILE, arrays | {"metadata": trap}), SMALL
    )
    assert not (tmp_path / "sprung").exists()


def test_a_download_is_kept_only_if_its_blob_id_agrees(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "data" / FILE
    source.write_bytes(b"archive")
    with pytest.raises(UserError, match=f"{FILE}: no such file, and the download failed .*blob id"):
        dsprites_archive.fetch_archive(target, source.as_uri(), blob_id(b"other"))
    assert list(target.parent.iterdir()) == []
    dsprites_archive.fetch_archive(target, source.as_uri(), blob_id(b"archive"))
    assert target.read_bytes() == b"archive"
    assert list(target.parent.iterdir()) == [target]


def test_a_file_that_is_there_is_not_downloaded(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"mine")
    DSprites().fetch(tmp_path)
    assert (tmp_path / FILE).read_bytes() == b"mine"


def test_without_a_network_it_is_said_what_to_put_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dsprites, "ADDRESS", (tmp_path / "nowhere").as_uri() + "/")
    with pytest.raises(UserError) as caught:
        DSprites().fetch(tmp_path / "data")
    for words in (
        f"{tmp_path}/data/{FILE}: no such file",
        f"nowhere/{FILE}",
        "put it there",
        "`source: embedded`",
    ):
        assert words in str(caught.value)
    assert list((tmp_path / "data").iterdir()) == []
