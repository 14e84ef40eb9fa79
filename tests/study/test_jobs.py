"""Oracle: which jobs there are, on which runs and seeds, and what each reads, written out by hand."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lea.errors import UserError
from lea.study.spec import Run, parse_task
from lea.study.stages import keyed, stage, stages
from lea.study.study import Analysis
from lea.study.workflow import Workflow
from tests.study.reading import refusal, seeds_of

Edit = Callable[[str, str, str], None]
Own = Callable[[str, str], None]
LEARNING = "trial/learning.yaml"
TRAINED = """
class Student:
    def __init__(self, shape, classes, *, teacher: Trained): ...
    def forward(self, x): ...


class Method:
    LABELS = True
    OPTIMIZERS = ("main", "other")

    def __init__(self, setting, *, judge: Trained | None = None): ...
    def step(self, batch): ...
    def examine(self, batch): ...


class Solver:
    OPTIMIZERS = ()

    def __init__(self, setting): ...
    def step(self, batch): ...
    def examine(self, batch): ...


def measure(model, data, generator, *, features: Trained | None = None): ...
"""


@pytest.fixture
def here(folder: Path, own: Own, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the study is read from; parts of a user's own are there."""
    own("trained_parts.py", TRAINED)
    monkeypatch.chdir(folder.parent)
    return folder


def changed(**changes: Any) -> dict[str, Any]:
    return {"trial": {"learning": changes}}


def small(**changes: Any) -> dict[str, Any]:
    """What the command line lays over one of the two runs."""
    return changed(runs={"small": changes})


def learning(workflow: Workflow) -> Analysis:
    return next(one for one in workflow.study.analyses if one.name == "learning")


def ids(workflow: Workflow) -> Mapping[str, str]:
    return {label: run.id for label, run in learning(workflow).runs.items()}


def rule(workflow: Workflow, name: str) -> Any:
    return next(one for one in workflow.rules if one.name == name)


def wildcards(run: str, seed: int = 0, asked: str = "") -> SimpleNamespace:
    return SimpleNamespace(run=run, seed=str(seed), asked=asked)


def weights(run: str, seed: int) -> str:
    return f"results/quick/runs/run={run}/seed={seed}/weights.safetensors"


# rules


def test_each_stage_of_the_registry_is_a_rule_with_its_outputs(here: Path) -> None:
    rules = Workflow({}).rules
    assert [one.name for one in rules] == [one.name for one in stages()]
    assert {one.name for one in rules} >= {"train", "measure", "show", "probe", "attack"}
    for one in rules:
        searches, of_run = one.name in ("trial", "choose"), one.name in ("train", "choose")
        folder = f"results/quick/{'searches' if searches else 'runs'}/run={{run}}/seed={{seed}}"
        names = [f"{name}" if of_run else f"{name}-{{asked}}" for name in one.stage.outputs]
        made = one.stage.outputs.values()
        endings = [of if isinstance(of, str) else "parquet" if of else "safetensors" for of in made]
        assert one.outputs == [f"{folder}/{name}.{end}" for name, end in zip(names, endings, strict=True)]
        assert one.log.startswith(f"results/quick/logs/{one.name}/{{run}}.{{seed}}")
        assert ("{asked}" in one.log) == (not of_run)
    assert set(keyed()) == {"measures", "pictures", "probes", "attacks", "tsunamis"}


def test_a_training_reads_its_data_and_makes_all_that_its_stage_declares(here: Path) -> None:
    workflow = Workflow({})
    train, run = rule(workflow, "train"), learning(workflow).runs["small"]
    data = f"results/quick/data/{run.data.table.id}.parquet"
    assert train.inputs(wildcards(run.id)) == [data]
    outputs = [pattern.format(run=run.id, seed=0) for pattern in train.outputs]
    said = train.files(wildcards(run.id), outputs)
    made = [f"--output {name}={path}" for name, path in zip(stage("train").outputs, outputs, strict=True)]
    machine = "--device auto --jobs-per-gpu 1 --memory checked"
    assert said == " ".join([f"--input data={data}", *made, machine])
    task = parse_task(None, train.spec(wildcards(run.id)))
    assert (task.run.id, task.asked) == (run.id, None)
    assert train.spec(wildcards(run.id, 1)) == train.spec(wildcards(run.id, 0))
    assert len(train.code(wildcards(run.id))) == 16


