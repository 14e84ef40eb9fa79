"""Oracle: the same network as others run it (torchmetrics' Inception), pictures of which it is known what
they show, and a small network in the place of the large one.
"""

import hashlib
import io
import os
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torch_fidelity
from sklearn.datasets import load_sample_images
from torch import Tensor, nn
from torchmetrics.image.fid import NoTrainInceptionV3

from lea.data.job import fetch
from lea.errors import UserError
from lea.measure.distances import Points, frechet_distance, kernel_distance
from lea.measure.extractors import inception
from lea.measure.extractors.efficientnet_lite0 import EfficientNetLite0
from lea.measure.extractors.inception import Inception
from lea.measure.feature_distances import measure
from tests.measure.test_samples import DATA, SIDE, TEST, TRAIN, Maker, halves


class Small(nn.Module):
    """In the place of Inception: as it is made and asked; its features are the colours' means and squares."""

    def __init__(self, name: str, features: list[str], weights: str) -> None:
        super().__init__()
        assert features == ["2048"]
        self.scale = nn.Parameter(torch.load(weights, weights_only=True)["scale"], requires_grad=False)

    def forward(self, x: Tensor) -> tuple[Tensor]:
        assert x.dtype == torch.uint8
        assert x.shape[1] == 3
        means = x.float().mean((2, 3))
        return (self.scale * torch.cat([means, means.square()], 1),)


def published(folder: Path, content: object, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a file that is taken for the published one."""
    file = folder / "inception" / Inception.FILES[0]
    file.parent.mkdir()
    torch.save(content, file)
    changed(monkeypatch, digest=hashlib.sha256(file.read_bytes()).hexdigest()[:8])
    monkeypatch.setenv("LEA_DATA_FOLDER", str(folder))
    return file


def changed(monkeypatch: pytest.MonkeyPatch, **what: str) -> None:
    """Say something else of the published file."""
    monkeypatch.setattr(inception, "WEIGHTS", replace(inception.WEIGHTS, **what))


def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Inception:
    monkeypatch.setattr(torch_fidelity, "FeatureExtractorInceptionV3", Small)
    published(tmp_path, {"scale": torch.tensor([0.5])}, monkeypatch)
    return Inception()


def test_the_features_are_those_that_torchmetrics_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole network, with weights that were drawn: coloured images and grey ones, of 32 pixels and 40."""

    class Drawn(torch_fidelity.FeatureExtractorInceptionV3):
        def load_state_dict(self, *_: object) -> None:
            """Weights with which values neither vanish nor grow from layer to layer."""
            for module in self.modules():
                if isinstance(module, nn.Conv2d):
                    nn.init.kaiming_normal_(module.weight)

    nothing = io.BytesIO()
    torch.save({}, nothing)
    nothing.seek(0)
    torch.manual_seed(3)
    file = published(tmp_path, Drawn("drawn", ["2048"], nothing).state_dict(), monkeypatch)
    ours, theirs = Inception(), NoTrainInceptionV3("theirs", ["2048"], str(file))
    theirs.use_antialias = False  # as TensorFlow 1, and the published FID
    for images in (torch.rand(2, 3, 32, 32), torch.rand(2, 1, 40, 40)):
        whole = (255 * images).round().to(torch.uint8).expand(-1, 3, -1, -1)
        found, expected = ours.read(images), theirs(whole)
        assert found.shape == (2, 2048)
        size = found.abs().mean()
        assert (found - expected).abs().max() < 1e-3 * size
        others = (
            images.flip(0),
            images.flip(3),
            1 - images,
            images.roll(1, 1) if images.shape[1] == 3 else images**2,
        )
        assert all((found - ours.read(other)).abs().max() > 1e-2 * size for other in others)


@torch.no_grad()
def test_the_fid_is_the_frechet_distance_on_its_features(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = small(tmp_path, monkeypatch)
    made = 0.7 * halves(TEST)
    taken = measure(Maker(lambda count: made[:count]).eval(), DATA, torch.Generator(), extractor=lambda: read)
    found = {(one.part, one.metric): one.value for one in taken}
    assert set(found) == {(part, of) for part in ("samples", "floor", "ceiling") for of in ("FID", "KID")}
    rows = torch.randperm(TRAIN, generator=torch.Generator())[:TEST]
    train, seen = (Points(read.read(one)) for one in (DATA.train.batch(rows)[0], made))
    assert found["samples", "FID"] == pytest.approx(frechet_distance(train, seen), rel=1e-6)
    assert found["samples", "KID"] == pytest.approx(kernel_distance(train, seen), rel=1e-6)
    assert found["floor", "FID"] < min(found["samples", "FID"], found["ceiling", "FID"])


def test_values_are_rounded_to_eight_bits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = small(tmp_path, monkeypatch)
    near = torch.full((1, 1, SIDE, SIDE), 99.6 / 255)
    assert read.read(near)[0].tolist() == [50.0] * 3 + [5000.0] * 3


def test_other_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    published(tmp_path, {"scale": torch.ones(1)}, monkeypatch)
    changed(monkeypatch, digest="6726825d")
    with pytest.raises(UserError, match=r"6726825d.pth: its SHA-256 begins with .*expected 6726825d"):
        Inception()


def test_a_file_that_would_run_something_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though its digest is the published one's: eight digits can be met by trying."""

    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, (str(tmp_path / "made"),)

    published(tmp_path, Evil(), monkeypatch)
    with pytest.raises(UserError, match="more than tensors"):
        Inception()
    assert not (tmp_path / "made").exists()


def test_weights_are_downloaded_by_their_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a server that is a folder."""
    folder = tmp_path / "server"
    folder.mkdir()
    file = published(folder, {"scale": torch.tensor([2.0])}, monkeypatch)
    changed(monkeypatch, address=f"{file.parent.as_uri()}/")
    monkeypatch.setattr(torch_fidelity, "FeatureExtractorInceptionV3", Small)
    monkeypatch.setenv("LEA_DATA_FOLDER", str(tmp_path))
    with pytest.raises(UserError, match="no such file; expected Inception's weights"):
        Inception()
    fetch("extractor", '{"name": "inception", "options": {}}', tmp_path / "inception")
    assert Inception().network.scale.item() == 2
    changed(monkeypatch, digest="00000000")
    with pytest.raises(UserError, match=r"the download failed .*invalid hash value"):
        Inception.fetch(tmp_path / "again")
    assert not list((tmp_path / "again").iterdir())


def test_a_failed_download_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changed(monkeypatch, address=f"{tmp_path.as_uri()}/nowhere/")
    with pytest.raises(UserError, match=r"no such file, .*put them there on a machine with a network"):
        Inception.fetch(tmp_path)


@torch.no_grad()
def test_an_efficientnet_sees_what_pictures_show() -> None:
    """By its own last layer, on the features: ImageNet's class of palaces, and that of daisies."""
    read = EfficientNetLite0()
    pictures = [torch.tensor(one).movedim(-1, 0)[None] / 255 for one in load_sample_images().images]
    answers = [read.network._fc(read.read(one[..., 100:-100])).argmax().item() for one in pictures]
    assert answers == [698, 985]


def test_images_of_two_channels_are_refused() -> None:
    with pytest.raises(UserError, match="images of 2 channels"):
        EfficientNetLite0().read(torch.rand(1, 2, 8, 8))
