"""All jobs of a study: which stage works on which run and seed, what it reads, what makes it run again."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from lea import registry
from lea.fingerprint import fingerprint
from lea.study.originals import Originals
from lea.study.paths import Paths
from lea.study.spec import Run, Task, Trained, canonical
from lea.study.stages import (
    WEIGHTS,
    Stage,
    asked_id,
    models_of,
    parts_of,
    stage,
    stages,
    tables,
    trainer,
)
from lea.study.study import DATA, Analysis, Study, needs

OPENING = "lea.compute.opening:do_job"
Key = tuple[str, str, str]  # stage, run, what is asked


@dataclass(slots=True)
class Work:
    """The jobs of a stage on the seeds of a run that differ by the seed alone."""

    stage: Stage
    run: Run
    asked: Any
    seeds: set[int] = field(default_factory=set)
    key: Key = field(init=False)  # names it

    def __post_init__(self) -> None:
        self.key = self.stage.name, self.run.id, "" if self.asked is None else asked_id(self.asked)

    def file(self, paths: Paths, output: str) -> str:
        """The pattern of an output; the seed is open."""
        _, run, asked = self.key
        return paths.output(self.stage, output).replace("{run}", run).replace("{asked}", asked)


@dataclass(frozen=True, slots=True)
class Plan:
    """What Snakemake asks about the jobs of a work, worked out once for all seeds."""

    spec: str
    code: str
    inputs: tuple[tuple[str, str], ...]  # role, pattern of the path; a seed may be open
    originals: tuple[str, ...]  # files that its parts find by themselves


class Jobs:
    """The works of a study, by key."""

    def __init__(self, study: Study, paths: Paths) -> None:
        self.study, self.paths = study, paths
        self._plans: dict[Key, Plan] = {}

    @cached_property
    def works(self) -> dict[Key, Work]:
        """Every work that an analysis asks for, and what those need in turn."""
        found: dict[Key, Work] = {}
        for analysis, label, run in self.study.used():
            seeds = set(range(analysis.seeds))
            for work in self._of_run(analysis, label, run):
                self._add(found, work, seeds)
        return found

    def _of_run(self, analysis: Analysis, label: str, run: Run) -> Iterator[Work]:
        read = {need for name in analysis.summaries for need in needs("summary", name)} - {DATA}
        read_of = {tables()[need][0].name for need in read}
        for one in stages():
            if one.key is None:
                if one == trainer(run) and (not run.as_built or one.name in read_of):
                    yield Work(one, run, None)
            else:
                yield from (Work(one, run, asked) for asked in analysis.uses[label].get(one.name, ()))

    def _add(self, found: dict[Key, Work], work: Work, seeds: Iterable[int]) -> None:
        known = found.setdefault(work.key, work)
        new = set(seeds) - known.seeds
        if not new:
            return
        known.seeds |= new
        for need in work.stage.needs(work.run, work.asked):
            self._add(found, Work(stage(need.stage), work.run, need.asked), new)
        for model in models_of(work.stage, work.run, work.asked):
            self._add(found, Work(trainer(model.run), model.run, None), _seeds(model, new))

    def targets(self, name: str) -> Iterator[str]:
        """All files of a stage."""
        for work in self.works.values():
            if work.stage.name == name:
                for output in work.stage.outputs:
                    file = work.file(self.paths, output)
                    yield from (file.replace("{seed}", str(seed)) for seed in sorted(work.seeds))

    def tables(self, analysis: Analysis, need: str) -> Iterator[str]:
        """The tables of an analysis that a summary needs of its runs, seed by seed."""
        declared, _ = tables()[need]
        files: dict[str, None] = {}
        for label, run in analysis.runs.items():
            maker = declared if declared.key else trainer(run)
            asked = analysis.uses[label].get(declared.name, ()) if declared.key else (None,)
            if need in maker.outputs:
                files |= dict.fromkeys(Work(maker, run, one).file(self.paths, need) for one in asked)
        for file in files:
            yield from (file.replace("{seed}", str(seed)) for seed in range(analysis.seeds))

    def plan(self, key: Key) -> Plan | None:
        """What is known of a work; None: nobody asks for it."""
        if key not in self._plans:
            work = self.works.get(key)
            if work is None:
                return None
            spec = canonical(Task(run=work.run, asked=work.asked))
            files = tuple(file for one in self._originals(work) for file in one.files)
            self._plans[key] = Plan(spec, fingerprint(*_code(work)), tuple(self._inputs(work)), files)
        return self._plans[key]

    def originals(self) -> Iterator[Originals]:
        """Published files that parts of jobs read."""
        for work in self.works.values():
            yield from self._originals(work)

    def _originals(self, work: Work) -> Iterator[Originals]:
        for kind, part in parts_of(work.stage, work.run, work.asked):
            yield Originals(kind, part, self.study.data_folder)

    def _inputs(self, work: Work) -> Iterator[tuple[str, str]]:
        for role, table in work.run.data.tables.items():
            yield role, self.paths.data.replace("{dataset}", table.id)
        for need in work.stage.needs(work.run, work.asked):
            yield need.role, Work(stage(need.stage), work.run, need.asked).file(self.paths, need.output)
        for model in models_of(work.stage, work.run, work.asked):
            pattern = Work(trainer(model.run), model.run, None).file(self.paths, WEIGHTS)
            yield "trained", pattern if model.seed is None else pattern.replace("{seed}", str(model.seed))


def _seeds(model: Trained, seeds: Iterable[int]) -> set[int]:
    return set(seeds) if model.seed is None else {model.seed}


def _code(work: Work) -> list[str]:
    """The starts for the fingerprint: the stage's work, how it is opened, and every part loaded by name."""
    package = registry.STAGES[work.stage.name]
    parts = parts_of(work.stage, work.run, work.asked)
    starts = [registry.resolve(kind, part.name) for kind, part in parts]
    return [f"{package}.job:compute", f"{package}.stage:OUTPUTS", OPENING, *dict.fromkeys(starts)]
