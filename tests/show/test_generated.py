"""Oracle: a model that writes on its images what it made them of."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lea.compute.network import Network
from lea.data.tensors import Samples
from lea.nn import EncoderDecoder, FCLayout, Learnt, Normal
from lea.show.generated import show

SIDE = 8


class Marked(nn.Module):
    """Reconstructions are darker, samples are numbered, interpolations grow."""

    def forward(self, x: Tensor) -> Tensor:
        return x / 2

    def sample(self, count: int) -> Tensor:
        return torch.linspace(-1, 2, count).view(-1, 1, 1, 1).expand(count, 3, SIDE, SIDE)

    def interpolate(self, count: int, steps: int) -> Tensor:
        share = torch.linspace(0, 1, steps + 1).view(1, -1, 1, 1, 1)
        return share.expand(count, steps + 1, 3, SIDE, SIDE) / torch.arange(1, count + 1).view(-1, 1, 1, 1, 1)


def samples(count: int, channels: int = 3) -> Samples:
    pixels = torch.rand(count, SIDE, SIDE, channels)
    return Samples(pixels, torch.zeros(count, dtype=torch.int64), (0.0, 1.0))


def taken(
    model: nn.Module, of: Samples, **options: Any
) -> dict[tuple[str, int | None, int | None], np.ndarray]:
    with torch.no_grad():
        pictures = list(show(Network(model.eval(), precision="float32"), of, **options))
    assert {(one.part, one.low, one.high) for one in pictures} == {("network", 0, 1)}
    found = {(one.kind, one.sample, one.channel): one.values for one in pictures}
    assert len(found) == len(pictures)
    return found


def test_each_kind_has_as_many_pictures_as_were_asked_for_a_plane_a_channel() -> None:
    found = taken(Marked(), samples(9), images=4, made=5, paths=2, steps=3)
    counts = {"input": 4, "reconstruction": 4, "sample": 5, "interpolation": 2 * 4}
    for kind, count in counts.items():
        expected = {(sample, channel) for sample in range(count) for channel in range(3)}
        assert {key[1:] for key in found if key[0] == kind} == expected


def test_a_reconstruction_is_of_the_image_of_its_number() -> None:
    of = samples(6)
    found = taken(Marked(), of, images=6)
    for sample in range(6):
        for channel in range(3):
            given = of.values[sample, ..., channel].numpy()
            assert np.array_equal(found["input", sample, channel], given)
            assert np.allclose(found["reconstruction", sample, channel], given / 2)


def test_samples_are_clipped_and_paths_follow_on_one_another() -> None:
    found = taken(Marked(), samples(9), made=4, paths=2, steps=2)
    assert [found["sample", number, 0][0, 0] for number in range(4)] == [0, 0, 1, 1]
    assert [found["interpolation", number, 0][0, 0] for number in range(6)] == [0, 0.5, 1, 0, 0.25, 0.5]


def test_a_real_model_shows_the_ends_of_a_path_as_samples_of_its_prior() -> None:
    torch.manual_seed(3)
    model = EncoderDecoder((1, SIDE, SIDE), layout=FCLayout, encoder=Learnt, prior=Normal).eval()
    with torch.no_grad():
        torch.manual_seed(4)
        walked = model.interpolate(5, 4)
        torch.manual_seed(4)
        first, second = model.decode(model.prior.sample(5)), model.decode(model.prior.sample(5))
    assert torch.allclose(walked[:, 0], first, atol=1e-6)
    assert torch.allclose(walked[:, -1], second, atol=1e-6)
    assert len(taken(model, samples(8, 1))) == 8 + 8 + 64 + 4 * 7
