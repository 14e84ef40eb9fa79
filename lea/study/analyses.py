"""One analysis from its file: its runs, what sets them apart, and what is drawn of them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from lea.errors import UserError
from lea.study.build import Spot, build, known
from lea.study.datasets import Reader
from lea.study.entries import AnalysisEntry, BaselineEntry, DrawnEntry, StudyEntry
from lea.study.facts import baselines, columns_of
from lea.study.grids import layers_of_runs
from lea.study.layers import at_scale, read_yaml
from lea.study.parts import read_part
from lea.study.runs import RunsReader
from lea.study.spec import Part
from lea.study.stages import tables, trainer
from lea.study.study import DATA, Analysis, Drawn, needs, output_name

FILE = re.compile(r"[a-z0-9][a-z0-9.-]*")
KINDS = {"figure": "figures", "table": "tables"}
Source = tuple[str, Any]  # where a layer of an analysis comes from, and its values


def read_analysis(
    reader: Reader, study: str, shared: StudyEntry, file: Path, override: Source
) -> tuple[Analysis, Spot]:
    """The analysis of a file, with what the command line lays over it; and the place of its keys."""
    layers = (str(file), read_yaml(file)), override
    values, spot = at_scale(reader.settings.scale, AnalysisEntry.__dataclass_fields__, *layers)
    entry = build(AnalysisEntry, values, spot)
    every_run, grid, named = (dict(one or {}) for one in (entry.every_run, entry.grid, entry.runs))
    runs = RunsReader(reader, layers_of_runs(every_run, grid, named, spot), spot)
    read = {label: runs.read(label) for label in runs.layers}
    if read and entry.seeds is None:
        raise spot.error("missing 'seeds'; an analysis with runs says how many seeds each has; add it")
    listed = [reader.dataset(name, spot / "datasets")[1] for name in entry.datasets or ()]
    tables_ = [table for run in read.values() for table in run.data.tables.values()]
    columns = columns_of(entry.columns or shared.columns or {}, read, spot / "columns")
    analysis = Analysis(
        study=study,
        name=file.stem,
        title=entry.title,
        datasets=tuple({one.id: one for one in (*listed, *tables_)}.values()),
        runs=read,
        uses={label: runs.uses[label] for label in read},
        seeds=entry.seeds or 0,
        columns=columns,
        baselines=_baselines(entry.baseline, columns, read, spot / "baseline"),
        summaries={},
        drawn=tuple(_drawn(entry, spot)),
        results=study,
        changes={},
    )
    analysis = _with_summaries(analysis, entry, spot)
    _read_alike(analysis, spot)
    _drawable(analysis, spot)
    return analysis, spot


def _baselines(
    entry: BaselineEntry | None, columns: Mapping[str, Any], runs: Iterable[str], spot: Spot
) -> dict[str, str]:
    return baselines(entry.where, entry.same or (), columns, list(runs), spot) if entry else {}


def _drawn(entry: AnalysisEntry, spot: Spot) -> Iterator[Drawn]:
    own = DrawnEntry.__dataclass_fields__
    for kind, key in KINDS.items():
        for index, item in enumerate(getattr(entry, key) or ()):
            here = spot / key / str(index)
            values = {"name": item} if isinstance(item, str) else item
            if not isinstance(values, Mapping):
                raise here.error(f"found {item!r}; expected a name, or a mapping with `name`")
            about = build(DrawnEntry, {name: values[name] for name in own if name in values}, here)
            options = {name: value for name, value in values.items() if name not in own}
            part = read_part(kind, {"name": about.name, **options}, here, beside=own)
            yield Drawn(kind=kind, part=part, file=_file(about, here), caption=about.caption)


def _file(about: DrawnEntry, spot: Spot) -> str:
    """The name of a figure's files."""
    file = about.file or output_name(about.name)
    if not FILE.fullmatch(file):
        expected = "expected small letters, digits, '.' and '-'"
        raise (spot / "file").error(f"found '{file}'; {expected}; give it another `file`")
    return file


def _with_summaries(analysis: Analysis, entry: AnalysisEntry, spot: Spot) -> Analysis:
    """The summaries that its figures and tables are drawn from, in the order of first use."""
    names: dict[str, Part] = {}
    options = dict(entry.summaries or {})
    for drawn in analysis.drawn:
        try:
            wanted = drawn.needs
        except UserError as error:
            raise (spot / KINDS[drawn.kind]).error(str(error)) from error
        for name in wanted:
            its = spot / "summaries" / name if name in options else spot / KINDS[drawn.kind]
            names[name] = read_part("summary", {"name": name, **_mapping(options.get(name), its)}, its)
    known(options, names, spot / "summaries")
    return replace(analysis, summaries=names)


def _mapping(value: Any, spot: Spot) -> Mapping[str, Any]:
    if not isinstance(value or {}, Mapping):
        raise spot.error(f"found {value!r}; expected a mapping of its options")
    return value or {}


def _drawable(analysis: Analysis, spot: Spot) -> None:
    """Refuse figures and tables for which the analysis has nothing to draw."""
    stages = tables()
    for drawn in analysis.drawn:
        its, shows = spot / KINDS[drawn.kind], f"{drawn.kind} '{drawn.file}' shows"
        for need in {need for name in drawn.needs for need in needs("summary", name)}:
            if need == DATA:
                if not analysis.datasets:
                    raise its.error(f"{shows} data sets, and none is named; add `datasets`")
                continue
            if not analysis.runs:
                raise its.error(f"{shows} runs, and there are none; add `runs`")
            stage, _ = stages[need]
            if stage.key is None:
                if not any(need in trainer(run).outputs for run in analysis.runs.values()):
                    raise its.error(f"{shows} {need}, and no run has a `search`; add one")
                continue
            without = [label for label, uses in analysis.uses.items() if not uses.get(stage.name)]
            some = len(without) < len(analysis.runs)
            if without and not (some and stage.some):
                have = f"{', '.join(map(repr, without))} {'has' if len(without) == 1 else 'have'} none"
                raise its.error(f"{shows} {need}, and {have}; add `{stage.key}`")
    files = [output_name(name) for name in analysis.summaries]
    _different(files, spot / "figures", "summaries", "rename one")


def _read_alike(analysis: Analysis, spot: Spot) -> None:
    """Refuse one run under two labels of which different is asked: their tables would be taken for one."""
    first: dict[str, str] = {}
    for label, run in analysis.runs.items():
        other = first.setdefault(run.id, label)
        for stage in {**analysis.uses[label], **analysis.uses[other]}:
            if analysis.uses[label].get(stage) != analysis.uses[other].get(stage):
                found = f"the same run as '{other}', of which stage '{stage}' is asked something else"
                expected = "put one of them into an analysis of its own"
                raise (spot / "runs" / label).error(f"{found}; {expected}")


def drawn_once(analyses: Iterable[Analysis], last: Analysis, spot: Spot) -> None:
    """Refuse in the last analysis what it draws twice, or another of its study draws."""
    own = [drawn.file for drawn in last.drawn]
    _different(own, spot / "figures", "figures or tables", "give one another `file`")
    for other in analyses:
        twice = sorted({drawn.file for drawn in other.drawn} & set(own))
        if twice:
            found = f"{', '.join(twice)} is drawn by '{other.name}' too"
            raise (spot / "figures").error(f"{found}; remove it from one, or give one another `file`")


def _different(names: list[str], spot: Spot, kind: str, mend: str) -> None:
    for name in names:
        if names.count(name) > 1:
            raise spot.error(f"two {kind} would be written as '{name}'; expected each once; {mend}")
