"""Oracles: an ordinary training of the same values; Optuna, which reads the journal; the rule of the pruner
over the numbers that the trials came to.
"""

import math
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
import torch
import yaml
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

import lea
from lea.checkpoint import read_tensors
from lea.compute.keeping import Keeper
from lea.compute.opening import do_job
from lea.data.job import prepare
from lea.errors import UserError
from lea.search.choose.written import analysis_of
from lea.store import read_table
from lea.study.filling import filled
from lea.study.jobs import Work
from lea.study.spec import Run, canonical
from lea.study.workflow import Workflow
from tests.conftest import forget_sources
from tests.study.conftest import CONFIGURATION

TEXT = """\
title: A search
every_run:
  data: {table: digits, samples: 100, held_out: 40}
  method: {name: classify}
  fit: {epochs: 3, optimizer: {name: adam, rate: 1.0e-3}}
  model: {name: classic, kernels: [2, 2], hidden: 8}
runs:
  found:
    search:
      space:
        model.hidden: {integer: [4, 16]}
        fit.optimizer: {choices: [{name: adam}, {name: sgd}]}
        fit.optimizer.rate: {log_uniform: [1.0e-4, 1.0e-1]}
        fit.optimizer.momentum: {uniform: [0.1, 0.9], when: {fit.optimizer: sgd}}
      trials: 6
      rungs: [1]
      pruner: median
    measures: [parameters]
  started: # with the search's model within
    start: {run: found, parts: [conv1]}
    model: {hidden: 5}
seeds: 1
"""


class Here:
    """A small study in a folder, whose jobs are done in this process."""

    def __init__(self, root: Path, text: str = TEXT) -> None:
        self.root = root
        for name, its in {**CONFIGURATION, "trial/search.yaml": text}.items():
            file = root / "config" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(its)
        self.workflow = Workflow({"analyses": ["search"]}, root)
        self.run: Run = self.workflow.study.analyses[0].runs["found"]
        for table in self.workflow.study.datasets.values():
            prepare(canonical(table), root, self.at(self.workflow.paths.data.format(dataset=table.id)))

    def at(self, path: str) -> Path:
        return self.root / path

    def works(self, *stages: str) -> list[Work]:
        return [one for one in self.workflow.jobs.works.values() if one.stage.name in stages]

    def do(self, work: Work, seed: int = 0) -> dict[str, Path]:
        plan = self.workflow.jobs.plan(work.key)
        assert plan
        outputs = {
            output: self.at(work.file(self.workflow.paths, output).replace("{seed}", str(seed)))
            for output in work.stage.outputs
        }
        inputs = [(role, self.at(path.replace("{seed}", str(seed)))) for role, path in plan.inputs]
        do_job(work.stage.name, plan.spec, seed, inputs=inputs, outputs=outputs, device="cpu", threads=1)
        return outputs

    def search(self, order: Callable[[Work], Any] = lambda work: 0) -> dict[str, Path]:
        """All trials, rung by rung, in an order within each; then the choice."""
        for work in sorted(self.works("trial"), key=lambda one: (one.asked.rung, order(one))):
            self.do(work)
        (choice,) = self.works("choose")
        return self.do(choice)

    def told(self, trial: int, rung: int) -> list[dict[str, Any]]:
        (work,) = [one for one in self.works("trial") if (one.asked.trial, one.asked.rung) == (trial, rung)]
        file = self.at(work.file(self.workflow.paths, "told").replace("{seed}", "0"))
        return read_table(file).to_pylist()


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Here:
    found = Here(tmp_path_factory.mktemp("search"))
    found.made = found.search()  # type: ignore[attr-defined]
    return found


def made(here: Here) -> dict[str, Path]:
    return here.made  # type: ignore[attr-defined, no-any-return]


def rows(here: Here, table: str) -> list[dict[str, Any]]:
    return read_table(made(here)[table]).to_pylist()


def tensors(path: Path) -> dict[str, torch.Tensor]:
    return read_tensors(path, "weights")[0]


