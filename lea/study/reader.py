"""The configuration, read once and checked before any job starts; an error names the file and the key."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lea import registry
from lea.errors import UserError
from lea.study.build import KeyPath, Spot, build, convert, in_file, known
from lea.study.entries import AnalysisEntry, DatasetEntry, RunEntry, Settings
from lea.study.layers import COMMAND_LINE, SCALES, at_scale, merged, read_yaml, typed
from lea.study.parts import read_part
from lea.study.spec import Dataset, Run, Scale, Source, Training
from lea.study.study import Analysis, Study, needs, output_name

CONFIG = Path("config")
NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
MAIN, DATASETS = "config.yaml", "datasets.yaml"
RESERVED = (*Settings.__dataclass_fields__, *SCALES, "datasets")  # no analysis is called so


@dataclass(frozen=True, slots=True)
class Reader:
    """What the parts of the configuration need of one another."""

    folder: Path
    settings: Settings
    entries: Mapping[str, tuple[DatasetEntry, Spot]]
    made: dict[str, Dataset] = field(default_factory=dict)  # many runs ask for the same

    def dataset(self, name: str, spot: Spot) -> tuple[DatasetEntry, Dataset]:
        """A data set that is asked for at `spot`; one that nobody asks for may be impossible here."""
        if name not in self.entries:
            expected = f"expected one of {', '.join(self.entries)}, or add it to {self.folder / DATASETS}"
            raise spot.error(f"no data set '{name}'; {expected}")
        entry, its_spot = self.entries[name]
        if name not in self.made:
            self.made[name] = _dataset(name, entry, self.settings, its_spot)
        return entry, self.made[name]


def read_study(overrides: Mapping[str, Any], folder: Path = CONFIG) -> Study:
    """Read config.yaml, datasets.yaml and the analyses, with what the command line gives laid over them."""
    overrides = typed(overrides)
    files = {file.stem: file for file in sorted((folder / "analyses").glob("*.yaml"))}
    for file in (folder / "analyses").glob("*.yml"):
        raise UserError(f"{file}: found the ending .yml; expected .yaml; rename it")
    for name, file in files.items():
        _name(name, in_file(file))
    known(overrides, [*RESERVED, *files], in_file(COMMAND_LINE))
    main = {key: value for key, value in overrides.items() if key in RESERVED and key != "datasets"}
    settings, spot = _settings(folder / MAIN, main)
    entries = _entries(folder / DATASETS, overrides.get("datasets") or {}, settings.scale)
    reader = Reader(folder, settings, entries)
    chosen = list(files) if settings.analyses == "all" else settings.analyses
    known(dict.fromkeys(chosen), list(files), spot / "analyses")
    analyses: dict[str, Analysis] = {}
    for name in chosen:
        analyses[name], spot = _analysis(reader, name, files[name], overrides.get(name) or {})
        _drawn_once(analyses, name, spot)
    return Study(
        scale=settings.scale, device=settings.device, data_folder=settings.data_folder, analyses=analyses
    )


def _settings(file: Path, overrides: Mapping[str, Any]) -> tuple[Settings, Spot]:
    keys = [*Settings.__dataclass_fields__]
    layers = ((str(file), read_yaml(file)), (COMMAND_LINE, overrides))
    values, spot = at_scale("", keys, *layers)
    scale = convert(values.get("scale"), Scale, spot / "scale")
    values, spot = at_scale(scale, keys, *layers)
    return build(Settings, values, spot), spot


def _entries(file: Path, overrides: Any, scale: Scale) -> dict[str, tuple[DatasetEntry, Spot]]:
    written = read_yaml(file)
    known(overrides, overrides, in_file(f"{COMMAND_LINE}: datasets"))
    found = {}
    for name in {**written, **overrides}:
        _name(name, in_file(file if name in written else f"{COMMAND_LINE}: datasets"))
        layers = (
            (f"{file}: {name}", written.get(name) or {}),
            (f"{COMMAND_LINE}: datasets.{name}", overrides.get(name) or {}),
        )
        values, spot = at_scale(scale, DatasetEntry.__dataclass_fields__, *layers)
        found[name] = build(DatasetEntry, values, spot), spot
    return found


def _dataset(name: str, entry: DatasetEntry, settings: Settings, spot: Spot) -> Dataset:
    reader = read_part(
        "dataset", {"name": entry.reader, **(entry.options or {})}, spot / "reader", spot / "options"
    )
    _target(entry.target, reader.name, spot / "target")
    source = _source(reader.name, settings, spot)
    sides = registry.constant("dataset", reader.name, "SIDES")
    if source == "embedded" and sides and entry.side not in sides:
        raise (spot / "side").error(f"found {entry.side}; expected one of {', '.join(map(str, sides))}")
    dataset = Dataset(
        name=name, reader=reader, source=source, side=entry.side, train=entry.train, test=entry.test
    )
    _enough(dataset, spot)
    return dataset


def _source(reader: str, settings: Settings, spot: Spot) -> Source:
    sources: tuple[Source, ...] = registry.constant("dataset", reader, "SOURCES", ())
    if settings.source in sources:
        return settings.source
    if sources == ("folder",):  # a user's own pictures have no other source
        return "folder"
    raise (spot / "reader").error(
        f"comes from {' or '.join(sources)}; the study's source is '{settings.source}'"
    )


def _enough(dataset: Dataset, spot: Spot) -> None:
    """Refuse to ask for more pictures than there are."""
    counts = {"train": dataset.train, "test": dataset.test}
    for split in counts:
        if dataset.source == "embedded" and counts[split] is None:
            raise (spot / split).error("missing; embedded pictures are made in any number; say how many")
    sizes = _sizes(dataset)
    available = registry.constant("dataset", dataset.reader.name, "AVAILABLE")
    if available and sum(count or sizes[split] for split, count in counts.items()) > available:
        found = f"found {dataset.train} and {dataset.test} for test"
        raise (spot / "train").error(f"{found}; expected {available:,} at most in all")
    if dataset.source == "original" and not available:
        for split, count in counts.items():
            if (count or 0) > sizes[split]:
                found = f"found {count}; the original has {sizes[split]:,}"
                raise (spot / split).error(f"{found}; expected no more")


def _sizes(dataset: Dataset) -> Mapping[str, int]:
    """How many pictures each split has if none is asked for; empty for a user's folder."""
    return registry.constant("dataset", dataset.reader.name, "SIZES") or {}


