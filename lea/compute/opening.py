"""How every job on a run and seed begins and ends, whatever it does: parse, read and check, hold its output,
name itself in errors, write whole.
"""

import importlib
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import torch
from torch import Tensor, nn

from lea import blame, registry
from lea.checkpoint import write_weights
from lea.compute.building import build_model, build_part, load_trained, made, options_of
from lea.compute.device import arithmetic_of, choose_device, prepare_device
from lea.compute.keeping import Keeper
from lea.compute.memory import META
from lea.compute.network import Network
from lea.compute.weighing import Work, pass_through, weigh_job
from lea.data.tensors import Data, data_of
from lea.errors import UserError
from lea.files import whole
from lea.provenance import origin
from lea.seals import read_header
from lea.store import digest, read_table, rows_table, write_table
from lea.study.build import build, in_file
from lea.study.spec import (
    Memory,
    Part,
    Run,
    Task,
    Trained,
    called_within,
    described,
    of_seed,
    parse_task,
    trained_in,
)
from lea.study.stages import Columns, Stage, parts_of, stage, tables

log = logging.getLogger(__name__)
T = TypeVar("T")
Rows = Iterable[Mapping[str, object]]
Tensors = Mapping[str, Tensor]
MAIN = "data"  # the role of the table that a run learns from


