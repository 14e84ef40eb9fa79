"""Oracle: products written out by hand; messages written by hand."""

from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from tests.study.reading import refusal, runs_of

Edit = Callable[[str, str, str], None]
ANALYSIS = "trial/design.yaml"
DESIGN = """\
title: A design
every_run:
  data: {table: digits}
  fit: {epochs: 2, optimizer: {name: adam, rate: 1.0e-3}}
runs:
  plain: {model: classic, method: classify}
grid:
  leas:
    label: "{autoencoder} {coder}, {window}"
    run:
      model: {name: lea-fc, hidden: 16, lea: {code_length: 5}}
      method: alternate
    over:
      model.lea.window: [2, 4]
      model.lea.autoencoder.coder: [fc, {name: conv, kernels: 4}]
      model.lea.autoencoder: [{name: ae}, {name: vae, beta: 2}]
  pools:
    label: pool {model.window}
    run: {model: {name: pool-fc, hidden: 16}, method: classify}
    over: {model.window: [2, 4]}
seeds: 1
reduced:
  grid:
    pools: {over: {model.window: [2, 4, 8]}}
    more: {label: "{samples}", run: {model: classic, method: classify}, over: {data.samples: [10, 20]}}
"""
LEAS = [
    f"{autoencoder} {coder}, {window}"
    for window, coder, autoencoder in product((2, 4), ("fc", "conv"), ("ae", "vae"))
]


@pytest.fixture
def design(folder: Path) -> Path:
    """The small study with an analysis of grids."""
    (folder / ANALYSIS).write_text(DESIGN)
    return folder


def changed(**changes: Any) -> dict[str, Any]:
    return {"trial": {"design": changes}, "analyses": ["design"]}


def runs(folder: Path, **overrides: Any) -> dict[str, Any]:
    return runs_of("design", folder, **overrides)


def test_a_grid_is_the_product_of_its_options_the_last_key_fastest(design: Path) -> None:
    found = runs(design)
    assert list(found) == ["plain", *LEAS, "pool 2", "pool 4"]
    assert len({run.id for run in found.values()}) == len(found)
    for label, (window, coder, autoencoder) in zip(
        LEAS, product((2, 4), ("fc", "conv"), ("ae", "vae")), strict=True
    ):
        model = found[label].model
        layer = model.options["lea"]
        made = layer.options["autoencoder"]
        assert (model.name, model.options["hidden"]) == ("lea-fc", 16)
        assert (layer.options["window"], layer.options["code_length"]) == (window, 5)
        assert (made.name, made.options["coder"].name) == (autoencoder, coder)
        assert made.options.get("beta", 2.0) == 2.0
        assert made.options["coder"].options.get("kernels", 4) == 4
        assert found[label].method.name == "alternate"
    assert [found[f"pool {window}"].model.options["window"] for window in (2, 4)] == [2, 4]


def test_a_point_is_the_run_that_could_have_been_written_out(design: Path) -> None:
    written = {
        "model": {
            "name": "lea-fc",
            "hidden": 16,
            "lea": {
                "autoencoder": {"name": "vae", "beta": 2, "coder": {"name": "conv", "kernels": 4}},
                "code_length": 5,
                "window": 4,
            },
        },
        "method": "alternate",
    }
    found = runs(design, **changed(runs={"written": written}))
    assert found["written"] == found["vae conv, 4"]


def test_a_section_for_the_scale_gives_another_list_or_another_grid(design: Path) -> None:
    found = runs(design, scale="reduced")
    assert list(found) == ["plain", *LEAS, "pool 2", "pool 4", "pool 8", "10", "20"]
    assert [found[label].data.samples for label in ("10", "20")] == [10, 20]


def test_the_command_line_gives_another_list(design: Path) -> None:
    found = runs(design, **changed(grid={"pools": {"over": {"model.window": [16]}}}))
    assert list(found) == ["plain", *LEAS, "pool 16"]


