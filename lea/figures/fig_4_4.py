"""Code maps of the first LEA at the last epoch of which pictures were kept, one seed: each code of each
window as a grey value, from the least of its map (black) to the largest (white).
"""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from lea.figures.maps import draw_code, draw_grid, of_first_lea, picture, written

NEEDS = ("album",)


def table(summaries: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Images, and code maps of the first LEA, after the last epoch."""
    album = summaries["album"]
    album = album[album["epoch"] == album.groupby("label")["epoch"].transform("max")]
    first = of_first_lea(album)
    return written(pd.concat([album[album["part"] == "network"], first[first["kind"] == "code"]]))


def draw(album: pd.DataFrame) -> Figure:
    """A row an image, a column a code."""
    codes = album[album["kind"] == "code"]
    channels = sorted(codes["channel"].unique())
    lines = list(codes[["label", "sample"]].drop_duplicates().itertuples(index=False))
    several = codes["label"].nunique() > 1
    names = [label if several and sample == 0 else "" for label, sample in lines]
    figure, grid = draw_grid(names, ["image", *(f"code {channel + 1:.0f}" for channel in channels)])
    for line, (label, sample) in zip(grid, lines, strict=True):
        rows = album[(album["label"] == label) & (album["sample"] == sample)]
        line[0].imshow(picture(rows[rows["part"] == "network"]), vmin=0, vmax=1)
        for axes, channel in zip(line[1:], channels, strict=True):
            draw_code(axes, rows[(rows["kind"] == "code") & (rows["channel"] == channel)])
    return figure
