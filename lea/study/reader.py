"""The configuration, read once and checked before any job starts; an error names the file and the key."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lea.errors import UserError
from lea.study.build import Spot, build, convert, in_file, known
from lea.study.datasets import DATASETS, Reader
from lea.study.entries import AnalysisEntry, DatasetEntry, Settings
from lea.study.layers import COMMAND_LINE, SCALES, at_scale, read_yaml, typed
from lea.study.runs import read_models, read_run
from lea.study.spec import Scale
from lea.study.study import OF_RUNS, Analysis, Study, needs, output_name
from lea.study.uses import Uses

CONFIG = Path("config")
NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
MAIN = "config.yaml"
RESERVED = (*Settings.__dataclass_fields__, *SCALES, "datasets")  # no analysis is called so


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
        scale=settings.scale,
        device=settings.device,
        jobs_per_gpu=settings.jobs_per_gpu,
        data_folder=settings.data_folder,
        analyses=analyses,
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


def _analysis(reader: Reader, name: str, file: Path, overrides: Any) -> tuple[Analysis, Spot]:
    layers = ((str(file), read_yaml(file)), (f"{COMMAND_LINE}: {name}", overrides))
    values, spot = at_scale(reader.settings.scale, AnalysisEntry.__dataclass_fields__, *layers)
    entry = build(AnalysisEntry, values, spot)
    read = {
        label: read_run(reader, entry.every_run or {}, label, run, spot)
        for label, run in (entry.runs or {}).items()
    }
    runs = {label: run for label, (run, _) in read.items()}
    if runs and entry.seeds is None:
        raise spot.error("missing 'seeds'; an analysis with runs says how many seeds each has; add it")
    listed = [reader.dataset(one, spot / "datasets")[1] for one in entry.datasets or ()]
    analysis = Analysis(
        name=name,
        title=entry.title,
        datasets=tuple({one.id: one for one in (*listed, *(run.dataset for run in runs.values()))}.values()),
        runs=runs,
        uses={label: uses for label, (_, uses) in read.items()},
        seeds=entry.seeds or 0,
        models=read_models(entry.models, spot / "models") if entry.models else None,
        figures=entry.figures or (),
        tables=entry.tables or (),
    )
    _read_alike(analysis, spot)
    _drawable(analysis, spot)
    return analysis, spot


def _drawable(analysis: Analysis, spot: Spot) -> None:
    """Refuse figures that do not exist, and those for which the analysis has nothing to draw."""
    for kind, names in (("figure", analysis.figures), ("table", analysis.tables)):
        for name in names:
            try:
                wanted = {need for summary in needs(kind, name) for need in needs("summary", summary)}
            except UserError as error:
                raise (spot / f"{kind}s").error(str(error)) from error
            if wanted & set(OF_RUNS) and not analysis.runs:
                found = f"{name} shows trained networks, and there are no runs"
                raise (spot / f"{kind}s").error(f"{found}; add `runs`")
            if "pictures" in wanted and not any(run.pictures for run in analysis.runs.values()):
                found = f"{name} shows pictures, and no run keeps any"
                raise (spot / f"{kind}s").error(f"{found}; add `pictures`")
            for need in wanted & {"probes", "attacks"}:
                without = ", ".join(
                    f"'{label}'" for label, its in analysis.uses.items() if not getattr(its, need)
                )
                if without:
                    found = f"{name} shows {need}, and {without} has none"
                    raise (spot / f"{kind}s").error(f"{found}; add `{need}`")
            if "parameters" in wanted and not analysis.models:
                found = f"{name} counts parameters, and no models are named"
                raise (spot / f"{kind}s").error(f"{found}; add `models`")
            if "data" in wanted and not analysis.datasets:
                found = f"{name} shows data sets, and none is named"
                raise (spot / f"{kind}s").error(f"{found}; add `datasets`")
    _different([output_name(one) for one in analysis.summaries], spot / "figures", "summaries")


def _read_alike(analysis: Analysis, spot: Spot) -> None:
    """Refuse one run under two labels of which different is asked: their tables would be taken for one."""
    asked: dict[str, tuple[str, Uses]] = {}
    for label, run in analysis.runs.items():
        uses = analysis.uses[label]
        first, its = asked.setdefault(run.id, (label, uses))
        if its != uses:
            other = "probes" if its.probes != uses.probes else "attacks"
            found = f"the same run as '{first}', with other {other}"
            raise (spot / "runs" / label).error(f"{found}; put one of them into an analysis of its own")


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
