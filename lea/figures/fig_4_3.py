"""Confidence of the first LEA (Eq. 4.4) after some epochs, one seed: 1 where a window is reconstructed
without a loss, 0 in the window of the image with the largest loss. Epoch 0 is the untrained network.
"""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from lea.figures.maps import draw_grid, of_first_lea, picture, written

NEEDS = ("album",)


def table(summaries: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Images, and confidence maps of the first LEA."""
    album = summaries["album"]
    first = of_first_lea(album)
    maps = first[first["kind"] == "confidence"].assign(low=0.0, high=1.0)
    images = album[
        (album["part"] == "network") & (album["epoch"] == album.groupby("label")["epoch"].transform("min"))
    ]
    return written(pd.concat([images, maps]))


def draw(album: pd.DataFrame) -> Figure:
    """A row an image, a column an epoch."""
    maps = album[album["kind"] == "confidence"]
    epochs = sorted(maps["epoch"].unique())
    lines = list(maps[["label", "sample"]].drop_duplicates().itertuples(index=False))
    names = [label.replace(", ", "\n") if sample == 0 else "" for label, sample in lines]
    figure, grid = draw_grid(names, ["image", *(f"epoch {epoch}" for epoch in epochs)], extra=0.5)
    for line, (label, sample) in zip(grid, lines, strict=True):
        rows = album[(album["label"] == label) & (album["sample"] == sample)]
        line[0].imshow(picture(rows[rows["part"] == "network"]), vmin=0, vmax=1)
        for axes, epoch in zip(line[1:], epochs, strict=True):
            drawn = rows[(rows["kind"] == "confidence") & (rows["epoch"] == epoch)]
            shown = axes.imshow(picture(drawn), vmin=0, vmax=1, cmap="viridis")
    figure.colorbar(shown, ax=grid[:, -1], label="confidence", fraction=0.15)
    return figure
