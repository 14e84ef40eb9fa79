"""Oracle: Pillow and slices on pictures made here, and each failure's words."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lea.data.arrays import fixed_order
from lea.data.folder import Folder, read_picture
from lea.data.job import prepare
from lea.errors import UserError
from lea.study.spec import Dataset, Part, canonical


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Two classes with 3 + 2 training and 2 + 1 test pictures, each of one grey value of its own."""
    places = ["train/cat/1.png", "train/cat/2.PNG", "train/cat/3.png", "train/dog/1.png", "train/dog/2.png"]
    for value, place in enumerate([*places, "test/cat/1.png", "test/cat/2.png", "test/dog/x.png"]):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (9, 7), 10 * value).save(tmp_path / place)
    return tmp_path


def test_pictures_and_labels_come_in_the_fixed_order_of_the_sorted_files(own: Path) -> None:
    images = Folder(path=str(own), channels=1).folder("train", None, 8)
    rows = fixed_order(5, "folder", "train")
    assert images.values.shape == (5, 8, 8, 1)
    assert images.values.dtype == np.uint8
    assert images.values[:, 0, 0, 0].tolist() == (10 * rows).tolist()
    assert images.labels["label"].tolist() == np.array([0, 0, 0, 1, 1])[rows].tolist()
    few = Folder(path=str(own), channels=1).folder("train", 2, 8)
    np.testing.assert_array_equal(few.values, images.values[:2])


def test_names_and_files_are_those_of_the_folders_without_hidden_ones(own: Path) -> None:
    (own / "train" / ".cache").mkdir()
    (own / "train" / "cat" / ".DS_Store").write_bytes(b"x")
    (own / "README.txt").write_text("about")
    folder = Folder(path=str(own), channels=3)
    assert folder.names("folder") == {"label": ("cat", "dog")}
    assert folder.files() == sorted(file for file in own.rglob("*.[pP][nN][gG]"))
    assert folder.folder("test", None, 8).values.shape == (3, 8, 8, 3)


@pytest.mark.parametrize(("side", "method"), [(4, Image.Resampling.BOX), (16, Image.Resampling.BICUBIC)])
@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB")])
def test_a_wide_picture_is_its_middle_square_resized_by_pillow(
    tmp_path: Path, side: int, method: Image.Resampling, channels: int, mode: str
) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (12, 20, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "wide.png")
    middle = Image.fromarray(pixels[:, 4:16]).convert(mode).resize((side, side), method)
    expected = np.asarray(middle).reshape(side, side, channels)
    np.testing.assert_array_equal(read_picture(tmp_path / "wide.png", channels, side), expected)


def test_shrinking_by_a_whole_number_takes_means(tmp_path: Path) -> None:
    pixels = np.array([[0, 4, 8, 8], [4, 8, 8, 8], [1, 1, 0, 0], [1, 1, 0, 0]], np.uint8)
    Image.fromarray(pixels).save(tmp_path / "square.png")
    assert read_picture(tmp_path / "square.png", 1, 2)[..., 0].tolist() == [[4, 8], [1, 0]]


def test_a_tall_picture_of_the_right_width_keeps_its_middle_rows(tmp_path: Path) -> None:
    pixels = np.arange(8 * 14, dtype=np.uint8).reshape(14, 8)
    Image.fromarray(pixels).save(tmp_path / "tall.png")
    np.testing.assert_array_equal(read_picture(tmp_path / "tall.png", 1, 8)[..., 0], pixels[3:11])


