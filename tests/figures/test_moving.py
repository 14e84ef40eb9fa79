"""Oracle: Pillow, which reads back what was written, and a module whose frames are known colours."""

import json
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from lea.errors import UserError
from lea.figures.job import draw_figure
from lea.store import write_table
from tests.figures.made import STYLE, columns_of, summary_table

pytestmark = pytest.mark.usefixtures("fresh_sources")

STILL = '''
"""A plain colour."""
from matplotlib.figure import Figure
NEEDS = ("sizes",)
def table(summaries):
    return summaries["sizes"]
def draw(frame, *, size: float = 1.0):
    return page("gold", size)
def page(colour, size):
    figure = Figure(figsize=(2, size))
    figure.subplots().axis("off")
    figure.set_facecolor(colour)
    return figure
'''
MOVING = f"""{STILL}
def frames(frame, *, size: float = 1.0):
    for colour in frame["dataset"]:
        yield page(colour, size)
"""
COLOURS = ("red", "lime", "blue", "indigo", "white", "black", "teal")


def written(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    colours: tuple[str, ...] = COLOURS,
    options: dict[str, object] | None = None,
) -> dict[str, Path]:
    """Draw with a module of this text, and a summary whose rows are colours."""
    name = f"own_{folder.parent.name}_{folder.name}"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(folder)
    rows = [{"dataset": colour, "source": "", "image": "", "train": 1, "test": 1} for colour in colours]
    source = folder / "sizes.parquet"
    write_table(source, summary_table("sizes", rows), columns_of("sizes"), {})
    outputs = {ending: folder / f"page.{ending}" for ending in ("png", "pdf", "csv")}
    figure = {"name": f"{name}:draw", "options": options or {}}
    spec = {"figure": figure, "needs": ["sizes"], "note": "of colours"}
    draw_figure(json.dumps(spec), inputs=[source], style=STYLE, outputs=outputs)
    return outputs


def ground(image: Image.Image) -> list[int]:
    """The colour above the note."""
    return np.asarray(image.convert("RGB"))[5, 5].tolist()


def as_bytes(colour: str) -> list[int]:
    return [round(255 * value) for value in to_rgb(colour)]


def test_a_png_shows_every_frame_in_its_colours_and_begins_again_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Image.open(written(tmp_path / "a", monkeypatch, MOVING)["png"]) as image:
        assert (image.format, image.n_frames, image.info["loop"]) == ("PNG", len(COLOURS), 0)
        for number, colour in enumerate(COLOURS):
            image.seek(number)
            assert ground(image) == as_bytes(colour)
            assert image.info["duration"] == 250


def test_frames_share_256_colours_of_which_none_is_far_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shades = tuple(f"#{number:02x}{255 - number:02x}{number // 2:02x}" for number in range(0, 256, 5))
    with Image.open(written(tmp_path / "a", monkeypatch, MOVING, shades)["png"]) as image:
        assert image.mode == "P"
        assert image.n_frames == len(shades)
        for number, colour in enumerate(shades):
            image.seek(number)
            assert np.abs(np.subtract(ground(image), as_bytes(colour))).max() <= 8


def test_a_program_that_shows_one_picture_shows_the_first_frame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "a", monkeypatch, MOVING)["png"]
    chunks, content = [], path.read_bytes()
    start = 8
    while start < len(content):
        length = int.from_bytes(content[start : start + 4], "big")
        chunks.append((content[start + 4 : start + 8], content[start : start + 12 + length]))
        start += 12 + length
    plain = path.with_name("plain.png")
    animated = (b"acTL", b"fcTL", b"fdAT")
    assert {kind for kind, _ in chunks} >= set(animated)
    plain.write_bytes(content[:8] + b"".join(one for kind, one in chunks if kind not in animated))
    with Image.open(plain) as image:
        assert not getattr(image, "is_animated", False)
        assert ground(image) == as_bytes(COLOURS[0])


def test_every_frame_has_the_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Image.open(written(tmp_path / "a", monkeypatch, MOVING, ("white", "gold", "ivory"))["png"]) as image:
        for number in range(3):
            image.seek(number)
            grey = np.asarray(image.convert("L"))
            assert image.height > 200  # an inch, and the note
            assert (grey[200:] < 150).sum() > 50
            assert (grey[:200] > 150).all()


def test_a_module_without_frames_has_a_still_png(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Image.open(written(tmp_path / "a", monkeypatch, STILL)["png"]) as image:
        assert not getattr(image, "is_animated", False)
        assert ground(image) == as_bytes("gold")


def test_a_module_that_has_no_frame_to_show_has_a_still_png(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Image.open(written(tmp_path / "a", monkeypatch, MOVING, ())["png"]) as image:
        assert not getattr(image, "is_animated", False)
        assert ground(image) == as_bytes("gold")


@pytest.mark.parametrize("text", [STILL, MOVING], ids=["still", "moving"])
def test_the_same_twice_gives_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    first, second = (written(tmp_path / one, monkeypatch, text) for one in ("a", "b"))
    for ending, path in first.items():
        assert path.read_bytes() == second[ending].read_bytes(), ending


def test_the_pdf_and_the_table_of_a_figure_that_moves_are_those_of_one_that_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    still, moving = (
        written(tmp_path / name, monkeypatch, text) for name, text in (("a", STILL), ("b", MOVING))
    )
    for ending in ("pdf", "csv"):
        assert still[ending].read_bytes() == moving[ending].read_bytes(), ending


def test_frames_are_given_the_options_that_they_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    low, high = (
        written(tmp_path / f"of_{size}", monkeypatch, MOVING, options={"size": size})["png"]
        for size in (1, 2)
    )
    with Image.open(low) as one, Image.open(high) as other:
        assert other.height - one.height == 200
        assert one.n_frames == other.n_frames == len(COLOURS)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (MOVING.replace("yield page(colour, size)", "return 3"), r" \(.*\): `frames` gave a int; expected a"),
        (
            MOVING.replace("yield page(", "yield 1 / 0 or page("),
            r": ZeroDivisionError in .*\.py:17: .*; mend",
        ),
    ],
    ids=["no frames", "an error at a frame"],
)
def test_frames_that_cannot_be_drawn_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, problem: str
) -> None:
    with pytest.raises(UserError, match=rf"^figure 'own_\w+:draw'{problem}"):
        written(tmp_path / "a", monkeypatch, text)
