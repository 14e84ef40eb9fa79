"""The data sets that runs and figures ask for, from their entries: looked at only when somebody asks."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from lea import registry
from lea.errors import UserError, together
from lea.study.build import Spot
from lea.study.entries import DatasetEntry, Settings
from lea.study.parts import check_libraries, read_part
from lea.study.paths import Paths, at_home
from lea.study.pictures import Listing, list_folder, look
from lea.study.spec import Dataset, Source, innermost

DATASETS = "datasets.yaml"


@dataclass(frozen=True, slots=True)
class Reader:
    """What the parts of the configuration need of one another."""

    folder: Path
    settings: Settings
    entries: Mapping[str, tuple[DatasetEntry, Spot]]
    made: dict[str, Dataset] = field(default_factory=dict)  # many runs ask for the same
    listings: dict[str, Listing] = field(default_factory=dict)  # of data sets from a user's folder

    def dataset(self, name: str, spot: Spot) -> tuple[DatasetEntry, Dataset]:
        """A data set that is asked for at `spot`; one that nobody asks for may be impossible here."""
        if name not in self.entries:
            expected = f"expected one of {', '.join(self.entries)}, or add it to {self.folder / DATASETS}"
            raise spot.error(f"no data set '{name}'; {expected}")
        entry, its_spot = self.entries[name]
        if name not in self.made:
            self.made[name] = made = _dataset(name, entry, self.settings, its_spot)
            if made.source == "folder":
                self.listings[name] = list_folder(made)
        return entry, self.made[name]

    def sizes(self, dataset: Dataset) -> Mapping[str, int]:
        """How many samples each split has if none is asked for; empty if that is not known."""
        listing = self.listings.get(dataset.name)
        if listing:
            return {} if listing.faults else listing.counts
        return sizes(dataset)


def _dataset(name: str, entry: DatasetEntry, settings: Settings, spot: Spot) -> Dataset:
    named = {"name": entry.reader} | {key: at_home(value) for key, value in (entry.options or {}).items()}
    reader = read_part("dataset", named, spot / "reader", option_spot=spot / "options")
    origin = innermost(reader).name
    if entry.target is not None:
        check_target(entry.target, origin, spot / "target")
    sided = registry.constant("dataset", origin, "SIDED", True)
    if sided != (entry.side is not None):
        found = f"found {entry.side}; data set '{origin}' has no side" if not sided else "missing"
        raise (spot / "side").error(f"{found}; {'add it' if sided else 'remove it'}")
    source = _source(origin, settings, spot)
    if source == "original":
        libraries = registry.constant("dataset", origin, "READ_WITH", {})
        check_libraries(f"the original of '{origin}' is read with", libraries, spot / "reader")
    sides = registry.constant("dataset", origin, "SIDES")
    if source == "embedded" and sides and entry.side not in sides:
        raise (spot / "side").error(f"found {entry.side}; expected one of {', '.join(map(str, sides))}")
    dataset = Dataset(
        name=name, reader=reader, source=source, side=entry.side, train=entry.train, test=entry.test
    )
    _enough(dataset, spot)
    return dataset


def _source(reader: str, settings: Settings, spot: Spot) -> Source:
    sources: tuple[Source, ...] = registry.constant("dataset", reader, "SOURCES", ())
    if settings.source in sources:
        return settings.source
    without = not registry.constant("dataset", reader, "ROWS", True)
    genuine = registry.constant("dataset", reader, "GENUINE", False)
    # A user's own pictures have no other source, nor has nothing, nor what stands in for nothing.
    if sources == ("folder",) or without or genuine:
        return sources[0]
    raise (spot / "reader").error(
        f"comes from {' or '.join(sources)}; the study's source is '{settings.source}'"
    )


def _enough(dataset: Dataset, spot: Spot) -> None:
    """Refuse to ask for more pictures than there are."""
    counts = {"train": dataset.train, "test": dataset.test}
    rows = registry.constant("dataset", dataset.origin.name, "ROWS", True)
    endless = rows and not registry.constant("dataset", dataset.origin.name, "WHOLE", False)
    for split, count in counts.items():
        if endless and dataset.source == "embedded" and count is None:
            raise (spot / split).error("missing; embedded samples are made in any number; say how many")
        if not rows and count is not None:
            raise (spot / split).error(f"found {count}; '{dataset.origin.name}' has no samples; remove it")
    published = sizes(dataset)
    available = registry.constant("dataset", dataset.origin.name, "AVAILABLE")
    if available and sum(count or published[split] for split, count in counts.items()) > available:
        found = f"found {dataset.train} and {dataset.test} for test"
        raise (spot / "train").error(f"{found}; expected {available:,} at most in all")
    if dataset.source == "original" and not available:
        for split, count in counts.items():
            if split in published and (count or 0) > published[split]:
                found = f"found {count}; the original has {published[split]:,}"
                raise (spot / split).error(f"{found}; expected no more")


def sizes(dataset: Dataset) -> Mapping[str, int]:
    """How many samples each split of the original has."""
    return registry.constant("dataset", dataset.origin.name, "SIZES") or {}


def no_more(
    split: Literal["train", "test"], asked: str, count: int, dataset: Dataset, reader: Reader, spot: Spot
) -> None:
    """Refuse to ask for more images than a split of a data set has."""
    most = dataset.train if split == "train" else dataset.test
    most = most or reader.sizes(dataset).get(split)
    if most and count > most:
        samples = "training samples" if split == "train" else "test samples"
        found = f"found {asked}; data set '{dataset.name}' has {most} {samples}"
        raise spot.error(f"{found} at scale {reader.settings.scale}; expected no more")


def look_at_folders(readers: Iterable[Reader]) -> dict[str, str]:
    """A digest of the files of each data set from a user's folder, by the data set's id. What is wrong with
    all of them is said at once.
    """
    digests: dict[str, str] = {}
    faults: list[UserError] = []
    listings = [(reader, name, one) for reader in readers for name, one in reader.listings.items()]
    for reader, name, listing in listings:
        dataset, (_, spot) = reader.made[name], reader.entries[name]
        if dataset.id in digests:  # of another study
            continue
        table = Path(Paths(reader.settings.scale).data.format(dataset=dataset.id))
        digests[dataset.id], of_heads = look(listing, table)
        faults += _too_many(dataset, listing.counts, spot)
        faults += ((spot / "options" / "path").error(one) for one in (*listing.faults, *of_heads))
    if faults:
        raise together([str(one) for one in faults])
    return digests


def _too_many(dataset: Dataset, there: Mapping[str, int], spot: Spot) -> Iterator[UserError]:
    for split, count in (("train", dataset.train), ("test", dataset.test)):
        if count and 0 < there.get(split, 0) < count:
            found = f"found {count:,}; the folder has {there[split]:,}"
            yield (spot / split).error(f"{found}; expected no more, or null for all there are")


def check_target(target: str, reader: str, spot: Spot) -> None:
    """Refuse a label that the data set's reader does not give."""
    factors: Mapping[str, object] = registry.constant("dataset", reader, "FACTORS", {})
    if target not in factors:
        raise spot.error(f"found '{target}'; expected a label of '{reader}': {', '.join(factors)}")
