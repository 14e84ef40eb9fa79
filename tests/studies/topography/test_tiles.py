"""Oracle: a model that is off by what its tile says, and what matplotlib was given to draw."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor, nn

from lea.compute.network import Network
from lea.data.tensors import Samples
from lea.errors import UserError
from lea.nn import EncoderDecoder, Normal, TrunkMapsLayout
from lea.nn.encoders.learnt import Learnt
from lea.show.picture import Picture
from lea.studies.topography.figures import tiles
from lea.studies.topography.pictures import show

LOW, HIGH, SIDE, COUNT = -1000.0, 3000.0, 6, 20
WORST = 13


class Off(nn.Module):
    """Each tile comes back higher by a hundredth of its first cell's height above the lowest."""

    def forward(self, x: Tensor) -> Tensor:
        return x + 0.01 * x[:, :, :1, :1]


def samples() -> Samples:
    metres = torch.arange(COUNT)[:, None, None, None] * 10 + torch.arange(SIDE * SIDE).view(1, SIDE, SIDE, 1)
    metres[WORST] += 2000
    return Samples(metres.to(torch.int16), None, (LOW, HIGH))


def taken(model: nn.Module, images: int = 3) -> dict[tuple[str, int | None], Picture]:
    network = Network(model.eval(), precision="float32")
    with torch.no_grad():
        found = list(show(network, samples(), images=images))
    return {(one.kind, one.sample): one for one in found}


def test_tiles_are_shown_in_metres_and_the_worst_is_found() -> None:
    found = taken(Off())
    assert {sample for kind, sample in found if kind == "input"} == {0, 10, 19}
    assert {sample for kind, sample in found if kind.startswith("worst")} == {WORST}
    for (kind, sample), one in found.items():
        expected = samples().values[sample, ..., 0].numpy().astype(float)
        assert (one.low, one.high) == pytest.approx((expected.min(), expected.max()), abs=0.01)
        if "reconstruction" in kind:
            expected = expected + 0.01 * (expected[0, 0] - LOW)
        assert np.allclose(one.values, expected, atol=0.01)


def test_a_code_of_maps_is_shown_as_their_mean() -> None:
    def layout(shape: Any, latent: int) -> TrunkMapsLayout:
        return TrunkMapsLayout(shape, latent, filters=(4,))

    model = EncoderDecoder(
        (1, SIDE, SIDE),
        layout=layout,
        encoder=lambda made: Learnt(made, constant=True),
        prior=Normal,
        latent=36,
    ).eval()
    x, _ = samples().batch(torch.tensor([10]))
    expected = model.encode(x).mean.view(4, 3, 3).mean(0).detach().numpy()
    assert np.allclose(taken(model)["code", 10].values, expected, atol=1e-5)
    assert not any(kind.endswith("code") for kind, _ in taken(Off()))


class MadeUp(Off):
    """What it makes up rises from 0 towards the right, by more from one to the next, up to a share of all."""

    def __init__(self, share: float = 1.0) -> None:
        super().__init__()
        self.share = share

    def sample(self, count: int) -> Tensor:
        steps = torch.arange(1, count + 1)[:, None, None, None] / count
        return self.share * steps * torch.arange(SIDE).expand(count, 1, SIDE, SIDE) / (SIDE - 1)


def made_up(number: int, count: int, share: float = 1.0) -> np.ndarray:
    """In metres."""
    highest = share * (HIGH - LOW) * (number + 1) / count
    return np.tile(np.linspace(LOW, LOW + highest, SIDE), (SIDE, 1))


@pytest.mark.parametrize("count", [1, 3, 6])
def test_what_a_model_makes_up_is_shown_in_metres_with_its_own_range(count: int) -> None:
    found = {key: one for key, one in taken(MadeUp(), count).items() if key[0] == "sample"}
    assert list(found) == [("sample", number) for number in range(count)]
    for (_, number), one in found.items():
        expected = made_up(number, count)
        assert np.allclose(one.values, expected, atol=0.01)
        assert (one.low, one.high) == pytest.approx((expected.min(), expected.max()), abs=0.01)


