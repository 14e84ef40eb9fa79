"""Oracle: parts in parts, written out here with what must become of them; messages written by hand."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lea.study.parts import parts_in
from lea.study.spec import Part, Run, Trained, canonical, parse
from tests.study.reading import refusal, runs_of

Edit = Callable[[str, str, str], None]
Own = Callable[[str, str], None]
LEARNING = "trial/learning.yaml"
PARTS = '''
raise RuntimeError("a configuration must be read without importing its parts")

class Net:
    """A model with a part in it, that has a part in it, that has one of the project's."""

    LIMITS = {"at": ("low", "high"), "least": ("low",), "most": (0, "high")}

    def __init__(
        self, shape, classes, *,
        outer: MakeOuter,
        spare: MakeInnerPart | None = None,
        teacher: Trained | None = None,
        row: tuple[MakeInnerPart, ...] | None = None,
        low: int = 2,
        at: int = 3,
        least: int = 3,
        most: int = 3,
        high: int | None = None,
    ): ...

    def forward(self, x): ...


class Outer:
    def __init__(
        self, shape, *,
        inner: str | MakeInnerPart = "nested_parts:Inner",
        names: Mapping[str, int] | None = None,
    ): ...


class Inner:
    LIMITS = {"depth": (1, 3)}

    def __init__(self, shape, *, coder: str | MakeCoder = "fc", depth: int = 1): ...


class Student:
    def __init__(self, shape, classes, *, teacher: Trained): ...

    def forward(self, x): ...
