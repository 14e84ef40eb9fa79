"""Oracle: a fresh network with the saved weights, its forward pass and its losses written by hand."""

from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lea import checkpoint
from lea.compute.building import build_model
from lea.data.tensors import Samples
from lea.errors import UserError
from lea.nn import CVAE, FC, VAE
from lea.show.stage import OUTPUTS as SHOWN
from lea.show.stage import Showing
from lea.store import read_record, read_table
from lea.study.spec import Dataset, Part, Run
from lea.training.stage import OUTPUTS
from tests import specs
from tests.jobs import SEED, data_in, prepared
from tests.jobs import job as do
from tests.specs import part
from tests.studies.lea.making import KERNELS, LENGTH, SIZE, STRIDE, every_kind, make_network, places

CALIBRATION = ("overconfidence", "calibration_error")  # see tests/training/test_calibration.py
DATASET = Dataset(name="objects", reader=part("cifar-10"), source="embedded", side=12, train=20, test=13)
SHAPE = {"shape": (3, 12, 12), "classes": 10}
OPTIONS: dict[str, dict[str, Any]] = {
    "ae": {},
    "vae": {"beta": 1.0, "warm_up": 0},
    "cvae": {"gamma": 10.0, "capacity": 25.0, "rising": None},
    "ksparse": {"k": 2, "a": 1.3},
}


def lea_of(kind: str, coder: Part | None = None, **changes: Any) -> Part:
    autoencoder = part(kind, coder=coder or part("fc"), **OPTIONS[kind])
    sizes = {"code_length": LENGTH, "window": SIZE, "stride": STRIDE}
    return specs.lea(autoencoder, **sizes | changes)


RUN = specs.run(
    data=specs.data(table=DATASET, target="label"),
    model=part("cnn-lea", kernels=KERNELS, hidden=8, lea=lea_of("vae")),
    method=part("alternate"),
    fit=specs.fit(epochs=3, snapshots=(0, 3)),
)


def with_lea(lea: Part, run: Run = RUN) -> Run:
    """A run with another layer."""
    return replace(run, model=Part(name=run.model.name, options={**run.model.options, "lea": lea}))


def of(run: Run = RUN, kind: str = "vae", rate: float | None = None, **fit: Any) -> Run:
    """A run with another autoencoder, trained otherwise."""
    if rate is not None:
        fit |= {"optimizer": part("adam", rate=rate)}
    return replace(with_lea(lea_of(kind), run), fit=replace(run.fit, **{"snapshots": ()} | fit))


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepared(DATASET, tmp_path_factory.mktemp("data"))


def job(table: Path, folder: Path, run: Run = RUN, seed: int = SEED) -> dict[str, Path]:
    return do("train", run, folder, table, seed=seed)


def show(
    table: Path, folder: Path, made: dict[str, Path], run: Run = RUN, seed: int = SEED, images: int = 4
) -> Path:
    """The pictures of a run that is trained."""
    inputs = [(name, made[name]) for name in ("weights", "snapshots")]
    asked = Showing(what=part("leas", images=images), samples="batch")
    return do("show", run, folder, table, asked=asked, seed=seed, inputs=inputs)["pictures"]


def pictured(table: Path, folder: Path, run: Run = RUN, seed: int = SEED, images: int = 4) -> dict[str, Path]:
    """Train a run and show it."""
    made = job(table, folder, run, seed)
    return made | {"pictures": show(table, folder, made, run, seed, images)}


def metrics(path: Path, split: str, epoch: int) -> dict[tuple[str, str], float]:
    frame = read_table(path, OUTPUTS["metrics"]).to_pandas()
    frame = frame[(frame["split"] == split) & (frame["epoch"] == epoch)]
    return dict(zip(zip(frame["part"], frame["metric"], strict=True), frame["value"], strict=True))


