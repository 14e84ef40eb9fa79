"""Oracle: a written summary read again; modules written for the test, and what is wrong with them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pytest

from lea import registry
from lea.errors import UserError
from lea.store import read_record, read_table, write_table
from lea.study.stages import tables
from lea.summary.job import summarise
from tests.summary.test_sizes_and_examples import NAMES, samples

RUNS = {"label": "string", "run": "string", "window": "int64"}
SPEC = {
    "labels": [["B", "b"], ["A", "a"]],
    "datasets": [],
    "columns": [["window", {"A": 4, "B": None}]],
    "baselines": {"A": "B"},
    "needs": ["metrics"],
}
ROWS = {
    "metrics": [
        {"epoch": 1, "split": split, "part": "network", "metric": "loss", "value": value}
        for split, value in (("test", 2.0), ("train", 1.0))
    ],
    "times": [
        {
            "epoch": 1,
            "samples": 10,
            "seconds": 60.0,
            "machine": "mill",
            "threads": 1,
            "arithmetic": "float32",
        }
    ],
    "measures": [
        {"measure": "parameters", "split": None, "part": "network", "metric": "count", "value": 3.0e9}
    ],
    "pictures": [
        {"epoch": 1, "part": "network", "kind": "input", "sample": 0, "channel": 0, "low": 0.0, "high": 1.0}
        | {"height": 1, "width": 2, "values": [0.5, 0.25]}
    ],
}


def written(folder: Path, need: str, run: str) -> tuple[str, Path]:
    """A table of a stage, as an input of the job."""
    columns = tables()[need][1]
    rows = [{"run": run, "seed": 0, **row} for row in ROWS[need]]
    table = pa.Table.from_pylist(rows).select(list(columns))
    path = folder / f"{run}-{need}.parquet"
    write_table(path, table, columns, {"id": run, "seed": 0})
    return need, path


def asked(name: str, **options: object) -> str:
    return json.dumps(SPEC | {"summary": {"name": name, "options": options}})


def done(folder: Path, spec: str, needs: Sequence[str] = ("metrics",)) -> pa.Table:
    inputs = [written(folder, need, run) for need in needs for run in "ab"]
    summarise(spec, inputs=inputs, output=folder / "summary.parquet")
    return read_table(folder / "summary.parquet")


@pytest.mark.parametrize(
    ("name", "need", "count"),
    [
        ("curves", "metrics", 4),
        (
            "endings",
            "metrics",
            2 * (2 + 2 + 3),
        ),  # values and rises at the end; values and epoch at the lowest
        ("contrasts", "metrics", 2 + 2),
        ("costs", "times", 2),
        ("measures", "measures", 2),
        ("album", "pictures", 2),
    ],
)
def test_a_summarys_job_writes_what_it_computes(tmp_path: Path, name: str, need: str, count: int) -> None:
    table = done(tmp_path, asked(name), [need])
    own = registry.constant("summary", name, "COLUMNS")
    assert read_table(tmp_path / "summary.parquet", RUNS | own).num_rows == len(table) == count
    windows = {"B": None, "A": 4}
    labels = table["label"].to_pylist()
    assert list(dict.fromkeys(labels)) == (["A"] if name == "contrasts" else list(windows))
    assert table["window"].to_pylist() == [windows[label] for label in labels]
    if name == "contrasts":
        assert set(table["baseline"].to_pylist()) == {"B"}


def test_the_job_writes_the_summary_with_what_was_asked(tmp_path: Path) -> None:
    spec = {
        "labels": [],
        "datasets": [["b", "B"], ["a", "A"]],
        "columns": [],
        "baselines": {},
        "needs": ["data"],
    }
    spec |= {"summary": {"name": "sizes", "options": {}}}
    inputs = []
    for name in "ab":
        table, path = samples(name, 3, 2), tmp_path / f"{name}.parquet"
        columns = {"split": "string", "values": "fixed_size_binary[6]", **dict.fromkeys(NAMES, "int32")}
        write_table(path, table, columns, read_record(table))
        inputs.append(("data", path))
    for output in ("one.parquet", "two.parquet"):
        summarise(json.dumps(spec), inputs=inputs, output=tmp_path / "summary" / output)
    columns = registry.constant("summary", "sizes", "COLUMNS")
    table = read_table(tmp_path / "summary" / "one.parquet", columns)
    assert table["dataset"].to_pylist() == ["A", "B"]
    assert {key: read_record(table)[key] for key in spec} == spec
    contents = [(tmp_path / "summary" / name).read_bytes() for name in ("one.parquet", "two.parquet")]
    assert contents[0] == contents[1]


def test_options_reach_the_summary(tmp_path: Path) -> None:
    table, path = samples("a", 0, 9), tmp_path / "a.parquet"
    columns = {"split": "string", "values": "fixed_size_binary[6]", **dict.fromkeys(NAMES, "int32")}
    write_table(path, table, columns, read_record(table))
    spec = SPEC | {"datasets": [["a", "A"]], "summary": {"name": "examples", "options": {"each": 7}}}
    summarise(json.dumps(spec), inputs=[("data", path)], output=tmp_path / "summary.parquet")
    assert read_table(tmp_path / "summary.parquet").num_rows == 7


def test_a_table_of_other_columns_than_its_stages_is_refused(tmp_path: Path) -> None:
    _, path = written(tmp_path, "times", "a")
    with pytest.raises(
        UserError, match=r"times\.parquet: columns run, seed, .*; expected run, seed, epoch, split"
    ):
        summarise(asked("curves"), inputs=[("metrics", path)], output=tmp_path / "summary.parquet")


def test_a_table_that_nobody_needs_is_refused(tmp_path: Path) -> None:
    inputs = [written(tmp_path, "times", "a")]
    expected = (
        r"lea\.summary\.curves: .*times\.parquet is given as 'times'; expected one of its needs: metrics$"
    )
    with pytest.raises(UserError, match=expected):
        summarise(asked("curves"), inputs=inputs, output=tmp_path / "summary.parquet")


OWN = """
from lea.store import rows_table
NEEDS = ("metrics",)
{declared}
def summarise(inputs):
    return {given}
