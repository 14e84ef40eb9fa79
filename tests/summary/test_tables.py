"""Oracle: what an analysis says of its runs, spelt out; tables whose rows tell where they come from."""

import re

import pyarrow as pa
import pytest

from lea.errors import UserError
from lea.store import schema
from lea.summary.tables import Fact, Inputs, by_run, with_facts
from tests.summary.made import inputs_of, stage_table

LABELS = {"zebra": "b", "ant": "a", "mole": "b"}


def said(**columns: list[Fact]) -> Inputs:
    """An analysis of three labels with these columns, a value a label."""
    of_labels = {name: dict(zip(LABELS, values, strict=True)) for name, values in columns.items()}
    return Inputs(tables={}, labels=LABELS, columns=of_labels)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, 2, 3], "int64"),
        ([1, None, 3], "int64"),
        ([1, 2.5, None], "float64"),
        ([0.5, 0.5, 0.5], "float64"),
        (["a", None, "b"], "string"),
        ([True, False, True], "bool"),
        ([None, True, None], "bool"),
        ([None, None, None], "float64"),
    ],
)
def test_a_column_has_the_type_of_its_values(values: list[Fact], kind: str) -> None:
    inputs = said(column=values)
    assert inputs.facts == {"label": "string", "run": "string", "column": kind}
    table = inputs.table_of_runs([inputs.facts_of(label) for label in LABELS], {})
    assert table.schema.equals(schema(inputs.facts))
    assert table["column"].to_pylist() == values


@pytest.mark.parametrize(
    ("values", "named"),
    [([1, "a", None], "int, str"), ([True, 1, 2], "bool, int"), ([True, 0.5, None], "bool, float")],
)
def test_a_column_of_values_of_several_types_is_refused(values: list[Fact], named: str) -> None:
    with pytest.raises(UserError, match=f"columns: 'column' has values of type {named}; expected bool, str"):
        said(column=values).facts  # noqa: B018


def test_label_and_run_stand_first_then_the_columns_in_their_order_then_the_summarys_own() -> None:
    inputs = said(window=[4, 4, None], autoencoder=["ae", None, "vae"])
    columns = with_facts(inputs, {"metric": "string", "median": "float64"})
    assert list(columns) == ["label", "run", "window", "autoencoder", "metric", "median"]
    rows = [{"median": 0.5, "metric": "loss", **inputs.facts_of(label)} for label in ("ant", "zebra", "mole")]
    table = inputs.table_of_runs(rows, {"metric": "string", "median": "float64"})
    assert table.column_names == list(columns)
    assert [tuple(row.values()) for row in table.to_pylist()] == [
        ("ant", "a", 4, None, "loss", 0.5),
        ("zebra", "b", 4, "ae", "loss", 0.5),
        ("mole", "b", None, "vae", "loss", 0.5),
    ]


@pytest.mark.parametrize(("column", "own"), [("window", "label"), ("window", "run"), ("metric", "metric")])
def test_a_column_that_the_summary_has_itself_is_refused(column: str, own: str) -> None:
    expected = f"columns: the summary has a column '{own}' of its own; expected another name"
    with pytest.raises(UserError, match=re.escape(expected)):
        with_facts(said(**{column: [1, 2, 3]}), {own: "string"})


@pytest.mark.parametrize("name", ["label", "run"])
def test_a_column_that_every_summary_has_is_refused(name: str) -> None:
    with pytest.raises(
        UserError, match=f"columns: '{name}' stands in every summary of runs anyway; expected"
    ):
        with_facts(said(**{name: [1, 2, 3]}), {"metric": "string"})


def metrics(run: str, seed: int) -> pa.Table:
    return stage_table(
        "metrics", [{"run": run, "seed": seed}], {"id": run, "seed": seed, "note": f"{run}{seed}"}
    )


def times(run: str) -> pa.Table:
    return stage_table("times", [{"run": run, "seed": 7}], {"id": run, "seed": 7})


def test_runs_come_in_the_order_of_the_labels_each_with_the_tables_of_its_seeds() -> None:
    tables = [metrics(run, seed) for seed in (2, 0) for run in "abc"]
    runs = list(by_run(inputs_of(LABELS, metrics=tables), "metrics"))
    assert [(run.label, run.id) for run in runs] == list(LABELS.items())
    for run in runs:
        assert run.frame["run"].tolist() == 2 * [run.id]
        assert run.frame["seed"].tolist() == [2, 0]
        assert run.record["note"] == f"{run.id}2"
        assert run.facts == {"label": run.label, "run": run.id}


def test_tables_are_told_apart_by_the_need_and_not_by_their_columns() -> None:
    inputs = inputs_of({"A": "a"}, metrics=[metrics("a", 0)], times=[times("a")], others=[metrics("a", 3)])
    for need, seed in {"metrics": 0, "times": 7, "others": 3}.items():
        (run,) = by_run(inputs, need)
        assert run.frame["seed"].tolist() == [seed]


def test_a_run_without_a_table_is_passed_over_only_where_that_may_be() -> None:
    inputs = inputs_of({"A": "a", "B": "b"}, metrics=[metrics("a", 0)])
    assert [run.label for run in by_run(inputs, "metrics", some=True)] == ["A"]
    with pytest.raises(AssertionError, match="no table of run 'B' "):
        list(by_run(inputs, "metrics"))
