"""Oracle: what sets runs apart, and what they are compared with, written out by hand run by run."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lea.study.spec import Scale
from tests.study.reading import analyses, refusal

Edit = Callable[[str, str, str], None]
ANALYSIS, SHARED = "trial/design.yaml", "trial/study.yaml"
DESIGN = """\
title: A design
every_run:
  data: {table: digits}
  method: classify
  fit: {epochs: 2, optimizer: {name: adam, rate: 1.0e-3}}
runs:
  plain, 10: {model: classic, data: {samples: 10}}
  plain, 20: {model: classic, data: {samples: 20}}
  pool, 10: {model: {name: pool-fc, window: 2}, data: {samples: 10}}
  ae, 10: &lea
    model: {name: lea-fc, lea: {autoencoder: {name: ae, coder: {name: conv, kernels: 4}}, window: 4}}
    method: {name: joint, lea_weight: 0.5}
    data: {samples: 10}
  ae, 20: {<<: *lea, data: {samples: 20}}
  ae, 30: {<<: *lea, data: {samples: 30}}
seeds: 1
columns:
  model: model.name
  autoencoder: model.lea.autoencoder
  coder: model.lea.autoencoder.coder
  kernels: model.lea.autoencoder.coder.kernels
  window: [model.lea.window, model.window]
  samples: data.samples
  weight: method.lea_weight
  table: data.table
  rate: fit.optimizer.rate
  held out: data.held_out
