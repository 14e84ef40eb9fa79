"""Oracle: entropies in closed form, a step by hand, and the files that a job writes or does not."""

import json
import math
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from torch import Tensor, nn

from lea.compute.network import Network
from lea.compute.sums import value
from lea.data.tensors import Data, Samples
from lea.errors import UserError
from lea.nn.archetypes.deep import DeepArchetypes, LabelledArchetypes
from lea.nn.flows.coupling import Mapped
from lea.nn.flows.flow import Flow, Invertible
from lea.nn.flows.multi_scale import MultiScaleFlow
from lea.nn.flows.subnetworks import Convolutional
from lea.nn.priors.prior import Density
from lea.store import read_table
from lea.study.spec import Dataset
from lea.training.method import Batch, Method, Setting
from lea.training.methods.deep_archetypal import DeepArchetypal, DeepArchetypalSide
from lea.training.methods.likelihood import Likelihood
from tests import specs
from tests.jobs import job, prepared
from tests.specs import part
from tests.training.fitting import divided, fitted

PLACES = (1, 4, 4)


class Even(nn.Module):
    """The even density over 256 grey levels, its inverse off by so much."""

    def __init__(self, shape: tuple[int, ...] = PLACES, *, off: float = 0.0) -> None:
        super().__init__()
        self.weight, self.off = nn.Parameter(torch.zeros(())), off

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(1)

    def inverse(self, u: Tensor) -> Tensor:
        images = u.unflatten(1, PLACES).clone()
        images[-1, 0, 0, 0] += self.off
        return images

    def density(self, x: Tensor) -> Density:
        edge = 0.5 / 255
        inside = ((x >= -edge - 1e-6) & (x <= 1 + edge + 1e-6)).flatten(1).all(1)
        even = -x[0].numel() * math.log(1 + 2 * edge)
        base = torch.where(inside, even, -math.inf) + 0 * self.weight
        return Density(base, torch.zeros_like(base))


class Scaled(Invertible):
    """`u = (x - place) / width`, for all values the same."""

    def __init__(self, place: float, width: float) -> None:
        super().__init__()
        self.place, self.width = place, nn.Parameter(torch.tensor(width))

    def forward(self, x: Tensor) -> Tensor:
        return self.map(x).y

    def map(self, x: Tensor) -> Mapped:
        u = (x.flatten(1) - self.place) / self.width
        return Mapped(u, -u.shape[1] * self.width.log().expand(len(u)))

    def inverse(self, u: Tensor) -> Tensor:
        return (u * self.width + self.place).unflatten(1, PLACES)


def method(model: nn.Module, levels: int | None = None, **changes: Any) -> Likelihood:
    fit = specs.fit(optimizer=part("sgd", rate=0.01), **changes)
    return Likelihood(Setting(Network(model, precision=fit.precision), fit), levels=levels)


def batch(x: Tensor) -> Batch:
    return Batch(x, None, torch.arange(len(x)))


def values(of: Likelihood, x: Tensor) -> dict[str, float]:
    """What a batch is worth."""
    return {
        name: value(total, len(x), of.RULES.get(name, "mean"))
        for (_, name), total in of.examine(batch(x)).items()
    }


def points(values: Tensor) -> Samples:
    return Samples(values, None, (0.0, 1.0))


def grey(count: int = 20) -> Samples:
    return Samples(torch.randint(0, 256, (count, 4, 4, 1), dtype=torch.uint8), None, (0.0, 255.0))


def images(count: int = 20) -> Tensor:
    return grey(count).batch(torch.arange(count))[0]


def test_even_images_cost_eight_bits() -> None:
    """Wherever noise moves them, white and black ones too, which a wider level would move outside."""
    of = method(Even(), levels=256)
    for x in (images(), torch.zeros(9, *PLACES), torch.ones(9, *PLACES)):
        assert values(of, x)["bits_per_dimension"] == pytest.approx(8, abs=1e-5)


def test_images_that_are_all_the_same_cost_what_a_normal_density_of_a_grey_level_does() -> None:
    """In closed form log2(sqrt(2 pi e / 12)) bits, where the level's middle would cost less than none."""
    level = 1 / 255
    of = method(Scaled(7 * level, level / math.sqrt(12)), levels=256)
    x = torch.full((4000, *PLACES), 7 * level)
    assert values(of, x)["bits_per_dimension"] == pytest.approx(
        math.log2(2 * math.pi * math.e / 12) / 2, abs=0.01
    )


