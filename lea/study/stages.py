"""What a stage of the workflow declares, and how it is found: nothing else knows a stage by name.

A stage is a package with two modules: `stage.py`, which needs neither torch nor pandas and holds `STAGE`, and
`job.py`, whose `compute(job)` does the work. The registry names the package. Rule, sub-command, paths, inputs
and what makes a job run again follow from these.
"""

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from lea import registry, sources
from lea.errors import UserError
from lea.study.filling import trials_of
from lea.study.parts import parts_in
from lea.study.spec import Part, Run, Trained, canonical, digest, of_seed, trained_in

WEIGHTS = "weights"  # the output of the stage that trains
Columns = Mapping[str, str]  # of a table: name -> Arrow's name of its type


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """A file of another stage on the same run and seed."""

    role: str  # what the job calls it
    stage: str
    output: str
    asked: Any = None  # of that stage


def weights(run: Run, asked: Any) -> Iterator[Need]:
    """What most stages need: the trained model, unless it is as it was built."""
    if not run.as_built:
        yield Need(role=WEIGHTS, stage=trainer(run).name, output=WEIGHTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One stage that does something with each seed of a run."""

    name: str  # of its rule, its sub-command and its folder of logs
    title: str  # what its sub-command does
    key: str | None  # what a run calls it in the configuration; None: every run has it
    asks: type | None  # the dataclass of what it is asked
    read: Callable[..., Iterable[Any]] | None  # (values under the key, Asking) -> asked, a job each
    parts: Callable[[Any], Iterable[tuple[str, Any]]] = lambda asked: ()  # (kind, Part) that it loads by name
    outputs: Mapping[str, Columns | str | None]  # tables with their columns; None: tensors; a text's ending
    needs: Callable[[Run, Any], Iterable[Need]] = weights
    libraries: tuple[str, ...] = ("torch", "numpy")  # whose versions stand in what it makes
    some: bool = False  # whether a figure may show it of some runs of an analysis only
    trains: bool = False  # whether it moves weights
    searches: bool = False  # whether its runs are those with a search, whose trials it knows
    gpu: int = 1
    memory: int = 8000  # megabytes on a cluster, at the first attempt
    minutes: int = 120  # likewise

    def file(self, output: str) -> str:
        """The name of an output, with a wildcard for what is asked."""
        made = self.outputs[output]
        ending = made if isinstance(made, str) else "safetensors" if made is None else "parquet"
        return f"{output}.{ending}" if self.once else f"{output}-{{asked}}.{ending}"

    @property
    def once(self) -> bool:
        """Whether it does one thing with a run, and is asked nothing."""
        return self.key is None and self.asks is None


def asked_id(asked: Any) -> str:
    """Names what is asked of a stage: a digest, behind the name that it may have."""
    name = getattr(asked, "slug", None)
    return f"{name}-{digest(asked)}" if name else digest(asked)


def check_job(name: str) -> None:
    """Refuse a stage that can do nothing, without importing what does it."""
    _module(name, "job", "compute")


def _module(name: str, module: str, piece: str) -> str:
    """A module of a stage's package, which has this piece."""
    package = registry.STAGES[name]
    whole = f"{package}.{module}"
    file = sources.find(whole)
    if file is None:
        raise UserError(
            f"stage '{name}': no module {whole}; expected stage.py and job.py in {package}; add it"
        )
    if piece not in sources.bound(whole).names:
        raise UserError(f"stage '{name}' ({file}): found no `{piece}`; expected it there; add it")
    return whole


@cache
def stage(name: str) -> Stage:
    """The declaration of a stage."""
    found: Stage = importlib.import_module(_module(name, "stage", "STAGE")).STAGE
    assert found.name == name, f"stage '{found.name}' stands in the registry as '{name}'"
    return found


def stages() -> list[Stage]:
    """All of them, in the registry's order."""
    return [stage(name) for name in registry.STAGES]


def trainer(run: Run) -> Stage:
    """The one that makes a run's weights."""
    searched = run.search is not None
    return next(one for one in stages() if WEIGHTS in one.outputs and one.searches == searched)


def keyed() -> dict[str, Stage]:
    """Those that a run asks for, by key."""
    return {one.key: one for one in stages() if one.key is not None}


def tables() -> dict[str, tuple[Stage, Columns]]:
    """Every table that a stage makes, by its name: what a summary can need."""
    found: dict[str, tuple[Stage, Columns]] = {}
    for one in stages():
        for name, columns in one.outputs.items():
            if isinstance(columns, Mapping):
                found.setdefault(name, (one, columns))  # of those that make the same the first
    return found


def models_of(stage: Stage, run: Run, asked: Any) -> list[Trained]:
    """The models of other runs that a job builds: those that are asked for, and those that these are made
    with. Who only looks at a trained model does not need what that began with.
    """
    found: dict[str, Trained] = {}
    waiting = [*trained_in(run.model), *trained_in(asked)]
    if stage.trains:
        waiting += [*trained_in(run.method), *trained_in(run.start)]
    for model in waiting:
        found.setdefault(canonical(model), model)
        waiting += (of_seed(inner, model.seed) for inner in trained_in(model.run.model))
    return list(found.values())


def parts_of(stage: Stage, run: Run, asked: Any) -> Iterator[tuple[str, Part]]:
    """Every part, with its kind, that a job loads by name, and those within."""
    named: list[tuple[str, Part]] = [("model", run.model), *stage.parts(asked)]
    if stage.trains:
        named += _learning(run)
    named += [("model", model.run.model) for model in models_of(stage, run, asked)]
    runs = [run, *(model.run for model in models_of(stage, run, asked))]
    if stage.searches and run.search:
        pruner = [run.search.pruner] if run.search.pruner else []
        named += [("sampler", run.search.sampler), *(("pruner", one) for one in pruner)]
    for one in [one for one in runs if one.search]:
        tried = list(trials_of(one))
        named += [
            part for it in tried for part in [("model", it.model), *(_learning(it) if stage.trains else [])]
        ]
        runs += tried
    named += [("initialisation", one.initialisation) for one in runs if one.initialisation]
    for kind, part in named:
        yield from parts_in(kind, part)


def _learning(run: Run) -> list[tuple[str, Part]]:
    optimizers = [one for one in (run.fit.optimizer, *run.fit.optimizers.values()) if one]
    return [("method", run.method), *(("optimizer", one) for one in optimizers)]