def test_a_job_that_nobody_asks_for_is_refused_in_words(here: Path) -> None:
    workflow = Workflow({})
    with pytest.raises(UserError, match=r"no train of run 'x' in these studies at this scale; expected one"):
        rule(workflow, "train").spec(wildcards("x"))
    with pytest.raises(UserError, match="no probe of run"):
        rule(workflow, "probe").inputs(wildcards(ids(workflow)["small"], asked="0123"))


def test_memory_and_time_grow_with_the_attempt(here: Path) -> None:
    for one in Workflow({}).rules:
        assert [one.memory(None, attempt) for attempt in (1, 2)] == [one.stage.memory, 2 * one.stage.memory]
        assert [one.minutes(None, attempt) for attempt in (1, 3)] == [
            one.stage.minutes,
            3 * one.stage.minutes,
        ]


# data in further roles


def test_further_data_are_inputs_by_their_role_and_prepared(here: Path) -> None:
    workflow = Workflow(small(data={"others": {"outliers": "shapes"}}))
    run = learning(workflow).runs["small"]
    tables = {role: f"results/quick/data/{one.id}.parquet" for role, one in run.data.tables.items()}
    assert list(tables) == ["data", "outliers"]
    assert rule(workflow, "train").inputs(wildcards(run.id)) == list(tables.values())
    said = rule(workflow, "train").files(wildcards(run.id), ["x"] * len(stage("train").outputs))
    assert f"--input outliers={tables['outliers']}" in said
    assert set(tables.values()) <= set(workflow.targets())
    assert [one.name for one in learning(workflow).datasets] == ["digits", "shapes"]


@pytest.mark.parametrize("role", ["data", "trained", "weights", "metrics", "a b", "a=b", "../x", ""])
def test_a_role_that_jobs_have_or_that_is_no_name_is_refused(here: Path, role: str) -> None:
    message = refusal(here, **small(data={"others": {role: "shapes"}}))
    assert f"data.others.{role}: found the role '{role}'; expected letters, digits and '_'" in message


# fresh divisions


def test_a_fresh_division_leaves_a_test(here: Path) -> None:
    fresh = {"split": "fresh"}
    for samples, held_out in ((199, None), (150, 49)):
        data = fresh | {"samples": samples, "held_out": held_out}
        assert learning(Workflow(small(data=data))).runs["small"].data.split == "fresh"
    where = "--config: trial.learning: runs.small.data"
    assert refusal(here, **small(data=fresh)) == (
        f"{where}.split: found 'fresh'; expected `samples` beside it: the rest is the test"
    )
    assert refusal(here, **small(data=fresh | {"samples": 200})) == (
        f"{where}.samples: found 200 and a test of the rest; data set 'digits' has 200 training samples "
        "at scale quick; expected no more"
    )
    assert "found 150 and 50 held out and a test of the rest; data set 'digits' has 200" in refusal(
        here, **small(data=fresh | {"samples": 150, "held_out": 50})
    )
    assert "split: found 'frsh'; did you mean 'fresh'?" in refusal(here, **small(data={"split": "frsh"}))


# what is as it was built


def test_a_model_as_it_was_built_is_trained_only_if_a_table_of_its_training_is_read(
    here: Path, edit: Edit
) -> None:
    built = {"fit": {"epochs": 0}, "measures": ["parameters"]}
    workflow = Workflow(small(**built))
    assert {run for run, _ in seeds_of(workflow, "train")} == set(ids(workflow).values())  # for the curves
    assert seeds_of(workflow, "measure") == {(ids(workflow)["small"], seed) for seed in (0, 1)}
    workflow = Workflow(changed(runs={"small": built}, figures=[]))
    assert {run for run, _ in seeds_of(workflow, "train")} == {ids(workflow)["large"]}
    assert seeds_of(workflow, "measure") == {(ids(workflow)["small"], seed) for seed in (0, 1)}


def asked_of(workflow: Workflow, name: str, run: str) -> list[str]:
    works = workflow.jobs.works.values()
    return [work.key[2] for work in works if work.stage.name == name and work.run.id == run]


