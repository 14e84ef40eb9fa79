"""Oracle: a trial is the run that the configuration would give with its values in their places; a space that
holds what is no run is refused before any job, where it is written.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from lea.search.trials import values_of_trials
from lea.study.filling import Rung, filled
from lea.study.spec import Run, canonical, parse
from lea.study.workflow import Workflow
from tests.study.reading import analyses, refusal, runs_of, seeds_of

Edit = Callable[[str, str, str], None]
SEARCH = "trial/search.yaml"
TEXT = """\
title: A search
every_run:
  data: {table: digits, samples: 100, held_out: 40}
  method: {name: classify}
  fit: {epochs: 4, optimizer: {name: adam, rate: 1.0e-3}}
  model: {name: classic, kernels: [2, 2], hidden: 8}
runs:
  found:
    search:
      space:
        model.hidden: {integer: [4, 16]}
        model.kernels: {choices: [[2, 2], [2, 4]]}
        fit.batch_size: {choices: [16, 32]}
        fit.optimizer: {choices: [{name: adam}, {name: sgd}]}
        fit.optimizer.rate: {log_uniform: [1.0e-4, 1.0e-2]}
        fit.optimizer.momentum: {uniform: [0.1, 0.9], when: {fit.optimizer: sgd}}
      trials: 5
      rungs: [1, 2]
      pruner: median
