"""All that was configured as frozen dataclasses: studies, their analyses, runs and data sets."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lea import registry
from lea.errors import UserError
from lea.study.spec import Dataset, Device, Memory, Part, Run, Scale
from lea.study.stages import tables

DATA = "data"  # what a summary of data sets needs
Facts = Mapping[str, Mapping[str, object]]  # column -> label -> value


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A figure or a table."""

    kind: str
    part: Part
    file: str  # its name
    caption: str | None  # None: the docstring of its module

    @property
    def needs(self) -> tuple[str, ...]:
        """The summaries that it is drawn from; "{summary}" is the one that its option `summary` names."""
        return tuple(
            str(self.part.options[need[1:-1]]) if need.startswith("{") else need
            for need in needs(self.kind, self.part.name)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """One question of a study: its runs or data sets, and the figures and tables that answer it."""

    study: str
    name: str
    title: str
    datasets: tuple[Dataset, ...]
    runs: Mapping[str, Run]  # label on the figures -> run
    uses: Mapping[str, Mapping[str, Sequence[Any]]]  # label -> stage -> what it is asked of the run
    seeds: int
    columns: Facts  # what sets runs apart on figures
    baselines: Mapping[str, str]  # label -> that of the run with which it is compared
    summaries: Mapping[str, Part]
    drawn: tuple[Drawn, ...]
    results: str  # the folder of its summaries and figures: the study's, unless the command line changes it
    changes: Mapping[str, object]  # what that gives, then


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """All configured analyses at one scale."""

    scale: Scale
    device: Device
    jobs_per_gpu: int
    memory: Memory
    data_folder: str
    analyses: tuple[Analysis, ...]
    elsewhere: tuple[Path, ...]  # folders of studies that stand outside the configuration
    folders: Mapping[str, str]  # id of a data set from a user's folder -> a digest of its files

    @property
    def datasets(self) -> dict[str, Dataset]:
        """Every table of samples that is needed, by id."""
        listed = [dataset for analysis in self.analyses for dataset in analysis.datasets]
        tables = [table for run in self.runs.values() for table in run.data.tables.values()]
        return {dataset.id: dataset for dataset in (*listed, *tables)}

    @property
    def runs(self) -> dict[str, Run]:
        """Every run of an analysis, by id; those that analyses share stand here once."""
        return {run.id: run for analysis in self.analyses for run in analysis.runs.values()}

    def used(self) -> Iterator[tuple[Analysis, str, Run]]:
        """Every run of every analysis, with its label."""
        for analysis in self.analyses:
            for label, run in analysis.runs.items():
                yield analysis, label, run


def needs(kind: str, name: str) -> tuple[str, ...]:
    """What a figure, a table or a summary declares that it reads; of what is known without, `()`."""
    found: tuple[str, ...] | None = registry.constant(kind, name, "NEEDS")
    some = found or kind != "summary"
    if not isinstance(found, tuple) or not some or not all(isinstance(need, str) for need in found):
        raise UserError(
            f"{kind} '{name}': NEEDS is {found!r}; expected a tuple of names, such as ('curves',)"
        )
    if kind == "summary" and not set(found) <= {DATA, *tables()}:
        expected = " or ".join([DATA, *tables()])
        raise UserError(f"summary '{name}': NEEDS is {found!r}; expected names of tables: {expected}")
    return found


def output_name(name: str) -> str:
    """What the files of a figure, table or summary are called: its name, or the module of a user's own."""
    return name.partition(":")[0].rpartition(".")[2].lower().replace("_", "-") if ":" in name else name
