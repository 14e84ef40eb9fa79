"""Every path pattern of the results, once; rules and jobs both ask here."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lea.study.stages import Stage

ROOT = "results"
DATA_FOLDER = "LEA_DATA_FOLDER"  # the variable in which jobs find it
STYLE = "lea/figures/lea.mplstyle"
ENDINGS = {"figure": ("png", "pdf", "csv"), "table": ("csv", "html")}  # the formats of each


@dataclass(frozen=True, slots=True)
class Paths:
    """The patterns at one scale, with Snakemake's wildcards in braces."""

    scale: str

    @property
    def data(self) -> str:
        """The table of a data set; all studies share it."""
        return f"{ROOT}/{self.scale}/data/{{dataset}}.parquet"

    def output(self, stage: Stage, output: str) -> str:
        """What a stage makes of a run and seed; all studies share it."""
        folder = "searches" if stage.searches else "runs"
        return f"{ROOT}/{self.scale}/{folder}/run={{run}}/seed={{seed}}/{stage.file(output)}"

    @property
    def changes(self) -> str:
        """What `--config` gave where it changed a study: to be given again by `--configfile`."""
        return f"{ROOT}/{self.scale}/{{study}}/config.yaml"

    @property
    def summary(self) -> str:
        """A summary of an analysis, named `<analysis>.<summary>`."""
        return f"{ROOT}/{self.scale}/{{study}}/summary/{{summary}}.parquet"

    def figure(self, ending: str) -> str:
        """A figure of a study in one format."""
        return f"{ROOT}/{self.scale}/{{study}}/figures/{{figure}}.{ending}"

    def table(self, ending: str) -> str:
        """A table of a study for reading in one format."""
        return f"{ROOT}/{self.scale}/{{study}}/tables/{{table}}.{ending}"

    def log(self, stage: str, name: str) -> str:
        """What a job said."""
        return f"{ROOT}/{self.scale}/logs/{stage}/{name}.log"

    def benchmark(self, stage: str, name: str) -> str:
        """What a job took: seconds, memory, processor time."""
        return f"{ROOT}/{self.scale}/benchmarks/{stage}/{name}.tsv"


def job_name(stage: Stage) -> str:
    """What the logs of a stage's jobs are called."""
    return "{run}.{seed}" if stage.once else "{run}.{seed}.{asked}"


def at_home(value: Any) -> Any:
    """A path, or each in a mapping, with the home that a `~` before it stands for; all else as it is."""
    if isinstance(value, Mapping):
        return {key: at_home(one) for key, one in value.items()}
    return os.path.expanduser(value) if isinstance(value, str) and value.startswith("~") else value