@dataclass(kw_only=True)
class Job:
    """What the work of a job is given."""

    stage: Stage
    run: Run
    asked: Any
    seed: int
    device: torch.device
    threads: int
    paths: Mapping[str, Path]  # of its inputs, by role
    trained_paths: Sequence[Path]  # of the models of other runs
    tables: Mapping[str, pa.Table]  # of its inputs, those that are tables
    facts: dict[str, Any] = field(default_factory=dict)  # what else its outputs' records say
    keeper: Keeper | None = None
    memory: Memory = "checked"
    weighed: bool = False

    @cached_property
    def data(self) -> Data:
        """What the run learns from and is tested on, divided for this seed; on the CPU."""
        others = {role: self.tables[role] for role in self.run.data.others}
        return data_of(self.tables[MAIN], self.run.data, self.seed, others)

    @property
    def given(self) -> dict[str, Any]:
        """What a model can ask for by name."""
        return {"shape": self.data.shape, "classes": self.data.classes}

    def network(self, *, trained: bool = True) -> Network:
        """The model of the run and seed, on the device; trained: frozen and in evaluation mode."""
        if not self.weighed:
            self.weigh()
        model = build_model(self.run, self.given, self.seed, self.trained_model)
        if trained and not self.run.as_built:
            load_trained(model, self.paths["weights"], self.run, self.seed)
        if trained:
            model.eval().requires_grad_(False)
        model.to(self.device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return Network(
            model,
            precision=self.run.fit.precision,
            device=self.device,
            name=self.run.model.name,
            classes=self.data.classes or None,
        )

    def weigh(self, work: Work | None = None, samples: int | None = None) -> None:
        """Work out what this job needs of memory, and refuse what there is not, before it takes any. `work`
        is what is done with samples; None: they pass through the model.
        """
        self.weighed = True
        if self.memory == "checked":
            size = self.run.fit.batch_size
            count = samples or (len(self.data.train) if size == "all" else size)
            weigh_job(self, work or pass_through, count)

    def part(self, kind: str, part: Part, *context: Any) -> Any:
        """A part built, with the trained models that it asks for."""
        return build_part(kind, part, *context, trained=self.trained_model)

    def call(self, kind: str, part: Part, gives: type[T], *context: Any) -> list[T]:
        """All that a part that is a function gives, each of this type; what it raises is said of it."""
        function, options = registry.load(kind, part.name), options_of(kind, part, self.trained_model)

        def call() -> Any:
            given = function(*context, **options)
            return list(given) if isinstance(given, Iterable) else given

        given = made(kind, part.name, call)
        strange = [one for one in given if not isinstance(one, gives)] if isinstance(given, list) else [given]
        if strange or not given:
            whose = f"{kind} '{part.name}'{blame.place_of(function)}"
            found = blame.gave(strange[0] if strange else None)
            raise blame.wrong(whose, found, f"{gives.__name__}s, yielded or in a list, at least one")
        return given

    def seed_of(self, wanted: Trained) -> int:
        """The seed of another run's model: the one that is said, or this job's."""
        return self.seed if wanted.seed is None else wanted.seed

    def trained_model(self, wanted: Trained) -> nn.Module:
        """The model of another run, frozen and in evaluation mode."""
        seed = self.seed_of(wanted)
        path = self.trained_path(wanted)
        record = read_header(path, f"the weights of '{wanted.run.id}'").record
        given = {"shape": tuple(record["shape"]), "classes": record["classes"]}
        run = run_behind(wanted.run, path)
        model = build_model(run, given, seed, lambda inner: self.trained_model(of_seed(inner, seed)))
        weighed = self.device == META  # and not used
        return model if weighed else load_trained(model, path, run, seed).to(self.device)

    @property
    def models_within(self) -> dict[str, Any]:
        """What the models of other runs within the run's own are built from."""
        found: dict[str, Any] = {}
        for wanted in trained_in(self.run.model):
            record = read_header(self.trained_path(wanted), f"the weights of '{wanted.run.id}'").record
            its = {"shape": record["shape"], "classes": record["classes"]}
            its |= {"run": record["run"]} if wanted.run.search else {}
            found |= {called_within(wanted.run, self.seed_of(wanted)): its} | record["models"]
        return found

    def trained_path(self, wanted: Trained) -> Path:
        """Where the weights of another run lie."""
        seed = self.seed_of(wanted)
        folder = f"run={wanted.run.id}/seed={seed}/"
        found = [path for path in self.trained_paths if folder in path.as_posix()]
        if not found:
            raise UserError(f"--input trained: no weights of {folder}; expected those; run the workflow")
        return found[0]


def do_job(
    name: str,
    spec: str,
    seed: int,
    *,
    inputs: Sequence[tuple[str, Path]],
    outputs: Mapping[str, Path],
    device: str,
    threads: int,
    code: str = "",
    memory: Memory = "checked",
) -> None:
    """Do one job of a stage, or go on with it."""
    declared = stage(name)
    task = parse_task(declared.asks, spec)
    paths = {role: path for role, path in inputs if role != "trained"}
    if task.run.search and not declared.searches:
        task = replace(
            task, run=run_behind(task.run, next(path for path in paths.values() if not _is_table(path)))
        )
    place = choose_device(device)
    prepare_device(place, threads, task.run.fit.precision)
    title = f"run {task.run.id}, seed {seed}"
    arithmetic = arithmetic_of(task.run.fit.precision, place.type)
    log.info("%s: %s, on %s, %d threads, in %s", title, name, place, threads, arithmetic)
    job = Job(
        stage=declared,
        run=task.run,
        asked=task.asked,
        seed=seed,
        device=place,
        threads=threads,
        memory=memory,
        paths=paths,
        trained_paths=[path for role, path in inputs if role == "trained"],
        tables={role: _read(task.run, role, path) for role, path in paths.items() if _is_table(path)},
    )
    compute = importlib.import_module(f"{registry.STAGES[name]}.job").compute
    record = origin(_facts(task, seed) | {"code": code}, declared.libraries)
    kept = (
        record | {"device": place.type, "threads": threads, "arithmetic": arithmetic} | _digests(job, title)
    )
    main = next(iter(outputs.values()))
    with Keeper(main, kept) as keeper:
        job.keeper = keeper
        with keeper.naming(title), blame.blaming(lambda: _parts(declared, task)):
            made_of_it = compute(job)
        _write(job, made_of_it, outputs, record | job.facts)


def run_behind(run: Run, weights: Path) -> Run:
    """The run whose model a file of weights holds: of a search the trial that was chosen."""
    if run.search is None:
        return run
    record = read_header(weights, f"the weights of '{run.id}'").record
    return build(Run, record["run"], in_file(weights))


def _parts(declared: Stage, task: Task) -> Iterator[tuple[str, str]]:
    """All parts whose code a job may run, by kind and name."""
    return ((kind, part.name) for kind, part in parts_of(declared, task.run, task.asked))


def _facts(task: Task, seed: int) -> dict[str, Any]:
    asked = {} if task.asked is None else {"asked": described(task.asked)}
    return {"id": task.run.id, "run": described(task.run), "seed": seed} | asked


def _is_table(path: Path) -> bool:
    return path.suffix == ".parquet"


def _read(run: Run, role: str, path: Path) -> pa.Table:
    """A table with the columns that its stage declares."""
    columns = None if role in run.data.tables else tables()[role.partition(".")[0]][1]
    return read_table(path, columns)


def _digests(job: Job, title: str) -> dict[str, str]:
    """What a state must have come from to be gone on with."""
    found = {role: digest(table) for role, table in job.tables.items()}
    files = {role: path for role, path in job.paths.items() if role not in job.tables}
    files |= {f"trained.{number}": path for number, path in enumerate(job.trained_paths)}
    for role, path in files.items():
        try:
            found[role] = read_header(path, f"the {role.partition('.')[0]} of '{job.run.id}'").digest
        except UserError as error:
            raise UserError(f"{title}: {error}") from error
    return found


def _write(
    job: Job,
    results: Mapping[str, Rows | Tensors | str],
    outputs: Mapping[str, Path],
    record: Mapping[str, Any],
) -> None:
    if set(results) != set(job.stage.outputs):
        found = f"made {', '.join(results) or 'nothing'}"
        expected = f"expected {', '.join(job.stage.outputs)}"
        raise UserError(f"stage '{job.stage.name}': {found}; {expected}; mend its `compute`")
    for output, path in outputs.items():
        columns, its = job.stage.outputs[output], {**record, "output": output}
        if isinstance(columns, str):
            with whole(path) as aside:
                aside.write_text(results[output])  # type: ignore[arg-type]
        elif columns is None:
            write_weights(path, results[output], its)  # type: ignore[arg-type]
        else:
            _write_rows(job, results[output], path, columns, its)  # type: ignore[arg-type]


def _write_rows(job: Job, rows: Rows, path: Path, columns: Columns, record: Mapping[str, Any]) -> None:
    key = {"run": job.run.id, "seed": job.seed}
    write_table(path, rows_table([key | dict(row) for row in rows], columns), columns, record)
