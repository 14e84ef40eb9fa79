"""The whole study as frozen dataclasses: what was configured, expanded to runs and data sets."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from lea import registry
from lea.errors import UserError
from lea.study.spec import Attacking, Dataset, Device, Models, Probing, Run, Scale
from lea.study.uses import Uses

OF_RUNS = ("metrics", "pictures", "times", "probes", "attacks")
STAGES = ("data", *OF_RUNS, "parameters")  # whose tables a summary can read
K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """One question of the study: its runs or data sets, and the figures and tables that answer it."""

    name: str
    title: str
    datasets: tuple[Dataset, ...]
    runs: Mapping[str, Run]  # label on the figures -> run
    uses: Mapping[str, Uses]  # label -> what is done with the run
    seeds: int
    models: Models | None
    figures: tuple[str, ...]
    tables: tuple[str, ...]

    @property
    def summaries(self) -> tuple[str, ...]:
        """What its figures and tables are drawn from, in the order of first use."""
        drawn = [("figure", name) for name in self.figures] + [("table", name) for name in self.tables]
        return tuple(dict.fromkeys(need for kind, name in drawn for need in needs(kind, name)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """All configured analyses at one scale."""

    scale: Scale
    device: Device
    jobs_per_gpu: int
    data_folder: str
    analyses: Mapping[str, Analysis]

    @property
    def datasets(self) -> dict[str, Dataset]:
        """Every table of pictures that is needed, by id."""
        return {dataset.id: dataset for analysis in self.analyses.values() for dataset in analysis.datasets}

    @property
    def runs(self) -> dict[str, Run]:
        """Every run, by id; those that analyses share stand here once."""
        return {run.id: run for analysis in self.analyses.values() for run in analysis.runs.values()}

    def trainings(self) -> Iterator[tuple[str, int]]:
        """Every (run, seed) that some analysis asks for, once."""
        seen = {
            (run.id, seed): None
            for analysis in self.analyses.values()
            for run in analysis.runs.values()
            for seed in range(analysis.seeds)
        }
        return iter(seen)

    @property
    def probings(self) -> dict[tuple[str, str], tuple[Probing, int]]:
        """Every run that is probed, by its id and the probes': how, and for how many seeds."""
        return _most_seeds(
            ((run.id, uses.probes.id), Probing(run=run, probes=uses.probes), seeds)
            for run, uses, seeds in self._used()
            if uses.probes
        )

    @property
    def attackings(self) -> dict[tuple[str, str, str], tuple[Attacking, int]]:
        """Every run that is attacked, by its id, the family and the attacks': how, and how many seeds."""
        return _most_seeds(
            ((run.id, one.family, one.id), Attacking(run=run, attacks=one), seeds)
            for run, uses, seeds in self._used()
            for one in uses.attacks
        )

    def _used(self) -> Iterator[tuple[Run, Uses, int]]:
        for analysis in self.analyses.values():
            for label, run in analysis.runs.items():
                yield run, analysis.uses[label], analysis.seeds


def _most_seeds(asked: Iterable[tuple[K, V, int]]) -> dict[K, tuple[V, int]]:
    """What several analyses ask for, once, with the most seeds that one of them asks for."""
    found: dict[K, tuple[V, int]] = {}
    for key, spec, seeds in asked:
        found[key] = spec, max(seeds, found[key][1] if key in found else 0)
    return found


def needs(kind: str, name: str) -> tuple[str, ...]:
    """What a figure, a table or a summary declares that it reads."""
    found: tuple[str, ...] = registry.constant(kind, name, "NEEDS", ())
    if not isinstance(found, tuple) or not found or not all(isinstance(one, str) for one in found):
        raise UserError(
            f"{kind} '{name}': NEEDS is {found!r}; expected a tuple of names, such as ('curves',)"
        )
    if kind == "summary" and not set(found) <= set(STAGES):
        expected = " or ".join(STAGES)
        raise UserError(f"summary '{name}': NEEDS is {found!r}; expected names of tables: {expected}")
    return found


def output_name(name: str) -> str:
    """What the files of a figure, table or summary are called: its name, or the module of a user's own."""
    return name.partition(":")[0].rpartition(".")[2].lower().replace("_", "-") if ":" in name else name