def test_without_levels_the_values_are_as_the_network_sees_them() -> None:
    x = 0.3 + 0.2 * torch.randn(2000, *PLACES)
    found = values(method(Scaled(0.3, 0.2)), x)
    entropy = math.log(0.2 * math.sqrt(2 * math.pi * math.e))
    assert found["loss"] == pytest.approx(16 * entropy, abs=0.3)
    assert found["bits_per_dimension"] == pytest.approx(found["loss"] / 16 / math.log(2))


def test_noise_is_new_at_each_step_and_the_same_at_each_evaluation() -> None:
    of, x = method(Scaled(0.5, 0.3), levels=256), images()
    assert values(of, x) == values(of, x)
    with torch.no_grad():
        steps = [of.step(batch(x))["network", "loss"].item() for _ in range(2)]
    assert steps[0] != steps[1]


def test_a_step_follows_the_likelihood() -> None:
    model, x = Flow((4,), blocks=2), torch.randn(9, 4)
    before = {name: one.detach().clone() for name, one in model.named_parameters()}
    loss = -model.density(x).total.mean()
    gradients = torch.autograd.grad(loss, list(model.parameters()))
    sums = method(model).step(batch(x))
    assert sums["network", "loss"].item() / 9 == pytest.approx(loss.item(), rel=1e-5)
    for (name, after), gradient in zip(model.named_parameters(), gradients, strict=True):
        assert torch.allclose(after, before[name] - 0.01 * gradient, atol=1e-6), name


def test_a_trained_flow_comes_close_to_the_entropy_of_its_data() -> None:
    """A parabola with noise: a shear of a normal density, whose entropy is that of its two deviations."""
    first, second = 0.8, 0.1
    x = torch.randn(4000, 2) * torch.tensor([first, second])
    x[:, 1] += x[:, 0].square()
    entropy = math.log(2 * math.pi * math.e * first * second)
    fit = specs.fit(epochs=12, batch_size=100, optimizer=part("adam", rate=5e-3))
    model = Flow((2,), blocks=4)
    past = fitted(model, divided(points(x[:3000]), points(x[3000:]), 0), fit, method=Likelihood)
    last = {one.metric: one.value for one in past.epochs[-1].measurements if one.split == "test"}
    start = {one.metric: one.value for one in past.epochs[0].measurements if one.split == "train"}
    assert start["loss"] > entropy + 0.3
    assert last["loss"] == pytest.approx(entropy, abs=0.12)
    assert last["bits_per_dimension"] == pytest.approx(last["loss"] / 2 / math.log(2))
    assert 0 < last["inverse_error"] < 1e-4


# --- the gate ---


def test_the_inverse_error_is_the_largest_of_all_samples() -> None:
    of, x = method(Even(off=-0.25)), images()
    sums = of.examine(batch(x))
    assert of.RULES["inverse_error"] == "maximum"
    assert sums["network", "inverse_error"].item() == pytest.approx(0.25)


@pytest.mark.parametrize("where", ["train", "test", "held_out"])
def test_a_flow_that_squeezes_its_samples_to_nothing_is_refused(where: str) -> None:
    """Stretched by e^-30, values are lost beside what is added to them."""
    model = Flow((2,), blocks=2, bound=30.0)
    parts = {name: points(torch.rand(0, 2)) for name in ("train", "test", "held_out")}
    split = {"train": "training", "held_out": "held-out"}.get(where, where)
    parts[where] = points(torch.rand(600, 2))
    data = Data(**parts, shape=(2,), classes=0, others={})
    method(model).check(data)
    with torch.no_grad():
        for coupling in model.couplings:
            coupling.network[-1].bias[0] = -1000  # type: ignore[index,union-attr]
    expected = "expected less than 0.0001 of weights that are kept; choose a clamp of the model"
    with pytest.raises(UserError, match=rf"inverse error \d\.\de[-+]\d\d of {split} samples.*; {expected}"):
        method(model).check(data)
    assert values(method(model), torch.rand(20, 2))["inverse_error"] > 1e-4


@pytest.mark.parametrize("how", [DeepArchetypal, DeepArchetypalSide])
def test_the_flow_below_archetypes_is_looked_at_as_well(how: type[Method]) -> None:
    labels = {"classes": 2} if how is DeepArchetypalSide else {}
    kind = LabelledArchetypes if labels else DeepArchetypes
    model = kind((2,), **labels, flow=partial(Flow, blocks=2, bound=30.0), archetypes=3)
    x = points(torch.rand(60, 2))
    data = Data(x, x, x, shape=(2,), classes=0, others={})
    learner = how(Setting(Network(model, precision="float32"), specs.fit()))
    learner.check(data)
    with torch.no_grad():
        for coupling in model.flow.couplings:
            coupling.network[-1].bias[0] = -1000
    with pytest.raises(UserError, match=r"inverse error .* of training samples"):
        learner.check(data)


