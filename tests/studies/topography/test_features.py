"""Oracle: torchvision's own VGG, read by hand; the package's own network; distances in plain loops."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.models import vgg19

from lea.errors import UserError
from lea.measure.extractors.efficientnet_lite0 import EfficientNetLite0
from lea.studies.lea.networks.classic import Classic
from lea.studies.topography.features import vgg
from lea.studies.topography.features.efficientnet import EfficientNet
from lea.studies.topography.features.features import distance, listen
from lea.studies.topography.features.trained import OfTrained
from lea.studies.topography.features.vgg import VGG, Random


def tiles(count: int = 2, side: int = 48) -> Tensor:
    return torch.rand(count, 1, side, side)


def test_vggs_maps_are_torchvisions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the four layers that the source's code names, of a tile that is repeated to three channels."""
    network = vgg19(weights=None)
    file = tmp_path / "vgg" / VGG.FILES[0]
    file.parent.mkdir()
    torch.save(network.state_dict(), file)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    monkeypatch.setattr(vgg, "FILE", replace(vgg.FILE, digest=digest))
    monkeypatch.setenv("LEA_DATA_FOLDER", str(tmp_path))
    x = tiles()
    found = VGG().read(x)
    for number, seen in zip((3, 8, 13, 22), found, strict=True):
        expected = network.features[: number + 1](x.repeat(1, 3, 1, 1))
        assert torch.allclose(seen, expected, atol=1e-5)
    assert [seen.shape[1:] for seen in found] == [(64, 48, 48), (128, 24, 24), (256, 12, 12), (512, 6, 6)]
    assert VGG().weights == (1.0, 0.75, 0.5, 0.5)
    assert (VGG.FOLDER, VGG.FILES[0]) == (vgg.FILE.folder, vgg.FILE.name)


def test_vgg_without_its_weights_says_where_they_belong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEA_DATA_FOLDER", str(tmp_path))
    with pytest.raises(UserError, match=r"vgg/vgg19-dcbb9e9d.pth: no such file; expected VGG's weights"):
        VGG()


def test_a_random_vgg_is_the_same_each_time_and_draws_nothing_from_the_run() -> None:
    x = tiles(1)
    before = torch.get_rng_state()
    first, second = Random().read(x), Random().read(x)
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))
    assert torch.equal(torch.get_rng_state(), before)
    assert not any(one.requires_grad for one in Random().parameters())


def test_an_efficientnets_maps_are_its_own() -> None:
    x, network = tiles(side=64), EfficientNetLite0().network
    mean, deviation = (
        torch.tensor(one)[:, None, None] for one in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    )
    blocks = [network._blocks[number] for number in (0, 2, 4, 10)]
    heard = list[Tensor]()
    for block in blocks:
        block.register_forward_hook(lambda _, __, out: heard.append(out))
    network.extract_features((x.repeat(1, 3, 1, 1) - mean) / deviation)
    found = EfficientNet().read(x)
    assert [one.shape[2] for one in found] == [32, 16, 8, 4]
    assert EfficientNet().weights == (1, 1, 1, 1)
    assert all(torch.allclose(one, other, atol=1e-5) for one, other in zip(found, heard, strict=True))


def test_a_trained_networks_maps_are_those_of_its_convolutions() -> None:
    network = Classic((1, 12, 12), 3, kernels=(4, 5), hidden=6)
    x = tiles(side=12)
    first = F.relu(network.conv1._conv_forward(x, network.conv1.weight, network.conv1.bias))
    found = OfTrained(network=network).read(x)
    assert len(found) == 2
    assert OfTrained(network=network).weights == (1, 1)
    assert torch.allclose(found[0], first, atol=1e-6)
    assert not any(one.requires_grad for one in network.parameters())
    with pytest.raises(UserError, match="no part of it convolves"):
        OfTrained(network=nn.Sequential(nn.Flatten(), nn.Linear(144, 2)))


def test_what_a_layer_gave_is_kept_though_the_next_writes_into_it() -> None:
    network = nn.Sequential(nn.Linear(3, 3), nn.ReLU(inplace=True))
    x = torch.randn(50, 3)
    assert torch.equal(listen(network, [network[0]], x)[0], network[0](x))


def test_a_distance_is_the_weighted_sum_over_maps() -> None:
    x, restored = tiles(), tiles().requires_grad_()
    features = Random()
    expected = torch.zeros(2)
    for weight, r, v in zip((1.0, 0.75, 0.5, 0.5), features.read(restored), features.read(x), strict=True):
        for tile in range(2):
            expected[tile] += weight * ((r[tile] - v[tile]) ** 2 + 1e-10).sqrt().sum()
    found = distance(features, restored, x)
    assert torch.allclose(found, expected, rtol=1e-5)
    found.sum().backward()
    assert restored.grad is not None
    assert restored.grad.abs().sum() > 0
