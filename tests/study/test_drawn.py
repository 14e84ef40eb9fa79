"""Oracle: what figures and tables an analysis draws, and of which summaries, written out by hand."""

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from lea import registry
from lea.study.workflow import Workflow
from tests.study.reading import analyses, refusal

Edit = Callable[[str, str, str], None]
Own = Callable[[str, str], None]
LEARNING, PICTURES = "trial/learning.yaml", "trial/pictures.yaml"
FIGURES = "[{name: curves, metric: loss}]"


class Wildcards(SimpleNamespace):
    """As Snakemake gives them."""

    def get(self, name: str) -> str | None:
        return getattr(self, name, None)


@pytest.fixture
def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the study is read from."""
    monkeypatch.chdir(folder.parent)
    return folder


def drawn(folder: Path, name: str = "learning") -> list[tuple[str, str, str, str | None]]:
    return [(one.kind, one.part.name, one.file, one.caption) for one in analyses(folder)[name].drawn]


def test_a_figure_is_a_part_with_options_of_both_its_functions(folder: Path, edit: Edit) -> None:
    (figure,) = analyses(folder)["learning"].drawn
    options = registry.options("figure", "curves")
    assert figure.part.options == {key: one.default for key, one in options.items()} | {"metric": "loss"}
    assert drawn(folder) == [("figure", "curves", "curves", None)]
    edit(
        LEARNING,
        FIGURES,
        "[{name: curves, metric: loss, where: {model: classic}, file: fig-1.2, caption: Loss}]",
    )
    (figure,) = analyses(folder)["learning"].drawn
    assert figure.part.options["where"] == {"model": "classic"}
    assert drawn(folder) == [("figure", "curves", "fig-1.2", "Loss")]


OWN = """
NEEDS = ("curves",)

def table(summaries, *, metric: str, part: str | None = None): ...

