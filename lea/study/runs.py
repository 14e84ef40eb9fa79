"""The runs of an analysis, from the layers that give their values; one may begin with another, or use it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lea import registry, sources
from lea.study.asking import Asking, check_faces, check_roles
from lea.study.build import Spot, build, known
from lea.study.datasets import Reader, check_target, no_more
from lea.study.entries import (
    DataEntry,
    DatasetEntry,
    FitEntry,
    FrozenEntry,
    RunEntry,
    StartEntry,
    TrainedEntry,
)
from lea.study.grids import Layer, spot_of
from lea.study.layers import merged
from lea.study.parts import read_part
from lea.study.searches import searched
from lea.study.spec import Data, Dataset, Fit, Frozen, Part, Run, Start, Trained
from lea.study.stages import keyed
from lea.study.stages import stages as all_stages
from lea.study.windows import check_windows

Uses = Mapping[str, Sequence[Any]]  # stage -> what it is asked, a job each
CORE = tuple(RunEntry.__dataclass_fields__)


@dataclass(slots=True)
class RunsReader:
    """All runs of one analysis: each is read once, whoever names it."""

    reader: Reader
    layers: Mapping[str, list[Layer]]
    spot: Spot
    runs: dict[str, Run] = field(default_factory=dict)
    uses: dict[str, Uses] = field(default_factory=dict)
    reading: list[str] = field(default_factory=list)

    def read(self, label: str, spot: Spot | None = None) -> Run:
        """The run of a label; `spot`: where another run names it."""
        if label in self.runs:
            return self.runs[label]
        if spot and label not in self.layers:
            raise spot.error(f"no run '{label}'; expected one of {', '.join(self.layers)}")
        if spot and label in self.reading:
            round_ = " -> ".join([*self.reading[self.reading.index(label) :], label])
            raise spot.error(f"runs that need one another: {round_}; expected no circle; mend one")
        self.reading.append(label)
        run = self.runs[label] = self._read(label)
        self.reading.pop()
        self.uses[label] = self._asked(label, run)  # which may be of any run, this one included
        return run

    def _values(self, label: str) -> tuple[dict[str, Any], Spot]:
        layers = self.layers[label]
        return merged(layer.values for layer in layers), spot_of(layers, self.spot)

    def _read(self, label: str) -> Run:
        values, here = self._values(label)
        run, entry = self._run(values, here)
        if entry.search is None:
            return run
        return searched(run, entry.search, lambda laid, spot: self._run(laid, spot)[0], values, here)

    def _run(self, values: Mapping[str, Any], here: Spot) -> tuple[Run, RunEntry]:
        known(values, [*CORE, *keyed()], here)
        entry = build(RunEntry, {key: value for key, value in values.items() if key in CORE}, here)
        dataset, table = self.reader.dataset(entry.data.table, here / "data" / "table")
        model = read_part("model", entry.model, here / "model", trained=self.trained)
        method = read_part("method", entry.method, here / "method", trained=self.trained)
        check_faces("method", method, model, here / "method")
        run = Run(
            data=self._data(entry.data, dataset, table, method, here / "data"),
            model=model,
            method=method,
            fit=self._fit(entry.fit, dataset, method, here / "fit"),
            initialisation=_initialisation(entry, here / "initialisation"),
            start=self._start(entry.start, here / "start") if entry.start else None,
            search=None,
            called=None,
        )
        _check_context(run, here)
        check_windows(run, here / "model")
        check_roles("method", method, run.data.others, here / "method")
        _check_modules(run, here)
        return run, entry

    def _asked(self, label: str, run: Run) -> Uses:
        values, here = self._values(label)
        entry, _ = self.reader.dataset(run.data.table.name, here)
        uses = {}
        for key, one in keyed().items():
            if values.get(key) is not None:
                spot = here / key
                asking = Asking(run=run, entry=entry, spot=spot, reader=self.reader, trained=self.trained)
                assert one.read, f"stage '{one.name}' has a key, and nothing to read it"
                uses[one.name] = tuple(one.read(values[key], asking))
        return uses

    def trained(self, value: Any, spot: Spot) -> Trained:
        """The model of another run of this analysis."""
        entry = build(TrainedEntry, value, spot)
        return Trained(run=self.read(entry.run, spot / "run"), seed=entry.seed)

    def _start(self, entry: StartEntry, spot: Spot) -> Start:
        model = Trained(run=self.read(entry.run, spot / "run"), seed=entry.seed)
        if entry.parts == ():
            raise (spot / "parts").error("found none; expected names of modules; or remove it, for all")
        return Start(model=model, parts=entry.parts)

    def _data(
        self, entry: DataEntry, dataset: DatasetEntry, table: Dataset, method: Part, spot: Spot
    ) -> Data:
        held_out = f" and {entry.held_out} held out" if entry.held_out else ""
        asked = f"{entry.samples or 'the rest'}{held_out}"
        count = (entry.samples or 1) + (entry.held_out or 0)
        where = spot / ("samples" if entry.samples else "held_out")
        no_more("train", asked, count, table, self.reader, where)
        if entry.split == "fresh":
            if not entry.samples:
                expected = "expected `samples` beside it: the rest is the test"
                raise (spot / "split").error(f"found 'fresh'; {expected}")
            no_more("train", f"{asked} and a test of the rest", count + 1, table, self.reader, where)
        rest = None if table.train is None else table.train - (entry.held_out or 0)
        return Data(
            table=table,
            others=self._others(entry.others or {}, spot / "others"),
            target=_target(entry, method, dataset.target, table, spot / "target"),
            samples=entry.samples or rest,
            held_out=entry.held_out,
            split=entry.split or "fixed",
        )

    def _others(self, asked: Mapping[str, object], spot: Spot) -> dict[str, Dataset]:
        taken = {"data", "trained", *(output for one in all_stages() for output in one.outputs)}
        for role in asked:
            if role in taken or not role.isidentifier():
                found = f"found the role '{role}'; expected letters, digits and '_'"
                raise (spot / role).error(f"{found}, and none of {', '.join(sorted(taken))}")
        return {role: self.reader.dataset(str(name), spot / role)[1] for role, name in asked.items()}

    def _fit(self, entry: FitEntry, dataset: DatasetEntry, method: Part, spot: Spot) -> Fit:
        late = [epoch for epoch in entry.snapshots or () if epoch > entry.epochs]
        if late:
            found = f"found {list(entry.snapshots or ())}"
            expected = f"expected some of 0 (untrained) to {entry.epochs}"
            raise (spot / "snapshots").error(f"{found}; {expected}")
        if entry.frozen and not entry.epochs:
            raise (spot / "frozen").error("with epochs 0 nothing is trained; expected no `frozen`; remove it")
        optimizer, optimizers = _optimizers(entry, method, spot)
        return Fit(
            epochs=entry.epochs,
            passes=entry.passes if entry.epochs and entry.passes != 1 else None,
            batch_size=entry.batch_size or dataset.batch_size,
            optimizer=optimizer,
            optimizers=optimizers,
            precision=entry.precision or self.reader.settings.precision,
            frozen=_frozen(entry.frozen, spot / "frozen") if entry.frozen else None,
            snapshots=tuple(sorted(set(entry.snapshots or ()))),
        )


def _optimizers(entry: FitEntry, method: Part, spot: Spot) -> tuple[Part | None, dict[str, Part]]:
    """The one for all that a method asks for by name, and those of some names instead."""
    names = registry.constant("method", method.name, "OPTIMIZERS", ())
    given = entry.optimizers or {}
    known(given, names, spot / "optimizers")
    others = {name: read_part("optimizer", one, spot / "optimizers" / name) for name, one in given.items()}
    if entry.optimizer is not None:
        return read_part("optimizer", entry.optimizer, spot / "optimizer"), others
    if entry.epochs and set(names) - set(others):
        raise spot.error("missing 'optimizer'; what is trained says by which steps; add it")
    return None, others


def _initialisation(entry: RunEntry, spot: Spot) -> Part | None:
    return None if entry.initialisation is None else read_part("initialisation", entry.initialisation, spot)


def _frozen(entry: FrozenEntry, spot: Spot) -> Frozen:
    if not entry.parts:
        raise (spot / "parts").error("found none; expected names of modules; or remove `frozen`")
    return Frozen(parts=entry.parts, statistics=entry.statistics or "batch")


def _target(entry: DataEntry, method: Part, usual: str | None, table: Dataset, spot: Spot) -> str | None:
    if not registry.constant("method", method.name, "LABELS", False):
        if entry.target:
            found = f"found '{entry.target}'; method '{method.name}' learns without labels"
            raise spot.error(f"{found}; remove it")
        return None
    target = entry.target or usual
    if target is None:
        found = f"missing; method '{method.name}' learns a label, and the data set names none"
        raise spot.error(f"{found}; add it")
    check_target(target, table.origin.name, spot)
    return target


def _check_context(run: Run, spot: Spot) -> None:
    """Refuse a model that asks for the number of classes where no label is learnt; training on nothing."""
    reader = run.data.table.origin.name
    if run.fit.epochs and not registry.constant("dataset", reader, "ROWS", True):
        found = f"found {run.fit.epochs}; data set '{run.data.table.name}' has no samples"
        raise (spot / "fit" / "epochs").error(f"{found}; expected 0, a model as it is built")
    if "classes" in registry.context("model", run.model.name) and run.data.target is None:
        found = f"model '{run.model.name}' is for classes, and method '{run.method.name}' learns no label"
        raise (spot / "method").error(f"{found}; choose another of the two")


def _check_modules(run: Run, spot: Spot) -> None:
    """Refuse parts that the model cannot have, by its text; of modules within them nothing is known here."""
    module, _, attribute = registry.resolve("model", run.model.name).partition(":")
    there = sources.members(module, attribute)
    drawn = run.initialisation.options.get("parts") if run.initialisation else None
    asked = {
        spot / "fit" / "frozen" / "parts": run.fit.frozen.parts if run.fit.frozen else (),
        spot / "start" / "parts": (run.start.parts if run.start else None) or (),
        spot / "initialisation" / "parts": drawn if isinstance(drawn, list | tuple) else (),
    }
    for where, names in asked.items():
        for name in names:
            if str(name).partition(".")[0] not in there.names and not there.more:
                found = f"model '{run.model.name}' has no part '{name}'"
                raise where.error(f"{found}; expected the name of a module that it sets as `self.<name>`")