def same(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> bool:
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def test_trials_are_pruned_by_the_rule_over_what_they_came_to(here: Here) -> None:
    at_rung = [here.told(trial, 0)[0]["value"] for trial in range(6)]
    for trial, value in enumerate(at_rung):
        others = [other for number, other in enumerate(at_rung) if number != trial]
        pruned = value > np.median(others)
        states = {row["state"] for row in here.told(trial, 1)}
        assert states == {"pruned" if pruned else "complete"}
        assert len(here.told(trial, 1)) == (1 if pruned else 3)
    assert {here.told(trial, 0)[0]["state"] for trial in range(6)} == {"going"}


def test_the_best_of_those_that_ended_is_chosen(here: Here) -> None:
    finals = {trial: here.told(trial, 1)[-1]["value"] for trial in range(6) if len(here.told(trial, 1)) == 3}
    best = min(finals, key=lambda trial: finals[trial])
    trials = rows(here, "trials")
    assert {row["trial"] for row in trials if row["chosen"]} == {best}
    assert [row["trial"] for row in trials] == [trial for trial in range(6) for _ in range(4)]
    histories = rows(here, "histories")
    assert len(histories) == sum(len(here.told(trial, 1)) for trial in range(6))
    (last,) = [row["value"] for row in histories if (row["trial"], row["epoch"]) == (best, 3)]
    assert last == finals[best]
    metrics = read_table(made(here)["metrics"]).to_pylist()
    (its,) = [
        row["value"]
        for row in metrics
        if (row["epoch"], row["split"], row["metric"]) == (3, "held-out", "loss")
    ]
    assert its == last


def test_what_is_written_to_be_run_trains_to_the_same_bits(here: Here, tmp_path: Path) -> None:
    text = made(here)["chosen"].read_text()
    assert list(yaml.safe_load(text)["runs"]) == ["chosen"]
    again = Here(tmp_path, text.replace("chosen:", "found:"))
    (training,) = again.works("train")
    outputs = again.do(training)
    assert same(tensors(outputs["weights"]), tensors(made(here)["weights"]))
    columns = ["epoch", "split", "part", "metric", "value"]
    assert read_table(outputs["metrics"]).select(columns) == read_table(made(here)["metrics"]).select(columns)


def test_the_searches_that_it_is_made_with_are_written_too(tmp_path: Path) -> None:
    """Read again, they are the same searches by their ids, which hold all that determines them."""
    text = TEXT.replace(
        "    model: {hidden: 5}", "    search: {space: {model.hidden: {choices: [5, 6]}}, trials: 2}"
    )
    text = text.replace(
        "  found:\n", "  found:\n    initialisation: {name: glorot, parts: [conv1]}\n"
    ).replace(
        "        model.hidden: {integer: [4, 16]}\n",
        "        initialisation.parts: {choices: [[conv1], [conv2]]}\n"
        "        model.hidden: {integer: [4, 16], when: {initialisation.parts: [[conv2]]}}\n",
    )
    first = Here(tmp_path / "first", text)
    run = first.workflow.study.analyses[0].runs["started"]
    written = analysis_of(run, filled(run, {"model.hidden": 6}), trial=1, value=0.5, seed=0)
    again = Here(tmp_path / "again", written.replace("needed 1", "found"))
    runs = again.workflow.study.analyses[0].runs
    assert again.run.search == first.run.search
    assert again.run.id == first.run.id
    assert runs["chosen"].id == filled(run, {"model.hidden": 6}).id


def test_its_weights_are_a_model_as_any(here: Here) -> None:
    model = lea.load(made(here)["weights"])
    (hidden,) = [
        row["number"] for row in rows(here, "trials") if row["chosen"] and row["parameter"] == "model.hidden"
    ]
    (measuring,) = here.works("measure")
    measured = read_table(here.do(measuring)["measures"]).to_pylist()
    assert {row["run"] for row in measured} == {here.run.id}
    count = sum(one.numel() for one in model.parameters())
    assert count in [row["value"] for row in measured]
    assert int(hidden) in {tensor.shape[0] for tensor in model.state_dict().values()}


def test_another_run_begins_with_it(here: Here) -> None:
    started = here.workflow.study.analyses[0].runs["started"]
    (training,) = [one for one in here.works("train") if one.run == started]
    outputs = here.do(training)
    record = read_record_of(outputs["weights"])
    assert record["run"]["start"]["model"]["run"]["search"]["trials"] == 6


def read_record_of(path: Path) -> dict[str, Any]:
    return read_tensors(path, "weights")[1]


def test_optuna_opens_the_journal_and_finds_the_same_best(here: Here) -> None:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.load_study(
        study_name=here.run.id, storage=JournalStorage(JournalFileBackend(str(made(here)["journal"])))
    )
    (chosen,) = {row["trial"] for row in rows(here, "trials") if row["chosen"]}
    assert study.best_trial.number == chosen
    assert len(study.trials) == 6
    for trial in study.trials:
        its = {row["parameter"]: row for row in rows(here, "trials") if row["trial"] == trial.number}
        assert trial.params == {
            name: row["text"] if row["number"] is None else row["number"]
            for name, row in its.items()
            if row["text"]
        }
        assert trial.state.name.lower() == its["model.hidden"]["state"]
        assert list(trial.intermediate_values.values()) == [
            row["value"] for row in rows(here, "histories") if row["trial"] == trial.number
        ]


def everything(root: Path) -> dict[str, Any]:
    """What all files of a search say, times apart."""
    found: dict[str, Any] = {}
    for path in sorted(root.glob("results/quick/searches/*/*/*")):
        if path.suffix == ".safetensors":
            its = tensors(path).items()  # the facts of a state say how long epochs took
            found[path.name] = {name: one.tolist() for name, one in its if name != "facts"}
        elif path.suffix == ".parquet" and path.name != "times.parquet":
            found[path.name] = read_table(path).to_pydict()
        elif path.suffix in (".yaml", ".log"):
            found[path.name] = path.read_text()
    return found


@pytest.mark.parametrize("sampler", ["random", "{name: tpe, batch: 2, startup: 2}"])
def test_the_order_of_the_jobs_changes_no_bit(here: Here, tmp_path: Path, sampler: str) -> None:
    text = TEXT.replace("trials: 6", f"trials: 6\n      sampler: {sampler}")
    first, second = Here(tmp_path / "a", text), Here(tmp_path / "b", text)
    if sampler == "random":
        first = here
    else:
        in_batches(first, forwards=True)
    in_batches(second, forwards=False)
    assert everything(first.root) == everything(second.root)


def in_batches(study: Here, *, forwards: bool) -> None:
    """Batch by batch, rung by rung, the trials forwards or backwards."""

    def order(work: Work) -> tuple[int, int, int]:
        trial = work.asked.trial
        batched = study.run.search and study.run.search.sampler.name == "tpe"
        return (trial // 2 if batched else 0, work.asked.rung, trial if forwards else -trial)

    for work in sorted(study.works("trial"), key=order):
        study.do(work)
    (choice,) = study.works("choose")
    study.do(choice)


def test_a_trial_that_is_killed_goes_on_to_the_same_bits(
    here: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    again, pauses = Here(tmp_path), []
    pause = Keeper.pause

    def ask_to_end(keeper: Keeper, *given: Any, **named: Any) -> None:
        pauses.append(keeper.output.name)
        if len(pauses) % 7 == 0:
            os.kill(os.getpid(), signal.SIGTERM)
        pause(keeper, *given, **named)

    monkeypatch.setattr(Keeper, "pause", ask_to_end)
    kills = 0
    for work in sorted(again.works("trial"), key=lambda one: (one.asked.rung, one.asked.trial)):
        for _ in range(9):
            try:
                again.do(work)
                break
            except SystemExit:
                kills += 1
        else:
            raise AssertionError("a job that is killed every seventh step does not end")
    again.do(again.works("choose")[0])
    assert kills >= 6
    assert everything(again.root) == everything(here.root)


OWN = """
import torch
from torch import nn

from lea.nn.discriminator import Trained


class Loud(nn.Module):
    def __init__(self, shape: tuple[int, ...], classes: int, *, times: float = 1.0) -> None:
        super().__init__()
        self.times = times
        self.layer = nn.Sequential(nn.Flatten(), nn.Linear(shape[0] * shape[1] * shape[2], classes))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.times * self.layer(x)


class Late(Loud):
    def __init__(self, shape: tuple[int, ...], classes: int, *, times: float = 1.0) -> None:
        super().__init__(shape, classes, times=times)
        self.register_buffer("steps", torch.zeros(()))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.steps += self.training
        return self.layer(x) * (self.times if self.steps > 12 else 1)


class Pair(nn.Module):
    def __init__(self, shape: tuple[int, ...], classes: int, *, first: Trained, second: Trained) -> None:
        super().__init__()
        self.first, self.second = first, second
        self.weight = nn.Parameter(torch.zeros(()))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.weight * self.first(x) + self.second(x)
"""
TWO_BODIES = """\
title: A search
every_run:
  data: {table: digits, samples: 100, held_out: 40}
  method: {name: classify}
  fit: {epochs: 1, optimizer: {name: adam, rate: 1.0e-3}}
runs:
  found:
    model: {name: classic, kernels: [2, 2]}
    search: {space: {model.hidden: {integer: [4, 99]}}, trials: 1}
  pair:
    model: {name: "own:Pair", first: {run: found, seed: 0}, second: {run: found, seed: 1}}
seeds: 1
"""
DIVERGING = """\
title: A search
every_run:
  data: {table: digits, samples: 100, held_out: 40}
  method: {name: classify}
  fit: {epochs: 3, optimizer: {name: adam, rate: 1.0e-3}}
runs:
  found:
    model: {name: "own:Loud"}
    search:
      space: {model.times: {choices: [1.0, 1.0e+39, 2.0]}}
      trials: 6
      rungs: [1]
      pruner: median
seeds: 1
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_sources: None) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own/own.py").write_text(OWN)
    monkeypatch.syspath_prepend(str(tmp_path / "own"))
    forget_sources()


@pytest.mark.usefixtures("own")
def test_models_within_are_those_of_their_seeds(tmp_path: Path) -> None:
    """Two seeds of a search within one network: each is built from what its own search chose."""
    study = Here(tmp_path, TWO_BODIES)
    searching = sorted(study.works("trial"), key=lambda one: one.asked.rung)
    for seed in (0, 1):
        for work in (*searching, *study.works("choose")):
            study.do(work, seed)
    hidden = [
        read_record_of(path)["run"]["model"]["options"]["hidden"]
        for path in sorted(tmp_path.glob("results/quick/searches/*/*/weights.safetensors"))
    ]
    assert hidden[0] != hidden[1]
    (training,) = study.works("train")
    pair = lea.load(study.do(training)["weights"])
    assert [one.get_parameter("hidden.weight").shape[0] for one in (pair.first, pair.second)] == hidden


@pytest.mark.usefixtures("own")
def test_a_trial_without_a_number_is_a_result(tmp_path: Path) -> None:
    study = Here(tmp_path, DIVERGING)
    outputs = study.search()
    trials = read_table(outputs["trials"]).to_pylist()
    diverged = [row["trial"] for row in trials if row["number"] == 1e39]
    assert diverged
    for row in trials:
        assert (row["state"] == "diverged") == (row["trial"] in diverged)
        assert (row["value"] == math.inf) == (row["trial"] in diverged)
    for trial in diverged:
        assert {(row["state"], row["epoch"]) for row in study.told(trial, 1)} == {("diverged", 1)}
    assert not any(row["chosen"] for row in trials if row["trial"] in diverged)


@pytest.mark.usefixtures("own")
def test_epochs_before_a_loss_was_no_number_are_told(tmp_path: Path) -> None:
    text = DIVERGING.replace("own:Loud", "own:Late").replace("epochs: 3", "epochs: 5")
    study = Here(tmp_path, text)
    outputs = study.search()
    trials = read_table(outputs["trials"]).to_pylist()
    diverged = [row for row in trials if row["number"] == 1e39]
    assert diverged
    assert {(row["state"], row["epoch"]) for row in diverged} == {("diverged", 4)}  # four steps an epoch
    for row in diverged:
        its = study.told(row["trial"], 1)
        assert [one["epoch"] for one in its] == [1, 2, 3, 4]
        assert [math.isfinite(one["value"]) for one in its] == [True, True, True, False]


@pytest.mark.usefixtures("own")
def test_where_no_trial_ends_well_that_is_said(tmp_path: Path) -> None:
    text = DIVERGING.replace("[1.0, 1.0e+39, 2.0]", "[1.0e+40, 1.0e+39]")
    with pytest.raises(UserError, match=r"no trial was trained to the end .*0 diverged, 1 diverged"):
        Here(tmp_path, text).search()


def test_what_no_trial_measures_is_refused_with_what_there_is(tmp_path: Path) -> None:
    text = TEXT.replace("pruner: median", "pruner: median\n      minimise: {metric: los}")
    study = Here(tmp_path, text)
    with pytest.raises(
        UserError, match=r"search.minimise: .*no 'held-out network los'; .*held-out network loss"
    ):
        study.search()


def test_files_of_a_pruned_trial_say_so_and_hold_nothing(here: Here) -> None:
    (pruned, *_) = [trial for trial in range(6) if here.told(trial, 1)[0]["state"] == "pruned"]
    (work,) = [one for one in here.works("trial") if (one.asked.trial, one.asked.rung) == (pruned, 1)]
    state = here.at(work.file(here.workflow.paths, "state").replace("{seed}", "0"))
    assert tensors(state) == {}
