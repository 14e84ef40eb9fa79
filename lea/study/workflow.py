"""What the Snakefile asks: targets, inputs and parameters, as functions of wildcards.

Parameters are texts: `spec`, a job's slice of the configuration, and `code`, the digest of the code behind
it. Snakemake runs a job again when one of the two changes. It does not track a parameter whose function asks
for `output`: so come those that say how or where a job runs, or what is said of it, but not what it computes.
Values are looked up, not computed, where there are many of them: a DAG of thousands of jobs asks each time.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from lea import registry
from lea.errors import UserError
from lea.fingerprint import fingerprint
from lea.study.notes import note, title
from lea.study.paths import ENDINGS, OUTPUTS, Paths, original
from lea.study.reader import read_study
from lea.study.spec import Attacking, Dataset, Part, Probing, Run, canonical
from lea.study.study import Analysis, Study, needs, output_name

T = TypeVar("T")


class Workflow:
    """A study as Snakemake's rules need it."""

    def __init__(self, overrides: Mapping[str, Any]) -> None:
        self.study: Study = read_study(overrides)
        self.paths = Paths(self.study.scale)
        self._pictures = {
            id_: _pictures(one) for id_, one in self._datasets.items() if one.source == "folder"
        }

    @cached_property
    def _datasets(self) -> dict[str, Dataset]:
        return self.study.datasets

    @cached_property
    def _run_specs(self) -> dict[str, str]:
        return {id_: canonical(run) for id_, run in self.study.runs.items()}

    @cached_property
    def _run_codes(self) -> dict[str, str]:
        return {id_: _training_code(run) for id_, run in self.study.runs.items()}

    @cached_property
    def _probings(self) -> dict[tuple[str, str], tuple[Probing, int]]:
        return self.study.probings

    @cached_property
    def _probing_jobs(self) -> dict[str, tuple[str, str]]:
        """Specification and code of each, by the run's id and the probes'."""
        return {
            "/".join(ids): (canonical(asked), fingerprint("lea.probes.job:probe", *_parts(asked.run)))
            for ids, (asked, _) in self._probings.items()
        }

    @cached_property
    def _attackings(self) -> dict[tuple[str, str, str], tuple[Attacking, int]]:
        return self.study.attackings

    @cached_property
    def _attacking_jobs(self) -> dict[str, tuple[str, str]]:
        """Specification and code of each, by the run's id, the family and the attacks'."""
        return {
            "/".join(ids): (canonical(asked), _attack_code(asked))
            for ids, (asked, _) in self._attackings.items()
        }

    @cached_property
    def _run_tables(self) -> dict[str, str]:
        return {id_: self.paths.data.format(dataset=run.dataset.id) for id_, run in self.study.runs.items()}

    @cached_property
    def _drawn(self) -> dict[str, tuple[str, str, Analysis]]:
        """Each figure and table by the name of its file: (kind, name in the registry, analysis)."""
        found: dict[str, tuple[str, str, Analysis]] = {}
        for analysis in self.study.analyses.values():
            for kind, names in (("figure", analysis.figures), ("table", analysis.tables)):
                found |= {output_name(name): (kind, name, analysis) for name in names}
        return found

    def names(self, kind: str) -> str:
        """All figures or tables of the study, as a pattern for a wildcard."""
        return "|".join(re.escape(name) for name, (its, _, _) in self._drawn.items() if its == kind) or "none"

    # targets

    def targets(self) -> list[str]:
        """Every table, weight file and figure of the configured analyses."""
        return [
            *self.data_targets(),
            *self.training_targets(),
            *self.probe_targets(),
            *self.attack_targets(),
            *self.parameters_targets(),
            *self.summary_targets(),
            *self.figure_targets(),
        ]

    def data_targets(self) -> list[str]:
        """The tables of all data sets."""
        return [self.paths.data.format(dataset=id_) for id_ in self._datasets]

    def training_targets(self) -> list[str]:
        """What all runs and seeds leave behind."""
        patterns = [getattr(self.paths, name) for name in OUTPUTS]
        return [one.format(run=run, seed=seed) for run, seed in self.study.trainings() for one in patterns]

    def probe_targets(self) -> list[str]:
        """What is read from the layers of trained networks."""
        return [
            self.paths.probes.format(run=run, probes=probes, seed=seed)
            for (run, probes), (_, seeds) in self._probings.items()
            for seed in range(seeds)
        ]

    def attack_targets(self) -> list[str]:
        """What attacks made of trained networks."""
        return [
            self.paths.attacks.format(run=run, family=family, attacks=attacks, seed=seed)
            for (run, family, attacks), (_, seeds) in self._attackings.items()
            for seed in range(seeds)
        ]

    def parameters_targets(self) -> list[str]:
        """The counts of all analyses that name models."""
        counted = (name for name, analysis in self.study.analyses.items() if analysis.models)
        return [self.paths.parameters.format(analysis=name) for name in counted]

    def summary_targets(self) -> list[str]:
        """The summaries of all analyses."""
        return [one for analysis in self.study.analyses.values() for one in self._summaries(analysis)]

    def figure_targets(self) -> list[str]:
        """Figures and tables, in all their formats."""
        found = []
        for name, (kind, _, _) in self._drawn.items():
            pattern = self.paths.figure if kind == "figure" else self.paths.table
            found += [pattern(ending).format(figure=name, table=name) for ending in ENDINGS[kind]]
        return found

    # data

    def missing_originals(self) -> dict[str, list[str]]:
        """By reader: the files of data sets taken from their original that are not on disk, to be fetched."""
        files = {_folder_name(one): self._original_files(one) for one in self._datasets.values()}
        missing = {name: [one for one in needed if not Path(one).exists()] for name, needed in files.items()}
        return {name: needed for name, needed in missing.items() if needed}

    def reader(self, name: str) -> str:
        """The specification of the reader whose original files lie in the folder of this name."""
        return next(canonical(one.reader) for one in self._datasets.values() if _folder_name(one) == name)

    def original_folder(self, name: str) -> str:
        """Where those files lie."""
        return str(original(self.study.data_folder, name))

    def data_files(self, wildcards: Any) -> list[str]:
        """The source files of a table: the original's, or a user's pictures; none if it is made here."""
        dataset = self._dataset(wildcards)
        return self._pictures.get(dataset.id, self._original_files(dataset))

    def data_spec(self, wildcards: Any) -> str:
        """What table to prepare."""
        return canonical(self._dataset(wildcards))

    def data_code(self, wildcards: Any) -> str:
        """The code that prepares it."""
        return fingerprint(
            "lea.data.job:prepare", registry.resolve("dataset", self._dataset(wildcards).reader.name)
        )

    def folder_of(self, wildcards: Any, output: Any) -> str:
        """Where the original files of a table lie; not tracked."""
        return str(original(self.study.data_folder, _folder_name(self._dataset(wildcards))))

    def _dataset(self, wildcards: Any) -> Dataset:
        return _asked(self._datasets, wildcards.dataset, "data set")

    def _original_files(self, dataset: Dataset) -> list[str]:
        if dataset.source != "original":
            return []
        folder = original(self.study.data_folder, _folder_name(dataset))
        return [str(folder / file) for file in registry.constant("dataset", dataset.reader.name, "FILES", ())]

    # training

    def training_data(self, wildcards: Any) -> str:
        """The table that a run learns from."""
        return _asked(self._run_tables, wildcards.run, "run")

    def training_spec(self, wildcards: Any) -> str:
        """The run."""
        return _asked(self._run_specs, wildcards.run, "run")

    def training_code(self, wildcards: Any) -> str:
        """The code that trains it."""
        return _asked(self._run_codes, wildcards.run, "run")

    def machine(self, wildcards: Any, output: Any) -> str:
        """The options that say what a job computes on; not tracked."""
        return f"--device {self.study.device} --jobs-per-gpu {self.study.jobs_per_gpu}"

    # probes

    def probe_spec(self, wildcards: Any) -> str:
        """A run, and what is read from it."""
        return self._probing(wildcards)[0]

    def probe_code(self, wildcards: Any) -> str:
        """The code that reads it."""
        return self._probing(wildcards)[1]

    def _probing(self, wildcards: Any) -> tuple[str, str]:
        return _asked(self._probing_jobs, f"{wildcards.run}/{wildcards.probes}", "probed run")

    # attacks

    def attack_spec(self, wildcards: Any) -> str:
        """A run, and the attacks of one family on it."""
        return self._attacking(wildcards)[0]

    def attack_code(self, wildcards: Any) -> str:
        """The code that attacks it."""
        return self._attacking(wildcards)[1]

    def _attacking(self, wildcards: Any) -> tuple[str, str]:
        name = f"{wildcards.run}/{wildcards.family}/{wildcards.attacks}"
        return _asked(self._attacking_jobs, name, "attacked run")

    # parameters

    def models_spec(self, wildcards: Any) -> str:
        """Which autoencoders an analysis counts."""
        return canonical(_asked(self.study.analyses, wildcards.analysis, "analysis").models)

    def models_code(self, wildcards: Any) -> str:
        """The code that builds and counts them."""
        models = _asked(self.study.analyses, wildcards.analysis, "analysis").models
        assert models, f"analysis '{wildcards.analysis}' names no models"
        named = [("autoencoder", one) for one in models.autoencoders]
        named += [("coder", one) for one in models.coders]
        return fingerprint("lea.training.job:count", *_resolved(named))

    # summaries

    def summary_inputs(self, wildcards: Any) -> list[str]:
        """The tables of an analysis that a summary reads: of its runs, its data sets or its models."""
        analysis, summary = self._summary(wildcards)
        inputs: list[str] = []
        for need in needs("summary", summary):
            if need == "data":
                inputs += [self.paths.data.format(dataset=dataset.id) for dataset in analysis.datasets]
            elif need == "parameters":
                inputs.append(self.paths.parameters.format(analysis=analysis.name))
            else:
                pattern: str = getattr(self.paths, need)
                inputs += [
                    pattern.format(seed=seed, **dict(keys))
                    for keys in dict.fromkeys(_keys(analysis, need))
                    for seed in range(analysis.seeds)
                ]
        return inputs

    def summary_spec(self, wildcards: Any) -> str:
        """Which summary, and what the analysis calls its runs and data sets."""
        analysis, summary = self._summary(wildcards)
        # Lists, since a canonical mapping forgets its order, and figures keep the configuration's.
        labels = [[label, run.id] for label, run in analysis.runs.items()]
        datasets = [[dataset.name, title(dataset)] for dataset in analysis.datasets]
        return canonical({"summary": summary, "labels": labels, "datasets": datasets})

    def summary_code(self, wildcards: Any) -> str:
        """The code that computes it."""
        _, summary = self._summary(wildcards)
        return fingerprint("lea.summary.job:summarise", registry.resolve("summary", summary))

    def _summary(self, wildcards: Any) -> tuple[Analysis, str]:
        name, _, file = wildcards.summary.partition(".")
        analysis = _asked(self.study.analyses, name, "analysis")
        return analysis, _asked({output_name(one): one for one in analysis.summaries}, file, "summary")

    def _summaries(self, analysis: Analysis) -> list[str]:
        return self._summary_files(analysis, analysis.summaries)

    def _summary_files(self, analysis: Analysis, summaries: Iterable[str]) -> list[str]:
        names = (f"{analysis.name}.{output_name(one)}" for one in summaries)
        return [self.paths.summary.format(summary=name) for name in names]

    # figures and tables

    def drawing_inputs(self, wildcards: Any) -> list[str]:
        """The summaries that a figure or table is drawn from."""
        kind, name, analysis = self._drawing(wildcards)
        return self._summary_files(analysis, needs(kind, name))

    def drawing_spec(self, wildcards: Any) -> str:
        """Which figure or table, and what it must say of its data and scale."""
        kind, name, analysis = self._drawing(wildcards)
        return canonical({"name": name, "needs": needs(kind, name), "note": note(self.study, analysis)})

    def drawing_code(self, wildcards: Any) -> str:
        """The code that draws it."""
        kind, name, _ = self._drawing(wildcards)
        return fingerprint(f"lea.figures.job:draw_{kind}", registry.module_of(kind, name))

    def caption(self, wildcards: Any, output: Any) -> str:
        """A figure's page in the report: its module's docstring and the note; not tracked."""
        kind, name, analysis = self._drawing(wildcards)
        return f"{registry.docstring(kind, name)}\n\n{note(self.study, analysis)}"

    def category(self, wildcards: Any) -> str:
        """The heading in the report."""
        return self._drawing(wildcards)[2].title

    def _drawing(self, wildcards: Any) -> tuple[str, str, Analysis]:
        name = wildcards.get("figure") or wildcards.get("table")
        return _asked(self._drawn, name, "figure or table")


