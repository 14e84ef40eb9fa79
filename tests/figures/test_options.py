"""Oracle: made-up summaries, filtered by hand; the lines and texts that matplotlib holds; modules written for
the test.
"""

import ast
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from lea import registry
from lea.errors import UserError
from lea.figures.job import draw_figure, draw_table
from lea.figures.selection import chosen, label_of, worded
from lea.store import write_table
from tests.figures.made import ROOT, STYLE, columns_of, drawing_of, summary_frame, summary_table
from tests.figures.test_effects_figures import compared, readings, sampled
from tests.figures.test_figures import FOUR, FOUR_SHAPES, examples
from tests.figures.test_lea_figures import (
    AUTOENCODERS,
    NETWORK,
    album,
    cells,
    check_lines,
    curves,
    drawn,
    picture,
    points,
    shades,
)
from tests.figures.test_robustness_figures import LEAS, reliability, summaries

# --- where ---

FRAME = pd.DataFrame(
    {
        "label": ["a", "b", "c", "d"],
        "coder": ["fc", "sb", None, "fc"],
        "window": [4.0, 8.0, np.nan, np.nan],
        "learnt": [True, False, True, False],
    }
)


@pytest.mark.parametrize(
    ("where", "labels"),
    [
        (None, "abcd"),
        ({}, "abcd"),
        ({"coder": "fc"}, "ad"),
        ({"coder": ["fc", "sb"]}, "abd"),
        ({"coder": ("sb",)}, "b"),
        ({"coder": None}, "c"),
        ({"coder": [None, "sb"]}, "bc"),
        ({"coder": ["fc", "conv"]}, "ad"),
        ({"window": 4}, "a"),
        ({"window": 4.0}, "a"),
        ({"window": None}, "cd"),
        ({"window": [8, None]}, "bcd"),
        ({"learnt": True}, "ac"),
        ({"learnt": False, "coder": "fc"}, "d"),
        ({"coder": "fc", "window": None}, "d"),
    ],
)
def test_rows_are_those_that_have_the_values_in_their_order(
    where: Mapping[str, object] | None, labels: str
) -> None:
    assert "".join(chosen(FRAME, where)["label"]) == labels


def test_a_column_that_there_is_not_is_named_with_those_that_there_are() -> None:
    expected = r"^no column 'codr' in the summary; expected one of label, coder, window, learnt$"
    with pytest.raises(UserError, match=expected):
        chosen(FRAME, {"label": "a", "codr": "fc"})


@pytest.mark.parametrize(
    ("where", "problem"),
    [
        ({"coder": "conv"}, "no row whose 'coder' is conv; expected one of fc, sb"),
        ({"label": "a", "coder": "sb"}, "no row whose 'coder' is sb; expected one of fc"),
        ({"label": ["a", "b"], "window": None}, "no row whose 'window' is None; expected one of 4.0, 8.0"),
    ],
)
def test_rows_that_there_are_not_are_an_error_that_says_what_there_is(
    where: Mapping[str, object], problem: str
) -> None:
    with pytest.raises(UserError, match=f"^nothing to draw: {problem}$"):
        chosen(FRAME, where)


def test_of_no_rows_none_are_chosen() -> None:
    assert chosen(FRAME.iloc[:0], {"coder": "fc"}).empty


FILTERED = {  # figure or table -> its options, summaries, a filter
    "curves": ("figure", {"metric": "loss"}, lambda: {"curves": curves(AUTOENCODERS)}, {"label": "vae sb"}),
    "panels": ("figure", {"metrics": ["loss"]}, lambda: {"curves": curves(NETWORK)}, {"label": "cnn-lea"}),
    "facets": (
        "figure",
        {"metric": "loss", "by": "autoencoder"},
        lambda: {"curves": curves(AUTOENCODERS)},
        {"coder": ["fc", "sb"], "part": "lea"},
    ),
    "against": (
        "figure",
        {"metrics": ["loss"], "x": "samples"},
        lambda: compared(*sampled()),
        {"network": "cnn-lea", "autoencoder": "vae"},
    ),
    "probes": ("figure", {}, readings, {"factor": ["scale", "x"]}),
    "probe-readings": ("figure", {}, readings, {"network": "classic"}),
    "probe-groups": ("figure", {"factor": "orientation"}, readings, {"network": "cnn-lea"}),
    "attacks": ("figure", {}, lambda: summaries(LEAS[:4]), {"autoencoder": ["vae", None]}),
    "attacks-compared": ("figure", {}, lambda: summaries(LEAS[:4]), {"protocol": "source"}),
    "reliability": ("figure", {}, lambda: {"reliability": reliability(LEAS)}, {"autoencoder": "ae"}),
    "attack table": ("table", {}, lambda: summaries(LEAS[:4]), {"label": LEAS[1]}),
}


