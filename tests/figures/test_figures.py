"""Oracle: the lines and pictures that matplotlib holds, its own boxes on the page, and the CSV read again."""

import csv
import json
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox
from PIL import Image

from lea.figures.job import draw_figure, draw_table, sign
from lea.store import write_table
from tests.figures.made import STYLE, columns_of, configured, entries, part_of, summary_frame, summary_table

NOTE = (
    "Data: dSprites (drawn by our renderer after the published one), source embedded, 32x32 pixels, "
    "6,000 training and 1,000 test images; MNIST (digits drawn here), source embedded, 28x28 pixels, "
    "2,000 training and 500 test images. Scale: quick. 3 seeds."
)


def curves(labels: Sequence[str], epochs: int = 6) -> pa.Table:
    """Made-up curves of the network, and one of a part that no figure here shows."""
    rng = np.random.default_rng(0)
    rows = []
    for label in labels:
        for part, metric in (("network", "loss"), ("network", "accuracy"), ("lea1", "loss")):
            for split in ("test", "train"):
                for epoch in rng.permutation(epochs) + 1:
                    low, middle, high = np.sort(rng.random(3))
                    names = {"label": label, "run": f"run-{label}", "part": part, "split": split}
                    numbers = {"median": middle, "minimum": low, "maximum": high}
                    rows.append({**names, "metric": metric, "epoch": epoch, "seeds": 3, **numbers})
    return summary_table("curves", rows)


def examples(titles: Sequence[str], shapes: Sequence[tuple[int, int, int]]) -> pa.Table:
    rng = np.random.default_rng(0)
    rows = [
        {
            "dataset": title,
            "row": row,
            "labels": "label 3",
            **dict(zip(("height", "width", "channels"), shape, strict=True)),
            "pixels": rng.integers(10, 100, shape, np.uint8).tobytes(),
        }
        for title, shape in zip(titles, shapes, strict=True)
        for row in range(4)
    ]
    return summary_table("examples", rows)


FIG_4_2, FIG_4_6 = configured("fig-4.2"), configured("fig-4.6")
FOUR = [
    "MNIST (digits drawn here)",
    "Fashion-MNIST (clothes drawn here)",
    "dSprites",
    "CIFAR-10 (shapes drawn here)",
]
FOUR_SHAPES = [(28, 28, 1), (28, 28, 1), (64, 64, 1), (32, 32, 3)]


def figure_4_2(
    labels: Sequence[str] = ("classic", "cnn-lea"), epochs: int = 6
) -> tuple[Figure, pd.DataFrame]:
    table = FIG_4_2.table({"curves": curves(labels, epochs).to_pandas()})
    with style.context(STYLE):
        return sign(FIG_4_2.draw(table), NOTE), table


def figure_4_6(titles: Sequence[str] = FOUR) -> tuple[Figure, pd.DataFrame]:
    made = examples(titles, FOUR_SHAPES[: len(titles)])
    table = FIG_4_6.table({"examples": made.to_pandas()})
    with style.context(STYLE):
        return sign(FIG_4_6.draw(table), NOTE), table


@pytest.mark.parametrize(("index", "metric"), [(0, "accuracy"), (1, "loss")])
def test_every_line_is_the_tables_medians_and_every_hue_its_range(index: int, metric: str) -> None:
    figure, table = figure_4_2()
    axes = figure.axes[index]
    wanted = table[table["metric"] == metric].sort_values("epoch")
    pairs = [(label, split) for label in ("classic", "cnn-lea") for split in ("train", "test")]
    assert len(axes.lines) == len(axes.collections) == len(pairs)
    for line, hue, (label, split) in zip(axes.lines, axes.collections, pairs, strict=True):
        points = wanted[(wanted["label"] == label) & (wanted["split"] == split)]
        assert line.get_label() == f"{label}, {split}"
        assert np.array_equal(line.get_xydata(), points[["epoch", "median"]])
        outline = {tuple(point) for point in hue.get_paths()[0].vertices.tolist()}
        assert outline == {
            tuple(p) for n in ("minimum", "maximum") for p in points[["epoch", n]].to_numpy().tolist()
        }


def test_a_run_has_a_colour_and_a_split_a_dash() -> None:
    lines = figure_4_2()[0].axes[0].lines
    assert [line.get_linestyle() for line in lines] == ["--", "-", "--", "-"]
    assert lines[0].get_color() == lines[1].get_color() != lines[2].get_color() == lines[3].get_color()


def test_axes_say_what_they_show_and_epochs_are_whole_numbers() -> None:
    figure, _ = figure_4_2()
    FigureCanvasAgg(figure).draw()
    assert [axes.get_ylabel() for axes in figure.axes] == ["accuracy", "cross entropy"]
    for axes in figure.axes:
        assert axes.get_xlabel() == "epoch"
        assert all(tick == int(tick) for tick in axes.get_xticks())