def test_a_jpeg_is_turned_upright_as_its_camera_says(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[274] = 3  # the tag of the orientation; 3: upside down
    pixels = np.zeros((8, 8), np.uint8)
    pixels[:4] = 255
    Image.fromarray(pixels).save(tmp_path / "turned.jpeg", exif=exif, quality=100)
    np.testing.assert_array_equal(read_picture(tmp_path / "turned.jpeg", 1, 8)[..., 0], pixels[::-1])


def test_transparency_shows_white(tmp_path: Path) -> None:
    Image.new("RGBA", (8, 8), (10, 20, 30, 0)).save(tmp_path / "clear.png")
    assert read_picture(tmp_path / "clear.png", 3, 8).min() == 255


@pytest.mark.parametrize("channels", [0, 2, 4])
def test_other_channels_than_one_or_three_are_refused(channels: int) -> None:
    with pytest.raises(UserError, match=f"channels: {channels}; expected 1 for grey or 3 for colour"):
        Folder(path="pictures", channels=channels)


@pytest.mark.parametrize(
    ("remove", "message"),
    [
        ("", ": no such folder; expected one with train and test inside"),
        ("train", "train: no such folder; expected one with a folder for each class"),
        ("test", "test: no such folder; expected one with a folder for each class"),
        ("test/dog", "test/dog: no such folder, but train has it; expected the same classes"),
        ("train/dog", "train/dog: no such folder, but test has it; expected the same classes"),
        ("test/dog/x.png", "test/dog: no pictures; expected at least one"),
    ],
)
def test_what_is_missing_is_named(own: Path, remove: str, message: str) -> None:
    (own / remove).rename(own.with_name(f"{own.name}-aside"))
    with pytest.raises(UserError, match=message):
        Folder(path=str(own), channels=1).files()


def test_a_split_without_classes_is_refused(own: Path) -> None:
    for name in ("cat", "dog"):
        (own / "test" / name).rename(own / name)
    with pytest.raises(UserError, match="test: empty; expected a folder for each class"):
        Folder(path=str(own), channels=1).names("folder")


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("train/cat/notes.txt", "cat/notes.txt: not a picture; expected only .png, .jpg, .jpeg files"),
        ("test/dog/movie.gif", "dog/movie.gif: not a picture"),
        ("train/stray.png", "train/stray.png: a file; expected only folders here"),
    ],
)
def test_what_is_no_picture_of_a_class_is_refused_by_name(own: Path, place: str, message: str) -> None:
    (own / place).write_bytes(b"x")
    with pytest.raises(UserError, match=message):
        Folder(path=str(own), channels=1).files()


def test_a_folder_inside_a_class_is_refused_by_name(own: Path) -> None:
    (own / "train" / "cat" / "deep.png").mkdir()
    with pytest.raises(UserError, match=r"deep\.png: not a picture"):
        Folder(path=str(own), channels=1).files()


@pytest.mark.parametrize("keep", [0, 20, 1500])
@pytest.mark.parametrize("name", ["3.png", "3.jpg"])
def test_an_unreadable_picture_is_named(own: Path, keep: int, name: str) -> None:
    file = own / "train" / "dog" / name
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)).save(file)
    file.write_bytes(file.read_bytes()[:keep])
    with pytest.raises(
        UserError, match=rf"dog/{name}: unreadable \(.*\); expected a PNG or JPEG file; replace"
    ):
        Folder(path=str(own), channels=1).folder("train", None, 8)


@pytest.mark.parametrize("colours", [0, 2, 4, 6])  # grey, colour, and both with transparency
def test_a_picture_of_sixteen_bits_is_refused_instead_of_cut_off(own: Path, colours: int) -> None:
    write_deep(own / "train" / "dog" / "2.png", colours)
    with pytest.raises(UserError, match=r"dog/2.png: values of 16 bits; expected 8; convert it"):
        Folder(path=str(own), channels=1).folder("train", None, 8)


def write_deep(file: Path, colours: int) -> None:
    """A PNG of 8 x 8 values of 16 bits, after its specification: Pillow writes none in colour."""
    values = {0: 1, 2: 3, 4: 2, 6: 4}[colours]
    rows = b"".join(b"\0" + np.full(8 * values, 40000, ">u2").tobytes() for _ in range(8))
    chunks = {
        b"IHDR": struct.pack(">IIBBBBB", 8, 8, 16, colours, 0, 0, 0),
        b"IDAT": zlib.compress(rows),
        b"IEND": b"",
    }
    parts = (
        struct.pack(">I", len(chunk)) + kind + chunk + struct.pack(">I", zlib.crc32(kind + chunk))
        for kind, chunk in chunks.items()
    )
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))
    with Image.open(file) as image:
        image.load()  # which it does, without a word