"""
COLUMNS = 'COLUMNS = {"median": "float64"}'
MADE = {  # what a module declares and gives -> what is wrong
    "table": ("FACTS = False\n" + COLUMNS, "rows_table([{'median': 0.5}], COLUMNS)", None),
    "of runs": (COLUMNS, "inputs.table_of_runs([inputs.facts_of('A') | {'median': 0.5}], COLUMNS)", None),
    "frame": (COLUMNS, "[1.5]", r"\.py:5\): gave a list; expected a pyarrow\.Table; mend it there$"),
    "no columns": ("", "None", r"COLUMNS: found none; expected a mapping of the summary's own columns"),
    "odd columns": ("COLUMNS = ('median',)", "None", r"COLUMNS: found \('median',\); expected a mapping"),
    "without facts": (
        COLUMNS,
        "rows_table([{'median': 0.5}], COLUMNS)",
        r"gave median: without label, run, window; expected label, run, window, median; mend it or its",
    ),
    "besides": (
        COLUMNS,
        "inputs.table_of_runs([inputs.facts_of('A') | {'mean': 0.5}], {'mean': 'float64'})",
        r"gave label, run, window, mean: without median; besides mean; expected label, run, window, median",
    ),
    "more": (
        COLUMNS,
        "inputs.table_of_runs([inputs.facts_of('A') | {'median': 1.0, 'n': 1}], {**COLUMNS, 'n': 'int32'})",
        r"gave label, run, window, median, n: besides n; expected label, run, window, median; mend it",
    ),
    "types": (
        "FACTS = False\n" + COLUMNS,
        "rows_table([{'median': 'much'}], {'median': 'string'})",
        r"much.*; expected median \(float64\); mend it or its COLUMNS",
    ),
    "raises": (
        COLUMNS,
        "inputs['metrics']",
        r"^summary 'own_summary_raises:summarise': TypeError in own_summary_raises\.py:6: .*; mend it there$",
    ),
    "name taken": (
        'COLUMNS = {"window": "float64"}',
        "None",
        r"columns: the summary has a column 'window' of its own; expected another name; rename it",
    ),
}


@pytest.mark.usefixtures("fresh_sources")
@pytest.mark.parametrize("name", MADE)
def test_what_a_summary_gives_must_be_what_it_declares(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    declared, given, problem = MADE[name]
    module = f"own_summary_{name.replace(' ', '_')}"
    (tmp_path / f"{module}.py").write_text(OWN.format(declared=declared, given=given))
    monkeypatch.syspath_prepend(tmp_path)
    if problem is None:
        assert done(tmp_path, asked(f"{module}:summarise"))["median"].to_pylist() == [0.5]
        return
    with pytest.raises(UserError, match=problem) as caught:
        done(tmp_path, asked(f"{module}:summarise"))
    of_job = name in ("no columns", "odd columns")
    start = f"{module}: " if of_job else f"summary '{module}:summarise'"
    assert str(caught.value).startswith("columns" if name == "name taken" else start)
    assert not (tmp_path / "summary.parquet").exists()


@pytest.mark.usefixtures("fresh_sources")
def test_columns_in_another_order_are_put_in_the_declared_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared = 'FACTS = False\nCOLUMNS = {"a": "int32", "b": "int64"}'
    given = "rows_table([{'a': 1, 'b': 2}], {'b': 'int32', 'a': 'int64'})"
    (tmp_path / "own_summary_order.py").write_text(OWN.format(declared=declared, given=given))
    monkeypatch.syspath_prepend(tmp_path)
    table = done(tmp_path, asked("own_summary_order:summarise"))
    assert table.to_pylist() == [{"a": 1, "b": 2}]
    assert [str(kind) for kind in table.schema.types] == ["int32", "int64"]
    assert list(table.to_pylist()[0]) == ["a", "b"]


def test_every_summary_declares_what_the_job_checks() -> None:
    for name in registry.PARTS["summary"]:
        columns: Mapping[str, str] = registry.constant("summary", name, "COLUMNS")
        assert columns, name
        assert registry.constant("summary", name, "NEEDS"), name