def _analysis(reader: Reader, name: str, file: Path, overrides: Any) -> tuple[Analysis, Spot]:
    layers = ((str(file), read_yaml(file)), (f"{COMMAND_LINE}: {name}", overrides))
    values, spot = at_scale(reader.settings.scale, AnalysisEntry.__dataclass_fields__, *layers)
    entry = build(AnalysisEntry, values, spot)
    runs = {
        label: _run(reader, entry.every_run or {}, label, run, spot)
        for label, run in (entry.runs or {}).items()
    }
    if runs and entry.seeds is None:
        raise spot.error("missing 'seeds'; an analysis with runs says how many seeds each has; add it")
    listed = [reader.dataset(one, spot / "datasets")[1] for one in entry.datasets or ()]
    analysis = Analysis(
        name=name,
        title=entry.title,
        datasets=tuple({one.id: one for one in (*listed, *(run.dataset for run in runs.values()))}.values()),
        runs=runs,
        seeds=entry.seeds or 0,
        figures=entry.figures or (),
        tables=entry.tables or (),
    )
    _drawable(analysis, spot)
    return analysis, spot


def _run(reader: Reader, every_run: Mapping[str, Any], label: Any, values: Any, spot: Spot) -> Run:
    here = spot / "runs" / label
    if not isinstance(label, str):
        raise here.error(f"found the label {label!r}; expected text; write it in quotes")
    known(values, RunEntry.__dataclass_fields__, here)

    def locate(path: KeyPath) -> tuple[str, KeyPath]:
        return spot.locate(path if _stands(values, path[2:]) else ("every_run", *path[2:]))

    own = Spot(locate, here.path)
    entry = build(RunEntry, merged([every_run, values]), own)
    dataset_entry, dataset = reader.dataset(entry.dataset, own / "dataset")
    target = entry.target or dataset_entry.target
    _target(target, dataset.reader.name, own / "target")
    training = entry.training
    most = dataset.train or _sizes(dataset).get("train")
    if training.samples and most and training.samples > most:
        found = f"found {training.samples}; data set '{dataset.name}' has {most} training images"
        raise (own / "training" / "samples").error(
            f"{found} at scale {reader.settings.scale}; expected no more"
        )
    return Run(
        dataset=dataset,
        target=target,
        network=read_part("network", entry.network, own / "network", own / "network"),
        training=Training(
            samples=training.samples,
            epochs=training.epochs,
            batch_size=training.batch_size or dataset_entry.batch_size,
            learning_rate=training.learning_rate,
            precision=training.precision or reader.settings.precision,
        ),
    )


def _stands(values: Any, path: tuple[str, ...]) -> bool:
    for key in path:
        if not isinstance(values, Mapping):
            return True
        if key not in values:
            return False
        values = values[key]
    return True


def _target(target: str, reader: str, spot: Spot) -> None:
    factors: Mapping[str, object] = registry.constant("dataset", reader, "FACTORS", {})
    if target not in factors:
        raise spot.error(f"found '{target}'; expected a label of '{reader}': {', '.join(factors)}")


def _drawable(analysis: Analysis, spot: Spot) -> None:
    """Refuse figures that do not exist, and those for which the analysis has nothing to draw."""
    for kind, names in (("figure", analysis.figures), ("table", analysis.tables)):
        for name in names:
            try:
                wanted = {need for summary in needs(kind, name) for need in needs("summary", summary)}
            except UserError as error:
                raise (spot / f"{kind}s").error(str(error)) from error
            if "metrics" in wanted and not analysis.runs:
                found = f"{name} shows trained networks, and there are no runs"
                raise (spot / f"{kind}s").error(f"{found}; add `runs`")
            if "data" in wanted and not analysis.datasets:
                found = f"{name} shows data sets, and none is named"
                raise (spot / f"{kind}s").error(f"{found}; add `datasets`")
    _different([output_name(one) for one in analysis.summaries], spot / "figures", "summaries")


def _drawn_once(analyses: Mapping[str, Analysis], last: str, spot: Spot) -> None:
    """Refuse in the last analysis what it draws twice, or another draws."""
    for key in ("figures", "tables"):
        own = [output_name(name) for name in getattr(analyses[last], key)]
        _different(own, spot / key, key)
        for other in analyses.values():
            drawn = set(map(output_name, (*other.figures, *other.tables))) if other.name != last else set()
            if drawn & set(own):
                twice = ", ".join(sorted(drawn & set(own)))
                raise (spot / key).error(f"{twice} is drawn by '{other.name}' too; remove it from one")


def _different(names: list[str], spot: Spot, kind: str) -> None:
    for name in names:
        if names.count(name) > 1:
            raise spot.error(f"two {kind} would be written as '{name}'; expected each once; rename one")


def _name(name: str, spot: Spot) -> None:
    """Names become file names, and keys of the command line."""
    if not isinstance(name, str) or not NAME.fullmatch(name) or name in RESERVED:
        expected = "small letters, digits and '-', since files are named so"
        if name in RESERVED:
            expected = "another, since that is a key of the configuration"
        raise spot.error(f"found the name {name!r}; expected {expected}")