def test_a_job_reads_the_weights_unless_the_model_is_as_it_was_built(here: Path) -> None:
    asked = {"measures": ["parameters"]}
    for fit, expected in (({}, True), ({"epochs": 0}, False)):
        workflow = Workflow(changed(every_run=asked | {"fit": fit}, figures=[]))
        run = ids(workflow)["small"]
        (name,) = asked_of(workflow, "measure", run)
        inputs = rule(workflow, "measure").inputs(wildcards(run, 1, name))
        assert inputs[0].startswith("results/quick/data/")
        assert inputs[1:] == [weights(run, 1)] * expected


def test_a_model_as_it_was_built_needs_no_optimizer_and_no_samples(here: Path, edit: Edit) -> None:
    edit("datasets.yaml", "", "8x8x1: {reader: blank, options: {shape: [8, 8, 1]}, batch_size: 1}\n")
    edit(LEARNING, "{epochs: 2, optimizer: {name: adam, rate: 1.0e-3}}", "{epochs: 0}")
    edit(LEARNING, "{table: digits}", "{table: digits, target: label}")
    assert {run.fit.optimizer for run in learning(Workflow({})).runs.values()} == {None}
    message = refusal(here, **changed(every_run={"fit": {"epochs": 1}}))
    assert message == (
        "--config: trial.learning: every_run.fit: missing 'optimizer'; "
        "what is trained says by which steps; add it"
    )
    alone = {"name": "lea-alone", "lea": {"autoencoder": "ae"}}
    blank = {"data": {"table": "8x8x1", "target": None}, "model": alone, "method": "leas"}
    runs = {"small": blank, "large": {"fit": {"epochs": 0}}}
    edit(LEARNING, "    model: {name: classic, hidden: 16}\n", "    pictures: null\n")
    assert learning(Workflow(changed(runs=runs))).runs["small"].as_built
    trained = {"fit": {"epochs": 2, "optimizer": {"name": "adam", "rate": 1.0e-3}}}
    message = refusal(here, **changed(runs=runs | {"small": blank | trained}))
    assert message.endswith(
        "runs.small.fit.epochs: found 2; data set '8x8x1' has no samples; expected 0, a model as it is built"
    )


# optimizers


METHOD = "trained_parts:Method"


def test_optimizers_are_those_that_the_method_calls_so(here: Path) -> None:
    sgd = {"name": "sgd", "rate": 0.1}
    fit = learning(Workflow(small(method=METHOD, fit={"optimizers": {"other": sgd}}))).runs["small"].fit
    assert {name: one.name for name, one in fit.optimizers.items()} == {"other": "sgd"}
    assert fit.optimizer is not None
    assert fit.optimizer.name == "adam"
    where = "--config: trial.learning: runs.small.fit.optimizers"
    message = refusal(here, **small(method=METHOD, fit={"optimizers": {"othr": sgd}}))
    assert message == f"{where}.othr: no such key; did you mean 'other'?"
    message = refusal(here, **small(fit={"optimizers": {"other": sgd}}))
    assert message == f"{where}.other: no such key; expected one of main"
    message = refusal(here, **small(method=METHOD, fit={"optimizers": {"other": sgd | {"rat": 1}}}))
    assert message == f"{where}.other.rat: no such key; did you mean 'rate'?"


def test_one_for_all_is_not_needed_where_each_has_its_own_or_there_is_none(here: Path) -> None:
    sgd = {"name": "sgd", "rate": 0.1}
    each = {"optimizer": None, "optimizers": {"main": sgd, "other": sgd}}
    assert learning(Workflow(small(method=METHOD, fit=each))).runs["small"].fit.optimizer is None
    some = {"optimizer": None, "optimizers": {"main": sgd}}
    assert "runs.small.fit: missing 'optimizer'" in refusal(here, **small(method=METHOD, fit=some))
    solver = {"name": "lea-alone", "lea": {"autoencoder": "ae"}}
    fit = {"optimizer": None, "batch_size": "all"}
    run = {"model": solver, "method": "trained_parts:Solver", "fit": fit}
    own = changed(runs={"solved": run})
    assert learning(Workflow(own)).runs["solved"].fit.batch_size == "all"


# another run's model


def student(**teacher: Any) -> dict[str, Any]:
    """A third run that is made with the model of the large one."""
    model = {"name": "trained_parts:Student", "teacher": {"run": "large"} | teacher}
    return changed(runs={"student": {"model": model}})


