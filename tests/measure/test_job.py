"""Oracle: what a metric notes of what it is given."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from lea import checkpoint
from lea.data.tensors import Data
from lea.errors import UserError
from lea.measure.measurement import Measurement
from lea.measure.stage import OUTPUTS, STAGE, Measuring, read
from lea.store import read_table
from lea.study.seeds import derive
from lea.study.spec import Frozen, Run
from lea.study.stages import asked_id
from tests import specs
from tests.asking import asking
from tests.jobs import SEED, data_in, job, prepared
from tests.specs import part

HERE = "tests.measure.test_job"
SPRITES = specs.sprites(train=10, test=4)
GIVEN: list[tuple[nn.Module, Data, Tensor]] = []


class Noisy(nn.Module):
    """A network with all that behaves otherwise in training, and a number that it draws whatever it does."""

    def __init__(self, shape: tuple[int, ...], classes: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(32 * 32, 4), nn.BatchNorm1d(4), nn.Dropout(0.5))
        self.out = nn.Linear(4, classes)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.out(self.layers(x)) + torch.rand(())
        return out


def measure(
    model: nn.Module, data: Data, generator: torch.Generator, *, scale: float = 1.0
) -> Iterator[Measurement]:
    """What the model answers to the test samples, and a number of its own."""
    drawn = torch.rand(1, generator=generator)
    GIVEN.append((model, data, drawn))
    answers = model(data.test.batch(torch.arange(len(data.test)))[0])
    assert not answers.requires_grad
    yield Measurement("network", "answer", scale * answers.sum().item(), "test")
    yield Measurement("out", "drawn", drawn.item())


def several(
    model: nn.Module, data: Data, generator: torch.Generator, *, factors: tuple[str, ...]
) -> Iterator[Measurement]:
    GIVEN.append((model, data, torch.zeros(())))
    yield Measurement("network", "labels", len(factors))


def broken(model: nn.Module, data: Data, generator: torch.Generator) -> Iterator[Measurement]:
    yield Measurement("network", "half", 0.5)
    raise ArithmeticError("no such thing")


NEEDS = ("out",)
RUN = specs.run(data=specs.data(table=SPRITES), model=part(f"{HERE}:Noisy"))


def asked(name: str = "measure", **options: Any) -> Measuring:
    return Measuring(what=part(f"{HERE}:{name}", **options))


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepared(SPRITES, tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def weights(table: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return job("train", RUN, tmp_path_factory.mktemp("run"), table)["weights"]


def rows(table: Path, weights: Path, folder: Path, what: Measuring, run: Run = RUN) -> list[dict[str, Any]]:
    path = job("measure", run, folder, table, asked=what, inputs=[("weights", weights)])["measures"]
    found: list[dict[str, Any]] = read_table(path, OUTPUTS["measures"]).to_pylist()
    return found


def test_a_metric_is_given_the_trained_model_in_evaluation_its_data_and_a_stream_of_its_own(
    table: Path, weights: Path, tmp_path: Path
) -> None:
    found = rows(table, weights, tmp_path, asked(scale=2.0))
    model, data, drawn = GIVEN[-1]
    assert not any(module.training for module in model.modules())
    trained = checkpoint.read_weights(weights, RUN.id)
    assert all(torch.equal(one, trained[name]) for name, one in model.state_dict().items())
    assert torch.equal(data.test.values, data_in(table, RUN).test.values)
    assert torch.equal(data.train.labels, data_in(table, RUN).train.labels)
    stream = torch.Generator().manual_seed(derive(SEED, "measure", f"{HERE}:measure"))
    assert torch.equal(drawn, torch.rand(1, generator=stream))
    key = {"run": RUN.id, "seed": SEED, "measure": "tests-measure-test-job-measure"}
    assert found[1] == key | {"split": None, "part": "out", "metric": "drawn", "value": drawn.item()}
    assert {name: one for name, one in found[0].items() if name != "value"} == key | {
        "split": "test",
        "part": "network",
        "metric": "answer",
    }


def test_what_is_drawn_on_the_way_repeats_and_leaves_others_alone(
    table: Path, weights: Path, tmp_path: Path
) -> None:
    torch.manual_seed(8)
    state = torch.get_rng_state()
    first = rows(table, weights, tmp_path / "a", asked(scale=1.0))
    assert torch.equal(torch.get_rng_state(), state)
    torch.rand(3)
    assert rows(table, weights, tmp_path / "b", asked(scale=1.0)) == first


@pytest.mark.parametrize("parts", [(), ("layers",), ("layers.1", "out")])
def test_which_parameters_require_a_gradient_says_what_was_trained(
    parts: tuple[str, ...], table: Path, tmp_path: Path
) -> None:
    frozen = Frozen(parts=parts, statistics="batch") if parts else None
    run = replace(RUN, fit=specs.fit(frozen=frozen, epochs=0 if len(parts) > 1 else 1))
    if run.as_built:
        job("measure", run, tmp_path, table, asked=asked(scale=1.0))
    else:
        rows(table, job("train", run, tmp_path, table)["weights"], tmp_path, asked(scale=1.0), run)
    still = {name for name, one in GIVEN[-1][0].named_parameters() if not one.requires_grad}
    names = {name for name, _ in GIVEN[-1][0].named_parameters()}
    assert still == {name for name in names if name.startswith(tuple(f"{one}." for one in parts) or ("-",))}


def test_a_metric_that_fails_is_named_and_half_of_it_is_not_written(
    table: Path, weights: Path, tmp_path: Path
) -> None:
    with pytest.raises(UserError) as caught:
        rows(table, weights, tmp_path, asked("broken"))
    assert str(caught.value).startswith(
        f"run {RUN.id}, seed {SEED}: metric '{HERE}:broken': ArithmeticError in "
    )
    assert "no such thing" in str(caught.value)
    assert not list(tmp_path.rglob("measures*"))


def test_a_metric_that_asks_for_labels_is_given_a_column_each(
    table: Path, weights: Path, tmp_path: Path
) -> None:
    rows(table, weights, tmp_path, asked("several", factors=("x", "shape")))
    _, data, _ = GIVEN[-1]
    known = read_table(table).to_pandas()
    for split, samples in (("train", data.train), ("test", data.test)):
        expected = known.loc[known["split"] == split, ["x", "shape"]].to_numpy()
        assert samples.labels is not None
        assert samples.labels.tolist() == expected.tolist()


# --- what is asked ---


def test_each_metric_is_a_job_named_by_it() -> None:
    values = ["parameters", {"name": f"{HERE}:measure", "scale": 3}]
    found = list(read(values, asking(RUN, "measures")))
    assert found == [Measuring(what=part("parameters")), asked(scale=3.0)]
    assert [asked_id(one).rpartition("-")[0] for one in found] == [
        "parameters",
        "tests-measure-test-job-measure",
    ]
    assert [list(STAGE.parts(one)) for one in found] == [[("metric", one.what)] for one in found]
    assert [need.role for need in STAGE.needs(RUN, found[0])] == ["weights"]
    assert list(STAGE.needs(replace(RUN, fit=specs.fit(epochs=0)), found[0])) == []


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([], "study.yaml: measures: found []; expected a list of names, or of mappings with `name`"),
        ("parameters", "study.yaml: measures: found 'parameters'; expected a list of names"),
        (["parameter"], "study.yaml: measures.0: no metric 'parameter'; did you mean 'parameters'?"),
        (["parameters", "parameters"], "study.yaml: measures.1: found 'parameters' a second time"),
        ([{"name": "parameters", "of": 3}], "study.yaml: measures.0.of: no such key"),
        (
            [{"name": f"{HERE}:several", "factors": ["x", "age"]}],
            "study.yaml: measures.0.factors: found 'age'; expected a label of 'dsprites': ",
        ),
    ],
)
def test_what_cannot_be_measured_is_refused_at_its_place(values: Any, message: str) -> None:
    with pytest.raises(UserError) as caught:
        list(read(values, asking(RUN, "measures")))
    assert str(caught.value).startswith(message)


def test_a_metric_that_needs_what_the_model_has_not_is_refused() -> None:
    run = specs.run(model=part("lea-alone", lea=specs.lea(specs.autoencoder())), method=part("leas"))
    with pytest.raises(UserError) as caught:
        list(read([f"{HERE}:measure"], asking(run, "measures")))
    expected = (
        f"metric '{HERE}:measure' needs `out`, and model 'lea-alone' has none; choose another of the two"
    )
    assert str(caught.value) == f"study.yaml: measures.0: {expected}"
