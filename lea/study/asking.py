"""What a stage is given to read what a run asks of it: the run, its data, and the checks that all share."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from lea import registry
from lea.study.build import Spot, build
from lea.study.datasets import Reader, check_target, no_more
from lea.study.entries import DatasetEntry
from lea.study.parts import ReadTrained, read_part
from lea.study.spec import Dataset, Part, Run

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A run that asks something of a stage, and where that is written."""

    run: Run
    entry: DatasetEntry  # of its data set
    spot: Spot  # of the stage's key
    reader: Reader
    trained: ReadTrained

    @property
    def dataset(self) -> Dataset:
        """The run's."""
        return self.run.data.table

    def build(self, kind: type[T], values: Any) -> T:
        """What stands under the key, as a dataclass."""
        return build(kind, values, self.spot)

    def part(self, kind: str, value: Any, spot: Spot) -> Part:
        """A part that it names."""
        return read_part(kind, value, spot, trained=self.trained)

    def parts(self, kind: str, values: Any, *, again: bool = False) -> Iterator[tuple[Part, Spot]]:
        """The parts of a list, whose needs the run's model has. Each is named once; again: may be, with other
        options.
        """
        found = list[object]()
        for value, spot in listed(values, self.spot):
            part = self.part(kind, value, spot)
            one = part if again else part.name
            if one in found:
                raise spot.error(f"found '{part.name}' a second time; expected each once")
            found.append(one)
            check_faces(kind, part, self.run.model, spot)
            check_roles(kind, part, self.run.data.others, spot)
            yield part, spot

    def check_target(self, target: str, spot: Spot) -> None:
        """Refuse a label that the data set does not have."""
        check_target(target, self.dataset.origin.name, spot)

    def check_factors(self, part: Part, spot: Spot) -> None:
        """Refuse labels that a part asks for, by its option `factors`, and the data set does not have."""
        factors = part.options.get("factors", ())
        for factor in factors if isinstance(factors, tuple) else ():
            self.check_target(factor, spot / "factors")

    def no_more(self, split: Literal["train", "test"], asked: str, count: int, spot: Spot) -> None:
        """Refuse to ask for more samples than a split has."""
        data = self.run.data
        there = data.table.train or self.reader.sizes(data.table).get("train")
        if data.split == "fresh" and split == "test" and there:
            left = there - (data.samples or 0) - (data.held_out or 0)
            if count > left:
                found = f"found {asked}; of a fresh split {left} test samples are left"
                raise spot.error(f"{found}; expected no more")
            return
        no_more(split, asked, count, self.dataset, self.reader, spot)


def listed(values: Any, spot: Spot) -> list[tuple[Any, Spot]]:
    """The items of a list, each with its place."""
    if not isinstance(values, list | tuple) or not values:
        raise spot.error(f"found {values!r}; expected a list of names, or of mappings with `name`")
    return [(value, spot / str(index)) for index, value in enumerate(values)]


def check_faces(kind: str, part: Part, model: Part, spot: Spot) -> None:
    """Refuse a part that asks of a model what it has not."""
    its = registry.faces("model", model.name)
    for face in registry.constant(kind, part.name, "NEEDS", ()):
        if face not in its:
            found = f"{kind} '{part.name}' needs `{face}`, and model '{model.name}' has none"
            raise spot.error(f"{found}; choose another of the two")


def check_roles(kind: str, part: Part, others: Mapping[str, object], spot: Spot) -> None:
    """Refuse a further table that a run has not: ROLES of a part says which of its options name some."""
    for key in registry.constant(kind, part.name, "ROLES", ()):
        value: Any = part.options.get(key)
        if value == ():
            raise (spot / key).error("found an empty list; expected further tables of the run; name some")
        for role in [value] if isinstance(value, str) else value or ():
            if role not in others:
                there = ", ".join(others) or "none"
                found = f"found '{role}', and the run's further tables are {there}"
                raise (spot / key).error(f"{found}; expected one of them; name it under `data.others`")
