"""Every path pattern of the results, once; rules and jobs both ask here."""

from dataclasses import dataclass
from pathlib import Path

ROOT = "results"
STYLE = "lea/figures/lea.mplstyle"
OUTPUTS = ("weights", "metrics", "pictures", "times")  # of a training
ENDINGS = {"figure": ("png", "pdf", "csv"), "table": ("csv", "html")}  # the formats of each


@dataclass(frozen=True, slots=True)
class Paths:
    """The patterns at one scale, with Snakemake's wildcards in braces."""

    scale: str

    @property
    def data(self) -> str:
        """The table of a data set."""
        return f"{ROOT}/{self.scale}/data/{{dataset}}.parquet"

    @property
    def weights(self) -> str:
        """The trained network of a run and seed."""
        return f"{ROOT}/{self.scale}/runs/run={{run}}/seed={{seed}}/weights.safetensors"

    @property
    def metrics(self) -> str:
        """What was measured while it was trained."""
        return f"{ROOT}/{self.scale}/runs/run={{run}}/seed={{seed}}/metrics.parquet"

    @property
    def pictures(self) -> str:
        """What was kept of its LEAs' work to look at."""
        return f"{ROOT}/{self.scale}/runs/run={{run}}/seed={{seed}}/pictures.parquet"

    @property
    def times(self) -> str:
        """How long its epochs took, and where."""
        return f"{ROOT}/{self.scale}/runs/run={{run}}/seed={{seed}}/times.parquet"

    @property
    def probes(self) -> str:
        """What was read from its layers."""
        return f"{ROOT}/{self.scale}/runs/run={{run}}/seed={{seed}}/probes-{{probes}}.parquet"

    @property
    def attacks(self) -> str:
        """What the attacks of a family made of it."""
        return f"{ROOT}/{self.scale}/runs/run={{run}}/seed={{seed}}/attacks-{{family}}-{{attacks}}.parquet"

    @property
    def parameters(self) -> str:
        """The numbers of parameters that an analysis asks for."""
        return f"{ROOT}/{self.scale}/parameters/{{analysis}}.parquet"

    @property
    def summary(self) -> str:
        """A summary of an analysis, named `<analysis>.<summary>`."""
        return f"{ROOT}/{self.scale}/summary/{{summary}}.parquet"

    def figure(self, ending: str) -> str:
        """A figure in one format."""
        return f"{ROOT}/{self.scale}/figures/{{figure}}.{ending}"

    def table(self, ending: str) -> str:
        """A table for reading in one format."""
        return f"{ROOT}/{self.scale}/tables/{{table}}.{ending}"

    def log(self, stage: str, name: str) -> str:
        """What a job said."""
        return f"{ROOT}/{self.scale}/logs/{stage}/{name}.log"

    def benchmark(self, stage: str, name: str) -> str:
        """What a job took: seconds, memory, processor time."""
        return f"{ROOT}/{self.scale}/benchmarks/{stage}/{name}.tsv"


def original(data_folder: str, dataset: str) -> Path:
    """The folder of a data set's original files."""
    return Path(data_folder) / dataset
