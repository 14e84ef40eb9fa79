"""The figures stage: summaries in; a PNG, a PDF and the table behind them as CSV out, or a table as CSV and
HTML. The PNG of a figure whose module has `frames` beside `draw` shows these one after another.

Every figure is signed here with its data, source, scale and seeds, so that none can go without.
"""

import importlib
import inspect
import io
import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from lea import registry
from lea.blame import blaming, gave, place_of, wrong
from lea.errors import about
from lea.files import whole
from lea.store import read_table, to_frame

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from PIL.Image import Image

INCHES_A_LINE = 0.15
MILLISECONDS = 250  # of an image of a figure that moves
NO_DATE: dict[str, dict[str, Any]] = {"png": {"Software": None}, "pdf": {"CreationDate": None}}


class Drawing:
    """A figure or table of the registry: a module whose functions have its options as arguments."""

    def __init__(self, kind: str, part: Mapping[str, Any]) -> None:
        self._kind, self._name = kind, part["name"]
        self._what = f"{kind} '{self._name}'"
        with self._blaming():
            self._module = importlib.import_module(registry.module_of(kind, self._name))
        options = part.get("options", {})
        self._options = {
            key: tuple(value) if isinstance(value, list) else value for key, value in options.items()
        }

    def table(self, summaries: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        """What is shown."""
        return self._call("table", summaries, pd.DataFrame)

    def draw(self, table: pd.DataFrame) -> "Figure":
        """How it looks."""
        from matplotlib.figure import Figure  # a table needs none of it

        return self._call("draw", table, Figure)

    def frames(self, table: pd.DataFrame) -> "Iterator[Figure]":
        """How it looks moment by moment; nothing of a figure that does not move."""
        if hasattr(self._module, "frames"):
            made = self._call("frames", table, Iterator)
            with self._blaming(), about(self._what):
                yield from made

    def _blaming(self) -> AbstractContextManager[None]:
        return blaming(lambda: [(self._kind, self._name)])

    def _call(self, name: str, given: Any, kind: type) -> Any:
        """A function of the module, with the options that it names; it gives something of this kind."""
        function = getattr(self._module, name)
        named = inspect.signature(function).parameters
        options = {key: value for key, value in self._options.items() if key in named}
        with self._blaming(), about(self._what):
            made = function(given, **options)
        if not isinstance(made, kind):
            found = f"`{name}` {gave(made)}"
            raise wrong(f"{self._what}{place_of(function)}", found, f"a {kind.__name__}")
        return made


def draw_figure(spec: str, *, inputs: Sequence[Path], style: Path, outputs: Mapping[str, Path]) -> None:
    """Draw a figure in the style of a sheet; `outputs` has a path for png, pdf and csv."""
    said = json.loads(spec)
    drawing = Drawing("figure", said["figure"])
    table = drawing.table(_summaries(said["needs"], inputs))
    from matplotlib import style as styles

    with styles.context(style):
        figure = sign(drawing.draw(table), said["note"])
        moving = [_pixels(sign(one, said["note"])) for one in drawing.frames(table)]
        for ending, metadata in NO_DATE.items():
            with whole(outputs[ending]) as aside:
                if moving and ending == "png":
                    write_moving(aside, moving)
                else:
                    figure.savefig(aside, format=ending, metadata=metadata)
    _write_csv(outputs["csv"], table)


def _pixels(figure: "Figure") -> "Image":
    """A figure as an image."""
    from PIL import Image as images

    with io.BytesIO() as file:
        figure.savefig(file, format="png")
        return images.open(file).convert("RGB")


def write_moving(path: Path, moving: Sequence["Image"]) -> None:
    """Images of one size one after another, for ever: a PNG that browsers play; others show the first.
    They share 256 colours, since a PNG has one palette.
    """
    from PIL import Image as images

    width, height = moving[0].size
    strip = images.new("RGB", (width, height * len(moving)))
    for number, one in enumerate(moving):
        strip.paste(one, (0, number * height))
    shared = strip.quantize(256)
    first, *others = (shared.crop((0, top, width, top + height)) for top in range(0, shared.height, height))
    first.save(path, "PNG", save_all=True, append_images=others, duration=MILLISECONDS, loop=0, optimize=True)


def draw_table(spec: str, *, inputs: Sequence[Path], outputs: Mapping[str, Path]) -> None:
    """Write a table; `outputs` has a path for csv and html."""
    said = json.loads(spec)
    table = Drawing("table", said["table"]).table(_summaries(said["needs"], inputs))
    _write_csv(outputs["csv"], table)
    with whole(outputs["html"]) as aside:
        aside.write_text(
            f"{table.to_html(index=False, border=0)}\n<p>{escape(said['note'])}</p>\n", encoding="utf-8"
        )


def sign(figure: "Figure", note: str) -> "Figure":
    """Put a note below a figure, which grows by the note's height."""
    width, height = figure.get_size_inches()
    lines = textwrap.wrap(note, int(width * 21))
    room = INCHES_A_LINE * len(lines) + 0.05
    figure.set_size_inches(width, height + room)
    share = room / (height + room)
    layout = figure.get_layout_engine()
    assert layout is not None, "the style sheet asks for constrained layout"
    layout.set(rect=(0, share, 1, 1 - share))  # type: ignore[call-arg]
    figure.text(0.01, 0.02 / (height + room) * 2, "\n".join(lines), fontsize=6, color="0.35", va="bottom")
    return figure


def _summaries(needs: Sequence[str], inputs: Sequence[Path]) -> dict[str, pd.DataFrame]:
    return {need: to_frame(read_table(path)) for need, path in zip(needs, inputs, strict=True)}


def _write_csv(path: Path, table: pd.DataFrame) -> None:
    with whole(path) as aside:
        table.to_csv(aside, index=False)
