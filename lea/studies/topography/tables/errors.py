"""Errors of the whole data set beside those that the source published (Table 5.1): mean and standard
deviation over the seeds. What was published is in scaled units, and here in metres a cell besides.
"""

import math
from collections.abc import Mapping

import pandas as pd

from lea.data.relief.terrain import Terrain
from lea.errors import UserError

NEEDS = ("means",)
RESPONSES = {
    "total": "whole total error",
    "worst tile": "whole worst tile",
    "metres a cell": "whole root mean square",
    "of test tiles": "tested root mean square",
}
METRES = Terrain.RANGE[1] - Terrain.RANGE[0]  # of a scaled unit, the source's
CELLS = 405_000 * 96**2  # of its data set


def table(
    summaries: Mapping[str, pd.DataFrame], *, published: Mapping[str, tuple[float, float]] | None = None
) -> pd.DataFrame:
    """`published`: the total error and that of the worst tile, by what the runs are called; those that no run
    is called so follow behind.
    """
    means = summaries["means"]
    there, lines = dict(published or {}), []
    wanted = means[means["response"].isin(RESPONSES.values())]
    if wanted.empty:
        raise UserError(f"no run has {', '.join(RESPONSES.values())}; expected the metric `restoration`")
    for label, rows in wanted.groupby("label", sort=False):
        by = rows.set_index("response")
        line: dict[str, object] = {"model": label, "seeds": int(rows["seeds"].max())}
        for name, response in RESPONSES.items():
            if response in by.index:
                mean, deviation = by.loc[response, ["mean", "deviation"]]
                line[name] = round(mean, 2)
                line[f"{name} deviation"] = None if pd.isna(deviation) else round(deviation, 2)
        lines.append(line | _published(there.pop(str(label), None)))
    lines += [{"model": label, **_published(pair)} for label, pair in there.items()]
    return pd.DataFrame(lines).astype({"seeds": "Int64"})


def _published(pair: tuple[float, float] | None) -> dict[str, float]:
    if pair is None:
        return {}
    total, worst = pair
    return {
        "published total": total,
        "published worst tile": worst,
        "published metres a cell": round(METRES * total / math.sqrt(CELLS), 1),
    }