'''
NET = {"name": "nested_parts:Net", "outer": "nested_parts:Outer"}


@pytest.fixture
def nested(folder: Path, edit: Edit, own: Own) -> Path:
    """The small study whose first run has such a model."""
    own("nested_parts.py", PARTS)
    edit(LEARNING, "    model: {name: classic, hidden: 16}\n", f"    model: {NET}\n")
    return folder


def change(**model: Any) -> dict[str, Any]:
    """What the command line lays over that model."""
    return {"trial": {"learning": {"runs": {"small": {"model": model}}}}}


def model(folder: Path, **options: Any) -> Part:
    return runs_of("learning", folder, **change(**options))["small"].model


FC = Part(name="fc", options={})


def inner(**options: Any) -> Part:
    return Part(name="nested_parts:Inner", options={"coder": FC, "depth": 1} | options)


def test_a_part_in_a_part_in_a_part_has_every_option_filled_in(nested: Path) -> None:
    found = model(nested)
    assert found.options["outer"] == Part(
        name="nested_parts:Outer", options={"inner": inner(), "names": None}
    )
    assert {key: value for key, value in found.options.items() if key != "outer"} == {
        "spare": None, "teacher": None, "row": None, "low": 2, "at": 3, "least": 3, "most": 3, "high": None,
    }  # fmt: skip
    kinds = [(kind, part.name.rpartition(":")[2]) for kind, part in parts_in("model", found)]
    assert kinds == [("model", "Net"), ("outer", "Outer"), ("inner-part", "Inner"), ("coder", "fc")]


def test_an_option_deep_inside_can_be_laid_over(nested: Path) -> None:
    found = model(
        nested, outer={"inner": {"name": "nested_parts:Inner", "coder": {"name": "conv", "kernels": 7}}}
    )
    conv = Part(name="conv", options={"kernels": 7, "kernel_size": 3})
    assert found.options["outer"] == Part(
        name="nested_parts:Outer", options={"inner": inner(coder=conv), "names": None}
    )
    assert runs_of("learning", nested, **change())["small"].id.startswith("net-fc-digits-")
    assert model(nested, spare="nested_parts:Inner").options["spare"] == inner()


def test_a_list_of_parts_has_each_filled_in(nested: Path) -> None:
    found = model(nested, row=["nested_parts:Inner", {"name": "nested_parts:Inner", "depth": 2}])
    assert found.options["row"] == (inner(), inner(depth=2))
    kinds = [kind for kind, _ in parts_in("model", found)]
    assert kinds == ["model", "outer", "inner-part", "coder", *2 * ["inner-part", "coder"]]
    assert parse(Part, canonical(found)).options["row"] == [inner(), inner(depth=2)]


def test_defaults_that_are_parts_written_out_change_no_id(nested: Path) -> None:
    def id_of(**options: Any) -> str:
        return runs_of("learning", nested, **change(**options))["small"].id

    before = id_of()
    deep = {"name": "nested_parts:Outer", "inner": {"name": "nested_parts:Inner", "coder": {"name": "fc"}}}
    assert id_of(outer=deep) == before
    assert id_of(outer={"inner": "nested_parts:Inner"}, spare=None, teacher=None) == before
    assert id_of(spare="nested_parts:Inner") != before
    assert id_of(outer={"inner": {"name": "nested_parts:Inner", "depth": 2}}) != before
    assert id_of(outer={"inner": {"name": "nested_parts:Inner", "coder": "conv"}}) != before


INNER = "nested_parts:Inner"
CODERS = "expected one of fc, conv, sb, or your own 'module:attribute'"
MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"outr": 1}, "outr: no such key; did you mean 'outer'?"),
    ({"outer": {"iner": 1}}, "outer.iner: no such key; did you mean 'inner'?"),
    (
        {"outer": {"inner": {"name": INNER, "dept": 1}}},
        "outer.inner.dept: no such key; did you mean 'depth'?",
    ),
    (
        {"outer": {"inner": {"name": INNER, "coder": {"name": "conv", "kernel": 3}}}},
        "outer.inner.coder.kernel: no such key; did you mean 'kernels'?",
    ),
    ({"outer": {"inner": {"name": INNER, "coder": "fb"}}}, f"outer.inner.coder: no coder 'fb'; {CODERS}"),
    (
        {"outer": {"inner": {"name": INNER, "depth": 4}}},
        "outer.inner.depth: found 4; expected a number between 1 and 3",
    ),
    (
        {"outer": {"inner": {"depth": 2}}},
        "outer.inner: missing 'name'; expected which inner-part it is; add it",
    ),
    (
        {"outer": {"inner": 3}},
        "outer.inner: found 3; expected the inner-part's name, or a mapping with `name`",
    ),
    ({"outer": {"inner": None}}, "outer.inner: found nothing; expected which inner-part it is; name one"),
    ({"outer": None}, "outer: found nothing; expected which outer it is; name one"),
    (
        {"outer": {"inner": "nested_parts:Iner"}},
        "outer.inner: no inner-part 'nested_parts:Iner'; "
        "expected a module on the Python path that defines the attribute",
    ),
    (
        {"outer": {"inner": "small"}},
        "outer.inner: no inner-part 'small'; expected your own 'module:attribute'",
    ),
    (
        {"spare": {"name": INNER, "coder": 1}},
        "spare.coder: found 1; expected the coder's name, or a mapping with `name`",
    ),
    (
        {"row": INNER},
        f"row: found '{INNER}'; expected a list of parts of kind inner-part, such as [a, {{name: b}}]",
    ),
    ({"row": []}, "row: found []; expected a list of parts of kind inner-part, such as [a, {name: b}]"),
    (
        {"row": [INNER, {"name": INNER, "depth": 4}]},
        "row.1.depth: found 4; expected a number between 1 and 3",
    ),
    ({"outer": {"names": {"a": "b"}}}, "outer.names.a: found 'b'; expected a whole number"),
    ({"outer": {"names": {1: 1}}}, "outer.names.1: found the key 1; expected text; write it in quotes"),
    ({"at": 1}, "at: found 1; expected a number at least 2 (`low`)"),
    ({"at": 9, "high": 8}, "at: found 9; expected a number between 2 and 8 (`low` and `high`)"),
    ({"least": 1}, "least: found 1; expected a number at least 2 (`low`)"),
    ({"most": 5, "high": 4}, "most: found 5; expected a number between 0 and 4 (`high`)"),
    ({"low": "two"}, "low: found 'two'; expected a whole number"),
]


@pytest.mark.parametrize(("options", "message"), MISTAKES, ids=[message for _, message in MISTAKES])
def test_a_mistake_deep_inside_is_answered_with_the_whole_key(
    nested: Path, options: dict[str, Any], message: str
) -> None:
    assert refusal(nested, **change(**options)) == f"--config: trial.learning: runs.small.model.{message}"


def test_a_mistake_deep_inside_is_located_in_the_file_that_made_it(nested: Path, edit: Edit) -> None:
    edit(
        LEARNING,
        "'outer': 'nested_parts:Outer'",
        "'outer': {'name': 'nested_parts:Outer', 'inner': {'depth': 4}}",
    )
    given = change(outer={"inner": {"name": INNER}})
    assert refusal(nested, **given) == (
        f"{LEARNING}: runs.small.model.outer.inner.depth: found 4; expected a number between 1 and 3"
    )


def test_a_limit_that_is_another_option_goes_with_it(nested: Path) -> None:
    assert model(nested, at=100).options["at"] == 100  # high: nothing
    assert model(nested, at=100, high=100).options["at"] == 100
    assert model(nested, at=1, low=1).options["at"] == 1
    assert model(nested, most=0, high=9).options["most"] == 0


STUDENT = "nested_parts:Student"


def test_the_model_of_another_run_is_that_run_and_a_seed(nested: Path) -> None:
    runs = runs_of("learning", nested, **change(teacher={"run": "large"}))
    teacher = runs["small"].model.options["teacher"]
    assert teacher == Trained(run=runs["large"], seed=None)
    again = parse(Run, canonical(runs["small"])).model.options["teacher"]
    assert isinstance(again, Trained)
    assert again.run.id == runs["large"].id
    seeds: list[dict[str, Any]] = [{}, {"seed": 0}, {"seed": 7}]
    given = [change(teacher={"run": "large"} | seed) for seed in seeds]
    assert len({runs_of("learning", nested, **one)["small"].id for one in given}) == 3


def test_another_run_that_changes_changes_the_run_that_uses_it(nested: Path, edit: Edit) -> None:
    given = change(teacher={"run": "large"})
    before = runs_of("learning", nested, **given)["small"].id
    edit(LEARNING, "samples: 100", "samples: 99")
    assert runs_of("learning", nested, **given)["small"].id != before


WRONG_TEACHERS: list[tuple[Any, str]] = [
    ({"run": "larg"}, "teacher.run: no run 'larg'; expected one of small, large"),
    (
        {"run": "small"},
        "teacher.run: runs that need one another: small -> small; expected no circle; mend one",
    ),
    ({"run": "large", "sed": 1}, "teacher.sed: no such key; did you mean 'seed'?"),
    ({"run": "large", "seed": -1}, "teacher.seed: found -1; expected a number at least 0"),
    ({"seed": 1}, "teacher: missing 'run'; every key must be given; add it"),
    ("large", "teacher: found 'large'; expected a mapping of keys"),
    (
        {"run": "large", "parts": ["out"]}, "teacher.parts: no such key; expected one of run, seed",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("teacher", "message"), WRONG_TEACHERS, ids=[one for _, one in WRONG_TEACHERS])
def test_a_trained_model_that_cannot_be_is_refused(nested: Path, teacher: Any, message: str) -> None:
    given = change(teacher=teacher)
    assert refusal(nested, **given) == f"--config: trial.learning: runs.small.model.{message}"


def test_a_trained_model_that_must_be_there_is_asked_for(nested: Path, edit: Edit) -> None:
    edit(LEARNING, "{'name': 'nested_parts:Net', 'outer': 'nested_parts:Outer'}", "'nested_parts:Student'")
    assert refusal(nested) == (
        f"{LEARNING}: runs.small.model: missing 'teacher'; model '{STUDENT}' cannot do without; add it"
    )
    given = {"trial": {"learning": {"runs": {"small": {"model": {"name": STUDENT, "teacher": None}}}}}}
    assert refusal(nested, **given) == (
        "--config: trial.learning: runs.small.model.teacher: found nothing; expected another run; name one"
    )


READER = """
class Reader:
    SOURCES = ("embedded",)

    def __init__(self, *, by: Trained): ...
    def names(self, source): ...
    def embedded(self, split, count, side): ...
"""


def test_no_data_set_and_no_figure_is_made_with_a_trained_model(nested: Path, edit: Edit, own: Own) -> None:
    own("learnt_reader.py", READER)
    edit("datasets.yaml", "reader: mnist", "reader: 'learnt_reader:Reader'\n  options: {by: {run: small}}")
    assert refusal(nested) == (
        "datasets.yaml: digits: options.by: the model of another run; "
        "expected none here, where there are no runs"
    )