def test_only_the_networks_curves_are_in_the_table_and_on_the_figure() -> None:
    _, table = figure_4_2()
    assert set(table["part"]) == {"network"}
    assert len(table) == 2 * 2 * 2 * 6


def test_the_legend_names_each_line_once() -> None:
    (legend,) = figure_4_2()[0].legends
    names = [text.get_text() for text in legend.get_texts()]
    assert names == ["classic, train", "classic, test", "cnn-lea, train", "cnn-lea, test"]


def test_nothing_to_draw_is_an_error_and_no_empty_figure() -> None:
    empty = FIG_4_2.table({"curves": curves(["a"]).to_pandas()}).iloc[:0]
    with pytest.raises(AssertionError, match="nothing to draw"):
        FIG_4_2.draw(empty)


def test_examples_are_drawn_pixel_by_pixel_under_their_data_sets_title() -> None:
    figure, table = figure_4_6()
    assert [block.get_suptitle().replace("\n", " ") for block in figure.subfigs] == FOUR
    for block, (_, rows), shape in zip(
        figure.subfigs, table.groupby("dataset", sort=False), FOUR_SHAPES, strict=True
    ):
        assert len(block.axes) == 4
        for axes, pixels in zip(block.axes, rows["pixels"], strict=True):
            (image,) = axes.images
            expected = np.frombuffer(bytes.fromhex(pixels), np.uint8).reshape(shape).squeeze()
            assert np.array_equal(image.get_array(), expected)
            assert image.get_clim() == (0, 255)


def boxes(figure: Figure) -> dict[str, Bbox]:
    """What takes room on the page: axes with their labels, titles, legends and notes."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    parts = {figure, *figure.subfigs}
    texts = [text for part in parts for text in part.texts]
    titles = [part._suptitle for part in parts if part._suptitle is not None]
    items = [*figure.axes, *(axes for part in figure.subfigs for axes in part.axes)]
    items = list(dict.fromkeys([*items, *texts, *titles, *figure.legends]))
    found = {}
    for number, item in enumerate(items):
        box = item.get_tightbbox(renderer) if isinstance(item, Axes) else item.get_window_extent(renderer)
        found[f"{number} {type(item).__name__}"] = box
    return found


DRAWN = {
    "fig-4.2": figure_4_2,
    "fig-4.2 of one run": lambda: figure_4_2(["classic"], 1),
    "fig-4.2 of three runs with long names": lambda: figure_4_2(
        ["classic", "cnn-lea, ae", "cnn-lea, vae"], 100
    ),
    "fig-4.2 of six runs": lambda: figure_4_2([f"cnn-lea, vae, window {size}" for size in range(6)]),
    "fig-4.6": figure_4_6,
    "fig-4.6 of one data set": lambda: figure_4_6(FOUR[:1]),
    "fig-4.6 of three": lambda: figure_4_6(FOUR[:3]),
}


@pytest.mark.parametrize("name", DRAWN)
def test_nothing_lies_over_anything_else_or_beyond_the_page(name: str) -> None:
    figure, _ = DRAWN[name]()
    found = boxes(figure)
    for (one, first), (other, second) in combinations(found.items(), 2):
        shared = Bbox.intersection(first, second)
        assert shared is None or min(shared.width, shared.height) < 1, f"{one} lies over {other}"
    page = figure.bbox
    for item, box in found.items():
        assert box.x0 >= page.x0 - 1, f"{item} goes over the page's left edge"
        assert box.x1 <= page.x1 + 1, f"{item} goes over the page's right edge"
        assert box.y0 >= page.y0 - 1, f"{item} goes over the page's lower edge"
        assert box.y1 <= page.y1 + 1, f"{item} goes over the page's upper edge"


@pytest.mark.parametrize("name", DRAWN)
def test_the_note_stands_on_the_figure_and_the_plots_keep_their_size(name: str) -> None:
    figure, _ = DRAWN[name]()
    assert NOTE in [text.get_text().replace("\n", " ") for text in figure.texts]
    assert figure.get_figwidth() == pytest.approx(6.3)
    axes = [*figure.axes, *(axes for part in figure.subfigs for axes in part.axes)]
    FigureCanvasAgg(figure).draw()
    assert min(one.get_window_extent().height for one in axes) > 0.25 * figure.dpi


def test_a_data_set_of_fewer_than_four_test_pictures_is_drawn() -> None:
    made = examples(FOUR[:1], FOUR_SHAPES[:1]).slice(0, 3)
    figure = FIG_4_6.draw(FIG_4_6.table({"examples": made.to_pandas()}))
    assert len([axes for axes in figure.subfigs[0].axes if axes.images]) == 3


def written(folder: Path, name: str, table: pa.Table) -> dict[str, Path]:
    """Run a figure's job."""
    needs = {"fig-4.2": "curves", "fig-4.6": "examples"}[name]
    source = folder / "summary" / f"{needs}.parquet"
    write_table(source, table, columns_of(needs), {})
    outputs = {ending: folder / "figures" / f"{name}.{ending}" for ending in ("png", "pdf", "csv")}
    kind, values = entries()[name]
    spec = json.dumps({kind: part_of(kind, values), "needs": [needs], "note": NOTE})
    draw_figure(spec, inputs=[source], style=STYLE, outputs=outputs)
    return outputs


