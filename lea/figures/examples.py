"""Example images of each data set: the first of its test images, which stand in a fixed random order."""

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lea.figures.pages import WIDTH

NEEDS = ("examples",)


def table(summaries: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The examples, their pixels written as hexadecimal digits, row by row."""
    examples = summaries["examples"]
    return examples.assign(pixels=[bytes(pixels).hex() for pixels in examples["pixels"]])


def draw(examples: pd.DataFrame) -> Figure:
    """A square block of images a data set."""
    groups = list(examples.groupby("dataset", sort=False))
    figure = Figure(figsize=(WIDTH, WIDTH / max(len(groups), 3) + 0.25))
    blocks = figure.subfigures(1, len(groups), squeeze=False).flat
    side = math.ceil(math.sqrt(examples["dataset"].value_counts().max()))
    for block, (title, rows) in zip(blocks, groups, strict=True):
        block.suptitle(title.replace(" (", "\n("))
        grid = block.subplots(side, side, squeeze=False).ravel()
        for axes in grid:
            axes.set_axis_off()
        for axes, (_, row) in zip(grid, rows.iterrows(), strict=False):  # a tiny data set has fewer
            axes.imshow(_picture(row), vmin=0, vmax=255)
    return figure


def _picture(row: pd.Series) -> np.ndarray:
    """(h, w, c), or (h, w) if grey."""
    pixels = np.frombuffer(bytes.fromhex(row["pixels"]), np.uint8)
    return pixels.reshape(row["height"], row["width"], row["channels"]).squeeze()