def test_what_a_run_of_the_same_label_says_changes_that_point(design: Path) -> None:
    before = runs(design)
    found = runs(design, **changed(runs={"pool 4": {"fit": {"epochs": 9}}}))
    assert list(found) == list(before)
    assert {label for label in found if found[label] != before[label]} == {"pool 4"}
    assert found["pool 4"].fit.epochs == 9
    assert found["pool 4"].model == before["pool 4"].model


def test_what_is_nearer_to_a_point_is_stronger(design: Path, edit: Edit) -> None:
    every = {"model": {"window": 5, "hidden": 3, "name": "pool-fc"}, "method": "classify"}
    near = {"label": "{window}, near", "over": {"model.window": [2]}}
    nearer = {
        "label": "{window}, nearer",
        "run": {"model": {"window": 7}},
        "over": {"model.hidden": [4], "model.window": [2]},
    }
    edit(ANALYSIS, DESIGN[DESIGN.index("runs:") :], "seeds: 1\n")
    found = runs(design, **changed(every_run=every, grid={"near": near, "nearer": nearer}, runs={"five": {}}))
    options = {label: run.model.options for label, run in found.items()}
    assert options == {
        "five": {"window": 5, "hidden": 3},
        "2, near": {"window": 2, "hidden": 3},
        "2, nearer": {"window": 2, "hidden": 4},
    }


def test_a_grid_of_nothing_is_one_run(design: Path) -> None:
    one = {"label": "one", "run": {"model": "classic", "method": "classify"}, "over": {}}
    found = runs(design, **changed(grid={"single": one}))
    assert found["one"] == found["plain"]


def test_labels_show_values_as_they_are_written(design: Path) -> None:
    over = {"fit.optimizer.rate": [1.0e-3, 0.5], "model.kernels": [[4, 8]], "fit.batch_size": ["all"]}
    label = "{rate}; {kernels}; {batch_size}; {table}; {a b}"
    grid = {
        "label": label,
        "run": {"model": "classic", "method": "classify"},
        "over": over | {"data.table": ["digits"]},
    }
    found = runs(design, **changed(grid={"more": grid}))
    assert list(found)[-2:] == ["0.001; [4, 8]; all; digits; {a b}", "0.5; [4, 8]; all; digits; {a b}"]


