"""What a tsunami came to at some gauges: mean and standard deviation over the seeds, a line a run, tsunami
and gauge.
"""

from collections.abc import Mapping

import pandas as pd

from lea.figures.selection import chosen
from lea.studies.topography.waves import with_floor

NEEDS = ("waves",)
FLOOR = "sea floor off (m)"


def table(
    summaries: Mapping[str, pd.DataFrame],
    *,
    gauges: tuple[str, ...],
    metrics: tuple[str, ...],
    where: Mapping[str, object] | None = None,
) -> pd.DataFrame:
    """`metrics`: which, in this order."""
    rows = chosen(with_floor(summaries["waves"]), {"gauge": list(gauges), **(where or {})})
    lines = []
    for key, line in rows.groupby(["label", "tsunami", "gauge"], sort=False):
        found: dict[str, object] = dict(zip(("label", "tsunami", "gauge"), key, strict=True))
        found |= {
            "seeds": line["seed"].nunique(),
            FLOOR: round(line.groupby("seed")["floor"].first().mean(), 1),
        }
        for metric in metrics:
            values = line[line["metric"] == metric]["value"].dropna()
            found[f"{metric} mean"] = round(values.mean(), 2) if len(values) else None
            found[f"{metric} deviation"] = round(values.std(), 2) if len(values) > 1 else None
        lines.append(found)
    return pd.DataFrame(lines)
