"""Oracle: windows cut and put together by loops, NumPy's histograms, a fresh network with saved weights."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lea import checkpoint, registry
from lea.compute.building import build_network
from lea.compute.computation import Computation
from lea.data.job import prepare
from lea.data.tensors import Samples, read_data
from lea.errors import UserError
from lea.nn import AE, CVAE, FC, LEA, VAE, KSparse
from lea.nn.networks.cnn_lea import CNNLEA
from lea.store import METRICS, PICTURES, TIMES, read_record, read_table
from lea.study.paths import OUTPUTS
from lea.study.spec import Dataset, Lea, Part, Pictures, Run, canonical
from lea.training.job import train
from lea.training.pictures import Picture, take_pictures
from tests.specs import training

CALIBRATION = ("overconfidence", "calibration_error")  # see test_calibration.py
HEIGHT, WIDTH, SIZE, STRIDE, LENGTH = 9, 7, 4, 2, 3
KERNELS = (4, 6)
KINDS: Mapping[str, Callable[..., nn.Module]] = {"ae": AE, "vae": VAE, "cvae": CVAE, "ksparse": KSparse}


def make_network(kind: str = "vae", shape: tuple[int, int, int] = (3, HEIGHT, WIDTH)) -> CNNLEA:
    options = {"k": 2, "a": 1.0} if kind == "ksparse" else {}

    def make_lea(shape: tuple[int, int, int]) -> LEA:
        return LEA(KINDS[kind]((shape[0], SIZE, SIZE), LENGTH, **options), STRIDE)

    return CNNLEA(shape, 10, make_lea, kernels=KERNELS, hidden=8)


# --- pictures of a moment ---


def samples(count: int = 7) -> Samples:
    generator = torch.Generator().manual_seed(2)
    pixels = torch.randint(0, 256, (count, HEIGHT, WIDTH, 3), generator=generator).byte()
    return Samples(pixels, torch.arange(count))


def taken(model: nn.Module, images: int = 3, count: int = 7, epoch: int = 5) -> list[Picture]:
    return list(take_pictures(Computation(model, precision="float32"), samples(count), images, epoch))


def maps(pictures: list[Picture], part: str, kind: str) -> dict[tuple[int | None, int | None], np.ndarray]:
    return {(one.sample, one.channel): one.values for one in pictures if (one.part, one.kind) == (part, kind)}


def given_to(model: nn.Module, part: str) -> Tensor:
    """(b, c, h, w), what a LEA is given of all samples in evaluation."""
    seen: list[Tensor] = []
    handle = model.get_submodule(part).register_forward_hook(
        lambda module, inputs, output: seen.append(inputs[0])
    )
    with torch.no_grad():
        model.eval()(samples().pixels.movedim(-1, 1) / 255)
    handle.remove()
    return seen[0]


def places(side: int) -> tuple[int, int, int]:
    """How many windows, and zeros before and after."""
    count = -(-side // STRIDE)
    zeros = (count - 1) * STRIDE + SIZE - side
    return count, zeros // 2, zeros - zeros // 2


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


every_kind = pytest.mark.parametrize("kind", KINDS)
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
    assert {one.epoch for one in pictures} == {5}


def test_the_networks_input_is_the_samples_pixels() -> None:
    for (sample, channel), values in maps(taken(make_network()), "network", "input").items():
        assert np.array_equal(
            values, np.float32(samples().pixels[sample, :, :, channel].numpy()) / np.float32(255)
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
    first = taken(model.train())
    assert torch.equal(torch.random.get_rng_state(), state)
    torch.manual_seed(99)
    for one, other in zip(first, taken(model.train()), strict=True):
        assert np.array_equal(one.values, other.values)
        assert replace(one, values=other.values) == other


def test_pictures_are_taken_in_evaluation_and_leave_nothing_behind() -> None:
    model, modes = make_network(), []
    model.register_forward_hook(lambda module, inputs, output: modes.append(module.training))
    before = {name: one.clone() for name, one in model.state_dict().items()}
    taken(model.train())
    assert modes == [False]
    assert all(torch.equal(one, before[name]) for name, one in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())
    model(torch.rand(2, 3, HEIGHT, WIDTH))
    with pytest.raises(RuntimeError, match="no losses"):
        model.lea1.examine()


def test_fewer_samples_than_images_are_all_pictured() -> None:
    pictures = taken(make_network(), images=9, count=2)
    assert {one.sample for one in pictures if one.kind == "confidence"} == {0, 1}


# --- a training job with LEAs ---


DATASET = Dataset(
    name="objects", reader=Part(name="cifar-10", options={}), source="embedded", side=12, train=20, test=13
)
OPTIONS = {
    "ae": {},
    "vae": {"beta": 1.0, "warm_up": 0},
    "cvae": {"gamma": 10.0, "capacity": 25.0, "rising": None},
    "ksparse": {"k": 2, "a": 1.3},
}
RUN = Run(
    dataset=DATASET,
    target="label",
    network=Part(name="cnn-lea", options={"kernels": KERNELS, "hidden": 8}),
    lea=Lea(
        autoencoder=Part(name="vae", options=OPTIONS["vae"]),
        coder=Part(name="fc", options={}),
        code_length=LENGTH,
        window=SIZE,
        stride=STRIDE,
    ),
    training=training(epochs=3, regime="alternate"),
    pictures=Pictures(epochs=(0, 3), images=4),
)


def of(run: Run = RUN, kind: str = "vae", **training: object) -> Run:
    """A run with another autoencoder, trained otherwise."""
    assert run.lea
    lea = replace(run.lea, autoencoder=Part(name=kind, options=OPTIONS[kind]))
    return replace(run, lea=lea, training=replace(run.training, **training))


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "objects.parquet"
    prepare(canonical(DATASET), path.parent, path)
    return path


def job(table: Path, folder: Path, run: Run = RUN, seed: int = 3) -> dict[str, Path]:
    outputs = {name: folder / name for name in OUTPUTS}
    train(canonical(run), seed, data=table, outputs=outputs, device="cpu", threads=1)
    return outputs


def metrics(path: Path, split: str, epoch: int) -> dict[tuple[str, str], float]:
    frame = read_table(path, METRICS).to_pandas()
    frame = frame[(frame["split"] == split) & (frame["epoch"] == epoch)]
    return dict(zip(zip(frame["part"], frame["metric"], strict=True), frame["value"], strict=True))


@pytest.fixture(scope="module")
def outputs(table: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return job(table, tmp_path_factory.mktemp("run"))


def test_pictures_are_of_the_epochs_asked_for_and_of_this_run_and_seed(outputs: dict[str, Path]) -> None:
    found = read_table(outputs["pictures"], PICTURES)
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
    paths = job(table, tmp_path, replace(run, pictures=Pictures(epochs=(1,), images=4)))
    frame = read_table(paths["pictures"]).to_pandas()
    assert set(frame[frame["kind"] == "confidence"]["sample"]) == {0, 1, 2, 3}


def test_times_are_a_row_an_epoch_of_training(outputs: dict[str, Path]) -> None:
    frame = read_table(outputs["times"], TIMES).to_pandas()
    assert frame["epoch"].tolist() == [1, 2, 3]
    assert frame["samples"].tolist() == [20, 20, 20]
    assert (frame["seconds"] > 0).all()
    assert frame["threads"].tolist() == [1, 1, 1]
    assert frame["machine"].str.len().min() > 0


def test_metrics_have_rows_of_each_lea_in_both_splits(outputs: dict[str, Path]) -> None:
    frame = read_table(outputs["metrics"], METRICS).to_pandas()
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
    run, shown = of(kind=kind), read_data(table, "label").test
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
    for pixels, labels in zip(shown.pixels.split(8), shown.labels.split(8), strict=True):
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
    run = of(kind="ae", epochs=1, learning_rate=1e-12)  # so slow that no weight moves
    paths = job(table, tmp_path, run)
    model = make_network("ae", (3, 12, 12)).eval()
    model.load_state_dict(checkpoint.read_weights(paths["weights"], run.id))
    expected = recomputed(model, read_data(table, "label").train)
    for key, value in metrics(paths["metrics"], "train", 1).items():
        if key[1] not in (
            "normalised_loss",
            *CALIBRATION,
        ):  # the first depends on which samples are in a batch
            assert value == pytest.approx(expected[key], rel=1e-5), key


def test_pictures_of_epoch_0_are_of_the_untrained_network_and_the_last_of_the_trained(
    outputs: dict[str, Path], table: Path
) -> None:
    data = read_data(table, "label")
    untrained, trained = build_network(RUN, data, 3).model.eval(), make_network("vae", (3, 12, 12)).eval()
    trained.load_state_dict(checkpoint.read_weights(outputs["weights"], RUN.id))
    frame = read_table(outputs["pictures"]).to_pandas()
    x = data.test.pixels[:4].movedim(-1, 1) / 255
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
    again, other = job(table, tmp_path / "again"), job(table, tmp_path / "other", seed=4)
    for name in ("weights", "metrics", "pictures"):
        assert again[name].read_bytes() == outputs[name].read_bytes(), name
    known = checkpoint.read_weights(outputs["weights"], RUN.id)
    found = checkpoint.read_weights(other["weights"], RUN.id)
    assert not any(torch.equal(found[name], one) for name, one in known.items())
    for name, column in (("metrics", "value"), ("pictures", "values")):
        assert read_table(other[name])[column] != read_table(outputs[name])[column]


def test_pictures_change_nothing_of_a_training(outputs: dict[str, Path], table: Path, tmp_path: Path) -> None:
    run = replace(RUN, pictures=None)
    without = job(table, tmp_path, run)
    expected = checkpoint.read_weights(outputs["weights"], RUN.id)
    found = checkpoint.read_weights(without["weights"], run.id)
    assert all(torch.equal(found[name], one) for name, one in expected.items())
    assert len(read_table(without["pictures"], PICTURES)) == 0


@pytest.mark.parametrize("kind", ["vae", "cvae", "ae", "ksparse"])
def test_coarse_arithmetic_gives_nearly_the_same_first_epoch(kind: str, table: Path, tmp_path: Path) -> None:
    fine = of(kind=kind, epochs=1, learning_rate=1e-4)
    fine = replace(fine, pictures=Pictures(epochs=(0, 1), images=2))
    coarse = replace(fine, training=replace(fine.training, precision="bfloat16"))
    expected, found = (job(table, tmp_path / str(i), run) for i, run in enumerate((fine, coarse)))
    known = metrics(expected["metrics"], "test", 1)
    for key, value in metrics(found["metrics"], "test", 1).items():
        assert value == pytest.approx(known[key], rel=0.05, abs=0.02) or key[1] == "accuracy", key
    assert {one.dtype for one in checkpoint.read_weights(found["weights"], coarse.id).values()} == {
        torch.float32
    }
    assert found["weights"].read_bytes() != expected["weights"].read_bytes()
    assert len(read_table(found["pictures"], PICTURES)) == len(read_table(expected["pictures"], PICTURES))


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
    paths = job(table, tmp_path, of(samples=10, epochs=2))
    assert calls[::2] == pytest.approx([0, 0.8, 1, 1.8])
    assert read_table(paths["times"])["samples"].to_pylist() == [10, 10]


def test_a_capacity_controlled_total_is_gammas_in_training_and_a_vaes_in_the_test(
    table: Path, tmp_path: Path
) -> None:
    run = of(kind="cvae", epochs=1)
    lea = replace(
        run.lea, autoencoder=Part(name="cvae", options={"gamma": 7.0, "capacity": 0.0, "rising": None})
    )
    paths = job(table, tmp_path, replace(run, lea=lea, pictures=None))
    for split, factor in (("train", 7), ("test", 1)):
        found = metrics(paths["metrics"], split, 1)
        for part in ("lea1", "lea2"):
            total = factor * found[part, "divergence"] + found[part, "reconstruction_loss"]
            assert found[part, "loss"] == pytest.approx(total, rel=1e-5)


WITH_LEAS = [name for name in registry.PARTS["network"] if registry.constant("network", name, "LEAS", False)]


def run_of_network(name: str, kind: str) -> Run:
    """A run of a network as the reader would make it."""
    labels = registry.constant("network", name, "CLASSIFIES", True)
    regime = registry.constant("network", name, "REGIME", "alternate") if labels else None
    weight = registry.constant("network", name, "LEA_WEIGHT", 1.0)
    weights = {"class_weight": 1.0, "lea_weight": weight} if regime == "joint" else {}
    hidden = registry.options("network", name).keys() & {"hidden"}
    return replace(
        of(kind=kind, epochs=1, regime=regime, **weights),
        network=Part(name=name, options=dict.fromkeys(hidden, 8)),
        target="label" if labels else None,
        pictures=None if weight == 0 else Pictures(epochs=(1,), images=2),
    )


@pytest.mark.parametrize("name", WITH_LEAS)
@every_kind
def test_every_network_with_leas_is_trained_by_its_run_alone(
    name: str, kind: str, table: Path, tmp_path: Path
) -> None:
    run = run_of_network(name, kind)
    paths = job(table, tmp_path, run)
    parts = {part for part, _ in metrics(paths["metrics"], "test", 1)}
    leas = {"lea1", "lea2"} if name == "cnn-lea" else {"lea"}
    assert parts == ({"network"} if run.target else set()) | (leas if name != "decoder-free" else set())
    before = build_network(run, read_data(table, run.target), 3).model.state_dict()
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
        job(table, tmp_path, run_of_network("lea-only", "vae"))


@pytest.mark.parametrize("coder", ["fc", "conv", "sb"])
def test_a_lea_without_a_window_sees_the_whole_image(coder: str, table: Path, tmp_path: Path) -> None:
    alone = run_of_network("lea-alone", "ae")
    options = {} if coder == "fc" else {"kernels": 4, "kernel_size": 3}
    lea = replace(alone.lea, window=None, stride=None, coder=Part(name=coder, options=options))
    paths = job(table, tmp_path, replace(alone, lea=lea))
    frame: pd.DataFrame = read_table(paths["pictures"]).to_pandas()
    sides = {
        kind: set(zip(rows["height"], rows["width"], strict=True)) for kind, rows in frame.groupby("kind")
    }
    assert sides["code"] == sides["confidence"] == {(1, 1)}
    assert sides["input"] == sides["reconstruction"] == {(12, 12)}


def test_more_active_codes_than_there_are_is_an_error_that_names_the_run(table: Path, tmp_path: Path) -> None:
    run = of(kind="ksparse")
    lea = replace(run.lea, autoencoder=Part(name="ksparse", options={"k": LENGTH + 1, "a": 1.3}))
    run = replace(run, lea=lea)
    with pytest.raises(UserError) as caught:
        job(table, tmp_path / "run", run)
    assert str(caught.value).startswith(f"run {run.id}, seed 3, ")
    assert "ksparse: k = 4 while training" in str(caught.value)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [".weights.failed"]


@pytest.mark.parametrize(("part", "channels"), [("lea1", KERNELS[0]), ("lea2", KERNELS[1])])
def test_a_leas_loss_that_is_no_number_names_the_lea(
    part: str, channels: int, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decode = FC.decode

    def broken(self: FC, z: Tensor) -> Tensor:
        return decode(self, z) * (torch.nan if self.shape[0] == channels else 1)

    monkeypatch.setattr(FC, "decode", broken)
    run = replace(of(batch_size=20), pictures=None)
    with pytest.raises(UserError) as caught:
        job(table, tmp_path / "run", run)
    assert str(caught.value).startswith(f"run {run.id}, seed 3, epoch 1")
    assert f", part {part}: the loss is nan" in str(caught.value)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [".weights.failed"]