def test_a_run_that_begins_with_another_reads_its_weights_of_the_same_seed(here: Path) -> None:
    workflow = Workflow(small(start={"run": "large"}))
    named = ids(workflow)
    train = rule(workflow, "train")
    for seed in (0, 1):
        assert train.inputs(wildcards(named["small"], seed))[1:] == [weights(named["large"], seed)]
    said = train.files(wildcards(named["small"], 1), ["x"] * len(stage("train").outputs))
    assert f"--input trained={weights(named['large'], 1)}" in said
    assert train.inputs(wildcards(named["large"]))[1:] == []
    run = learning(workflow).runs["small"]
    assert run.start is not None
    assert (run.start.model.run.id, run.start.model.seed, run.start.parts) == (named["large"], None, None)


def test_a_run_that_begins_with_another_is_trained_though_it_has_no_epochs(here: Path) -> None:
    workflow = Workflow(
        changed(runs={"small": {"start": {"run": "large"}, "fit": {"epochs": 0}}}, figures=[])
    )
    assert not learning(workflow).runs["small"].as_built
    assert len(seeds_of(workflow, "train")) == 4


def test_who_looks_at_a_run_needs_its_weights_and_not_what_it_began_with(here: Path) -> None:
    workflow = Workflow(small(start={"run": "large"}, measures=["parameters"]))
    run = ids(workflow)["small"]
    (asked,) = asked_of(workflow, "measure", run)
    assert rule(workflow, "measure").inputs(wildcards(run, 0, asked))[1:] == [weights(run, 0)]


def test_a_seed_that_is_said_is_trained_though_the_analysis_has_fewer(here: Path) -> None:
    workflow = Workflow(small(start={"run": "large", "seed": 7}))
    named = ids(workflow)
    expected = {(named[label], seed) for label in ("small", "large") for seed in (0, 1)}
    assert seeds_of(workflow, "train") == expected | {(named["large"], 7)}
    assert weights(named["large"], 7) in workflow.targets()
    for seed in (0, 1):
        inputs = rule(workflow, "train").inputs(wildcards(named["small"], seed))
        assert inputs[1:] == [weights(named["large"], 7)]
    tables = list(workflow.jobs.tables(learning(workflow), "metrics"))
    assert len(tables) == 4  # no figure reads the seventh seed


def test_what_another_run_needs_is_planned_too(here: Path) -> None:
    runs = {"small": {"start": {"run": "middle", "seed": 5}}}
    middle = {"model": {"name": "classic", "hidden": 8}, "start": {"run": "large"}}
    workflow = Workflow(changed(runs=runs | {"middle": middle}, seeds=1))
    named = ids(workflow)
    expected = {(named[label], 0) for label in ("small", "middle", "large")}
    assert seeds_of(workflow, "train") == expected | {(named[label], 5) for label in ("middle", "large")}
    inputs = rule(workflow, "train").inputs(wildcards(named["middle"], 5))
    assert inputs[1:] == [weights(named["large"], 5)]


def test_a_model_made_with_another_needs_it_in_every_job(here: Path) -> None:
    change = student()
    change["trial"]["learning"]["runs"]["student"]["measures"] = ["parameters"]
    workflow = Workflow(change)
    named = ids(workflow)
    assert rule(workflow, "train").inputs(wildcards(named["student"], 1))[1:] == [weights(named["large"], 1)]
    (asked,) = asked_of(workflow, "measure", named["student"])
    assert rule(workflow, "measure").inputs(wildcards(named["student"], 1, asked))[1:] == [
        weights(named["student"], 1), weights(named["large"], 1),
    ]  # fmt: skip


def test_what_another_model_is_made_with_is_of_that_ones_seed(here: Path) -> None:
    model = {"name": "trained_parts:Student", "teacher": {"run": "large"}}
    second = {"model": model | {"teacher": {"run": "first", "seed": 3}}}
    workflow = Workflow(changed(runs={"first": {"model": model}, "second": second}))
    named = ids(workflow)
    assert rule(workflow, "train").inputs(wildcards(named["second"], 1))[1:] == [
        weights(named["first"], 3), weights(named["large"], 3),
    ]  # fmt: skip
    assert rule(workflow, "train").inputs(wildcards(named["first"], 3))[1:] == [weights(named["large"], 3)]
    expected = {(named[label], seed) for label in named for seed in (0, 1)}
    assert seeds_of(workflow, "train") == expected | {(named["first"], 3), (named["large"], 3)}


