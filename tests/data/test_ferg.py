"""Oracle: Pillow's area means of pictures in a folder laid out as FERG-DB is, and each failure's words."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lea.data.arrays import fixed_order
from lea.data.check import check, describe
from lea.data.faces import Faces
from lea.data.ferg import CHARACTERS, EXPRESSIONS, FERG
from lea.data.job import prepare
from lea.data.tables import labels_of, values_of
from lea.errors import UserError
from lea.store import read_table
from lea.study.spec import Dataset, Part, canonical

KINDS = [(one, other) for one in CHARACTERS for other in EXPRESSIONS]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One picture of 16 x 16 of each kind, and a second of the first."""
    folder = tmp_path_factory.mktemp("ferg")
    rng = np.random.default_rng(0)
    for name, (character, expression) in [("b_2", KINDS[0]), *(("a_1", kind) for kind in KINDS)]:
        place = folder / "FERG_DB_256" / character / f"{character}_{expression}"
        place.mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 256, (16, 16, 3), np.uint8)
        Image.fromarray(pixels).save(place / f"{character}_{expression}_{name}.png")
    return folder


@pytest.fixture
def own(whole: Path, tmp_path: Path) -> Path:
    """The same, to be spoilt."""
    for file in whole.rglob("*.png"):
        copy = tmp_path / file.relative_to(whole)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(file.read_bytes())
    return tmp_path


def read(path: Path, mode: str, side: int) -> np.ndarray:
    return np.asarray(Image.open(path).convert(mode).resize((side, side), Image.Resampling.BOX))


@pytest.mark.parametrize(("channels", "mode"), [(3, "RGB"), (1, "L")])
def test_pictures_are_area_means_in_one_fixed_order_of_which_the_last_tenth_is_the_test(
    whole: Path, channels: int, mode: str
) -> None:
    files = sorted(whole.rglob("*.png"))
    rows = fixed_order(43, "ferg")
    reader = FERG(channels=channels)
    train, test = (reader.original(whole, split, None, 8) for split in ("train", "test"))
    assert (len(train), len(test)) == (39, 4)
    found = np.concatenate([train.values, test.values]).reshape(43, 8, 8, channels)
    wanted = [read(files[row], mode, 8).reshape(8, 8, channels) for row in rows]
    np.testing.assert_array_equal(found, wanted)
    np.testing.assert_array_equal(reader.original(whole, "train", 5, 8).values, train.values[:5])
    names = reader.names("original")
    for number, row in enumerate(rows[:39]):
        folder = files[row].parent.name
        labels = (names[factor][train.labels[factor][number]] for factor in ("character", "expression"))
        assert "_".join(labels) == folder


def test_the_job_makes_a_table_of_the_wanted_side(whole: Path, tmp_path: Path) -> None:
    reader = Part(name="ferg", options={"channels": 3})
    dataset = Dataset(name="ferg", reader=reader, source="original", side=12, train=None, test=2)
    prepare(canonical(dataset), whole, tmp_path / "ferg.parquet")
    table = read_table(tmp_path / "ferg.parquet")
    assert values_of(table).shape == (41, 12, 12, 3)
    assert set(labels_of(table, "expression").tolist()) == set(range(7))


def test_drawn_in_their_place_are_the_cartoon_faces_with_two_labels() -> None:
    found, drawn = FERG().embedded("test", 20, 16), Faces().embedded("test", 20, 16)
    np.testing.assert_array_equal(found.values, drawn.values)
    assert found.labels.keys() == FERG.FACTORS.keys()
    assert FERG().names("embedded")["expression"] == FERG().names("original")["expression"]
    assert FERG().names("embedded")["character"] != FERG().names("original")["character"]


def test_a_missing_database_is_said_with_where_it_must_lie(tmp_path: Path) -> None:
    message = r"FERG_DB_256: no such folder; expected FERG-DB .*FERG_DB_256/<character>/.*source: embedded"
    for ask in (lambda: FERG().original(tmp_path, "train", 1, 8), lambda: FERG().fetch(tmp_path)):
        with pytest.raises(UserError, match=message):
            ask()


def test_all_missing_and_empty_folders_are_named_at_once(own: Path) -> None:
    root = own / "FERG_DB_256"
    (root / "mery" / "mery_joy" / "mery_joy_a_1.png").unlink()
    (root / "ray" / "ray_fear").rename(root / "ray" / "ray_afraid")
    with pytest.raises(UserError) as caught:
        FERG().original(own, "train", None, 8)
    first, second = str(caught.value).splitlines()
    assert "mery_joy: no PNG file in it; expected FERG_DB_256/<character>" in first
    assert "ray_fear: no such folder; expected FERG_DB_256/<character>" in second
    assert check(own) == [first, second]


def test_more_than_there_are_is_refused(whole: Path) -> None:
    with pytest.raises(UserError, match="FERG_DB_256: 4 pictures for test; expected 5 at least"):
        FERG().original(whole, "test", 5, 8)


def test_a_check_of_the_folder_counts_its_pictures_and_names_a_damaged_one(whole: Path, own: Path) -> None:
    assert check(whole) == []
    assert describe(whole) == "FERG-DB, 43 pictures"
    damaged = own / "FERG_DB_256" / "aia" / "aia_fear" / "aia_fear_a_1.png"
    damaged.write_bytes(damaged.read_bytes()[:100])
    (fault,) = check(own)
    assert fault.startswith(f"{damaged}: unreadable")
