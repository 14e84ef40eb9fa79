"""The levels at each gauge over time: of a run's tsunami the median over its seeds, of codes that were drawn
the range in which nine of ten lie; and what was recorded there, as the run `recorded`.
"""

from collections.abc import Iterator

import pandas as pd
import pyarrow as pa

from lea.data.measured import is_shipped, path_of, read_numbers
from lea.summary.tables import Inputs, by_run

NEEDS = ("gauges",)
LIMITS = {"every": (0, 100_000)}
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


def summarise(inputs: Inputs, *, every: float = 0.0) -> pa.Table:
    """One row a run, tsunami, gauge and moment; `every`: seconds between two, at least."""
    rows: list[dict[str, object]] = []
    gauges, end = dict[str, None](), 0.0
    for run in by_run(inputs, "gauges", some=True):
        frame = run.frame
        if every:
            frame = frame[frame["seconds"] % every == 0]
        gauges |= dict.fromkeys(frame["gauge"])
        end = max(end, frame["seconds"].max())
        rows += [dict(run.facts) | row for row in _levels(frame)]
    facts = dict.fromkeys(inputs.facts) | {"label": RECORDED, "run": ""}
    rows += [facts | row for gauge in gauges for row in _recorded(gauge, end)]
    return inputs.table_of_runs(rows, COLUMNS)


def _levels(frame: pd.DataFrame) -> Iterator[dict[str, object]]:
    drawn = frame["draw"].notna()
    for of_draws, rows in ((False, frame[~drawn]), (True, frame[drawn])):
        for key, levels in rows.groupby(["tsunami", "gauge", "seconds"], sort=False)["level"]:
            low, high = (TAIL, 1 - TAIL) if of_draws else (0.0, 1.0)
            yield {
                **dict(zip(("tsunami", "gauge", "seconds"), key, strict=True)),
                "count": len(levels),
                "level": float(levels.median()),
                "low": float(levels.quantile(low)),
                "high": float(levels.quantile(high)),
                "drawn": of_draws,
            }


def _recorded(gauge: str, end: float) -> Iterator[dict[str, object]]:
    """What a shipped table says that this gauge recorded until then, if one does."""
    if not is_shipped(f"record-{gauge}"):
        return
    for row in read_numbers(path_of(f"record-{gauge}"), ("seconds", "metres")):
        if row["seconds"] <= end:
            level = row["metres"]
            values = {"count": 1, "level": level, "low": level, "high": level, "drawn": False}
            yield {"tsunami": RECORDED, "gauge": gauge, "seconds": row["seconds"], **values}