TABLES = {"fig-4.2": lambda: curves(["zebra", "ant"]), "fig-4.6": lambda: examples(FOUR, FOUR_SHAPES)}


@pytest.mark.parametrize("name", TABLES)
def test_a_figures_files_are_the_same_bytes_twice_and_of_their_kind(tmp_path: Path, name: str) -> None:
    first, second = (written(tmp_path / folder, name, TABLES[name]()) for folder in ("a", "b"))
    for ending, path in first.items():
        assert path.read_bytes() == second[ending].read_bytes(), ending
    with Image.open(first["png"]) as image:
        assert image.width == round(6.3 * 200)
        assert len(np.unique(np.asarray(image))) > 10
    assert first["pdf"].read_bytes().startswith(b"%PDF-")
    assert {path.name for path in (tmp_path / "a" / "figures").iterdir()} == {
        path.name for path in first.values()
    }


def test_the_csv_of_curves_is_what_is_drawn(tmp_path: Path) -> None:
    read = pd.read_csv(written(tmp_path, "fig-4.2", TABLES["fig-4.2"]())["csv"])
    with style.context(STYLE):
        figure = FIG_4_2.draw(read)
    for axes, metric in zip(figure.axes, ("accuracy", "loss"), strict=True):
        drawn = np.concatenate([line.get_xydata() for line in axes.lines])
        rows = curves(["zebra", "ant"]).to_pandas()
        rows = rows[(rows["part"] == "network") & (rows["metric"] == metric)]
        assert sorted(map(tuple, drawn)) == sorted(zip(rows["epoch"], rows["median"], strict=True))
    assert list(dict.fromkeys(read["label"])) == ["zebra", "ant"]


def test_the_csv_of_examples_holds_every_pixel(tmp_path: Path) -> None:
    table = TABLES["fig-4.6"]()
    with written(tmp_path, "fig-4.6", table)["csv"].open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [bytes.fromhex(row["pixels"]) for row in rows] == table["pixels"].to_pylist()
    assert [row["dataset"] for row in rows] == table["dataset"].to_pylist()


SIZE_ROWS = [
    {
        "dataset": "MNIST <small>",
        "source": "embedded",
        "image": "28x28x1",
        "train": 2000,
        "test": 500,
        "labels": "x",
    },
    {
        "dataset": "CIFAR-10",
        "source": "original",
        "image": "32x32x3",
        "train": 50000,
        "test": 10000,
        "labels": "y, z",
    },
]


def test_a_table_is_written_as_csv_and_html_with_its_note(tmp_path: Path) -> None:
    source = tmp_path / "sizes.parquet"
    write_table(source, summary_table("sizes", SIZE_ROWS), columns_of("sizes"), {})
    outputs = {ending: tmp_path / "tables" / f"table-4.1.{ending}" for ending in ("csv", "html")}
    part = part_of("table", {"name": "rows", "summary": "sizes"})
    spec = {"table": part, "needs": ["sizes"], "note": "Data: a < b. Scale: quick."}
    draw_table(json.dumps(spec), inputs=[source], outputs=outputs)
    with outputs["csv"].open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows == [{key: str(value) for key, value in row.items()} for row in SIZE_ROWS]
    html = outputs["html"].read_text()
    assert "<td>28x28x1</td>" in html
    assert "<td>MNIST &lt;small&gt;</td>" in html
    assert "Scale: quick." in html
    assert "a < b" not in html


def test_the_table_of_sizes_is_the_summary_itself() -> None:
    sizes = summary_frame("sizes", SIZE_ROWS)
    assert configured("table-4.1").table({"sizes": sizes}).equals(sizes)


@pytest.mark.parametrize("name", TABLES)
def test_a_figure_that_cannot_be_written_leaves_nothing(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Figure, path: Path, **options: object) -> None:
        Path(path).write_bytes(b"half of")
        raise OSError("no space left")

    monkeypatch.setattr(Figure, "savefig", fail)
    with pytest.raises(OSError, match="no space left"):
        written(tmp_path, name, TABLES[name]())
    assert [path for path in (tmp_path / "figures").iterdir()] == []
