"""Oracle: windows cut and put together by loops, and NumPy's histograms."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lea.compute.network import Network
from lea.data.tensors import Samples
from lea.show.picture import Picture
from lea.studies.lea.pictures import show
from tests.studies.lea.making import (
    HEIGHT,
    KERNELS,
    LENGTH,
    SIZE,
    STRIDE,
    WIDTH,
    every_kind,
    make_network,
    places,
)


def samples(count: int = 7) -> Samples:
    generator = torch.Generator().manual_seed(2)
    pixels = torch.randint(0, 256, (count, HEIGHT, WIDTH, 3), generator=generator).byte()
    return Samples(pixels, None, (0.0, 255.0))


def taken(model: nn.Module, images: int = 3, count: int = 7) -> list[Picture]:
    with torch.no_grad():
        return list(show(Network(model.eval(), precision="float32"), samples(count), images=images))


def maps(pictures: list[Picture], part: str, kind: str) -> dict[tuple[int | None, int | None], np.ndarray]:
    return {(one.sample, one.channel): one.values for one in pictures if (one.part, one.kind) == (part, kind)}


def given_to(model: nn.Module, part: str) -> Tensor:
    """(b, c, h, w), what a LEA is given of all samples in evaluation."""
    seen: list[Tensor] = []
    handle = model.get_submodule(part).register_forward_hook(
        lambda module, inputs, output: seen.append(inputs[0])
    )
    with torch.no_grad():
        model.eval()(samples().values.movedim(-1, 1) / 255)
    handle.remove()
    return seen[0]


def remade(model: nn.Module, part: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Of all samples, window by window: input, reconstruction put together, losses, codes."""
    x = given_to(model, part)
    autoencoder = model.get_submodule(part).autoencoder
    (rows, top, bottom), (columns, left, right) = (places(side) for side in x.shape[-2:])
    padded = F.pad(x, (left, right, top, bottom))
    total, times = torch.zeros_like(padded), torch.zeros_like(padded)
    losses, codes = torch.zeros(len(x), rows, columns), torch.zeros(len(x), LENGTH, rows, columns)
    for row, column in product(range(rows), range(columns)):
        here = (..., slice(row * STRIDE, row * STRIDE + SIZE), slice(column * STRIDE, column * STRIDE + SIZE))
        with torch.no_grad():
            z = autoencoder.encode(padded[here]).z
            r = autoencoder.decode(z)
        total[here] += r
        times[here] += 1
        losses[:, row, column] = (r - padded[here]).square().sum((1, 2, 3))
        codes[:, :, row, column] = z
    inside = (..., slice(top, top + x.shape[-2]), slice(left, left + x.shape[-1]))
    return x.numpy(), (total / times)[inside].numpy(), losses.numpy(), codes.numpy()


every_part = pytest.mark.parametrize("part", ["lea1", "lea2"])


def test_there_is_a_picture_of_each_channel_of_each_kind_and_two_histograms_a_lea() -> None:
    pictures = taken(make_network())
    expected = [("network", "input", sample, channel) for sample in range(3) for channel in range(3)]
    for part, channels in zip(("lea1", "lea2"), KERNELS, strict=True):
        kinds = {"input": channels, "reconstruction": channels, "code": LENGTH, "confidence": 1}
        expected += [
            (part, k, sample, i) for k, count in kinds.items() for sample in range(3) for i in range(count)
        ]
        expected += [(part, f"{kind} histogram", None, None) for kind in ("input", "reconstruction")]
    found = [(one.part, one.kind, one.sample, one.channel) for one in pictures]
    assert len(found) == len(set(found))
    assert set(found) == set(expected)


def test_the_networks_input_is_the_samples_pixels() -> None:
    for (sample, channel), values in maps(taken(make_network()), "network", "input").items():
        assert np.array_equal(
            values, np.float32(samples().values[sample, :, :, channel].numpy()) / np.float32(255)
        )
    limits = {(one.low, one.high) for one in taken(make_network()) if one.part == "network"}
    assert limits == {(0, 1)}


@every_part
@every_kind
def test_inputs_and_reconstructions_are_windows_put_together_clipped_to_the_inputs_range(
    kind: str, part: str
) -> None:
    model = make_network(kind)
    pictures = taken(model)
    x, r, _, _ = remade(model, part)
    for (sample, channel), values in maps(pictures, part, "input").items():
        assert np.allclose(values, x[sample, channel], rtol=0, atol=1e-6)
    for (sample, channel), values in maps(pictures, part, "reconstruction").items():
        expected = r[sample, channel].clip(x[sample].min(), x[sample].max())
        assert np.allclose(values, expected, rtol=0, atol=1e-6)
    assert any((r[sample] < x[sample].min()).any() for sample in range(3)), "something is there to clip"
    for one in (one for one in pictures if one.part == part and one.sample is not None):
        assert (one.low, one.high) == pytest.approx((x[one.sample].min(), x[one.sample].max()), abs=1e-6)


@every_part
@every_kind
def test_code_maps_are_each_windows_code_in_its_place(kind: str, part: str) -> None:
    model = make_network(kind)
    found, codes = maps(taken(model), part, "code"), remade(model, part)[3]
    assert len(found) == 3 * LENGTH
    for (sample, channel), values in found.items():
        assert np.allclose(values, codes[sample, channel], rtol=0, atol=1e-6)


@every_part
@every_kind
def test_confidence_is_1_less_each_windows_share_of_its_images_largest_loss(kind: str, part: str) -> None:
    model = make_network(kind)
    found, losses = maps(taken(model), part, "confidence"), remade(model, part)[2]
    for (sample, _), values in found.items():
        assert np.allclose(values, 1 - losses[sample] / losses[sample].max(), rtol=0, atol=1e-5)
        assert values.min() == 0
        assert 0 < values.max() <= 1


@every_part
@pytest.mark.parametrize("images", [1, 7])
def test_histograms_are_numpys_of_all_samples_over_the_common_range(part: str, images: int) -> None:
    model = make_network("ae")
    x, r, _, _ = remade(model, part)
    limits = min(x.min(), r.min()), max(x.max(), r.max())
    pictures = [one for one in taken(model, images) if one.part == part and one.sample is None]
    for one, values in zip(pictures, (x, r), strict=True):
        counts = np.histogram(values, 64, limits)[0]
        assert one.values.shape == (1, 64)
        assert one.values.sum() == pytest.approx(1, abs=1e-6)
        assert np.allclose(one.values[0], counts / values.size, rtol=0, atol=2.5 / values.size)
        assert (one.low, one.high) == pytest.approx(limits, abs=1e-6)


@every_kind
def test_nothing_is_random_and_nobodys_random_numbers_are_drawn(kind: str) -> None:
    model, state = make_network(kind), torch.random.get_rng_state()
    state = torch.random.get_rng_state()
    first = taken(model)
    assert torch.equal(torch.random.get_rng_state(), state)
    torch.manual_seed(99)
    for one, other in zip(first, taken(model), strict=True):
        assert np.array_equal(one.values, other.values)
        assert replace(one, values=other.values) == other


def test_pictures_leave_nothing_behind() -> None:
    model = make_network()
    before = {name: one.clone() for name, one in model.state_dict().items()}
    taken(model)
    assert all(torch.equal(one, before[name]) for name, one in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())
    model(torch.rand(2, 3, HEIGHT, WIDTH))
    with pytest.raises(RuntimeError, match="no losses"):
        model.lea1.examine()


def test_fewer_samples_than_images_are_all_pictured() -> None:
    pictures = taken(make_network(), images=9, count=2)
    assert {one.sample for one in pictures if one.kind == "confidence"} == {0, 1}