"""
LABELS = ["plain, 10", "plain, 20", "pool, 10", "ae, 10", "ae, 20", "ae, 30"]


@pytest.fixture
def design(folder: Path) -> Path:
    """The small study with an analysis of six runs."""
    (folder / ANALYSIS).write_text(DESIGN)
    return folder


def changed(**changes: Any) -> dict[str, Any]:
    return {"trial": {"design": changes}, "analyses": ["design"]}


def columns(folder: Path, **changes: Any) -> dict[str, list[object]]:
    found = analyses(folder, **changed(**changes))["design"]
    assert all(list(values) == LABELS for values in found.columns.values())
    return {name: list(values.values()) for name, values in found.columns.items()}


def baselines(folder: Path, **baseline: Any) -> dict[str, str]:
    return dict(analyses(folder, **changed(baseline=baseline))["design"].baselines)


def test_a_column_is_what_stands_at_its_path_a_part_its_name(design: Path) -> None:
    nothing = [None, None, None]
    assert columns(design) == {
        "model": ["classic", "classic", "pool-fc", "lea-fc", "lea-fc", "lea-fc"],
        "autoencoder": [*nothing, "ae", "ae", "ae"],
        "coder": [*nothing, "conv", "conv", "conv"],
        "kernels": [*nothing, 4, 4, 4],
        "window": [None, None, 2, 4, 4, 4],
        "samples": [10, 20, 10, 10, 20, 30],
        "weight": [*nothing, 0.5, 0.5, 0.5],
        "table": ["digits"] * 6,
        "rate": [1e-3] * 6,
        "held out": [None] * 6,
    }
    lines = DESIGN.partition("columns:\n")[2].splitlines()
    assert list(columns(design)) == [line.strip().partition(":")[0] for line in lines]


def test_of_several_paths_the_first_where_something_stands_counts(design: Path) -> None:
    assert columns(design, columns={"one": ["model.window", "model.lea.window", "model.name"]})["one"] == [
        "classic", "classic", 2, 4, 4, 4,
    ]  # fmt: skip
    assert columns(design, columns={"one": ["nowhere", "data.samples"]})["one"] == [10, 20, 10, 10, 20, 30]


def test_an_analysis_has_the_columns_of_its_study_unless_it_has_its_own(folder: Path, edit: Edit) -> None:
    edit(ANALYSIS, "", DESIGN[: DESIGN.index("columns:")])
    assert list(columns(folder)) == ["model"]
    edit(SHARED, "columns: {model: model.name}\n", "")
    assert columns(folder) == {}
    edit(SHARED, "", "quick: {columns: {samples: data.samples}}\n")
    assert list(columns(folder)) == ["samples"]
    assert list(columns(folder, columns={"own": "model.name"})) == ["own"]


def test_columns_change_no_run(design: Path) -> None:
    before = analyses(design)["design"].runs
    assert analyses(design, **changed(columns={"more": "data.split"}))["design"].runs == before


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (3, "found 3; expected where a run has it, such as model.name, or several such"),
        ([3], "found [3]; expected where a run has it, such as model.name, or several such"),
        ({"a": "b"}, "found {'a': 'b'}; expected where a run has it, such as model.name, or several such"),
        ("model.kernels", "'model.kernels' is [32, 64]; expected a number, a text or a part"),
        (["nowhere", "model.kernels"], "'model.kernels' is [32, 64]; expected a number, a text or a part"),
    ],
)
def test_a_path_that_is_none_or_leads_to_no_value_is_refused(design: Path, asked: Any, message: str) -> None:
    given = changed(columns={"wrong": asked})
    assert refusal(design, **given) == f"--config: trial.design: columns.wrong: {message}"


def test_each_run_is_compared_with_the_one_that_is_like_it_otherwise(design: Path) -> None:
    assert baselines(design, where={"model": "classic"}, same=["samples"]) == {
        "pool, 10": "plain, 10",
        "ae, 10": "plain, 10",
        "ae, 20": "plain, 20",
    }  # of 30 samples there is none


def test_where_may_name_several_columns_and_nothing(design: Path) -> None:
    where = {"autoencoder": None, "window": None, "samples": 10}
    assert baselines(design, where=where) == dict.fromkeys(
        ["plain, 20", "pool, 10", "ae, 10", "ae, 20", "ae, 30"], "plain, 10"
    )
    assert baselines(design, where={"window": 2}, same=["samples"]) == {
        "plain, 10": "pool, 10",
        "ae, 10": "pool, 10",
    }


def test_where_may_name_a_run_by_its_label(design: Path) -> None:
    others = ["plain, 20", "pool, 10", "ae, 10", "ae, 20", "ae, 30"]
    assert baselines(design, where={"label": "plain, 10"}) == dict.fromkeys(others, "plain, 10")


def test_without_a_baseline_nothing_is_compared(design: Path) -> None:
    assert analyses(design)["design"].baselines == {}


WRONG: list[tuple[dict[str, Any], str]] = [
    (
        {"where": {"autoencoder": None}, "same": ["samples"]},
        "baseline.same: 'ae, 10' could be compared with 'plain, 10' or 'pool, 10'; expected one; "
        "name a column that sets these apart",
    ),
    (
        {"where": {"model": "classic"}},
        "baseline.same: 'pool, 10' could be compared with 'plain, 10' or 'plain, 20'; expected one; "
        "name a column that sets these apart",
    ),
    (
        {"where": {"model": "clasic"}},
        "baseline.where: no run has {'model': 'clasic'}; expected some to compare with",
    ),
    ({"where": {"modl": "classic"}}, "baseline.where.modl: no such key; did you mean 'model'?"),
    (
        {"where": {"model": "classic"}, "same": ["sample"]},
        "baseline.same.sample: no such key; did you mean 'samples'?",
    ),
    (
        {"where": {"label": "plain"}},
        "baseline.where: no run has {'label': 'plain'}; expected some to compare with",
    ),
    (
        {"where": {"label": "plain, 10"}, "same": ["label"]},
        "baseline.same.label: no such key; did you mean 'table'?",
    ),
    ({"same": ["samples"]}, "baseline: missing 'where'; every key must be given; add it"),
    ({"where": "classic"}, "baseline.where: found 'classic'; expected a mapping"),
    ({"where": {}, "same": "samples"}, "baseline.same: found 'samples'; expected a list, such as [a, b]"),
]


@pytest.mark.parametrize(("baseline", "message"), WRONG, ids=[message for _, message in WRONG])
def test_a_baseline_that_cannot_be_is_refused(design: Path, baseline: dict[str, Any], message: str) -> None:
    given = changed(baseline=baseline)
    assert refusal(design, **given) == f"--config: trial.design: {message}"


@pytest.mark.parametrize("scale", ["quick", "reduced", "thesis"])
def test_the_shipped_comparisons_are_with_the_network_without_leas(scale: Scale) -> None:
    read = analyses(scale=scale, analyses=["pooling", "samples", "robustness"])
    pooling, samples = read["pooling"], read["samples"]
    leas = [label for label in pooling.runs if not label.startswith("pool")]
    assert pooling.baselines == {label: f"pool {label.rpartition(' ')[2]}" for label in leas}
    assert samples.baselines == {
        f"cnn-lea, {size}": f"classic, {size}" for size in ("tiny", "small", "medium", "large")
    }
    assert set(read["robustness"].baselines.values()) == {"classic"}


def test_the_shipped_columns_tell_the_runs_of_an_analysis_apart() -> None:
    for analysis in analyses(scale="thesis").values():
        rows = list(zip(*(values.values() for values in analysis.columns.values()), strict=True))
        if analysis.name not in ("codes", "confidence", "regimes", "accuracy", "equivariance"):
            alike = 1 if analysis.name == "robustness" else 0  # classic, and the same of fewer epochs
            assert len(set(rows)) == len(rows) - alike, analysis.name