def test_every_picture_that_is_damaged_in_the_middle_is_named_at_once(own: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    expected = []
    for place in ("train/cat/4.jpg", "train/dog/3.jpeg", "test/cat/3.png", "test/dog/y.jpg"):
        Image.fromarray(pixels).save(own / place)
        content = bytearray((own / place).read_bytes())
        middle = len(content) // 2
        content[middle : middle + 200] = bytes(200)
        (own / place).write_bytes(content)
        expected.append(f"{own / place}: unreadable (")
    (own / "train/cat/5.png").write_text("<html>")
    expected.insert(
        1, f"{own}/train/cat/5.png: unreadable (it begins with b'<html>'); expected a PNG or JPEG"
    )
    with pytest.raises(UserError) as caught:
        Folder(path=str(own), channels=1).folder("train", None, 8)
    lines = str(caught.value).splitlines()
    assert [line.startswith(said) for line, said in zip(lines, expected, strict=True)] == [True] * 5
    assert lines == Folder(path=str(own), channels=3).faults()
    (own / "test/dog/y.jpg").unlink()
    (own / "train/cat/notes.txt").touch()
    with pytest.raises(UserError) as caught:
        Folder(path=str(own), channels=1).folder("test", None, 8)
    assert len(str(caught.value).splitlines()) == 5


def test_a_png_is_held_to_its_checksums(own: Path) -> None:
    file = own / "train/cat/1.png"
    content = bytearray(file.read_bytes())
    content[content.index(b"IEND") - 5] ^= 1  # the last byte of the picture's own
    file.write_bytes(content)
    with Image.open(file) as image:
        image.load()  # which it does, without a word
    with pytest.raises(UserError, match=r"cat/1\.png: unreadable \(.*checksum"):
        Folder(path=str(own), channels=1).folder("train", None, 8)


def test_a_data_job_says_what_is_wrong_in_both_splits_and_writes_nothing(own: Path) -> None:
    part = Part(name="folder", options={"path": str(own), "channels": 1})
    dataset = Dataset(name="pets", reader=part, source="folder", side=8, train=5, test=None)
    output = own / "results" / "pets.parquet"
    for place in ("train/cat/1.png", "test/dog/x.png"):
        (own / place).write_bytes((own / place).read_bytes()[:-20])
    with pytest.raises(UserError) as caught:
        prepare(canonical(dataset), own, output)
    assert [line.partition(": unreadable")[0] for line in str(caught.value).splitlines()] == [
        f"{own}/train/cat/1.png",
        f"{own}/test/dog/x.png",
    ]
    assert not output.parent.exists()


def test_of_many_pictures_that_cannot_be_read_the_first_are_named(own: Path) -> None:
    for index in range(33):
        (own / f"train/cat/b{index:02}.png").touch()
    with pytest.raises(UserError) as caught:
        Folder(path=str(own), channels=1).folder("train", None, 8)
    last, more = str(caught.value).splitlines()[9:]
    assert last.startswith(f"{own}/train/cat/b09.png: unreadable (an empty file)")
    assert more == "and 23 more"


def test_an_animation_is_refused_since_it_is_many_pictures(own: Path) -> None:
    frames = [Image.new("L", (8, 8), grey) for grey in (0, 100, 200)]
    frames[0].save(own / "train/dog/2.png", save_all=True, append_images=frames[1:])
    with pytest.raises(UserError, match=r"dog/2\.png: 3 pictures in one file; expected one"):
        Folder(path=str(own), channels=1).folder("train", None, 8)


def test_another_format_under_a_pictures_name_is_refused(own: Path) -> None:
    Image.new("L", (8, 8)).save(own / "train/dog/2.png", "GIF")
    with pytest.raises(UserError, match=r"dog/2\.png: unreadable \(it begins with b'GIF87a"):
        Folder(path=str(own), channels=1).folder("train", None, 8)
    Image.new("L", (8, 8)).save(own / "train/dog/2.png", "JPEG")  # one of the two is as good as the other
    assert len(Folder(path=str(own), channels=1).folder("train", None, 8)) == 5


def test_a_picture_for_print_becomes_what_pillow_makes_of_it(tmp_path: Path) -> None:
    colours = np.random.default_rng(0).integers(0, 256, (8, 8, 4), np.uint8)
    Image.fromarray(colours, "CMYK").save(tmp_path / "print.jpg")
    with Image.open(tmp_path / "print.jpg") as image:
        expected = np.asarray(image.convert("RGB"))
    np.testing.assert_array_equal(read_picture(tmp_path / "print.jpg", 3, 8), expected)


def test_braces_in_names_are_letters_as_others(own: Path) -> None:
    before = Folder(path=str(own), channels=1).folder("train", None, 8)
    for place in ("train/cat", "test/cat"):
        (own / place).rename(own / place.replace("cat", "cat{x}"))
    (own / "train/dog/2.png").rename(own / "train/dog/{2}.png")
    after = Folder(path=str(own), channels=1)
    assert after.names("folder") == {"label": ("cat{x}", "dog")}
    np.testing.assert_array_equal(after.folder("train", None, 8).values, before.values)


def test_more_pictures_than_there_are_are_refused(own: Path) -> None:
    with pytest.raises(UserError, match=f"{own}: folder: 6 pictures for train; expected at most 5"):
        Folder(path=str(own), channels=1).folder("train", 6, 8)
