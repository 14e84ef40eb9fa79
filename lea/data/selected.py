"""Some classes of another data set: without one it is learnt from, and that one alone holds outliers.

Two entries make such a pair, `without: ["7"]` and `only: ["7"]`. The classes that are kept are numbered anew,
in their order. A class has a name, which is text, and a number from 0, which is the same where an original
and the pictures that stand in for it call it otherwise.
"""

import numpy as np

from lea.data.around import Around, Read
from lea.data.arrays import Arrays, MakeDataset, Split
from lea.errors import UserError
from lea.study.spec import Source

RAREST = 1000  # of so many samples made here one at least is of a class, or it is taken for absent


class Selected(Around):
    """The samples of the data set `of` whose `label` is one of `only`, or none of `without`."""

    def __init__(
        self,
        *,
        of: MakeDataset,
        label: str = "label",
        only: tuple[str | int, ...] = (),
        without: tuple[str | int, ...] = (),
    ) -> None:
        super().__init__(of)
        if bool(only) == bool(without):
            found = "both" if only else "neither"
            raise UserError(
                f"only, without: found {found}; expected one of them, with names or numbers of classes"
            )
        if label in getattr(self.inner, "ORDERED", {}):
            raise UserError(
                f"label: '{label}' counts steps, which are not to be numbered anew; choose another label"
            )
        self.label, self.only, self.without = label, only, without

    def names(self, source: Source) -> dict[str, tuple[str, ...]]:
        """As the other's, but for the classes that are kept."""
        names = self.inner.names(source)
        return names | {self.label: tuple(names[self.label][number] for number in self._kept(source))}

    def _changed(self, source: Source, split: Split, count: int | None, read: Read) -> Arrays:
        kept = self._kept(source)
        if count is None or source != "embedded" or getattr(self, "WHOLE", False):
            found = self._of(read(None), kept)
            return found.take(np.arange(len(found))[:count])
        most = count
        while (there := len(found := self._of(read(most), kept))) < count:
            if most >= RAREST * count:
                few = f"{there} samples of these classes among {most:,}"
                raise UserError(f"{self.label}: found {few}; expected {count}; choose others")
            most = -(-most * count // there) if there else 2 * most
        return found.take(np.arange(count))

    def _of(self, samples: Arrays, kept: list[int]) -> Arrays:
        found = samples.take(np.flatnonzero(np.isin(samples.labels[self.label], kept)))
        numbers = np.searchsorted(kept, found.labels[self.label]).astype(np.int32)
        return Arrays(found.values, found.labels | {self.label: numbers})

    def _kept(self, source: Source) -> list[int]:
        """The other's numbers of the classes that are kept."""
        names = self.inner.names(source)
        if self.label not in names:
            raise UserError(f"label: found '{self.label}'; expected one of {', '.join(names) or 'none'}")
        called = names[self.label]
        given = {self._number(one, called) for one in self.only or self.without}
        kept = [number for number in range(len(called)) if (number in given) == bool(self.only)]
        if not kept:
            raise UserError(f"without: found all classes of '{self.label}'; expected fewer; leave some")
        return kept

    def _number(self, given: str | int, called: tuple[str, ...]) -> int:
        if given in called:
            return called.index(str(given))
        if isinstance(given, str) or not 0 <= given < len(called):
            expected = f"expected some of {', '.join(called)}, or numbers from 0 to {len(called) - 1}"
            raise UserError(f"{self.label}: no class {given!r}; {expected}")
        return given
