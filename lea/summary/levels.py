"""The levels at each gauge over time: of a run's tsunami the median over its seeds and their range; of codes
that were drawn the median, and the range in which nine of ten of a seed lie, each the mean over the seeds.
What was recorded at a gauge is the run `recorded`.
"""

from collections.abc import Iterator

import pandas as pd
import pyarrow as pa

from lea.data.measured import is_shipped, path_of, read_numbers
from lea.summary.tables import Inputs, by_run

NEEDS = ("gauges",)
COLUMNS = {
    "tsunami": "string",
    "gauge": "string",
    "seconds": "float64",
    "count": "int32",  # of series behind it
    "level": "float64",  # metres; of draws their median, which is not a series that any of them has
    "low": "float64",  # the least over seeds; of draws a twentieth lie below
    "high": "float64",
    "drawn": "bool",
}
TAIL = 0.05
RECORDED = "recorded"
POINT = ["tsunami", "gauge", "seconds"]


def summarise(inputs: Inputs) -> pa.Table:
    """One row a run, tsunami, gauge and moment."""
    rows: list[dict[str, object]] = []
    gauges, end = dict[str, None](), 0.0
    for run in by_run(inputs, "gauges", some=True):
        gauges |= dict.fromkeys(run.frame["gauge"].unique())
        end = max(end, run.frame["seconds"].max())
        rows += [{**run.facts, **row} for row in _levels(run.frame)]
    facts = dict.fromkeys(inputs.facts) | {"label": RECORDED, "run": ""}
    rows += [facts | row for gauge in gauges for row in _recorded(gauge, end)]
    return inputs.table_of_runs(rows, COLUMNS)


def _levels(frame: pd.DataFrame) -> Iterator[dict[str, object]]:
    drawn = frame["draw"].notna()
    own = frame[~drawn].groupby(POINT, sort=False)["level"]
    found = own.agg(count="size", level="median", low="min", high="max").assign(drawn=False)
    yield from found.reset_index().to_dict("records")
    if drawn.any():
        of_seed = frame[drawn].groupby([*POINT, "seed"], sort=False)["level"]
        parts = {"level": 0.5, "low": TAIL, "high": 1 - TAIL}
        quantiles = pd.DataFrame({name: of_seed.quantile(part) for name, part in parts.items()})
        found = quantiles.groupby(POINT, sort=False).mean()
        found["count"] = of_seed.size().groupby(POINT, sort=False).sum()
        yield from found.assign(drawn=True).reset_index().to_dict("records")


def _recorded(gauge: str, end: float) -> Iterator[dict[str, object]]:
    """What a shipped table says that this gauge recorded until then, if one does."""
    if not is_shipped(f"record-{gauge}"):
        return
    for row in read_numbers(path_of(f"record-{gauge}"), ("seconds", "metres")):
        if row["seconds"] <= end:
            level = row["metres"]
            values = {"count": 1, "level": level, "low": level, "high": level, "drawn": False}
            yield {"tsunami": RECORDED, "gauge": gauge, "seconds": row["seconds"], **values}