def test_a_metric_with_a_trained_model_needs_it_and_the_training_does_not(here: Path) -> None:
    metric = {"name": "trained_parts:measure", "features": {"run": "large", "seed": 4}}
    plain = Workflow({})
    workflow = Workflow(small(measures=[metric]))
    named = ids(workflow)
    assert named == ids(plain)
    assert rule(workflow, "train").inputs(wildcards(named["small"]))[1:] == []
    (asked,) = asked_of(workflow, "measure", named["small"])
    assert rule(workflow, "measure").inputs(wildcards(named["small"], 0, asked))[1:] == [
        weights(named["small"], 0), weights(named["large"], 4),
    ]  # fmt: skip
    assert seeds_of(workflow, "train") == seeds_of(plain, "train") | {(named["large"], 4)}


def test_a_metric_may_use_any_run_of_the_analysis_its_own_included(here: Path) -> None:
    metric = {"name": "trained_parts:measure", "features": {"run": "large"}}
    workflow = Workflow(changed(every_run={"measures": [metric]}))
    named = ids(workflow)
    for label in ("small", "large"):
        (asked,) = asked_of(workflow, "measure", named[label])
        found = rule(workflow, "measure").inputs(wildcards(named[label], 0, asked))[1:]
        assert set(found) == {weights(named[label], 0), weights(named["large"], 0)}
    crossed = {
        "small": {"measures": [metric]},
        "large": {"measures": [metric | {"features": {"run": "small"}}], "start": {"run": "small"}},
    }
    assert learning(Workflow(changed(runs=crossed))).uses["small"]["measure"]


def test_a_method_may_use_a_trained_model_while_it_trains(here: Path) -> None:
    method = {"name": METHOD, "judge": {"run": "large"}}
    workflow = Workflow(small(method=method, measures=["parameters"]))
    named = ids(workflow)
    assert rule(workflow, "train").inputs(wildcards(named["small"]))[1:] == [weights(named["large"], 0)]
    (asked,) = asked_of(workflow, "measure", named["small"])
    assert rule(workflow, "measure").inputs(wildcards(named["small"], 0, asked))[1:] == [
        weights(named["small"], 0)
    ]


def test_a_changed_teacher_trains_its_student_again(here: Path, edit: Edit) -> None:
    before = Workflow(student())
    edit(LEARNING, "samples: 100", "samples: 99")
    after = Workflow(student())
    assert ids(before)["student"] != ids(after)["student"]
    assert ids(before)["small"] == ids(after)["small"]


CIRCLES: list[tuple[dict[str, Any], str]] = [
    (
        {"small": {"start": {"run": "small"}}},
        "runs.small.start.run: runs that need one another: small -> small",
    ),
    (
        {"small": {"start": {"run": "large"}}, "large": {"start": {"run": "small"}}},
        "runs.large.start.run: runs that need one another: small -> large -> small",
    ),
    (
        {
            "small": {"start": {"run": "large"}},
            "large": {"start": {"run": "third"}},
            "third": {
                "model": {"name": "trained_parts:Student", "teacher": {"run": "large"}},
            },
        },
        "runs.third.model.teacher.run: runs that need one another: large -> third -> large",
    ),
]


@pytest.mark.parametrize(("runs", "message"), CIRCLES, ids=[message for _, message in CIRCLES])
def test_runs_that_need_one_another_are_named(here: Path, runs: dict[str, Any], message: str) -> None:
    expected = f"--config: trial.learning: {message}; expected no circle; mend one"
    assert refusal(here, **changed(runs=runs)) == expected


STARTS: list[tuple[Any, str]] = [
    ({"run": "larg"}, "start.run: no run 'larg'; expected one of small, large"),
    ({"run": "large", "seed": -1}, "start.seed: found -1; expected a number at least 0"),
    ({"run": "large", "part": ["out"]}, "start.part: no such key; did you mean 'parts'?"),
    (
        {"run": "large", "parts": []},
        "start.parts: found none; expected names of modules; or remove it, for all",
    ),
    ({"run": "large", "parts": "out"}, "start.parts: found 'out'; expected a list, such as [a, b]"),
    ({"parts": ["out"]}, "start: missing 'run'; every key must be given; add it"),
    ("large", "start: found 'large'; expected a mapping of keys"),
]


