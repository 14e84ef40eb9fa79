"""Windows larger than what they cut: how much of a sample a part sees follows from the configuration.

A part that cuts says so in its source: `CUTS = {"window": "stride"}`, an option that is a side, and the one
that says by how much it moves. It sees the sample; of several in a row (`STACKED = {"lea": 2}` of a model)
each sees what the one before leaves. A part for pictures of one side alone says so, `SIDE = 32`.
"""

from collections.abc import Mapping

from lea import registry
from lea.study.build import Spot
from lea.study.parts import parts_in
from lea.study.spec import Dataset, Part, Run


def check_windows(run: Run, spot: Spot) -> None:
    """Refuse windows larger than what they cut, and pictures of a side that a part does not take, where the
    data set's side is known.
    """
    side = side_of(run.data.table)
    if side is None:
        return
    model, kind = run.model, "model"
    for its_kind, one in parts_in(kind, model):
        only = registry.constant(its_kind, one.name, "SIDE")
        if only and side != only:
            found = f"{its_kind} '{one.name}' on data set '{run.data.table.name}' of {side}x{side}"
            raise spot.error(f"{found}; expected {only}x{only}; choose another of the two, or another side")
    _check(kind, model, 1, side, run.data.table.name, spot)
    stacked: Mapping[str, int] = registry.constant(kind, model.name, "STACKED", {})
    for key, option in registry.options(kind, model.name).items():
        part = model.options.get(key)
        if isinstance(part, Part) and option.kind:
            _check(option.kind, part, stacked.get(key, 1), side, run.data.table.name, spot / key)


def _check(kind: str, part: Part, times: int, side: int, dataset: str, spot: Spot) -> None:
    for window, stride in registry.constant(kind, part.name, "CUTS", {}).items():
        size = part.options.get(window)
        moves = part.options.get(stride) or size
        sees = side
        for number in range(times if isinstance(size, int) else 0):
            assert isinstance(size, int)
            assert isinstance(moves, int)
            if size > sees:
                which = f"the {part.name} number {number + 1} sees" if times > 1 else "it sees"
                found = f"found {size}; {which} {sees}x{sees} of data set '{dataset}' of {side}x{side}"
                raise (spot / window).error(f"{found}; expected {sees} at most")
            sees = -(-sees // moves)


def side_of(dataset: Dataset) -> int | None:
    """The longer side of a data set's pictures; None: nobody says, or they are none."""
    if dataset.side:
        return dataset.side
    shape = dataset.reader.options.get("shape")
    return max(shape[:2]) if isinstance(shape, list | tuple) and len(shape) == 3 else None
