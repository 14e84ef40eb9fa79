"""Test loss, accuracy and calibration after the last epoch against the number of training samples. Rise: the
test loss less the lowest that it had; overconfidence: how sure the network is of its answers, on average,
less how often they are right; calibration error: the expected one over 15 bins of confidence. Points are
medians over the seeds, bars their 95 % bootstrap intervals. Below: by what the network with LEAs differs.
"""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from lea.figures.curves import draw_legend
from lea.figures.points import draw_points, ends_and_differences, number_axis

NEEDS = ("endings", "contrasts")
METRICS = {
    "loss": "test cross entropy",
    "rise": "its rise",
    "accuracy": "test accuracy",
    "overconfidence": "overconfidence",
    "calibration_error": "calibration error",
}


def table(summaries: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The test values after the last epoch, and their differences."""
    return ends_and_differences(summaries, METRICS)


def draw(values: pd.DataFrame) -> Figure:
    """A column a metric: values above, differences below."""
    figure = Figure(figsize=(7.6, 3.8))
    grid = figure.subplots(2, len(METRICS), sharex=True)
    for (above, below), (metric, label) in zip(grid.T, METRICS.items(), strict=True):
        of_metric = values[values["metric"] == metric]
        measured = of_metric[of_metric["baseline"].isna()]
        for index, (network, rows) in enumerate(measured.groupby("network", sort=False)):
            draw_points(above, rows, x="samples", label=network, color=f"C{index}")
        below.axhline(0, color="black", lw=0.8)
        differences = of_metric[of_metric["baseline"].notna()]
        draw_points(below, differences, x="samples", y="difference", color=f"C{index}")
        above.set_title(label)
        number_axis(below, of_metric["samples"], "samples")
        below.tick_params("x", rotation=60)
    grid[1, 0].set_ylabel("difference")
    draw_legend(figure)
    return figure