POOLS = "    label: pool {model.window}\n"
WRONG: dict[str, tuple[str, str, str]] = {
    "a key that nobody has": (
        "{model.window: [2, 4]}",
        "{model.windw: [2, 4]}",
        "grid.pools.label: '{model.window}' is no key of `over`; expected one of model.windw, "
        "or the end of one",
    ),
    "the end of several keys": (
        "label: pool {model.window}\n    run: {model: {name: pool-fc, hidden: 16}, method: classify}\n"
        "    over: {model.window: [2, 4]}",
        'label: "{name}"\n    run: {model: {hidden: 16}}\n'
        "    over: {model.name: [pool-fc], method.name: [classify]}",
        "grid.pools.label: '{name}' is several keys of `over`; expected one of model.name, method.name, "
        "or the end of one",
    ),
    "the middle of a key": (
        POOLS,
        '    label: "{model}"\n',
        "grid.pools.label: '{model}' is no key of `over`; expected one of model.window, or the end of one",
    ),
    "half a word": (
        POOLS,
        '    label: "{indow}"\n',
        "grid.pools.label: '{indow}' is no key of `over`; expected one of model.window, or the end of one",
    ),
    "one label for two points": (
        POOLS,
        "    label: pool\n",
        "grid.pools.label: 'pool' stands for two runs; expected another for each point; "
        "put what differs into `label`",
    ),
    "no list": (
        "[2, 4]}",
        "2}",
        "grid.pools.over.model.window: found 2; expected a list of values",
    ),
    "an empty list": (
        "{model.window: [2, 4]}",
        "{model.window: []}",
        "grid.pools.over.model.window: found []; expected a list of values",
    ),
    "an option that is not": (
        "{model.window: [2, 4]}",
        "{model.window: [2], model.widow: [2]}",
        "grid.pools.over.model.widow: no such key; did you mean 'window'?",
    ),
    "a value out of range": (
        "{model.window: [2, 4]}",
        "{model.window: [2, 0]}",
        "grid.pools.over.model.window: found 0; expected a number between 1 and 1024",
    ),
    "a key of no run": (
        "{model.window: [2, 4]}",
        "{model.window: [2], modl.windo: [2]}",
        "grid.pools.over.modl.windo: no such key; did you mean 'model'?",
    ),
    "a part that is not": (
        "[fc, {name: conv, kernels: 4}]",
        "[fc, {name: conf, kernels: 4}]",
        "grid.leas.over.model.lea.autoencoder.coder: no coder 'conf'; did you mean 'conv'? "
        "expected one of fc, conv, sb, or your own 'module:attribute'",
    ),
    "an option of a part": (
        "[fc, {name: conv, kernels: 4}]",
        "[fc, {name: conv, kernel: 4}]",
        "grid.leas.over.model.lea.autoencoder.coder.kernel: no such key; did you mean 'kernels'?",
    ),
    "a name without keys where another option stands in it": (
        "[{name: ae}, {name: vae, beta: 2}]",
        "[ae, {name: vae, beta: 2}]",
        "grid.leas.over.model.lea.autoencoder: found 'ae', in which model.lea.autoencoder.coder stands; "
        "expected a mapping; write {name: ae}",
    ),
    "what the grid's run says": (
        "hidden: 16, lea: {code_length: 5}",
        "hidden: 0, lea: {code_length: 5}",
        "grid.leas.run.model.hidden: found 0; expected a number between 1 and 1000000",
    ),
    "what every run says": (
        "epochs: 2,",
        "epoch: 2,",
        "every_run.fit.epoch: no such key; did you mean 'epochs'?",
    ),
    "a method that is missing": (
        "{model: {name: pool-fc, hidden: 16}, method: classify}",
        "{model: {name: pool-fc, hidden: 16}}",
        "grid.pools.run: missing 'method'; every key must be given; add it",
    ),
    "a model without a name": (
        "{model: {name: pool-fc, hidden: 16}, method: classify}",
        "{model: {hidden: 16}, method: classify}",
        "grid.pools.run.model: missing 'name'; expected which model it is; add it",
    ),
    "another key of a grid": (
        POOLS,
        f"{POOLS}    ovr: 3\n",
        "grid.pools.ovr: no such key; did you mean 'over'?",
    ),
    "no label": (POOLS, "", "grid.pools: missing 'label'; every key must be given; add it"),
    "no text as a label": (POOLS, "    label: 3\n", "grid.pools.label: found 3; expected text"),
    "no mapping": ("{model.window: [2, 4]}", "[2, 4]", "grid.pools.over: found [2, 4]; expected a mapping"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_a_mistake_in_a_grid_is_answered_with_the_key_as_it_is_written(
    design: Path, edit: Edit, what: str
) -> None:
    old, new, message = WRONG[what]
    edit(ANALYSIS, old, new)
    assert refusal(design) == f"{ANALYSIS}: {message}"


def test_two_grids_with_one_label_are_refused(design: Path) -> None:
    twice = {"label": "pool 2", "over": {}}
    assert refusal(design, **changed(grid={"twice": twice})) == (
        "--config: trial.design: grid.twice.label: 'pool 2' stands for two runs; "
        "expected another for each point; put what differs into `label`"
    )


def test_a_mistake_in_a_section_of_the_scale_is_located_there(design: Path, edit: Edit) -> None:
    edit(ANALYSIS, "[2, 4, 8]", "[2, 4, -8]")
    assert refusal(design, scale="reduced") == (
        f"{ANALYSIS}: reduced.grid.pools.over.model.window: found -8; expected a number between 1 and 1024"
    )
    assert runs(design)


def test_a_mistake_beside_what_a_section_of_the_scale_says_is_located_where_it_stands(
    design: Path, edit: Edit
) -> None:
    edit(ANALYSIS, "over: {model.window: [2, 4]}\n", "over: {model.window: [2, 4], model.hidden: [0]}\n")
    assert refusal(design, scale="reduced") == (
        f"{ANALYSIS}: grid.pools.over.model.hidden: found 0; expected a number between 1 and 1000000"
    )
