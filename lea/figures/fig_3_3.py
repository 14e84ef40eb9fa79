"""Test images and what each autoencoder makes of them at the last epoch of which pictures were kept, one
seed. Reconstructions are clipped to the range of the image.
"""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from lea.figures.maps import draw_grid, of_first_lea, picture, written

NEEDS = ("album",)


def table(summaries: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Images and reconstructions after the last epoch of each run."""
    album = summaries["album"]
    last = album["epoch"] == album.groupby("label")["epoch"].transform("max")
    first = of_first_lea(album[last])
    made = first[first["kind"] == "reconstruction"]
    shown = pd.concat([album[last & (album["part"] == "network")], made])
    return written(shown.assign(low=0.0, high=1.0))  # all on the images' scale


def draw(album: pd.DataFrame) -> Figure:
    """A row an image, a column an autoencoder."""
    labels, samples = list(album["label"].unique()), sorted(album["sample"].unique())
    figure, grid = draw_grid([""] * len(samples), ["image", *(label.replace(" ", "\n") for label in labels)])
    for line, sample in zip(grid, samples, strict=True):
        of_sample = album[album["sample"] == sample]
        given = of_sample[(of_sample["label"] == labels[0]) & (of_sample["part"] == "network")]
        line[0].imshow(picture(given), vmin=0, vmax=1)
        for axes, label in zip(line[1:], labels, strict=True):
            made = of_sample[(of_sample["label"] == label) & (of_sample["kind"] == "reconstruction")]
            axes.imshow(picture(made), vmin=0, vmax=1)
    return figure