@pytest.fixture(scope="module")
def outputs(table: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return pictured(table, tmp_path_factory.mktemp("run"))


def test_pictures_are_of_the_epochs_asked_for_and_of_this_run_and_seed(outputs: dict[str, Path]) -> None:
    found = read_table(outputs["pictures"], SHOWN["pictures"])
    frame = found.to_pandas()
    assert list(dict.fromkeys(frame["epoch"])) == [0, 3]
    assert set(frame["run"]) == {RUN.id}
    assert set(frame["seed"]) == {3}
    assert (frame["values"].map(len) == frame["height"] * frame["width"]).all()
    assert read_record(found)["id"] == RUN.id
    assert set(frame[frame["sample"].notna()]["sample"]) == {0, 1, 2, 3}
    assert set(frame[frame["sample"].isna()]["kind"]) == {"input histogram", "reconstruction histogram"}


def test_as_many_images_are_pictured_as_were_asked_for_however_small_the_batches(
    table: Path, tmp_path: Path
) -> None:
    run = of(kind="ae", epochs=1, batch_size=2)
    paths = pictured(table, tmp_path, run)
    frame = read_table(paths["pictures"]).to_pandas()
    assert set(frame[frame["kind"] == "confidence"]["sample"]) == {0, 1, 2, 3}


def test_times_are_a_row_an_epoch_of_training(outputs: dict[str, Path]) -> None:
    frame = read_table(outputs["times"], OUTPUTS["times"]).to_pandas()
    assert frame["epoch"].tolist() == [1, 2, 3]
    assert frame["samples"].tolist() == [20, 20, 20]
    assert (frame["seconds"] > 0).all()
    assert frame["threads"].tolist() == [1, 1, 1]
    assert frame["arithmetic"].tolist() == ["float32"] * 3
    assert frame["machine"].str.len().min() > 0


def test_metrics_have_rows_of_each_lea_in_both_splits(outputs: dict[str, Path]) -> None:
    frame = read_table(outputs["metrics"], OUTPUTS["metrics"]).to_pandas()
    of_leas = product(("lea1", "lea2"), ("loss", "reconstruction_loss", "normalised_loss", "divergence"))
    parts = [*product(["network"], ["loss", "accuracy", *CALIBRATION]), *of_leas]
    points = list(zip(frame["epoch"], frame["split"], frame["part"], frame["metric"], strict=True))
    assert sorted(points) == sorted(
        (epoch, split, *part) for epoch, split, part in product((1, 2, 3), ("train", "test"), parts)
    )
    assert np.isfinite(frame["value"]).all()


@every_kind
def test_the_weights_give_a_fresh_network_the_noted_test_metrics(
    kind: str, table: Path, tmp_path: Path
) -> None:
    run, shown = of(kind=kind), data_in(table, RUN).test
    paths = job(table, tmp_path, run)
    model = make_network(kind, (3, 12, 12)).eval()
    model.load_state_dict(checkpoint.read_weights(paths["weights"], run.id))
    expected = recomputed(model, shown)
    found = metrics(paths["metrics"], "test", 3)
    assert set(found) == set(expected) | {("network", metric) for metric in CALIBRATION}
    found = {key: value for key, value in found.items() if key in expected}
    for key, value in found.items():
        assert value == pytest.approx(expected[key], rel=1e-4), key


def recomputed(model: nn.Module, shown: Samples) -> dict[tuple[str, str], float]:
    """Means over samples of batches of eight: the normalised loss depends on them."""
    rows: list[tuple[int, dict[tuple[str, str], float]]] = []
    for pixels, labels in zip(shown.values.split(8), shown.labels.split(8), strict=True):
        with torch.no_grad():
            logits, found = forward_by_hand(model, pixels.movedim(-1, 1) / 255)
        found["network", "loss"] = F.cross_entropy(logits, labels).item()
        found["network", "accuracy"] = (logits.argmax(1) == labels).double().mean().item()
        rows.append((len(labels), found))
    return {key: sum(n * found[key] for n, found in rows) / len(shown) for key in rows[0][1]}


def forward_by_hand(model: nn.Module, x: Tensor) -> tuple[Tensor, dict[tuple[str, str], float]]:
    found: dict[tuple[str, str], float] = {}
    for number in (1, 2):
        x = model.get_submodule(f"conv{number}")(x).relu()
        autoencoder = model.get_submodule(f"lea{number}").autoencoder
        count, before, after = places(x.shape[-1])
        v = F.pad(x, (before, after, before, after)).unfold(2, SIZE, STRIDE).unfold(3, SIZE, STRIDE)
        v = v.permute(0, 2, 3, 1, 4, 5).flatten(0, 2)
        code = autoencoder.encode(v)
        error = autoencoder.decode(code.z) - v
        part = f"lea{number}"
        found[part, "reconstruction_loss"] = error.square().sum((1, 2, 3)).mean().item()
        found[part, "normalised_loss"] = (error / (v.max() - v.min())).square().mean().item()
        found[part, "loss"] = found[part, "reconstruction_loss"]
        if isinstance(autoencoder, VAE):  # in evaluation the same for a capacity-controlled one
            terms = code.mean**2 + (2 * code.log_sigma).exp() - 2 * code.log_sigma - 1
            found[part, "divergence"] = terms.sum(1).mean().item() / 2
            found[part, "loss"] += found[part, "divergence"]
        x = code.z.unflatten(0, (-1, count, count)).movedim(-1, 1)
    return model.out(model.hidden(x.flatten(1)).relu()), found


def test_training_metrics_are_means_over_the_training_samples(table: Path, tmp_path: Path) -> None:
    run = of(kind="ae", epochs=1, rate=1e-12)  # so slow that no weight moves
    paths = job(table, tmp_path, run)
    model = make_network("ae", (3, 12, 12)).eval()
    model.load_state_dict(checkpoint.read_weights(paths["weights"], run.id))
    expected = recomputed(model, data_in(table, RUN).train)
    for key, value in metrics(paths["metrics"], "train", 1).items():
        if key[1] not in (
            "normalised_loss",
            *CALIBRATION,
        ):  # the first depends on which samples are in a batch
            assert value == pytest.approx(expected[key], rel=1e-5), key


def test_pictures_of_epoch_0_are_of_the_untrained_network_and_the_last_of_the_trained(
    outputs: dict[str, Path], table: Path
) -> None:
    data = data_in(table, RUN)
    untrained, trained = build_model(RUN, SHAPE, SEED).eval(), make_network("vae", (3, 12, 12)).eval()
    trained.load_state_dict(checkpoint.read_weights(outputs["weights"], RUN.id))
    frame = read_table(outputs["pictures"]).to_pandas()
    x = data.test.values[:4].movedim(-1, 1) / 255
    for epoch, model in ((0, untrained), (3, trained)):
        codes = frame[(frame["epoch"] == epoch) & (frame["part"] == "lea1") & (frame["kind"] == "code")]
        codes = codes.sort_values(["sample", "channel"])
        with torch.no_grad():
            expected = model.lea1(model.conv1(x).relu()).flatten()
        assert np.allclose(np.concatenate(codes["values"].tolist()), expected.numpy(), rtol=0, atol=1e-5)


def test_the_same_run_and_seed_give_the_same_bytes(
    outputs: dict[str, Path], table: Path, tmp_path: Path
) -> None:
    torch.rand(5)  # what others draw must not matter
    again, other = pictured(table, tmp_path / "again"), pictured(table, tmp_path / "other", seed=4)
    for name in ("weights", "snapshots", "metrics", "pictures"):
        assert again[name].read_bytes() == outputs[name].read_bytes(), name
    known = checkpoint.read_weights(outputs["weights"], RUN.id)
    found = checkpoint.read_weights(other["weights"], RUN.id)
    assert not any(torch.equal(found[name], one) for name, one in known.items())
    for name, column in (("metrics", "value"), ("pictures", "values")):
        assert read_table(other[name])[column] != read_table(outputs[name])[column]


def test_snapshots_change_nothing_of_a_training(
    outputs: dict[str, Path], table: Path, tmp_path: Path
) -> None:
    run = of()
    without = job(table, tmp_path, run)
    expected = checkpoint.read_weights(outputs["weights"], RUN.id)
    found = checkpoint.read_weights(without["weights"], run.id)
    assert all(torch.equal(found[name], one) for name, one in expected.items())
    assert checkpoint.read_weights(without["snapshots"], run.id) == {}
    assert len(read_table(show(table, tmp_path, without, run))) > 0  # of the last epoch


@pytest.mark.usefixtures("bfloat16_here")
@pytest.mark.parametrize("kind", ["vae", "cvae", "ae", "ksparse"])
def test_coarse_arithmetic_gives_nearly_the_same_first_epoch(kind: str, table: Path, tmp_path: Path) -> None:
    fine = of(kind=kind, epochs=1, rate=1e-4, snapshots=(0, 1))
    coarse = replace(fine, fit=replace(fine.fit, precision="bfloat16"))
    expected, found = (pictured(table, tmp_path, run, images=2) for run in (fine, coarse))
    known = metrics(expected["metrics"], "test", 1)
    for key, value in metrics(found["metrics"], "test", 1).items():
        assert value == pytest.approx(known[key], rel=0.05, abs=0.02) or key[1] == "accuracy", key
    assert {one.dtype for one in checkpoint.read_weights(found["weights"], coarse.id).values()} == {
        torch.float32
    }
    assert found["weights"].read_bytes() != expected["weights"].read_bytes()
    assert read_table(found["times"])["arithmetic"].unique().to_pylist() == ["bfloat16"]
    counts = {len(read_table(one["pictures"], SHOWN["pictures"])) for one in (found, expected)}
    assert len(counts) == 1


def test_the_capacity_follows_the_progress_of_training(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[CVAE, float, int]] = []
    advance = CVAE.advance

    def noted(self: CVAE, epoch: float, epochs: int) -> None:
        advance(self, epoch, epochs)
        calls.append((self, epoch, epochs))
        assert self.target.item() == pytest.approx(25 * epoch / 3)

    monkeypatch.setattr(CVAE, "advance", noted)
    job(table, tmp_path, of(kind="cvae"))
    progress = [epoch + done / 20 for epoch in range(3) for done in (0, 8, 16)]
    for layer in {id(one): one for one, _, _ in calls}.values():
        assert [epoch for one, epoch, _ in calls if one is layer] == pytest.approx(progress)
    assert len(calls) == 2 * len(progress)
    assert {epochs for _, _, epochs in calls} == {3}


def test_samples_that_are_asked_for_make_the_epochs(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[float] = []
    monkeypatch.setattr(VAE, "advance", lambda self, epoch, epochs: calls.append(epoch))
    paths = job(table, tmp_path, replace(of(epochs=2), data=replace(RUN.data, samples=10)))
    assert calls[::2] == pytest.approx([0, 0.8, 1, 1.8])
    assert read_table(paths["times"])["samples"].to_pylist() == [10, 10]


def test_a_capacity_controlled_total_is_gammas_in_training_and_a_vaes_in_the_test(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(OPTIONS, "cvae", {"gamma": 7.0, "capacity": 0.0, "rising": None})
    paths = job(table, tmp_path, of(kind="cvae", epochs=1))
    for split, factor in (("train", 7), ("test", 1)):
        found = metrics(paths["metrics"], split, 1)
        for lea in ("lea1", "lea2"):
            total = factor * found[lea, "divergence"] + found[lea, "reconstruction_loss"]
            assert found[lea, "loss"] == pytest.approx(total, rel=1e-5)


NETWORKS = {  # the study's, each with a method
    "cnn-lea": ("cnn-lea", {"hidden": 8}, part("alternate")),
    "lea-fc": ("lea-fc", {"hidden": 8}, part("joint", class_weight=1.0, lea_weight=1.0)),
    "decoder-free": ("lea-fc", {"hidden": 8}, part("joint", class_weight=1.0, lea_weight=0.0)),
    "lea-alone": ("lea-alone", {}, part("leas")),
}


def run_of_network(name: str, kind: str, lea: Part | None = None) -> Run:
    model, options, method = NETWORKS[name]
    target = None if name == "lea-alone" else "label"
    return replace(
        of(kind=kind, epochs=1),
        model=part(model, **options, lea=lea or lea_of(kind)),
        method=method,
        data=replace(RUN.data, target=target),
    )


@pytest.mark.parametrize("name", NETWORKS)
@every_kind
def test_every_network_with_leas_is_trained_by_its_run_alone(
    name: str, kind: str, table: Path, tmp_path: Path
) -> None:
    run = run_of_network(name, kind)
    paths = job(table, tmp_path, run)
    parts = {part for part, _ in metrics(paths["metrics"], "test", 1)}
    leas = {"lea1", "lea2"} if name == "cnn-lea" else {"lea"}
    assert parts == ({"network"} if run.data.target else set()) | (leas if name != "decoder-free" else set())
    before = build_model(run, SHAPE, SEED).state_dict()
    after = checkpoint.read_weights(paths["weights"], run.id)
    still = {key for key, one in after.items() if torch.equal(one, before[key])}
    assert all(name == "decoder-free" and ("widen" in key or "restore" in key) for key in still), still


def test_a_decoder_free_network_never_decodes(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: FC, z: Tensor) -> Tensor:
        raise AssertionError("the decoder runs")

    monkeypatch.setattr(FC, "decode", refuse)
    paths = job(table, tmp_path, run_of_network("decoder-free", "vae"))
    assert {part for part, _ in metrics(paths["metrics"], "train", 1)} == {"network"}
    with pytest.raises(AssertionError, match="the decoder runs"):
        job(table, tmp_path, run_of_network("lea-fc", "vae"))


@pytest.mark.parametrize("coder", ["fc", "conv", "sb"])
def test_a_lea_without_a_window_sees_the_whole_image(coder: str, table: Path, tmp_path: Path) -> None:
    options = {} if coder == "fc" else {"kernels": 4, "kernel_size": 3}
    lea = lea_of("ae", part(coder, **options), window=None, stride=None)
    paths = pictured(table, tmp_path, run_of_network("lea-alone", "ae", lea))
    frame: pd.DataFrame = read_table(paths["pictures"]).to_pandas()
    sides = {
        kind: set(zip(rows["height"], rows["width"], strict=True)) for kind, rows in frame.groupby("kind")
    }
    assert sides["code"] == sides["confidence"] == {(1, 1)}
    assert sides["input"] == sides["reconstruction"] == {(12, 12)}


def test_more_active_codes_than_there_are_is_an_error_that_names_the_run(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(OPTIONS, "ksparse", {"k": LENGTH + 1, "a": 1.3})
    run = of(kind="ksparse")
    with pytest.raises(UserError) as caught:
        job(table, tmp_path / "run", run)
    assert str(caught.value).startswith(f"run {run.id}, seed 3: ")
    assert "ksparse: k = 4 while training" in str(caught.value)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [".weights.safetensors.failed"]


@pytest.mark.parametrize(("part", "channels"), [("lea1", KERNELS[0]), ("lea2", KERNELS[1])])
def test_a_leas_loss_that_is_no_number_names_the_lea(
    part: str, channels: int, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decode = FC.decode

    def broken(self: FC, z: Tensor) -> Tensor:
        return decode(self, z) * (torch.nan if self.shape[0] == channels else 1)

    monkeypatch.setattr(FC, "decode", broken)
    run = of(batch_size=20)
    with pytest.raises(UserError) as caught:
        job(table, tmp_path / "run", run)
    assert str(caught.value).startswith(f"run {run.id}, seed 3: epoch 1")
    assert f", part {part}: the loss is nan" in str(caught.value)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [".weights.safetensors.failed"]
