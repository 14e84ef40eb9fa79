"""What the Snakefile asks about tables of data: their original files, and how they are prepared."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, TypeVar

from lea import registry
from lea.errors import UserError
from lea.fingerprint import fingerprint
from lea.study.originals import Originals
from lea.study.parts import parts_in
from lea.study.paths import Paths
from lea.study.spec import Dataset, canonical
from lea.study.study import Study

T = TypeVar("T")
MEMORY = 16000  # megabytes: the largest data set, unpacked


class Tables:
    """The data sets of all studies."""

    def __init__(self, study: Study, paths: Paths) -> None:
        self.study, self.paths = study, paths

    @cached_property
    def _datasets(self) -> dict[str, Dataset]:
        return self.study.datasets

    def targets(self) -> list[str]:
        """The tables of all data sets."""
        return [self.paths.data.format(dataset=id_) for id_ in self._datasets]

    def originals(self) -> list[Originals]:
        """The files of data sets taken from their original."""
        return [self._originals(one) for one in self._datasets.values() if one.source == "original"]

    def files(self, wildcards: Any) -> list[str]:
        """The original files of a table; none if it is made here, or of a user's own."""
        dataset = self._dataset(wildcards)
        return self._originals(dataset).files if dataset.source == "original" else []

    def spec(self, wildcards: Any) -> str:
        """What table to prepare."""
        return canonical(self._dataset(wildcards))

    def code(self, wildcards: Any) -> str:
        """The code that prepares it, and a digest of a user's own files: others make another table. They are
        no inputs, which Snakemake prints, thousands of them, and whose braces it takes for wildcards.
        """
        dataset = self._dataset(wildcards)
        readers = [registry.resolve(kind, one.name) for kind, one in parts_in("dataset", dataset.reader)]
        code = fingerprint("lea.data.job:prepare", *readers)
        own = self.study.folders.get(dataset.id)
        return f"{code}-{own}" if own else code

    def folder(self, wildcards: Any, output: Any) -> str:
        """Where the original files of a table lie; not tracked."""
        return self._originals(self._dataset(wildcards)).folder

    def memory(self, wildcards: Any, attempt: int) -> int:
        """Megabytes on a cluster."""
        return MEMORY * attempt

    def _dataset(self, wildcards: Any) -> Dataset:
        return named(self._datasets, wildcards.dataset, "data set")

    def _originals(self, dataset: Dataset) -> Originals:
        return Originals("dataset", dataset.origin, self.study.data_folder)


def named(known: Mapping[str, T], name: str, kind: str) -> T:
    """What has this name; an unknown one is answered with those that exist."""
    if name not in known:
        found = f"no {kind} '{name}' in these studies at this scale"
        raise UserError(f"{found}; expected one of {', '.join(known)}")
    return known[name]
