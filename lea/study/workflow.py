"""What the Snakefile asks: targets, inputs and parameters, as functions of wildcards.

Parameters are texts: `spec`, a job's slice of the configuration, and `code`, the digest of the code behind
it. Snakemake runs a job again when one of the two changes. It does not track a parameter whose function asks
for `output`: so come those that say how or where a job runs, or what is said of it, but not what it computes.
Values are looked up, not computed, where there are many of them: a DAG of thousands of jobs asks each time.
"""

import os
import sys
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from lea.errors import UserError
from lea.study.drawings import Drawings
from lea.study.jobs import Jobs, Plan
from lea.study.originals import Originals
from lea.study.paths import DATA_FOLDER, STYLE, Paths, job_name
from lea.study.reader import CONFIG, read_study
from lea.study.stages import Stage, check_job, stages
from lea.study.study import Study
from lea.study.tables import Tables


class Workflow:
    """The configured studies as Snakemake's rules need them."""

    def __init__(self, overrides: Mapping[str, Any], root: Path = Path()) -> None:
        self.study: Study = read_study(overrides, root / CONFIG)
        self.paths = Paths(self.study.scale)
        self.style = str(root / STYLE)
        self.jobs = Jobs(self.study, self.paths)
        self.data = Tables(self.study, self.paths)
        self.drawings = Drawings(self.study, self.paths, self.jobs)

    def changed(self) -> dict[str, Mapping[str, object]]:
        """What the command line changes of studies, by the files that say so beside their results."""
        return {
            self.paths.changes.format(study=analysis.results): analysis.changes
            for analysis in self.study.analyses
            if analysis.changes
        }

    def environment(self, root: Path) -> dict[str, str]:
        """Where jobs, on other machines too, find Python, the code of this folder (wherever else it is
        installed), the modules of a user's own study, and published files.
        """
        first = {
            "PATH": [Path(sys.executable).parent],
            "PYTHONPATH": [root, *(folder.resolve() for folder in self.study.elsewhere)],
        }
        paths = {
            name: os.pathsep.join(filter(None, [*map(str, folders), os.environ.get(name)]))
            for name, folders in first.items()
        }
        return paths | {DATA_FOLDER: self.study.data_folder}

    def missing(self) -> list[Originals]:
        """Published files that are not on disk, to be fetched, a folder each."""
        known = {one.name: one for one in [*self.data.originals(), *self.jobs.originals()] if one.missing}
        return list(known.values())

    def targets(self) -> list[str]:
        """Every table, weight file and figure of the configured analyses."""
        of_jobs = [file for one in stages() for file in self.jobs.targets(one.name)]
        return [*self.data.targets(), *of_jobs, *self.drawings.targets()]

    @cached_property
    def rules(self) -> list["StageRule"]:
        """What is done with each seed of a run: a rule a stage."""
        return [StageRule(one, self) for one in stages()]


class StageRule:
    """The rule of one stage."""

    def __init__(self, stage: Stage, workflow: Workflow) -> None:
        check_job(stage.name)
        self.stage, self.workflow = stage, workflow
        paths = workflow.paths
        self.name = stage.name
        self.outputs = [paths.output(stage, output) for output in stage.outputs]
        self.log = paths.log(stage.name, job_name(stage))
        self.benchmark = paths.benchmark(stage.name, job_name(stage))

    def inputs(self, wildcards: Any) -> list[str]:
        """The files that a job reads."""
        return [*(path for _, path in self._paths(wildcards)), *self._plan(wildcards).originals]

    def spec(self, wildcards: Any) -> str:
        """A run, and what the stage is asked to do with it."""
        return self._plan(wildcards).spec

    def code(self, wildcards: Any) -> str:
        """The code that does it."""
        return self._plan(wildcards).code

    def files(self, wildcards: Any, output: Any) -> str:
        """The options for inputs and outputs, which are tracked, and for what computes, which is not."""
        read = [f"--input {role}={path}" for role, path in self._paths(wildcards)]
        made = zip(self.stage.outputs, output, strict=True)
        return " ".join([*read, *(f"--output {name}={path}" for name, path in made), self._machine])

    @cached_property
    def _machine(self) -> str:
        study = self.workflow.study
        return f"--device {study.device} --jobs-per-gpu {study.jobs_per_gpu} --memory {study.memory}"

    def memory(self, wildcards: Any, attempt: int) -> int:
        """Megabytes."""
        return self.stage.memory * attempt

    def minutes(self, wildcards: Any, attempt: int) -> int:
        """How long a job may take."""
        return self.stage.minutes * attempt

    def _paths(self, wildcards: Any) -> list[tuple[str, str]]:
        return [
            (role, pattern.replace("{seed}", wildcards.seed))
            for role, pattern in self._plan(wildcards).inputs
        ]

    def _plan(self, wildcards: Any) -> Plan:
        asked = "" if self.stage.once else wildcards.asked
        plan = self.workflow.jobs.plan((self.stage.name, wildcards.run, asked))
        if plan is None:
            what = f"{self.stage.name} of run '{wildcards.run}'"
            raise UserError(f"no {what} in these studies at this scale; expected one of `snakemake -n`")
        return plan
