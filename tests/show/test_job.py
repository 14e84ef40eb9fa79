"""Oracle: what a picture notes of what it is given."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from lea import checkpoint, registry
from lea.checkpoint import read_tensors, write_weights
from lea.compute.building import build_model
from lea.compute.network import Network
from lea.data.tensors import Samples
from lea.errors import UserError
from lea.show.picture import Picture
from lea.show.stage import OUTPUTS, STAGE, Showing, read
from lea.store import read_table
from lea.study.spec import Part, Run
from lea.study.stages import Need, asked_id
from tests import specs
from tests.asking import asking
from tests.jobs import SEED, data_in, job, prepared
from tests.specs import part

HERE = "tests.show.test_job"
SPRITES = specs.sprites(train=12, test=7)
GIVEN: list[tuple[Network, Samples]] = []


class Noisy(nn.Module):
    """A network with a normalisation, and a number that it draws whatever it does."""

    def __init__(self, shape: tuple[int, ...], classes: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(32 * 32, 4), nn.BatchNorm1d(4))
        self.out = nn.Linear(4, classes)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.out(self.layers(x)) + torch.rand(())
        return out


def show(network: Network, samples: Samples, *, images: int = 2) -> Iterator[Picture]:
    """A network's answers, and the first pixels."""
    GIVEN.append((network, samples))
    x, _ = samples.batch(torch.arange(len(samples)))
    answers = network.forward(x)
    assert not answers.requires_grad
    yield Picture("network", "answers", None, None, -1.0, 1.0, answers.float().numpy())
    for sample in range(min(images, len(x))):
        yield Picture("network", "pixels", sample, 0, 0.0, 1.0, x[sample, 0, :2, :3].numpy())


def several(network: Network, samples: Samples, *, factors: tuple[str, ...] = ()) -> Iterator[Picture]:
    GIVEN.append((network, samples))
    yield Picture("network", "labels", None, None, 0.0, 1.0, np.zeros((1, 1)))


def broken(network: Network, samples: Samples) -> Iterator[Picture]:
    yield Picture("network", "half", None, None, 0.0, 1.0, np.zeros((1, 1)))
    raise ArithmeticError("no such thing")


NEEDS = ("out",)
RUN = specs.run(
    data=specs.data(table=SPRITES),
    model=part(f"{HERE}:Noisy"),
    fit=specs.fit(epochs=3, batch_size=4, snapshots=(0, 1, 3)),
)


def showing(what: Part) -> Showing:
    return Showing(what=what, samples=registry.constant("picture", what.name, "SAMPLES", "all"))


def asked(name: str = "show", **options: Any) -> Showing:
    return showing(part(f"{HERE}:{name}", **options))


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepared(SPRITES, tmp_path_factory.mktemp("data"))


def trained(table: Path, folder: Path, run: Run) -> dict[str, Path]:
    return job("train", run, folder, table)