seeds: 2
"""


@pytest.fixture(autouse=True)
def search(folder: Path) -> None:
    (folder / SEARCH).write_text(TEXT)


def found(folder: Path) -> Run:
    return runs_of("search", folder)["found"]


def test_a_trial_is_the_run_with_its_values_in_their_places(folder: Path, edit: Edit) -> None:
    run = found(folder)
    assert run.search
    trials = values_of_trials(run.search, 0, {})
    assert len({canonical(filled(run, one)) for one in trials.values()}) == 5
    for number, values in trials.items():
        optimizer = values["fit.optimizer"]["name"]
        momentum = values.get("fit.optimizer.momentum")
        assert (momentum is None) == (optimizer == "adam")
        rate = f"name: {optimizer}, rate: {values['fit.optimizer.rate']!r}"
        rate += f", momentum: {momentum!r}" if momentum is not None else ""
        edit(
            SEARCH,
            "seeds: 2\n",
            f"  t{number}:\n"
            f"    model: {{hidden: {values['model.hidden']}, kernels: {values['model.kernels']}}}\n"
            f"    fit: {{batch_size: {values['fit.batch_size']}, optimizer: {{{rate}}}}}\nseeds: 2\n",
        )
    plain = runs_of("search", folder)
    assert {values["fit.optimizer"]["name"] for values in trials.values()} == {"adam", "sgd"}
    for number, values in trials.items():
        assert filled(run, values).id == plain[f"t{number}"].id


def test_filling_changes_neither_the_run_nor_its_choices(folder: Path) -> None:
    run = found(folder)
    assert run.search
    before = canonical(run)
    for values in values_of_trials(run.search, 0, {}).values():
        filled(run, values)
    assert canonical(run) == before
    assert parse(Run, canonical(run)).id == run.id


def test_its_jobs_are_static_and_each_needs_what_it_goes_by(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    workflow = Workflow({"analyses": ["search"]})
    run = workflow.study.analyses[0].runs["found"]
    assert not seeds_of(workflow, "train")
    assert seeds_of(workflow, "choose") == {(run.id, 0), (run.id, 1)}
    trials = [work for work in workflow.jobs.works.values() if work.stage.name == "trial"]
    assert len(trials) == 5 * 3
    by_rung = {(work.asked.trial, work.asked.rung): work for work in trials}

    def needed(trial: int, rung: int) -> list[str]:
        work = by_rung[trial, rung]
        return [need.role for need in work.stage.needs(run, work.asked)]

    assert needed(3, 0) == []
    assert needed(3, 1) == ["before", *(f"told.{one}" for one in range(5))]
    (choice,) = [work for work in workflow.jobs.works.values() if work.stage.name == "choose"]
    needs = list(choice.stage.needs(run, None))
    assert [need.asked for need in needs] == [Rung(trial=one, rung=2) for one in range(5) for _ in range(2)]


def test_a_sampler_that_learns_waits_for_the_batches_before(
    folder: Path, edit: Edit, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(SEARCH, "trials: 5", "trials: 5\n      sampler: {name: tpe, batch: 2}")
    monkeypatch.chdir(folder.parent)
    workflow = Workflow({"analyses": ["search"]})
    run = workflow.study.analyses[0].runs["found"]
    work = next(one for one in workflow.jobs.works.values() if one.stage.name == "trial")

    def needed(trial: int, rung: int) -> list[tuple[str, int]]:
        needs = work.stage.needs(run, Rung(trial=trial, rung=rung))
        return [(need.role, need.asked.rung) for need in needs]

    assert needed(1, 0) == []
    assert needed(3, 0) == [("told.0", 2), ("told.1", 2)]
    assert needed(3, 2) == [("before", 1), ("told.0", 2), ("told.1", 2), ("told.2", 1), ("told.3", 1)]


def test_what_is_searched_for_is_no_column(folder: Path, edit: Edit) -> None:
    edit(
        SEARCH,
        "seeds: 2\n",
        "  plain: {}\nseeds: 2\ncolumns: {hidden: model.hidden, rate: fit.optimizer.rate, model: model}\n",
    )
    columns = analyses(folder)["search"].columns
    assert columns["hidden"] == {"found": None, "plain": 8}
    assert columns["rate"] == {"found": None, "plain": 1e-3}
    assert columns["model"] == {"found": "classic", "plain": "classic"}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("model.hidden: {", "model.hiden: {", "space.model.hiden: no such key; did you mean 'hidden'?"),
        (
            "model.hidden: {",
            "data.samples: {",
            "space.data.samples: no value of a run that can be searched for",
        ),
        ("model.hidden: {", "fit.epochs: {", "space.fit.epochs: no value of a run that can be searched for"),
        ("integer: [4, 16]", "integer: [0, 16]", "space.model.hidden: found 0; expected a number between 1"),
        (
            "integer: [4, 16]",
            "integer: [16, 4]",
            "model.hidden.integer: found [16, 4]; expected two numbers, the lesser",
        ),
        ("integer: [4, 16]", "integer: [4, 4]", "model.hidden.integer: found [4, 4]; expected two numbers"),
        (
            "integer: [4, 16]",
            "integer: [4.5, 16]",
            "model.hidden.integer.0: found 4.5; expected a whole number",
        ),
        ("integer: [4, 16]", "uniform: [4, 16]", "space.model.hidden: found 4.0; expected a whole number"),
        (
            "integer: [4, 16]",
            "integer: [4, 16], uniform: [1, 2]",
            "found uniform, integer; expected one of uniform,",
        ),
        (
            "integer: [4, 16]",
            "",
            "model.hidden: found nothing; expected one of uniform, log_uniform, integer, choices",
        ),
        (
            "log_uniform: [1.0e-4",
            "log_uniform: [0",
            "rate.log_uniform: found [0.0, 0.01]; expected numbers above 0",
        ),
        (
            "log_uniform: [1.0e-4",
            "log_uniform: [.nan",
            "rate.log_uniform: found [nan, 0.01]; expected two numbers",
        ),
        (
            "log_uniform: [1.0e-4",
            "log_uniform: [1e-4",
            "found '1e-4'; expected a number; YAML reads 1e-4 as text",
        ),
        (
            "choices: [16, 32]",
            "choices: [16]",
            "fit.batch_size.choices: found 16; expected two at least, each once, none of them empty",
        ),
        ("choices: [16, 32]", "choices: [{size: 1}, 2]", "found {'size': 1}; expected values, or parts with"),
        ("choices: [16, 32]", "choices: [16, 16]", "batch_size.choices: found 16, 16; expected two at least"),
        ("choices: [16, 32]", "choices: [16, many]", "fit.batch_size: found 'many'; expected"),
        ("[{name: adam}", "[{name: adan}", "fit.optimizer: no optimizer 'adan'; did you mean 'adam'?"),
        (
            "when: {fit.optimizer: sgd}",
            "when: {fit.optimizer: sgdd}",
            "fit.optimizer: found sgdd; expected some of adam, sgd",
        ),
        (
            "when: {fit.optimizer: sgd}",
            "when: {fit.optimiser: sgd}",
            "expected one with choices that stands before it",
        ),
        (", when: {fit.optimizer: sgd}", "", "space.fit.optimizer.momentum: no such key"),
        (
            "rungs: [1, 2]",
            "rungs: [1, 4]",
            "rungs: found [1, 4]; expected epochs from 1 to 3, the lesser first",
        ),
        ("rungs: [1, 2]", "rungs: [2, 1]", "rungs: found [2, 1]; expected epochs from 1 to 3"),
        ("rungs: [1, 2]", "rungs: [0, 1]", "rungs: found [0, 1]; expected epochs from 1 to 3"),
        (
            "      rungs: [1, 2]\n",
            "",
            "a pruner, and no `rungs` at which it looks; expected both, or neither",
        ),
        ("      pruner: median\n", "", "rungs, and no `pruner` that looks there; expected both, or neither"),
        ("pruner: median", "pruner: medium", "no pruner 'medium'; did you mean 'median'?"),
        ("trials: 5", "trials: 0", "search.trials: found 0; expected a number at least 1"),
        (
            "trials: 5",
            "trials: 5\n      sampler: sobol",
            "no sampler 'sobol'; expected one of random, quasi-random, tpe",
        ),
        (", held_out: 40", "", "minimise: found no samples that are held out; expected `data.held_out`"),
        ("epochs: 4", "epochs: 0", "search: with epochs 0 nothing is trained; expected no `search`"),
    ],
)
def test_a_wrong_search_is_refused_where_it_is_written(
    folder: Path, edit: Edit, old: str, new: str, message: str
) -> None:
    edit(SEARCH, old, new)
    said = refusal(folder)
    assert said.startswith("trial/search.yaml: runs.found.search"), said
    assert message in said


def test_what_is_written_out_is_known_under_when(folder: Path, edit: Edit) -> None:
    old = "        fit.optimizer.momentum"
    edit(SEARCH, old, f"        fit.optimizer.decay: {{choices: [1.0e-4, 0]}}\n{old}")
    edit(SEARCH, "when: {fit.optimizer: sgd}", "when: {fit.optimizer: sgd, fit.optimizer.decay: 0}")
    run = found(folder)
    assert run.search
    for values in values_of_trials(run.search, 1, {}).values():
        plain = values["fit.optimizer.decay"] == 0 and values["fit.optimizer"]["name"] == "sgd"
        assert ("fit.optimizer.momentum" in values) == plain


def test_trials_are_made_with_the_same_trained_models(folder: Path, edit: Edit) -> None:
    edit(SEARCH, "seeds: 2", "  other: {}\n  another: {model: {hidden: 9}}\nseeds: 2")
    edit(SEARCH, "  found:\n", "  found:\n    model: {name: on-codes, encoder: {run: other}}\n")
    edit(
        SEARCH,
        "        model.hidden: {integer: [4, 16]}\n        model.kernels: {choices: [[2, 2], [2, 4]]}\n",
        "        model.encoder.run: {choices: [other, another]}\n",
    )
    edit(SEARCH, "  model: {name: classic, kernels: [2, 2], hidden: 8}\n", "")
    edit(
        SEARCH,
        "  other: {}\n  another: {model: {hidden: 9}}",
        "  other: {model: {name: classic}}\n  another: {model: {name: classic, hidden: 9}}",
    )
    assert "'another' is made with another; expected the same trained models" in refusal(folder)


def test_a_search_of_all_runs_is_refused_at_its_own_place(folder: Path, edit: Edit) -> None:
    one = TEXT[TEXT.index("    search:") : TEXT.index("seeds: 2")]
    every = TEXT.replace(f"runs:\n  found:\n{one}", one.replace("\n  ", "\n").removeprefix("  "))
    every = every.replace("seeds: 2", "runs: {found: {}}\nseeds: 2")
    edit(SEARCH, TEXT, every.replace("[4, 16]", "[4.5, 16]"))
    assert "every_run.search.space.model.hidden.integer.0: found 4.5" in refusal(folder)