def _asked(known: Mapping[str, T], name: str, kind: str) -> T:
    if name not in known:
        raise UserError(f"no {kind} '{name}' in this study at this scale; expected one of {', '.join(known)}")
    return known[name]


def _keys(analysis: Analysis, need: str) -> Iterator[tuple[tuple[str, str], ...]]:
    """The wildcards of the tables of a stage, but for the seed."""
    for label, run in analysis.runs.items():
        uses = analysis.uses[label]
        if need == "attacks":
            for one in uses.attacks:
                yield ("run", run.id), ("family", one.family), ("attacks", one.id)
        elif need == "probes":
            assert uses.probes, f"'{label}' is not probed"
            yield ("run", run.id), ("probes", uses.probes.id)
        else:
            yield (("run", run.id),)


def _training_code(run: Run) -> str:
    return fingerprint("lea.training.job:train", *_parts(run))


def _attack_code(asked: Attacking) -> str:
    attacks = _resolved(("attack", part) for part in asked.attacks.which)
    return fingerprint("lea.attacks.job:attack", *_parts(asked.run), *attacks)


def _parts(run: Run) -> list[str]:
    """The parts of a run's network, as starts for the fingerprint."""
    parts = [("network", run.network)]
    if run.lea:
        parts += [("autoencoder", run.lea.autoencoder), ("coder", run.lea.coder)]
    return _resolved(parts)


def _resolved(parts: Iterable[tuple[str, Part]]) -> list[str]:
    return [registry.resolve(kind, part.name) for kind, part in parts]


def _folder_name(dataset: Dataset) -> str:
    """The folder of the original's files, which all data sets of one reader share."""
    return output_name(dataset.reader.name)


def _pictures(dataset: Dataset) -> list[str]:
    """A user's pictures as rule inputs, so that another picture makes another table."""
    found = []
    for split in ("train", "test"):
        folder = Path(str(dataset.reader.options.get("path", ""))) / split
        if not folder.is_dir():
            where = f"{folder}: no such folder, for data set '{dataset.name}'"
            raise UserError(f"{where}; expected train/<class>/ and test/<class>/; correct options.path")
        found += [
            str(file) for file in folder.glob("*/*") if file.is_file() and not file.name.startswith(".")
        ]
    for name in found:
        if set("{}") & set(name):
            raise UserError(f"{name}: found braces in a name, which Snakemake reads as a pattern; rename it")
    return sorted(found)