@pytest.mark.parametrize(("start", "message"), STARTS, ids=[message for _, message in STARTS])
def test_a_beginning_that_cannot_be_is_refused(here: Path, start: Any, message: str) -> None:
    assert refusal(here, **small(start=start)) == f"--config: trial.learning: runs.small.{message}"


FROZEN: list[tuple[Any, str]] = [
    ({"parts": []}, "frozen.parts: found none; expected names of modules; or remove `frozen`"),
    ({"statistics": "batch"}, "frozen: missing 'parts'; every key must be given; add it"),
    (
        {"parts": ["conv1"], "statistics": "bach"},
        "frozen.statistics: found 'bach'; did you mean 'batch'? expected one of batch, fitted",
    ),
    (["conv1"], "frozen: found ['conv1']; expected a mapping of keys"),
]


@pytest.mark.parametrize(("frozen", "message"), FROZEN, ids=[message for _, message in FROZEN])
def test_what_is_frozen_is_checked(here: Path, frozen: Any, message: str) -> None:
    assert refusal(here, **small(fit={"frozen": frozen})) == (
        f"--config: trial.learning: runs.small.fit.{message}"
    )


def test_nothing_is_frozen_where_nothing_is_trained(here: Path) -> None:
    message = refusal(here, **small(fit={"epochs": 0, "frozen": {"parts": ["conv1"]}}))
    assert "fit.frozen: with epochs 0 nothing is trained; expected no `frozen`; remove it" in message


def test_what_is_frozen_goes_by_the_statistics_of_the_batch_unless_it_is_said(here: Path) -> None:
    def of(**frozen: Any) -> Run:
        return learning(Workflow(small(fit={"frozen": {"parts": ["conv1"]} | frozen}))).runs["small"]

    assert of() == of(statistics="batch")
    assert of().id != of(statistics="fitted").id


# what is asked of a run


def test_probes_and_measures_are_named_by_what_is_asked_and_attacks_by_their_family_too(here: Path) -> None:
    probes = {"factors": ["label"], "hidden": 2, "epochs": 1, "learning_rate": 1e-3}
    attacks = {"which": ["gradient-sign", "spatial", "deepfool"], "batches": 1, "images": 2}
    asked = {"probes": probes, "attacks": attacks, "measures": ["parameters"]}
    workflow = Workflow(small(**asked))
    run = ids(workflow)["small"]
    (probe,) = asked_of(workflow, "probe", run)
    assert len(probe) == 16
    assert set(probe) <= set("0123456789abcdef")
    families = [one.rpartition("-") for one in asked_of(workflow, "attack", run)]
    assert [family for family, _, _ in families] == ["gradient", "decision"]
    assert all(len(digest) == 16 for _, _, digest in families)
    again = Workflow(small(**asked | {"probes": probes | {"hidden": 3}}))
    assert ids(again)["small"] == run
    assert asked_of(again, "probe", run) != [probe]
    assert asked_of(again, "attack", run) == asked_of(workflow, "attack", run)
    for name in ("probe", "attack"):
        for one in asked_of(workflow, name, run):
            task = parse_task(stage(name).asks, rule(workflow, name).spec(wildcards(run, 0, one)))
            assert task.run.id == run
            assert isinstance(task.asked, stage(name).asks or object)


def test_the_code_of_a_job_is_another_if_it_loads_another_part(here: Path) -> None:
    def code(stage_name: str, **changes: Any) -> str:
        workflow = Workflow(small(measures=["parameters"], **changes))
        run = ids(workflow)["small"]
        asked = "" if stage_name == "train" else asked_of(workflow, stage_name, run)[0]
        return str(rule(workflow, stage_name).code(wildcards(run, 0, asked)))

    plain = code("train")
    assert code("train", fit={"epochs": 3}) == plain
    assert code("train", fit={"optimizer": {"name": "sgd", "rate": 0.1}}) != plain
    assert code("train", method=METHOD) != plain
    assert code("measure", fit={"optimizer": {"name": "sgd", "rate": 0.1}}) == code("measure")
    assert code("measure") != plain
