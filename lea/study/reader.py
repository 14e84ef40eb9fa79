"""The configuration, read once and checked before any job starts; an error names the file and the key."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lea.errors import UserError
from lea.study.analyses import drawn_once, read_analysis
from lea.study.build import Spot, build, convert, in_file, known
from lea.study.datasets import DATASETS, Reader, look_at_folders
from lea.study.entries import DatasetEntry, Settings, StudyEntry
from lea.study.layers import COMMAND_LINE, SCALES, at_scale, read_yaml, typed
from lea.study.spec import Scale
from lea.study.study import Analysis, Study

CONFIG = Path("config")
NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
MAIN, SHARED = "config.yaml", "study.yaml"
RESERVED = (*Settings.__dataclass_fields__, *SCALES, "datasets")  # no study and no analysis is called so


def read_study(overrides: Mapping[str, Any], folder: Path = CONFIG) -> Study:
    """Read config.yaml, datasets.yaml and the studies, with what the command line gives laid over them."""
    overrides = typed(overrides)
    folders = {path.name: path for path in sorted(folder.iterdir()) if path.is_dir() and _shown(path)}
    files = {name: _files(path) for name, path in folders.items()}
    for name, path in folders.items():
        _name(name, in_file(path))
    known(overrides, [*RESERVED, *folders], in_file(COMMAND_LINE))
    main = {key: value for key, value in overrides.items() if key in RESERVED and key != "datasets"}
    settings, spot = _settings(folder / MAIN, main)
    entries = _entries(folder / DATASETS, overrides.get("datasets") or {}, settings.scale)
    reader = Reader(folder, settings, entries)
    chosen = list(folders) if settings.studies == "all" else settings.studies
    known(dict.fromkeys(chosen), list(folders), spot / "studies")
    if settings.analyses != "all":
        there = {name for study in chosen for name in files[study]}
        known(dict.fromkeys(settings.analyses), sorted(there), spot / "analyses")
    analyses: list[Analysis] = []
    for study in chosen:
        analyses += _of_study(reader, folders[study], files[study], overrides.get(study) or {})
    return Study(
        scale=settings.scale,
        device=settings.device,
        jobs_per_gpu=settings.jobs_per_gpu,
        data_folder=settings.data_folder,
        analyses=tuple(analyses),
        folders=look_at_folders(reader),
    )


def _shown(path: Path) -> bool:
    """Whether a folder may be a study: what editors and Python leave behind is none."""
    return not path.name.startswith((".", "_"))


def _files(folder: Path) -> dict[str, Path]:
    """The analyses of a study, by name."""
    for file in folder.glob("*.yml"):
        raise UserError(f"{file}: found the ending .yml; expected .yaml; rename it")
    files = {file.stem: file for file in sorted(folder.glob("*.yaml")) if file.name != SHARED}
    for name, file in files.items():
        _name(name, in_file(file))
    return files


def _of_study(reader: Reader, folder: Path, files: Mapping[str, Path], overrides: Any) -> list[Analysis]:
    study = folder.name
    known(overrides, files, in_file(f"{COMMAND_LINE}: {study}"))
    shared_file = folder / SHARED
    values, spot = at_scale(
        reader.settings.scale, StudyEntry.__dataclass_fields__, (str(shared_file), read_yaml(shared_file))
    )
    shared = build(StudyEntry, values, spot)
    wanted = reader.settings.analyses
    read: list[Analysis] = []
    for name, file in files.items():
        if wanted == "all" or name in wanted:
            override = f"{COMMAND_LINE}: {study}.{name}", overrides.get(name) or {}
            analysis, its_spot = read_analysis(reader, study, shared, file, override)
            drawn_once(read, analysis, its_spot)
            read.append(analysis)
    return read


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


def _name(name: str, spot: Spot) -> None:
    """Names become file names, and keys of the command line."""
    if not isinstance(name, str) or not NAME.fullmatch(name) or name in RESERVED:
        expected = "small letters, digits and '-', since files are named so"
        if name in RESERVED:
            expected = "another, since that is a key of the configuration"
        raise spot.error(f"found the name {name!r}; expected {expected}")