@pytest.mark.parametrize("name", FILTERED)
def test_every_figure_of_runs_can_show_some_of_its_rows(name: str) -> None:
    kind, options, made, where = FILTERED[name]
    part = "attacks" if name == "attack table" else name
    given = made()
    whole = drawing_of(kind, part, **options).table(given)
    some = drawing_of(kind, part, **options, where=where)
    table = some.table(given)
    if name != "attack table":
        pd.testing.assert_frame_equal(table, chosen(whole, where), check_dtype=False)
        assert isinstance(some.draw(table), Figure)
    assert 0 < len(table) < len(whole)
    with pytest.raises(
        UserError, match=r"no column 'colour' in the summary; expected one of label, run, netw"
    ):
        drawing_of(kind, part, **options, where={"colour": "red"}).table(given)


@pytest.mark.parametrize("name", ["pictures", "histograms"])
def test_pictures_can_be_those_of_some_runs(name: str) -> None:
    given = album(["A", "B"]).assign(autoencoder=lambda frame: frame["label"].map({"A": "ae", "B": "vae"}))
    options = {"kind": "code", "across": "channel"} if name == "pictures" else {}
    table = drawing_of("figure", name, **options, where={"autoencoder": "vae"}).table({"album": given})
    assert set(table["label"]) == {"B"}
    assert "autoencoder" not in table  # a picture is told by its run's label
    with pytest.raises(UserError, match=r"no column 'colour' in the summary"):
        drawing_of("figure", name, **options, where={"colour": "red"}).table({"album": given})


# --- curves ---


def test_a_metric_without_a_label_is_called_by_its_name_in_words() -> None:
    assert (
        label_of("normalised_loss", None) == label_of("normalised_loss", {"loss": "x"}) == "normalised loss"
    )
    assert label_of("loss", {"loss": "cross entropy"}) == "cross entropy"
    figure, _ = drawn(
        drawing_of("figure", "curves", metric="normalised_loss", where={"part": "lea"}),
        curves=curves(AUTOENCODERS),
    )
    assert figure.axes[0].get_ylabel() == "normalised loss"


def test_metrics_stand_in_the_order_in_which_they_are_asked_for() -> None:
    one = drawing_of("figure", "panels", metrics=["loss", "accuracy"], where={"part": "network"})
    given = curves(NETWORK)
    figure, _ = drawn(one, curves=given)
    assert [axes.get_ylabel() for axes in figure.axes] == ["loss", "accuracy"]
    for axes, metric in zip(figure.axes, ("loss", "accuracy"), strict=True):
        known = {
            f"{label}, {split}": points(given, label, split, metric, "network")
            for label in NETWORK
            for split in ("train", "test")
        }
        check_lines(axes, known)


def test_panels_and_lines_can_be_the_values_of_any_two_columns() -> None:
    given = curves(AUTOENCODERS)
    one = drawing_of(
        "figure",
        "facets",
        metric="loss",
        by="coder",
        lines="autoencoder",
        title="coder {}",
        where={"part": "lea"},
    )
    figure, _ = drawn(one, curves=given)
    panels = [axes for axes in figure.axes if axes.axison]
    assert [axes.get_title() for axes in panels] == ["coder fc", "coder conv", "coder sb"]
    kinds = {"fc": ["ae", "ksparse", "vae", "cvae"], "conv": ["vae"], "sb": ["vae"]}
    for axes, (coder, autoencoders) in zip(panels, kinds.items(), strict=True):
        known = {
            f"{kind}, {split}": points(given, f"{kind} {coder}", split, "loss", "lea")
            for kind in autoencoders
            for split in ("train", "test")
        }
        check_lines(axes, known)


@pytest.mark.parametrize(("option", "name"), [("by", "facets"), ("lines", "facets"), ("x", "against")])
def test_a_column_that_tells_runs_apart_must_be_one_of_the_summary(option: str, name: str) -> None:
    options: dict[str, object] = {
        "facets": {"metric": "loss", "by": "coder"},
        "against": {"metrics": ["loss"]},
    }[name]
    given = {"curves": curves(AUTOENCODERS), **compared(*sampled())}
    with pytest.raises(UserError, match=r"no column 'colour' in the summary; expected one of label, run"):
        drawing_of("figure", name, **options | {option: "colour"}).table(given)


