"""A run as the configuration would say it: an analysis in YAML that trains it again, to the same bits."""

from collections.abc import Callable, Mapping
from typing import Any

import yaml

from lea.study.spec import Data, Dataset, Dimension, Part, Run, Search, Trained, described, revived

CHOSEN = "chosen"


def analysis_of(searched: Run, chosen: Run, trial: int, value: float, seed: int) -> str:
    """An analysis that holds the run that a search chose, and those that it is made with."""
    runs: dict[str, Any] = {}
    needed: dict[str, str] = {}
    runs[CHOSEN] = _run(chosen, runs, needed)
    said = {"title": f"Trial {trial} of a search", "runs": runs, "seeds": seed + 1}
    aim = searched.search.minimise if searched.search else None
    head = [
        f"# Trial {trial} of the search {searched.id}, seed {seed}:",
        f"# {aim.split} {aim.part} {aim.metric} {value:.6g}." if aim else "",
        "# A file of a study's folder, at the scale of the search; its data sets are those of datasets.yaml.",
    ]
    return "\n".join(head) + "\n" + yaml.safe_dump(said, sort_keys=False)


def _run(run: Run, runs: dict[str, Any], needed: dict[str, str]) -> dict[str, Any]:
    def plain(value: Any) -> Any:
        if isinstance(value, Part):
            return {"name": value.name} | {key: plain(one) for key, one in value.options.items()}
        if isinstance(value, Trained):
            return trained(value)
        if isinstance(value, Mapping):
            return {key: plain(one) for key, one in value.items()}
        if isinstance(value, list | tuple):
            return [plain(one) for one in value]
        return value

    def trained(value: Trained) -> dict[str, Any]:
        label = needed.get(value.run.id)
        if label is None:
            label = needed[value.run.id] = f"needed {len(needed) + 1}"
            runs[label] = _run(value.run, runs, needed)
        return {"run": label} | ({} if value.seed is None else {"seed": value.seed})

    fit = {
        key: plain(value)
        for key, value in described(run.fit).items()
        if key not in ("optimizer", "optimizers")
    }
    if run.fit.optimizer:
        fit["optimizer"] = plain(run.fit.optimizer)
    if run.fit.optimizers:
        fit["optimizers"] = plain(run.fit.optimizers)
    found = {"data": _data(run.data), "model": plain(run.model), "method": plain(run.method), "fit": fit}
    if run.initialisation:
        found["initialisation"] = plain(run.initialisation)
    if run.start:
        parts = {"parts": list(run.start.parts)} if run.start.parts else {}
        found["start"] = trained(run.start.model) | parts
    if run.search:  # of one that it is made with
        found["search"] = _search(run.search, plain)
    return found


def _search(search: Search, plain: Callable[[Any], Any]) -> dict[str, Any]:
    *rungs, _ = search.rungs
    given = {
        "space": {one.key: _range(one, plain) for one in search.space},
        "sampler": plain(search.sampler),
        "trials": search.trials,
        "rungs": rungs or None,
        "pruner": plain(search.pruner),
        "minimise": described(search.minimise),
    }
    return {key: value for key, value in given.items() if value is not None}


def _range(dimension: Dimension, plain: Callable[[Any], Any]) -> dict[str, Any]:
    if dimension.choices is None:
        to = int if dimension.kind == "integer" else float
        its: list[Any] = [to(value) for value in (dimension.low, dimension.high) if value is not None]
    else:
        its = [plain(revived(choice)) for choice in dimension.choices]
    when = {key: list(names) for key, names in dimension.when.items()}
    return {dimension.kind: its} | ({"when": when} if when else {})


def _data(data: Data) -> dict[str, Any]:
    others = {role: _name(table) for role, table in data.others.items()}
    given = {
        "table": _name(data.table),
        "others": others or None,
        "target": data.target,
        "samples": data.samples,
        "held_out": data.held_out,
        "split": data.split,
    }
    return {key: value for key, value in given.items() if value is not None}


def _name(table: Dataset) -> str:
    return table.name
