"""What the Snakefile asks about summaries, figures and tables."""

import re
from functools import cached_property
from typing import Any

from lea import registry
from lea.fingerprint import fingerprint
from lea.study.jobs import Jobs
from lea.study.notes import note, title
from lea.study.paths import ENDINGS, Paths
from lea.study.spec import Part, canonical
from lea.study.study import DATA, Analysis, Drawn, Study, needs, output_name
from lea.study.tables import named


class Drawings:
    """The figures and tables of all studies, and the summaries behind them."""

    def __init__(self, study: Study, paths: Paths, jobs: Jobs) -> None:
        self.study, self.paths, self.jobs = study, paths, jobs

    @cached_property
    def _summaries(self) -> dict[str, tuple[Analysis, str, Part]]:
        """Each summary by study and name of its file: its analysis, its name and which it is."""
        return {
            f"{analysis.results}/{_summary_name(analysis, name)}": (analysis, name, part)
            for analysis in self.study.analyses
            for name, part in analysis.summaries.items()
        }

    @cached_property
    def _drawn(self) -> dict[str, tuple[Analysis, Drawn]]:
        """Each figure and table by study and name of its file."""
        return {
            f"{analysis.results}/{drawn.file}": (analysis, drawn)
            for analysis in self.study.analyses
            for drawn in analysis.drawn
        }

    def studies(self) -> str:
        """The folders of all studies' results, as a pattern for a wildcard."""
        return _pattern(analysis.results for analysis in self.study.analyses)

    def names(self, kind: str) -> str:
        """All figures or tables, as a pattern for a wildcard."""
        return _pattern(drawn.file for _, drawn in self._drawn.values() if drawn.kind == kind)

    def targets(self) -> list[str]:
        """Summaries, figures and tables, in all their formats."""
        found = []
        for analysis, name, _ in self._summaries.values():
            found.append(self._summary_file(analysis, name))
        for analysis, drawn in self._drawn.values():
            pattern = self.paths.figure if drawn.kind == "figure" else self.paths.table
            its = {"study": analysis.results, drawn.kind: drawn.file}
            found += [pattern(ending).format(**its) for ending in ENDINGS[drawn.kind]]
        return found

    # summaries

    def read(self, wildcards: Any) -> list[str]:
        """The tables of an analysis that a summary reads."""
        return [path for _, path in self._read(wildcards)]

    def files(self, wildcards: Any, output: Any) -> str:
        """The same as options; not tracked, since inputs are."""
        return " ".join(f"{need}={path}" for need, path in self._read(wildcards))

    def _read(self, wildcards: Any) -> list[tuple[str, str]]:
        analysis, name, _ = self._summary(wildcards)
        found = []
        for need in needs("summary", name):
            if need == DATA:
                found += [(need, self.paths.data.format(dataset=table.id)) for table in analysis.datasets]
            else:
                found += [(need, path) for path in self.jobs.tables(analysis, need)]
        return found

    def summary_spec(self, wildcards: Any) -> str:
        """Which summary, what the analysis calls its runs and data sets, and what sets runs apart."""
        analysis, name, part = self._summary(wildcards)
        # Lists, since a canonical mapping forgets its order, and figures keep the configuration's.
        labels = [[label, run.id] for label, run in analysis.runs.items()]
        datasets = [[dataset.name, title(dataset)] for dataset in analysis.datasets]
        columns = [[column, dict(values)] for column, values in analysis.columns.items()]
        said = {"labels": labels, "datasets": datasets, "columns": columns, "baselines": analysis.baselines}
        return canonical(said | {"summary": part, "needs": needs("summary", name)})

    def summary_code(self, wildcards: Any) -> str:
        """The code that computes it."""
        _, name, _ = self._summary(wildcards)
        return fingerprint("lea.summary.job:summarise", registry.module_of("summary", name))

    def _summary(self, wildcards: Any) -> tuple[Analysis, str, Part]:
        return named(self._summaries, f"{wildcards.study}/{wildcards.summary}", "summary")

    def _summary_file(self, analysis: Analysis, name: str) -> str:
        return self.paths.summary.format(study=analysis.results, summary=_summary_name(analysis, name))

    # figures and tables

    def summaries(self, wildcards: Any) -> list[str]:
        """The summaries that a figure or table is drawn from."""
        analysis, drawn = self._drawing(wildcards)
        return [self._summary_file(analysis, name) for name in drawn.needs]

    def spec(self, wildcards: Any) -> str:
        """Which figure or table, and what it must say of its data and scale."""
        analysis, drawn = self._drawing(wildcards)
        return canonical({drawn.kind: drawn.part, "needs": drawn.needs, "note": note(self.study, analysis)})

    def code(self, wildcards: Any) -> str:
        """The code that draws it."""
        _, drawn = self._drawing(wildcards)
        return fingerprint(
            f"lea.figures.job:draw_{drawn.kind}", registry.module_of(drawn.kind, drawn.part.name)
        )

    def caption(self, wildcards: Any, output: Any) -> str:
        """What the report says: the figure's caption or its module's docstring, and the note; not tracked."""
        analysis, drawn = self._drawing(wildcards)
        said = drawn.caption or registry.docstring(drawn.kind, drawn.part.name)
        return f"{said}\n\n{note(self.study, analysis)}"

    def category(self, wildcards: Any) -> str:
        """The heading in the report."""
        return self._drawing(wildcards)[0].title

    def _drawing(self, wildcards: Any) -> tuple[Analysis, Drawn]:
        name = wildcards.get("figure") or wildcards.get("table")
        return named(self._drawn, f"{wildcards.study}/{name}", "figure or table")


def _summary_name(analysis: Analysis, summary: str) -> str:
    return f"{analysis.name}.{output_name(summary)}"


def _pattern(names: Any) -> str:
    return "|".join(re.escape(name) for name in dict.fromkeys(names)) or "none"