@pytest.mark.parametrize("title", ["{} of {}", "{:d}", "{samples}"])
def test_a_title_that_has_no_place_for_its_value_is_refused(title: str) -> None:
    with pytest.raises(UserError, match=r"^title: found '.*'; expected one place for 'fc', such as \{\}$"):
        worded(title, "fc")


def test_differences_have_the_colour_of_their_line_and_runs_without_any_need_none() -> None:
    runs, baselines = sampled([10, 50])
    for compared_with in (baselines, {}):
        figure, _ = drawn(
            drawing_of("figure", "against", metrics=["loss", "accuracy"], x="samples", lines="network"),
            **compared(runs, compared_with),
        )
        above, below = figure.axes[0], figure.axes[2]
        colours = [container[0].get_color() for container in above.containers]
        assert [container[0].get_color() for container in below.containers] == colours[1:] * bool(
            compared_with
        )
        assert below.get_xlabel() == "samples"


# --- pictures ---


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("limits", [None, (-1.0, 2.0)])
def test_pictures_of_runs_are_drawn_over_the_limits_or_each_over_its_own(
    channels: int, limits: tuple[float, float] | None
) -> None:
    given = album(["one run", "b"], (8,), 2, ((7, 6, channels),), ("lea",))
    one = drawing_of(
        "figure", "pictures", kind="reconstruction", across="label", limits=limits, title="of {}"
    )
    figure, _ = drawn(one, album=given)
    grid = cells(figure, 3)
    assert [axes.get_title() for axes in grid[0]] == ["image", "of one\nrun", "of b"]
    for sample, (_, *others) in enumerate(grid):
        for axes, label in zip(others, ("one run", "b"), strict=True):
            values = picture(given, label=label, kind="reconstruction", sample=sample)
            low, high = limits or (values.min(), values.max())
            assert np.allclose(shades(axes.images[0]), (values - low) / (high - low), rtol=0, atol=1e-3)


def test_channels_are_counted_from_one_and_called_as_the_configuration_says() -> None:
    for title, names in ((None, ["channel 1", "channel 2"]), ("z{}", ["z1", "z2"])):
        one = drawing_of("figure", "pictures", kind="code", across="channel", title=title)
        figure, _ = drawn(one, album=album(codes=2, samples=1))
        assert [axes.get_title() for axes in cells(figure, 3)[0]] == ["image", *names]


def test_what_is_seen_by_a_part_is_not_taken_for_the_image() -> None:
    given = album(samples=2)
    one = drawing_of("figure", "pictures", kind="input", across="epoch", limits=(0, 1))
    figure, table = drawn(one, album=given)
    assert set(table["part"]) == {"network", "lea1"}
    for sample, (image, *others) in enumerate(cells(figure, 4)):
        known = picture(given, part="network", epoch=0, sample=sample)
        assert np.allclose(shades(image.images[0]), known, rtol=0, atol=1e-4)
        for axes, epoch in zip(others, (0, 1, 6), strict=True):
            known = picture(given, part="lea1", epoch=epoch, sample=sample, kind="input")
            assert np.allclose(shades(axes.images[0]), known, rtol=0, atol=1e-4)


def test_a_kind_that_no_run_kept_is_named_with_those_that_there_are() -> None:
    one = drawing_of("figure", "pictures", kind="codes", across="channel")
    with pytest.raises(
        UserError, match=r"no row whose 'kind' is codes; expected one of input, reconstruction, code"
    ):
        one.table({"album": album()})


@pytest.mark.parametrize(("each", "side"), [(1, 1), (2, 2), (4, 2), (5, 3), (9, 3)])
def test_any_number_of_examples_stands_in_a_square(each: int, side: int) -> None:
    made = examples(FOUR[:2], FOUR_SHAPES[:2]).to_pandas()
    made = pd.concat([made, made, made]).groupby("dataset", sort=False).head(each)
    figure, table = drawn(drawing_of("figure", "examples"), examples=made)
    for block in figure.subfigs:
        assert len(block.axes) == side**2
        assert len([axes for axes in block.axes if axes.images]) == each
    assert len(table) == 2 * each


# --- attacks ---


