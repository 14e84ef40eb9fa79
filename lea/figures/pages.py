"""What stands around panels: two in a row, and one legend for all."""

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

WIDTH = 6.3  # of the text, in inches
LETTERS_AN_INCH = 17  # of the legend's type
LETTERS_OF_A_LINE = 8  # the sample of a line and the space around it, in letters


def in_pairs(count: int, *, height: float, room: float = 0.0) -> tuple[Figure, list[Axes]]:
    """So many panels, two in a row of this height; `room` for what stands above them."""
    rows = -(-count // 2)
    figure = Figure(figsize=(WIDTH, height * rows + room))
    panels = list(figure.subplots(rows, 2, squeeze=False).flat)
    for axes in panels[count:]:
        axes.set_axis_off()
    return figure, panels[:count]


def draw_legend(figure: Figure) -> None:
    """One legend for all panels above them, in as many columns as the page is wide; each name once."""
    named: dict[str, Artist] = {}
    for axes in figure.axes:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            named.setdefault(label, handle)
    handles, labels = list(named.values()), list(named)
    letters = max(map(len, labels)) + LETTERS_OF_A_LINE
    columns = max(1, min(len(labels), int(figure.get_figwidth() * LETTERS_AN_INCH / letters)))
    figure.legend(handles, labels, loc="outside upper center", ncols=columns)
