"""The configuration, read once and checked before any job starts; an error names the file and the key."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

from lea import sources
from lea.errors import UserError
from lea.study.analyses import drawn_once, read_analysis
from lea.study.build import Spot, build, convert, in_file, known
from lea.study.datasets import DATASETS, Reader, look_at_folders
from lea.study.entries import DatasetEntry, Names, Settings, StudyEntry
from lea.study.layers import COMMAND_LINE, SCALES, at_scale, read_yaml, typed
from lea.study.paths import at_home
from lea.study.spec import Scale, digest
from lea.study.study import Analysis, Study

CONFIG = Path("config")
NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
MAIN, SHARED = "config.yaml", "study.yaml"
CHANGING = ("datasets", "source", "precision")  # beside a study's own, the keys that change what it shows
RESERVED = (*Settings.__dataclass_fields__, *SCALES, "datasets")  # no study and no analysis is called so


def read_study(overrides: Mapping[str, Any], folder: Path = CONFIG) -> Study:
    """Read config.yaml, datasets.yaml and the studies, with what the command line gives laid over them."""
    overrides = typed(overrides)
    settings, spot = _settings(folder, overrides)
    folders = _folders(folder, settings.studies, spot / "studies")
    known(overrides, [*RESERVED, *folders], in_file(COMMAND_LINE))
    own = tuple(path for path in folders.values() if path.parent != folder)
    sources.FOLDERS += [str(path) for path in own if str(path) not in sources.FOLDERS]
    files = {name: _files(path) for name, path in folders.items()}
    chosen = _shipped(folder) if settings.studies == "all" else [_name_of(one) for one in settings.studies]
    if settings.analyses != "all":
        there = {name for study in chosen for name in files[study]}
        known(dict.fromkeys(settings.analyses), sorted(there), spot / "analyses")
    analyses: list[Analysis] = []
    readers: list[Reader] = []
    for study in dict.fromkeys(chosen):
        read = partial(_of_study, folder, study, folders[study], files[study])
        analyses += _apart(study, overrides, read, readers)
    return Study(
        scale=settings.scale,
        device=settings.device,
        jobs_per_gpu=settings.jobs_per_gpu,
        memory=settings.memory,
        data_folder=at_home(settings.data_folder),
        analyses=tuple(analyses),
        elsewhere=own,
        folders=look_at_folders(readers),
    )


def _shipped(folder: Path) -> dict[str, Path]:
    """The studies of the configuration, by name."""
    return {path.name: path for path in sorted(folder.iterdir()) if path.is_dir() and _shown(path)}


def _folders(folder: Path, chosen: Literal["all"] | Names, spot: Spot) -> dict[str, Path]:
    """They, and those of a user's own that `studies` gives as paths."""
    folders = _shipped(folder)
    for path in [Path(one).expanduser() for one in chosen if chosen != "all" and _is_path(one)]:
        if not path.is_dir():
            raise spot.error(f"found '{path}'; expected a study's folder, with {SHARED} and its analyses")
        name = path.resolve().name
        if name in folders and not path.samefile(folders[name]):
            other = f"whose results would be written over those of {folders[name]}"
            raise spot.error(f"found '{path}', {other}; rename the folder")
        folders[name] = folders.get(name, path)
    for name, path in folders.items():
        _name(name, in_file(path))
    names = [_name_of(one) for one in chosen if chosen != "all"]
    known(dict.fromkeys(names), list(folders), spot)
    return folders


def _is_path(study: str) -> bool:
    return "/" in study or study.startswith((".", "~"))


def _name_of(study: str) -> str:
    return Path(study).expanduser().resolve().name if _is_path(study) else study


def _apart(
    study: str, overrides: Mapping[str, Any], read: Callable[..., list[Analysis]], readers: list[Reader]
) -> list[Analysis]:
    """The analyses of a study. One that the command line changes has results of its own: what a folder shows
    follows from its files alone.
    """
    analyses = read(overrides, readers)
    changing = {key: value for key, value in overrides.items() if key in (study, *CHANGING)}
    if not changing:
        return analyses
    try:
        plain = read({key: value for key, value in overrides.items() if key not in changing}, [])
    except UserError:  # without what the command line gives there is no such study
        plain = []
    return [
        one if one in plain else replace(one, results=f"{study}-{digest(changing)}", changes=changing)
        for one in analyses
    ]


def _shown(path: Path) -> bool:
    """Whether a folder may be a study: what editors and Python leave behind is none."""
    return not path.name.startswith((".", "_"))


def _files(folder: Path) -> dict[str, Path]:
    """The analyses of a study, by name."""
    for file in folder.glob("*.yml"):
        raise UserError(f"{file}: found the ending .yml; expected .yaml; rename it")
    beside = (SHARED, DATASETS)
    files = {file.stem: file for file in sorted(folder.glob("*.yaml")) if file.name not in beside}
    for name, file in files.items():
        _name(name, in_file(file))
    return files


def _of_study(
    config: Path,
    study: str,
    folder: Path,
    files: Mapping[str, Path],
    overrides: Mapping[str, Any],
    readers: list[Reader],
) -> list[Analysis]:
    """The analyses of a study; what was read of their data sets is added to `readers`."""
    settings, _ = _settings(config, overrides)
    entries = _entries(config, folder, overrides.get("datasets") or {}, settings.scale)
    reader = Reader(config, settings, entries)
    readers.append(reader)
    over = overrides.get(study) or {}
    known(over, files, in_file(f"{COMMAND_LINE}: {study}"))
    shared_file = folder / SHARED
    values, spot = at_scale(
        settings.scale, StudyEntry.__dataclass_fields__, (str(shared_file), read_yaml(shared_file))
    )
    shared = build(StudyEntry, values, spot)
    read: list[Analysis] = []
    for name, file in files.items():
        if settings.analyses == "all" or name in settings.analyses:
            override = f"{COMMAND_LINE}: {study}.{name}", over.get(name) or {}
            analysis, its_spot = read_analysis(reader, study, shared, file, override)
            drawn_once(read, analysis, its_spot)
            read.append(analysis)
    return read


def _settings(folder: Path, overrides: Mapping[str, Any]) -> tuple[Settings, Spot]:
    keys, file = [*Settings.__dataclass_fields__], folder / MAIN
    given = {key: value for key, value in overrides.items() if key in (*keys, *SCALES)}
    layers = ((str(file), read_yaml(file)), (COMMAND_LINE, given))
    values, spot = at_scale("", keys, *layers)
    scale = convert(values.get("scale"), Scale, spot / "scale")
    values, spot = at_scale(scale, keys, *layers)
    return build(Settings, values, spot), spot


def _entries(
    config: Path, folder: Path, overrides: Any, scale: Scale
) -> dict[str, tuple[DatasetEntry, Spot]]:
    """The data sets of all studies, and those that a study has beside its analyses."""
    known(overrides, overrides, in_file(f"{COMMAND_LINE}: datasets"))
    shared, own = config / DATASETS, folder / DATASETS
    written = {name: (shared, values) for name, values in read_yaml(shared).items()}
    for name, values in (read_yaml(own) if own.exists() else {}).items():
        if name in written:
            raise (in_file(own) / str(name)).error(f"stands in {shared} too; give it another name")
        written[name] = own, values
    found = {}
    for name in {**written, **overrides}:
        file, values = written.get(name, (shared, {}))
        _name(name, in_file(file if name in written else f"{COMMAND_LINE}: datasets"))
        layers = (
            (f"{file}: {name}", values or {}),
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