@pytest.fixture(scope="module")
def made(table: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return trained(table, tmp_path_factory.mktemp("run"), RUN)


def rows(
    table: Path, made: dict[str, Path], folder: Path, what: Showing | None = None, run: Run = RUN
) -> list[dict[str, Any]]:
    what = what or asked(images=2)
    inputs = [(need.role, made[need.output]) for need in STAGE.needs(run, what)]
    path = job("show", run, folder, table, asked=what, inputs=inputs)["pictures"]
    found: list[dict[str, Any]] = read_table(path, OUTPUTS["pictures"]).to_pylist()
    return found


def test_a_picture_is_a_row_for_each_epoch_that_is_kept(
    table: Path, made: dict[str, Path], tmp_path: Path
) -> None:
    found = rows(table, made, tmp_path)
    test = data_in(table, RUN).test
    assert [(row["epoch"], row["kind"], row["sample"], row["channel"]) for row in found] == [
        (epoch, *of)
        for epoch in (0, 1, 3)
        for of in (("answers", None, None), ("pixels", 0, 0), ("pixels", 1, 0))
    ]
    for row in found:
        assert (row["run"], row["seed"], row["part"]) == (RUN.id, SEED, "network")
        assert len(row["values"]) == row["height"] * row["width"]
        if row["kind"] == "pixels":
            pixels = test.values[row["sample"], :2, :3, 0].flatten() / 255
            assert row["values"] == pytest.approx(pixels.tolist())
            assert (row["height"], row["width"], row["low"], row["high"]) == (2, 3, 0, 1)


def test_of_each_epoch_the_weights_of_that_epoch_are_shown_in_evaluation(
    table: Path, made: dict[str, Path], tmp_path: Path
) -> None:
    GIVEN.clear()
    rows(table, made, tmp_path)
    untrained = build_model(RUN, {"shape": (1, 32, 32), "classes": 3}, SEED).state_dict()
    alone = trained(table, tmp_path, replace(RUN, fit=replace(RUN.fit, epochs=1, snapshots=())))
    first, _ = read_tensors(alone["weights"], "")
    last = checkpoint.read_weights(made["weights"], RUN.id)
    for (network, _), expected in zip(GIVEN, (untrained, first, last), strict=True):
        assert all(torch.equal(one, expected[name]) for name, one in network.model.state_dict().items())
        assert not any(module.training for module in network.model.modules())
        assert not any(one.requires_grad for one in network.model.parameters())


def test_what_is_drawn_on_the_way_repeats_and_leaves_others_alone(
    table: Path, made: dict[str, Path], tmp_path: Path
) -> None:
    torch.manual_seed(8)
    state = torch.get_rng_state()
    first = rows(table, made, tmp_path / "a")
    assert torch.equal(torch.get_rng_state(), state)
    torch.rand(3)
    assert rows(table, made, tmp_path / "b") == first


COUNTING = "tests.show.counting"


@pytest.mark.parametrize(
    ("what", "size", "count"),
    [
        (part(f"{COUNTING}:show", images=2), 4, 4),  # a batch
        (part(f"{COUNTING}:show", images=6), 4, 6),  # more than that are shown
        (part(f"{COUNTING}:show", images=2), 99, 7),
        (part(f"{COUNTING}:show", images=2), "all", 7),
        (part(f"{COUNTING}:all_of"), 4, 4),
    ],
)
def test_a_picture_may_want_the_samples_that_are_tested_together(
    what: Part, size: Any, count: int, table: Path, tmp_path: Path
) -> None:
    run = replace(RUN, fit=specs.fit(epochs=0, optimizer=None, batch_size=size))
    (row,) = rows(table, {}, tmp_path, showing(what), run)
    assert row["values"] == [count]


def test_a_picture_that_wants_nothing_else_is_given_the_test(
    table: Path, made: dict[str, Path], tmp_path: Path
) -> None:
    rows(table, made, tmp_path)
    assert torch.equal(GIVEN[-1][1].values, data_in(table, RUN).test.values)


def test_without_snapshots_the_last_epoch_is_shown(table: Path, tmp_path: Path) -> None:
    run = replace(RUN, fit=replace(RUN.fit, epochs=2, snapshots=()))
    assert {row["epoch"] for row in rows(table, trained(table, tmp_path, run), tmp_path, run=run)} == {2}


@pytest.mark.parametrize("snapshots", [(), (0,)])
def test_a_model_that_is_not_trained_is_shown_as_it_was_built(
    snapshots: tuple[int, ...], table: Path, tmp_path: Path
) -> None:
    run = replace(RUN, fit=specs.fit(epochs=0, optimizer=None, snapshots=snapshots))
    assert {row["epoch"] for row in rows(table, {}, tmp_path, run=run)} == {0}


def test_a_picture_that_fails_is_named_and_half_of_it_is_not_written(
    table: Path, made: dict[str, Path], tmp_path: Path
) -> None:
    with pytest.raises(UserError) as caught:
        rows(table, made, tmp_path, asked("broken"))
    start = f"run {RUN.id}, seed {SEED}: picture '{HERE}:broken': ArithmeticError in "
    assert str(caught.value).startswith(start)
    assert not list(tmp_path.rglob("pictures*"))


def test_snapshots_of_other_layers_are_refused(table: Path, made: dict[str, Path], tmp_path: Path) -> None:
    tensors, record = read_tensors(made["snapshots"], "")
    other = tmp_path / "snapshots.safetensors"
    write_weights(other, {name: one for name, one in tensors.items() if name != "1/out.bias"}, record)
    with pytest.raises(UserError, match=f"(?s){other}: epoch 1: .*out.bias.*delete the file, and rerun"):
        rows(table, made | {"snapshots": other}, tmp_path)


def test_a_picture_that_asks_for_labels_is_given_a_column_each(
    table: Path, made: dict[str, Path], tmp_path: Path
) -> None:
    rows(table, made, tmp_path, asked("several", factors=("x", "shape")))
    known = read_table(table).to_pandas()
    expected = known.loc[known["split"] == "test", ["x", "shape"]].to_numpy()
    assert GIVEN[-1][1].labels.tolist() == expected.tolist()  # type: ignore[union-attr]


# --- what is asked ---


def test_each_kind_of_pictures_is_a_job_named_by_it() -> None:
    found = list(read([{"name": f"{HERE}:show", "images": 7}, f"{HERE}:broken"], asking(RUN, "pictures")))
    assert found == [asked(images=7), asked("broken")]
    named = [asked_id(one).rpartition("-")[0] for one in found]
    assert named == ["tests-show-test-job-show", "tests-show-test-job-broken"]
    assert [list(STAGE.parts(one)) for one in found] == [[("picture", one.what)] for one in found]


WEIGHTS = Need(role="weights", stage="train", output="weights")
SNAPSHOTS = Need(role="snapshots", stage="train", output="snapshots")


@pytest.mark.parametrize(
    ("epochs", "snapshots", "needs"),
    [
        (3, (), [WEIGHTS]),
        (3, (3,), [WEIGHTS]),
        (3, (0, 3), [WEIGHTS, SNAPSHOTS]),
        (3, (0, 1), [SNAPSHOTS]),
        (0, (), []),
        (0, (0,), []),
    ],
)
def test_what_is_needed_is_what_is_shown(epochs: int, snapshots: tuple[int, ...], needs: list[Need]) -> None:
    run = replace(RUN, fit=specs.fit(epochs=epochs, snapshots=snapshots))
    assert list(STAGE.needs(run, asked(images=2))) == needs


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([], "study.yaml: pictures: found []; expected a list of names, or of mappings with `name`"),
        ([{"name": "lea", "images": 3}], "study.yaml: pictures.0: no picture 'lea'; did you mean 'leas'?"),
        ([{"name": "leas", "images": 0}], "study.yaml: pictures.0.images: found 0; expected a number"),
        (["leas"], "study.yaml: pictures.0: missing 'images'"),
        (
            [{"name": "leas", "images": 3}],
            f"study.yaml: pictures.0: picture 'leas' needs `lea`, and model '{HERE}:Noisy' has none",
        ),
        (
            [{"name": f"{HERE}:show", "images": 8}],
            "study.yaml: pictures.0.images: found 8; data set 'sprites' has 7 test samples at scale quick",
        ),
        (
            [{"name": f"{HERE}:several", "factors": ["age"]}],
            "study.yaml: pictures.0.factors: found 'age'; expected a label of 'dsprites': ",
        ),
        (2 * [f"{HERE}:show"], f"study.yaml: pictures.1: found '{HERE}:show' a second time"),
    ],
)
def test_what_cannot_be_shown_is_refused_at_its_place(values: Any, message: str) -> None:
    with pytest.raises(UserError) as caught:
        list(read(values, asking(RUN, "pictures")))
    assert str(caught.value).startswith(message)