def test_weights_are_looked_at_whenever_they_are_kept() -> None:
    seen = list[float]()

    class Watched(Likelihood):
        def check(self, data: Data) -> None:
            seen.append(self.model.density(data.test.values).total.mean().item())

    data = divided(points(torch.rand(64, 2)), points(torch.rand(9, 2)), 0)
    fit = specs.fit(epochs=4, snapshots=(0, 2))
    past = fitted(Flow((2,), blocks=2), data, fit, method=Watched)
    measured = {epoch.number: epoch.measurements for epoch in past.epochs}
    losses = {
        number: next(one.value for one in its if (one.split, one.metric) == ("test", "loss"))
        for number, its in measured.items()
    }
    assert [-one for one in seen[1:]] == pytest.approx([losses[2], losses[4]], rel=1e-4)
    assert len(seen) == 3
    fitted(Flow((2,), blocks=2), data, specs.fit(epochs=0), method=Watched)
    assert len(seen) == 4


DATASET = Dataset(name="digits", reader=part("mnist"), source="embedded", side=28, train=21, test=13)
FLOW = part("multi-scale-flow", scales=1, blocks=2, subnetwork=part("conv", hidden=2))


def run(model: Any = FLOW, levels: int | None = 256, **changes: Any) -> Any:
    data = specs.data(table=DATASET, target=None)
    return specs.run(
        data=data, model=model, method=part("likelihood", levels=levels), fit=specs.fit(**changes)
    )


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepared(DATASET, tmp_path_factory.mktemp("data"))


def test_a_job_keeps_weights_that_are_a_flow(table: Path, tmp_path: Path) -> None:
    wanted = run(epochs=2)
    outputs = job("train", wanted, tmp_path, table)
    frame = read_table(outputs["metrics"]).to_pandas().query("epoch == 2 and split == 'test'")
    noted = dict(zip(frame["metric"], frame["value"], strict=True))
    assert set(noted) == {"loss", "bits_per_dimension", "inverse_error"}
    bits = noted["loss"] / 784 / math.log(2) + math.log2(255)
    assert noted["bits_per_dimension"] == pytest.approx(bits)
    model = MultiScaleFlow((1, 28, 28), scales=1, blocks=2, subnetwork=partial(Convolutional, hidden=2))
    with safe_open(outputs["weights"], framework="pt") as file:
        assert json.loads(file.metadata()["lea"])["id"] == wanted.id
        model.load_state_dict({name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118
    x = torch.rand(5, 1, 28, 28)
    assert (model.inverse(model(x)) - x).abs().max() < 1e-4


def test_a_job_whose_flow_is_not_undone_names_the_run_and_writes_no_weights(
    table: Path, tmp_path: Path
) -> None:
    wanted = run(part(f"{__name__}:Off"))
    with pytest.raises(
        UserError, match=rf"run {wanted.id}, seed 3: inverse error 1\.0e-03 of training samples"
    ):
        job("train", wanted, tmp_path, table)
    assert not list(tmp_path.rglob("*.safetensors"))


class Off(Even):
    """Off by a thousandth."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__(shape)

    def inverse(self, u: Tensor) -> Tensor:
        return u.unflatten(1, (1, 28, 28)) + 1e-3


# --- what is refused ---


@pytest.mark.parametrize("precision", ["bfloat16", "tf32"])
def test_coarse_arithmetic_is_refused(precision: str) -> None:
    with pytest.raises(ValueError, match=rf"fit\.precision {precision}; expected float32"):
        method(Flow((2,)), precision=precision)


def test_grey_levels_that_the_samples_do_not_have_are_refused() -> None:
    method(Even(), levels=256).begin(grey())
    method(Flow((2,))).begin(points(torch.rand(3, 2)))
    with pytest.raises(UserError, match=r"levels 16, of torch\.uint8 values from 0 to 255; expected as many"):
        method(Even(), levels=16).begin(grey())
    with pytest.raises(UserError, match=r"levels 2, of torch\.float32 values from 0 to 1"):
        method(Flow((2,)), levels=2).begin(points(torch.rand(3, 2)))
