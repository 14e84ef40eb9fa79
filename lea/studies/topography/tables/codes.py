"""How sure is a wave, if relief is known by its codes alone? Of codes drawn about the region's own: the crest
of the first wave at some gauges, its spread within a seed, and how many simulations tell the mean crest to a
part of it. Numbers are means over the seeds, of the draws whose wave comes.
"""

import math
from collections.abc import Mapping

import pandas as pd
from scipy.stats import norm

from lea.errors import UserError
from lea.figures.selection import chosen

NEEDS = ("waves",)
LIMITS = {"part": (1e-6, 1)}
LEVEL, TAIL = 0.95, 0.05


def table(
    summaries: Mapping[str, pd.DataFrame], *, gauges: tuple[str, ...], part: float = 0.01
) -> pd.DataFrame:
    """`part`: of the mean crest, half of the 95 % interval's width."""
    rows = chosen(summaries["waves"], {"gauge": list(gauges)})
    drawn = rows[rows["draw"].notna()]
    if drawn.empty:
        raise UserError("no codes were drawn; expected a tsunami with `draws`")
    wide = (
        drawn.pivot_table(
            index=["label", "tsunami", "gauge", "seed", "draw"], columns="metric", values="value", sort=False
        )
        .reindex(columns=["crest", "arrival"])
        .reset_index()
    )
    lines = []
    for key, draws in wide.groupby(["label", "tsunami", "gauge"], sort=False):
        come = draws[draws["crest"] > 0]
        crest, arrival = (come.groupby("seed")[name] for name in ("crest", "arrival"))
        mean, spread = crest.mean().mean(), crest.std().mean()
        lines.append(
            {
                **dict(zip(("label", "tsunami", "gauge"), key, strict=True)),
                "seeds": draws["seed"].nunique(),
                "draws of each": len(draws) // draws["seed"].nunique(),
                "without a wave": len(draws) - len(come),
                "crest (m)": round(mean, 4),
                "deviation (m)": round(spread, 4),
                "low (m)": round(crest.quantile(TAIL).mean(), 4),
                "high (m)": round(crest.quantile(1 - TAIL).mean(), 4),
                "arrival (s)": round(arrival.mean().mean(), 2),
                "its deviation (s)": round(arrival.std().mean(), 2),
                f"simulations for {100 * part:g} %": simulations(spread, part * mean),
            }
        )
    return pd.DataFrame(lines)


def simulations(deviation: float, half: float) -> int | None:
    """How many draws of this deviation have a mean whose 95 % interval reaches so far either way."""
    if not (half > 0 and deviation >= 0):
        return None
    return max(2, math.ceil((norm.isf((1 - LEVEL) / 2) * deviation / half) ** 2))