def draw(curves, *, metric: str, colours: int = 3): ...
"""


def test_the_options_of_a_users_own_figure_are_those_of_table_and_draw(
    folder: Path, edit: Edit, own: Own
) -> None:
    own("My_Figure.py", OWN)
    edit(LEARNING, FIGURES, "[{name: 'My_Figure:draw', metric: loss, colours: 2}]")
    (figure,) = analyses(folder)["learning"].drawn
    assert figure.part.options == {"metric": "loss", "part": None, "colours": 2}
    assert figure.file == "my-figure"
    assert list(analyses(folder)["learning"].summaries) == ["curves"]


def test_a_figure_of_what_is_known_without_needs_neither_runs_nor_data(
    folder: Path, edit: Edit, own: Own, here: Path
) -> None:
    own("known.py", "NEEDS = ()\n\ndef table(summaries): ...\n\ndef draw(known): ...\n")
    edit("trial/laws.yaml", "", "title: Laws\nfigures: ['known:draw']\n")
    assert drawn(folder, "laws") == [("figure", "known:draw", "known", None)]
    drawings, wildcards = Workflow({}).drawings, Wildcards(study="trial", figure="known")
    assert drawings.summaries(wildcards) == []
    said = json.loads(drawings.spec(wildcards))
    assert (said["needs"], said["note"]) == ([], "Scale: quick.")


MISTAKES: list[tuple[str, str]] = [
    ("[{name: curves, metrc: loss}]", "figures.0.metrc: no such key; did you mean 'metric'?"),
    (
        "[{name: curves, metric: loss, captoin: x}]",
        "figures.0.captoin: no such key; did you mean 'caption'?",
    ),
    ("[{name: curves, metric: loss, fil: x}]", "figures.0.fil: no such key; did you mean 'file'?"),
    ("[curves]", "figures.0: missing 'metric'; figure 'curves' cannot do without; add it"),
    ("[{name: curves, metric: 3}]", "figures.0.metric: found 3; expected text"),
    ("[{name: curves, metric: loss, where: loss}]", "figures.0.where: found 'loss'; expected a mapping"),
    ("[{metric: loss}]", "figures.0: missing 'name'; every key must be given; add it"),
    ("[3]", "figures.0: found 3; expected a name, or a mapping with `name`"),
    ("curves", "figures: found 'curves'; expected a list, such as [a, b]"),
    (
        "[{name: curves, metric: loss, file: ../x}]",
        "figures.0.file: found '../x'; expected small letters, digits, '.' and '-'; give it another `file`",
    ),
    (
        "[{name: curves, metric: loss, file: .x}]",
        "figures.0.file: found '.x'; expected small letters, digits, '.' and '-'; give it another `file`",
    ),
    (
        "[{name: curves, metric: loss, file: A}]",
        "figures.0.file: found 'A'; expected small letters, digits, '.' and '-'; give it another `file`",
    ),
    ("[{name: curves, metric: loss, file: 3}]", "figures.0.file: found 3; expected text"),
    (
        "[{name: curves, metric: loss}, {name: curves, metric: accuracy}]",
        "figures: two figures or tables would be written as 'curves'; expected each once; "
        "give one another `file`",
    ),
    (
        f"{FIGURES}\ntables: [{{name: rows, summary: curves, file: curves}}]",
        "figures: two figures or tables would be written as 'curves'; expected each once; "
        "give one another `file`",
    ),
    (
        "[]\ntables: [{name: rows, summary: curvs}]",
        "tables: no summary 'curvs'; did you mean 'curves'? "
        f"expected one of {', '.join(registry.PARTS['summary'])}, or your own 'module:attribute'",
    ),
    ("[]\ntables: [rows]", "tables.0: missing 'summary'; table 'rows' cannot do without; add it"),
    (
        f"{FIGURES}\nsummaries: {{curvs: {{}}}}",
        "summaries.curvs: no such key; did you mean 'curves'?",
    ),
    (f"{FIGURES}\nsummaries: {{sizes: {{}}}}", "summaries.sizes: no such key; expected one of curves"),
    (f"{FIGURES}\nsummaries: {{curves: 3}}", "summaries.curves: found 3; expected a mapping of its options"),
    (f"{FIGURES}\nsummaries: {{curves: {{a: 1}}}}", "summaries.curves.a: no such key; expected none at all"),
]


@pytest.mark.parametrize(("figures", "message"), MISTAKES, ids=[message for _, message in MISTAKES])
def test_a_mistake_in_what_is_drawn_is_answered_with_its_key(
    folder: Path, edit: Edit, figures: str, message: str
) -> None:
    edit(LEARNING, FIGURES, figures)
    assert refusal(folder) == f"{LEARNING}: {message}"


def test_one_figure_can_be_drawn_twice_with_other_options(folder: Path, edit: Edit) -> None:
    edit(
        LEARNING, FIGURES, "[{name: curves, metric: loss}, {name: curves, metric: accuracy, file: how-well}]"
    )
    assert [one[2] for one in drawn(folder)] == ["curves", "how-well"]
    assert list(analyses(folder)["learning"].summaries) == ["curves"]


def test_a_summary_has_the_options_that_the_analysis_says(folder: Path, edit: Edit, own: Own) -> None:
    own("wide.py", "NEEDS = ('metrics',)\nCOLUMNS = {}\ndef summarise(x, *, width: int = 3, by: str): ...\n")
    own("of_wide.py", "NEEDS = ('wide:summarise', 'curves')\ndef table(x): ...\ndef draw(x): ...\n")
    edit(LEARNING, FIGURES, "['of_wide:draw']")
    assert refusal(folder) == (
        f"{LEARNING}: figures: missing 'by'; summary 'wide:summarise' cannot do without; add it"
    )
    edit(LEARNING, "seeds: 2", "seeds: 2\nsummaries: {'wide:summarise': {by: x}}")
    summaries = analyses(folder)["learning"].summaries
    assert list(summaries) == ["wide:summarise", "curves"]
    assert summaries["wide:summarise"].options == {"width": 3, "by": "x"}


def test_a_table_of_rows_reads_the_summary_that_it_names(here: Path) -> None:
    workflow = Workflow({})
    wildcards = Wildcards(study="trial", table="rows")
    assert workflow.drawings.summaries(wildcards) == ["results/quick/trial/summary/pictures.sizes.parquet"]
    assert json.loads(workflow.drawings.spec(wildcards))["needs"] == ["sizes"]


def test_targets_are_all_formats_of_all_figures_and_tables_in_the_folder_of_their_study(
    here: Path, edit: Edit
) -> None:
    edit(LEARNING, FIGURES, "[{name: curves, metric: loss, file: fig-1.2}]")
    assert set(Workflow({}).drawings.targets()) == {
        f"results/quick/trial/{name}"
        for name in (
            "summary/learning.curves.parquet",
            "summary/pictures.examples.parquet",
            "summary/pictures.sizes.parquet",
            "figures/fig-1.2.png",
            "figures/fig-1.2.pdf",
            "figures/fig-1.2.csv",
            "figures/examples.png",
            "figures/examples.pdf",
            "figures/examples.csv",
            "tables/rows.csv",
            "tables/rows.html",
        )
    }


def test_a_caption_is_the_analysis_or_the_figures_own_and_changes_nothing_that_is_drawn(
    here: Path, edit: Edit
) -> None:
    wildcards = Wildcards(study="trial", figure="curves")

    def said() -> tuple[str, str]:
        drawings = Workflow({}).drawings
        return drawings.spec(wildcards), drawings.caption(wildcards, None)

    before, caption = said()
    assert caption.startswith(registry.docstring("figure", "curves"))
    assert caption.endswith("Scale: quick. 2 seeds.")
    edit(LEARNING, "metric: loss", "metric: loss, caption: How it learns.")
    after, caption = said()
    assert caption.startswith("How it learns.\n\nData: digits")
    assert after == before


BASELINE = "title: Learning\ncolumns: {samples: data.samples}\nbaseline: {where: {samples: 100}}"
SPECS = {
    "an option": ("metric: loss", "metric: accuracy", True, False),
    "the file": ("metric: loss", "metric: loss, file: curves", False, False),
    "the title": ("title: Learning", "title: What is learnt", False, False),
    "a label": ("  small:", "  tiny:", False, True),
    "a column": ("title: Learning", "title: Learning\ncolumns: {hidden: model.hidden}", False, True),
    "a baseline": ("title: Learning", BASELINE, False, True),
    "the seeds": ("seeds: 2", "seeds: 1", True, False),
}  # fmt: skip


@pytest.mark.parametrize("what", SPECS)
def test_what_is_said_reaches_the_figure_or_its_summary(here: Path, edit: Edit, what: str) -> None:
    def said() -> tuple[str, str]:
        drawings = Workflow({}).drawings
        figure = drawings.spec(Wildcards(study="trial", figure="curves"))
        return figure, drawings.summary_spec(Wildcards(study="trial", summary="learning.curves"))

    old, new, changes_figure, changes_summary = SPECS[what]
    before = said()
    edit(LEARNING, old, new)
    after = said()
    assert (after[0] != before[0], after[1] != before[1]) == (changes_figure, changes_summary)


def test_a_summary_is_told_labels_columns_and_baselines_in_the_configurations_order(
    here: Path, edit: Edit
) -> None:
    text = "columns: {samples: data.samples, kernels: model.name}\nbaseline: {where: {samples: 100}}\n"
    edit(LEARNING, "title: Learning\n", f"title: Learning\n{text}")
    workflow = Workflow({})
    (learning,) = (one for one in workflow.study.analyses if one.name == "learning")
    said = json.loads(workflow.drawings.summary_spec(Wildcards(study="trial", summary="learning.curves")))
    assert said["labels"] == [[label, run.id] for label, run in learning.runs.items()]
    assert said["columns"] == [
        ["samples", {"small": 200, "large": 100}],
        ["kernels", {"small": "classic", "large": "classic"}],
    ]
    assert said["baselines"] == {"small": "large"}
    assert said["needs"] == ["metrics"]
    assert said["summary"] == {"name": "curves", "options": {}}
    assert said["datasets"] == [["digits", "digits: MNIST (digits drawn here)"]]


def test_a_summary_reads_the_tables_of_all_runs_and_seeds(here: Path) -> None:
    workflow = Workflow({})
    (learning,) = (one for one in workflow.study.analyses if one.name == "learning")
    wildcards = Wildcards(study="trial", summary="learning.curves")
    expected = [
        f"results/quick/runs/run={run.id}/seed={seed}/metrics.parquet"
        for run in learning.runs.values()
        for seed in (0, 1)
    ]
    assert workflow.drawings.read(wildcards) == expected
    assert workflow.drawings.files(wildcards, None) == " ".join(f"metrics={file}" for file in expected)
    data = Wildcards(study="trial", summary="pictures.sizes")
    datasets = [one.id for one in analyses(here)["pictures"].datasets]
    assert workflow.drawings.read(data) == [f"results/quick/data/{id_}.parquet" for id_ in datasets]


def test_figures_of_the_shipped_study_are_the_sources_and_ours() -> None:
    figures = [one for analysis in analyses().values() for one in analysis.drawn]
    names = {kind: {one.file for one in figures if one.kind == kind} for kind in ("figure", "table")}
    assert names == {
        "figure": {
            *(f"fig-{number}" for number in ("3.3", "3.4", "3.5", "4.1", "4.2", "4.3", "4.4", "4.5", "4.6")),
            *(f"fig-{number}" for number in ("5.2", "5.4", "5.5", "5.6", "5.7", "5.8", "a.1")),
            *(f"fig-{what}" for what in ("orientation", "probes", "regimes", "reliability", "samples")),
            *("fig-steps", "fig-steps-ends", "fig-values"),
        },
        "table": {f"table-{what}" for what in ("3.1", "3.2", "4.1", "robustness", "samples", "windows")},
    }  # fmt: skip
    assert len(figures) == sum(map(len, names.values()))
