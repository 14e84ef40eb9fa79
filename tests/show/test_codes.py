"""Oracle: each sample's place is the plane's, among those of its class."""

import numpy as np
import pandas as pd
import torch

from lea.compute.network import Network
from lea.compute.projections import PCA, TSNE, planes_of
from lea.data.tensors import Samples
from lea.figures import codes as figure
from lea.show.codes import show
from tests.measure.test_neighbours import AsItIs, made


def test_places_are_shown_by_class_and_drawn() -> None:
    points, labels = made(0.3)
    samples = Samples(torch.tensor(points, dtype=torch.float32), torch.tensor(labels)[:, None], (0.0, 1.0))
    found = list(show(Network(AsItIs(), precision="float32"), samples, perplexity=20.0))
    wanted = planes_of(points.astype(np.float32).astype(float), 20)
    assert [(one.kind, one.channel) for one in found] == [
        (f"{way} by label", label) for way in (PCA, TSNE) for label in range(4)
    ]
    for one in found:
        its = wanted[one.kind.removesuffix(" by label")][labels == one.channel]
        assert np.array_equal(one.values, its)
    rows = [{"label": "A", "seed": 0, "epoch": 1} | one.row() for one in found]
    album = figure.table({"album": pd.DataFrame(rows)})
    drawn = figure.draw(album, classes=("a", "b", "c", "d"))
    left, right = drawn.axes
    assert [len(axes.collections) for axes in (left, right)] == [4, 4]
    places = np.concatenate([one.get_offsets() for one in left.collections])
    assert len(places) == len(points)
    assert [text.get_text() for text in drawn.legends[0].get_texts()] == ["a", "b", "c", "d"]