def test_what_runs_are_compared_with_is_called_as_the_configuration_says() -> None:
    given = summaries(LEAS[:4])
    given["robustness"]["baseline_learnt"] = False
    options = {"baseline": "the plain network", "short": "the plain one", "audit": "the other page"}
    figure, _ = drawn(drawing_of("figure", "attacks-compared", **options), **given)
    texts = " ".join(text.get_text() for text in figure.axes[0].texts)
    assert "the plain network did not learn" in texts
    assert "ring: as often as the plain one" in texts
    assert "see the other page" in texts
    assert figure.axes[-1].get_xlabel() == "distance, relative to the plain network"


@pytest.mark.parametrize("name", ["attacks", "attacks-compared"])
@pytest.mark.parametrize("audit", [None, "the other page"])
def test_a_mark_of_a_masked_gradient_says_where_that_is_explained(name: str, audit: str | None) -> None:
    options = {"audit": audit} if audit else {}
    figure, _ = drawn(drawing_of("figure", name, **options), **summaries(LEAS[:4]))
    (note,) = [text.get_text() for text in figure.axes[0].texts if "masked gradient" in text.get_text()]
    assert note == f"!  masked gradient: see {audit or 'the audit'}"


# --- tables ---

COSTS = [
    {"label": label, "coder": coder, "window": 4, "epochs": 8, "minutes": minutes, "machine": "mill"}
    for label, coder, minutes in (("a", "fc", 1.26), ("b", "sb", 2.5), ("c", None, 3.14159))
]


@pytest.mark.parametrize(
    ("options", "columns", "rows"),
    [
        ({"columns": ["minutes", "label"]}, ["minutes", "label"], [[1.26, "a"], [2.5, "b"], [3.14159, "c"]]),
        (
            {"columns": ["label", "minutes"], "digits": {"minutes": 1}},
            ["label", "minutes"],
            [["a", 1.3], ["b", 2.5], ["c", 3.1]],
        ),
        (
            {"columns": ["label", "minutes"], "digits": {"minutes": 0}, "names": {"minutes": "about"}},
            ["label", "about"],
            [["a", 1], ["b", 2], ["c", 3]],
        ),
        ({"columns": ["label"], "where": {"coder": ["sb", None]}}, ["label"], [["b"], ["c"]]),
        ({"columns": ["label"], "digits": {"minutes": 0}}, ["label"], [["a"], ["b"], ["c"]]),
    ],
)
def test_rows_are_a_summarys_columns_and_rows_as_asked(
    options: dict[str, object], columns: list[str], rows: list[list[object]]
) -> None:
    one = drawing_of("table", "rows", summary="costs", **options)
    found = one.table({"costs": summary_frame("costs", COSTS)})
    assert list(found.columns) == columns
    assert found.to_numpy(object).tolist() == rows
    text = [",".join(str(value) for value in row) for row in rows]
    assert found.to_csv(index=False).splitlines()[1:] == text


def test_a_column_with_no_digits_may_have_gaps() -> None:
    frame = summary_frame("costs", [*COSTS, {"label": "d"}])
    options = {"columns": ["label", "minutes"], "digits": {"minutes": 0}}
    found = drawing_of("table", "rows", summary="costs", **options).table({"costs": frame})
    assert found.to_csv(index=False).splitlines()[1:] == ["a,1", "b,2", "c,3", "d,"]


@pytest.mark.parametrize(
    "options",
    [
        {"columns": ["colour"]},
        {"names": {"colour": "x"}},
        {"digits": {"colour": 2}},
        {"where": {"colour": 1}},
    ],
)
def test_rows_of_columns_that_there_are_not_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(
        UserError, match=r"no column 'colour' in the summary; expected one of label, run, network"
    ):
        drawing_of("table", "rows", summary="costs", **options).table(
            {"costs": summary_frame("costs", COSTS)}
        )


def test_the_summary_that_rows_need_is_the_one_that_they_name() -> None:
    assert registry.constant("table", "rows", "NEEDS") == ("{summary}",)
    assert registry.options("table", "rows")["summary"].required


# --- the job ---

OWN = '''
"""A page of its own."""
from matplotlib.figure import Figure
NEEDS = ("sizes",)
def table(summaries, *, most: int = 9, both: str = "table"):
    return summaries["sizes"].head(most).assign(both=both)
def draw(frame, *, title: str, both: str = "draw", ends: tuple[float, ...] = ()):
    figure = Figure()
    figure.subplots().set_title(f"{title} {both} {ends} {len(frame)}")
    TITLES.append(figure.axes[0].get_title())
    return figure
TITLES = []
'''