def test_a_model_that_makes_nothing_up_has_no_such_pictures() -> None:
    assert not any(kind == "sample" for kind, _ in taken(Off()))
    assert {kind for kind, _ in taken(MadeUp())} == {kind for kind, _ in taken(Off())} | {"sample"}


def album(images: int = 2, **models: nn.Module) -> pd.DataFrame:
    """Of two runs, and of others that are given."""
    runs = [
        ("ae", 1, Off()),
        ("ae", 2, Off()),
        ("vae", 2, Off()),
        *((name, 2, one) for name, one in models.items()),
    ]
    rows = [
        {"label": label, "seed": 0, "epoch": epoch, **one.row()}
        for label, epoch, model in runs
        for one in taken(model, images=images).values()
    ]
    return pd.DataFrame(rows)


def test_all_runs_stand_beside_each_tile_with_their_error_in_metres() -> None:
    figure = tiles.draw(tiles.table({"album": album()}))
    *tiles_, bar = figure.axes
    assert len(tiles_) == 2 * 3
    assert [axes.get_title() for axes in tiles_[:3]] == ["tile", "ae", "vae"]
    assert [axes.get_xlabel() for axes in tiles_] == ["", "10 m", "10 m", "", "12 m", "12 m"]
    first = figure.axes[1].images[0]
    assert np.allclose(first.get_array(), np.arange(36).reshape(6, 6) + 10, atol=0.01)
    heights = samples().values[[0, 19]]
    assert first.get_clim() == (min(-1, heights.min()), heights.max())
    assert bar.get_ylabel() == "m"


def test_each_run_has_its_worst_tile_with_the_difference() -> None:
    figure = tiles.draw(tiles.table({"album": album()}, show="worst"), show="worst")
    above, _, middle, _, below, _, _ = figure.axes
    assert [above.get_title(), above.get_xlabel()] == ["ae", "2130 to\n2165 m"]
    assert middle.images[0].get_clim() == (-1, 2165)
    assert below.get_xlabel() == "31 m, up\nto 31 m"
    assert np.allclose(below.images[0].get_array(), 31.3, atol=1.01)


@pytest.mark.parametrize(("images", "shown"), [(2, 2), (4, 4), (6, 4)])
def test_what_is_made_up_stands_below_its_run_in_colours_of_all_heights(images: int, shown: int) -> None:
    pictures = album(images, gan=MadeUp(), mute=MadeUp(0.1))
    figure = tiles.draw(tiles.table({"album": pictures}, show="made up"), show="made up")
    *panels, bar = figure.axes
    assert [axes.get_title() for axes in panels] == ["gan", "mute"] + [""] * 2 * (shown - 1)
    for index, axes in enumerate(panels):
        number, share = index // 2, (1.0, 0.1)[index % 2]
        (image,) = axes.images
        assert np.allclose(image.get_array(), made_up(number, images, share), rtol=1e-3, atol=0.51)
        assert image.get_clim() == (-8000, 5000)
    assert bar.get_ylabel() == "m"


def test_what_is_made_up_is_that_of_the_last_epoch() -> None:
    before, after = (album(gan=MadeUp(share)).query("label == 'gan'") for share in (1.0, 0.5))
    pictures = pd.concat([before.assign(epoch=1), after])
    (first, *_) = tiles.draw(tiles.table({"album": pictures}, show="made up"), show="made up").axes
    assert np.allclose(first.images[0].get_array(), made_up(0, 2, 0.5), rtol=1e-3, atol=0.51)


@pytest.mark.parametrize("what", ["restored", "worst"])
def test_what_is_made_up_is_nothing_restored(what: str) -> None:
    own, others = (tiles.table({"album": one}, show=what) for one in (album(), album(gan=MadeUp())))
    assert set(others["kind"]) == set(own["kind"])
    pd.testing.assert_frame_equal(
        others[others["label"] != "gan"].reset_index(drop=True), own.reset_index(drop=True)
    )


def test_that_no_run_makes_anything_up_is_said() -> None:
    with pytest.raises(
        UserError, match=r"^nothing to draw: no row whose 'kind' is \('sample',\); expected one of "
    ):
        tiles.table({"album": album()}, show="made up")