def own_module(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str = OWN) -> str:
    (folder / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(folder)
    return name


def sizes_file(folder: Path) -> Path:
    path = folder / "sizes.parquet"
    rows = [
        {"dataset": name, "source": "embedded", "image": "1x1x1", "train": 1, "test": 1} for name in "abc"
    ]
    write_table(path, summary_table("sizes", rows), columns_of("sizes"), {})
    return path


@pytest.mark.usefixtures("fresh_sources")
def test_each_function_of_a_figure_is_given_the_options_that_it_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = own_module(tmp_path, monkeypatch, "own_figure_page")
    options = {"most": 2, "title": "T", "both": "b", "ends": [0.5, 1]}
    spec = {"figure": {"name": f"{name}:draw", "options": options}, "needs": ["sizes"], "note": "n"}
    outputs = {ending: tmp_path / f"page.{ending}" for ending in ("png", "pdf", "csv")}
    draw_figure(json.dumps(spec), inputs=[sizes_file(tmp_path)], style=STYLE, outputs=outputs)
    import own_figure_page  # type: ignore[import-not-found]

    assert own_figure_page.TITLES == ["T b (0.5, 1) 2"]
    written = pd.read_csv(outputs["csv"])
    assert written["dataset"].tolist() == ["a", "b"]
    assert set(written["both"]) == {"b"}


@pytest.mark.usefixtures("fresh_sources")
def test_a_table_has_options_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = own_module(tmp_path, monkeypatch, "own_figure_table")
    spec = {"table": {"name": f"{name}:table", "options": {"most": 1}}, "needs": ["sizes"], "note": "n"}
    outputs = {ending: tmp_path / f"page.{ending}" for ending in ("html", "csv")}
    draw_table(json.dumps(spec), inputs=[sizes_file(tmp_path)], outputs=outputs)
    assert pd.read_csv(outputs["csv"])[["dataset", "both"]].to_numpy().tolist() == [["a", "table"]]


@pytest.mark.usefixtures("fresh_sources")
@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            OWN.replace("return figure\n", "return None\n"),
            r"7\): `draw` gave nothing; expected a Figure; mend",
        ),
        (
            OWN.replace('return summaries["sizes"]', 'return list(summaries) or summaries["sizes"]'),
            r"5\): `table` gave a list; expected a DataFrame; mend",
        ),
        (
            OWN.replace("figure.subplots()", "figure.subplot()"),
            r"9: 'Figure' object has no attribute 'subplot'.*; mend it there$",
        ),
        (
            OWN.replace("head(most)", "drop(columns=most)"),
            r"6: .*9.*; mend it there$",
        ),
        (OWN.replace("import Figure", "import Figur"), r"3: cannot import name 'Figur'.*; mend it there$"),
    ],
)
def test_a_figure_that_gives_something_else_or_raises_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, problem: str
) -> None:
    name = own_module(tmp_path, monkeypatch, f"own_figure_{abs(hash(text))}", text)
    spec = {"figure": {"name": f"{name}:draw", "options": {"title": "T"}}, "needs": ["sizes"], "note": "n"}
    outputs = {ending: tmp_path / f"page.{ending}" for ending in ("png", "pdf", "csv")}
    with pytest.raises(UserError, match=rf"^figure '{name}:draw'(: \w+ in | \(){name}\.py:{problem}"):
        draw_figure(json.dumps(spec), inputs=[sizes_file(tmp_path)], style=STYLE, outputs=outputs)
    assert not [path for path in outputs.values() if path.exists()]


# --- the modules ---


def test_no_figure_knows_another() -> None:
    named = {registry.module_of(kind, name) for kind in ("figure", "table") for name in registry.PARTS[kind]}
    for folder in ("figures", "studies/lea/figures"):
        for file in (ROOT / "lea" / folder).glob("*.py"):
            nodes = [
                node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.ImportFrom)
            ]
            assert not named & {node.module for node in nodes}, file


def test_every_figure_needs_summaries_that_there_are() -> None:
    for kind in ("figure", "table"):
        for name in registry.PARTS[kind]:
            needs = registry.constant(kind, name, "NEEDS")
            assert isinstance(needs, tuple), name
            for need in needs:
                known = registry.options(kind, name) if need.startswith("{") else registry.PARTS["summary"]
                assert need.strip("{}") in known, name
