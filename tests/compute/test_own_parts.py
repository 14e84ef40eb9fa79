"""Oracle: parts of a user's own with one fault each; the line that is to be named is marked in their text."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lea.attacks.stage import Attacks
from lea.errors import MachineError, UserError
from lea.measure.stage import Measuring
from lea.probes.stage import Probes
from lea.show.stage import Showing
from lea.store import read_table
from lea.study.spec import Dataset, Part, Run
from tests import specs
from tests.jobs import job, prepared
from tests.specs import part

DATASET = Dataset(name="digits", reader=part("mnist"), source="embedded", side=28, train=16, test=8)
RUN = specs.run(data=specs.data(table=DATASET, target="label"), model=part("none"))
AS_BUILT = replace(RUN, model=part("classic", kernels=(2, 2), hidden=5), fit=specs.fit(epochs=0))
MARK = "  # here"
Own = Callable[[str, str], None]


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepared(DATASET, tmp_path_factory.mktemp("data"))


@pytest.fixture
def own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_sources: None
) -> Callable[[str], tuple[str, int]]:
    """Write a module; its name, which no other test has, and the number of the line that is marked."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(text: str) -> tuple[str, int]:
        name = f"own_{abs(hash(text)):x}"
        (tmp_path / f"{name}.py").write_text(text)
        lines = [number for number, line in enumerate(text.splitlines(), 1) if line.endswith(MARK)]
        return name, lines[0]

    return write


def refused(run: Run, table: Path, folder: Path, stage: str = "train", **more: Any) -> str:
    """What is said, without the run's name; nothing is written but the note that it failed for good."""
    with pytest.raises(UserError) as caught:
        job(stage, run, folder / "results", table, **more)
    left = [path.suffix for path in (folder / "results").rglob("*") if path.is_file()]
    assert left == [".failed"]
    start = f"run {run.id}, seed 3: "
    assert str(caught.value).startswith(start)
    return str(caught.value).removeprefix(start)


NETWORK = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, shape, classes):
        super().__init__()
        self.first = nn.Linear(784, 12)
        self.out = nn.Linear(12, classes)

    def forward(self, x):{mark}
        {body}
"""
GIVES = {  # what a network's forward does -> what is found
    "return self.first(x.flatten(1))": "gave a Tensor of shape (8, 12), torch.float32",
    "return self.out(self.first(x.flatten(1)))[:, :9]": "gave a Tensor of shape (8, 9), torch.float32",
    "return self.out(self.first(x.flatten(1)))[:-1]": "gave a Tensor of shape (7, 10), torch.float32",
    "return self.out(self.first(x.flatten(1))).argmax(1)": "gave a Tensor of shape (8,), torch.int64",
    "return self.out(self.first(x.flatten(1))), x": "gave a tuple",
    "self.out(self.first(x.flatten(1)))": "gave nothing",
}


@pytest.mark.parametrize("body", GIVES)
def test_a_network_that_gives_no_logits_is_named_with_its_line(
    body: str, own: Any, table: Path, tmp_path: Path
) -> None:
    name, line = own(NETWORK.format(body=body, mark=MARK))
    said = refused(replace(RUN, model=part(f"{name}:Net")), table, tmp_path)
    whose = f"model '{name}:Net' ({name}.py:{line}): {GIVES[body]}"
    assert said == f"{whose}; expected logits, floats of shape (8, 10); mend it there"


def test_a_network_that_cannot_learn_is_named(own: Any, table: Path, tmp_path: Path) -> None:
    name, line = own(NETWORK.format(body="return self.out(self.first(x.flatten(1))).detach()", mark=MARK))
    said = refused(replace(RUN, model=part(f"{name}:Net")), table, tmp_path)
    found = "gave logits that depend on no weight; expected some that depend on those that are trained"
    assert said == f"model '{name}:Net' ({name}.py:{line}): {found}; mend it there"


RAISES = {  # in a network's forward -> the error's type and its own words
    "return self.out(x.flatten(1))": ("RuntimeError", "mat1 and mat2 shapes cannot be multiplied"),
    "raise ValueError('not today')": ("ValueError", "not today"),
    "return self.secret(x)": ("AttributeError", "secret"),
    "raise KeyError": ("KeyError", "no more is said"),
}


@pytest.mark.parametrize("body", RAISES)
def test_what_a_network_raises_is_said_of_its_own_innermost_line(
    body: str, own: Any, table: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    name, line = own(NETWORK.format(body=body + MARK, mark=""))
    kind, words = RAISES[body]
    with caplog.at_level("INFO"):
        said = refused(replace(RUN, model=part(f"{name}:Net")), table, tmp_path)
    assert said.startswith(f"model '{name}:Net': {kind} in {name}.py:{line}: ")
    assert words in said
    assert said.endswith("; mend it there")
    assert "Traceback (most recent call last)" in caplog.text, "which is not lost"


@pytest.mark.parametrize(
    "error", ["MemoryError()", "torch.OutOfMemoryError()", "OSError()", "RuntimeError('CUDA error: x')"]
)
def test_a_machine_at_its_end_is_no_fault_of_a_part_and_may_be_tried_again(
    error: str, own: Any, table: Path, tmp_path: Path
) -> None:
    name, _ = own(NETWORK.format(body=f"raise {error}", mark=MARK))
    with pytest.raises((MemoryError, RuntimeError, OSError, MachineError)):
        job("train", replace(RUN, model=part(f"{name}:Net")), tmp_path / "results", table)
    assert not list((tmp_path / "results").rglob("*.failed"))


def test_what_a_constructor_raises_deep_in_a_library_names_the_line_that_called_it(
    own: Any, table: Path, tmp_path: Path
) -> None:
    text = NETWORK.format(body="pass", mark="").replace("784, 12)", f"784, -12){MARK}")
    name, line = own(text)
    said = refused(replace(RUN, model=part(f"{name}:Net")), table, tmp_path)
    assert said.startswith(f"model '{name}:Net': RuntimeError in {name}.py:{line}: ")
    name, line = own(text.replace("nn.Linear(784, -12)", "nn.Conv2d(3, 4, 1, groups=2)"))
    said = refused(replace(RUN, model=part(f"{name}:Net")), table, tmp_path / "other")
    assert said.startswith(f"model '{name}:Net': ValueError in {name}.py:{line}: in_channels must be")


METHOD = """
import torch
from lea.training.method import Method, follow

class Mine(Method):
    OPTIMIZERS = ("main",)

    def __init__(self, setting):
        self.network = setting.network
        self.optimizers = {{"main": setting.optimizer("main", self.network.model.parameters())}}

    def step(self, batch):{mark}
        loss = self.network.forward(batch.x).square().mean()
        {body}

    def examine(self, batch):
        return {{("network", "loss"): torch.zeros(())}}
"""
SUMS = {
    "pass": "`step` gave nothing",
    "return loss": "`step` gave a Tensor of shape (), torch.float32",
    "return {'loss': loss}": "`step` gave the key 'loss'",
    "return {('network', 'loss'): loss.item()}": "`step` gave a float for ('network', 'loss')",
    "return {('network', 'loss'): torch.ones(2)}": (
        "`step` gave a Tensor of shape (2,), torch.float32 for ('network', 'loss')"
    ),
}
UNLABELLED = replace(
    RUN, data=replace(RUN.data, target=None), model=part("lea-alone", lea=specs.lea(specs.autoencoder()))
)


@pytest.mark.parametrize("body", SUMS)
def test_a_method_whose_step_gives_no_sums_is_named_with_its_line(
    body: str, own: Any, table: Path, tmp_path: Path
) -> None:
    name, line = own(METHOD.format(body=body, mark=MARK))
    said = refused(replace(UNLABELLED, method=part(f"{name}:Mine")), table, tmp_path)
    assert said.startswith(
        f"method '{name}:Mine' ({name}.py:{line}): {SUMS[body]}; expected a mapping of (part,"
    )


def test_what_a_method_raises_names_its_line(own: Any, table: Path, tmp_path: Path) -> None:
    name, line = own(METHOD.format(body=f"loss.backward(1){MARK}", mark=""))
    said = refused(replace(UNLABELLED, method=part(f"{name}:Mine")), table, tmp_path)
    assert said.startswith(f"method '{name}:Mine': TypeError in {name}.py:{line}: ")


AUTOENCODER = """
import torch
from torch import Tensor
from lea.nn.autoencoders.ae import AE, Code
from lea.nn.losses import Loss

class Mine(AE):
    def {function}(self, {given}):{mark}
        {body}
"""
FACES = {  # function, arguments, body -> what is found, what was expected
    ("encode", "v", "return self.code(self.coder.encode(v))"): (
        "`encode` gave a Tensor of shape (N, 3), torch.float32",
        "a code whose `z` is a tensor of shape (N, 3)",
    ),
    ("encode", "v", "return Code(self.coder.encode(v))"): (
        "`encode` gave a Tensor of shape (N, 32), torch.float32 as z",
        "a code whose `z` is a tensor of shape (N, 3)",
    ),
    ("encode", "v", "pass"): ("`encode` gave nothing", "a code whose `z` is a tensor of shape (N, 3)"),
    ("decode", "z", "return super().decode(z).flatten(1)"): (
        "`decode` gave a Tensor of shape (N, 16), torch.float32",
        "windows, a tensor of shape (N, 1, 4, 4)",
    ),
    ("decode", "z", "return super().decode(z)[:1]"): (
        "`decode` gave a Tensor of shape (1, 1, 4, 4), torch.float32",
        "windows, a tensor of shape (N, 1, 4, 4)",
    ),
    ("loss", "v, code, r", "return (v - r).square().mean()"): (
        "`loss` gave a Tensor of shape (), torch.float32 without `total`",
        "a lea.nn.losses.Loss, whose losses are scalars",
    ),
    ("loss", "v, code, r", "return Loss((v - r).square().sum((1, 2, 3)), r.sum())"): (
        "`loss` gave a Tensor of shape (N,), torch.float32 as `total`",
        "a lea.nn.losses.Loss, whose losses are scalars",
    ),
    ("loss", "v, code, r", "return Loss(1.0, r.sum())"): (
        "`loss` gave a float as `total`",
        "a lea.nn.losses.Loss, whose losses are scalars",
    ),
    ("loss", "v, code, r", "return Loss(r.sum().detach(), r.sum())"): (
        "`loss` gave a `total` that depends on no weight",
        "a lea.nn.losses.Loss, whose losses are scalars",
    ),
}
WINDOWS = 8 * 14 * 14  # of a batch


def with_lea(autoencoder: str, method: str = "leas") -> Run:
    lea = specs.lea(Part(name=autoencoder, options={"coder": part("fc")}))
    if method == "leas":
        return replace(UNLABELLED, model=part("lea-alone", lea=lea), method=part("leas"))
    return replace(RUN, model=part("lea-fc", lea=lea, hidden=4), method=part(method))


@pytest.mark.parametrize(("function", "given", "body"), FACES)
def test_an_autoencoder_that_gives_something_else_is_named_with_its_line(
    function: str, given: str, body: str, own: Any, table: Path, tmp_path: Path
) -> None:
    name, line = own(AUTOENCODER.format(function=function, given=given, body=body, mark=MARK))
    found, expected = (text.replace("N", str(WINDOWS)) for text in FACES[function, given, body])
    said = refused(with_lea(f"{name}:Mine"), table, tmp_path)
    whose = f"lea, autoencoder '{name}:Mine' ({name}.py:{line}): {found}"
    assert said == f"{whose}; expected {expected}; mend it there"


def test_what_an_autoencoder_raises_names_it_and_not_the_network(
    own: Any, table: Path, tmp_path: Path
) -> None:
    body = f"return super().decode(z.flatten()){MARK}"
    name, line = own(AUTOENCODER.format(function="decode", given="z", body=body, mark=""))
    said = refused(with_lea(f"{name}:Mine", "joint"), table, tmp_path)
    assert said.startswith(f"autoencoder '{name}:Mine': RuntimeError in {name}.py:{line}: ")


NANS = {
    "encode": ("v", "return Code(super().encode(v).z.log())"),
    "decode": ("z", "return super().decode(z) / 0"),
    "loss": (
        "v, code, r",
        "loss = super().loss(v, code, r); return loss._replace(total=loss.total * torch.nan)",
    ),
}


@pytest.mark.parametrize("method", ["alternate", "joint"])
@pytest.mark.parametrize("function", NANS)
def test_a_value_that_is_no_number_is_said_of_the_autoencoder_that_made_it(
    function: str, method: str, own: Any, table: Path, tmp_path: Path
) -> None:
    """By the time that it is seen all weights are none."""
    given, body = NANS[function]
    name, line = own(AUTOENCODER.format(function=function, given=given, body=body, mark=MARK))
    said = refused(with_lea(f"{name}:Mine", method), table, tmp_path)
    assert re.match(r"epoch 1[^;]*, part (network|lea): the loss is (nan|inf); ", said)
    whose = f"`{function}` of lea.autoencoder '{name}:Mine' ({name}.py:{line})"
    assert f"; the first comes from {whose}, in the model as it was built; by now the weights lea." in said
    assert "; expected a finite number; mend it there, or try a smaller rate" in said


def test_a_value_that_is_no_number_between_two_layers_is_said_of_the_network(
    own: Any, table: Path, tmp_path: Path
) -> None:
    text = NETWORK.format(body="return self.out((self.first(x.flatten(1)) * 0).log())", mark=MARK)
    name, line = own(text)
    said = refused(replace(RUN, model=part(f"{name}:Net")), table, tmp_path)
    assert (
        f"; the first comes from `forward` of the model '{name}:Net' ({name}.py:{line}), in the model as"
        in said
    )


def test_one_that_only_a_test_gives_is_found_with_weights_that_are_numbers(
    own: Any, table: Path, tmp_path: Path
) -> None:
    body = "out = self.out(self.first(x.flatten(1))); return out if self.training else out / 0"
    name, line = own(NETWORK.format(body=body, mark=MARK))
    said = refused(replace(RUN, model=part(f"{name}:Net")), table, tmp_path)
    assert said.startswith("epoch 1, test, part network: the loss is nan; the first comes from ")
    assert (
        f"`forward` of the model '{name}:Net' ({name}.py:{line}), whose weights are numbers; expected" in said
    )


def test_a_training_that_blew_up_blames_nobody(own: Any, table: Path, tmp_path: Path) -> None:
    fit = specs.fit(optimizer=part("sgd", rate=1e30, momentum=0.0, decay=0.0, clip_norm=None), epochs=3)
    said = refused(replace(RUN, model=part("classic", kernels=(2, 2), hidden=5), fit=fit), table, tmp_path)
    assert "; the model as it was built gave numbers; by now the weights " in said
    assert said.endswith(
        " are none; expected a finite number; try a smaller rate of the optimizer, or precision float32"
    )


METRIC = """
from lea.measure.measurement import Measurement

def measure(model, data, generator):{mark}
    {body}
"""
MEASURES = {
    "pass": "gave nothing",
    "return []": "gave nothing",
    "return 0.5": "gave a float",
    "return [0.5]": "gave a float",
    "yield 'network', 'width', 3.0": "gave a tuple",
}


@pytest.mark.parametrize("body", MEASURES)
def test_a_metric_that_gives_no_measurements_is_named_with_its_line(
    body: str, own: Any, table: Path, tmp_path: Path
) -> None:
    name, line = own(METRIC.format(body=body, mark=MARK))
    said = refused(AS_BUILT, table, tmp_path, "measure", asked=Measuring(what=part(f"{name}:measure")))
    expected = "expected Measurements, yielded or in a list, at least one; mend it there"
    assert said == f"metric '{name}:measure' ({name}.py:{line}): {MEASURES[body]}; {expected}"


PICTURE = """
import torch
from lea.show.picture import Picture

def show(network, samples):{mark}
    {body}
"""


@pytest.mark.parametrize(
    ("body", "found"),
    [("pass", "gave nothing"), ("yield samples.values[0]", "gave a Tensor of shape (28, 28, 1)")],
)
def test_a_picture_that_is_none_is_named_with_its_line(
    body: str, found: str, own: Any, table: Path, tmp_path: Path
) -> None:
    name, line = own(PICTURE.format(body=body, mark=MARK))
    asked = Showing(what=part(f"{name}:show"), samples="all")
    said = refused(AS_BUILT, table, tmp_path, "show", asked=asked)
    assert said.startswith(f"picture '{name}:show' ({name}.py:{line}): {found}")
    assert said.endswith("expected Pictures, yielded or in a list, at least one; mend it there")
    name, line = own(PICTURE.format(body=f"network.forward(samples){MARK}", mark=""))
    said = refused(
        AS_BUILT, table, tmp_path / "raises", "show", asked=replace(asked, what=part(f"{name}:show"))
    )
    assert said.startswith(f"picture '{name}:show': AttributeError in {name}.py:{line}: ")


@pytest.mark.parametrize("stage", ["probe", "attack"])
def test_a_network_that_was_never_trained_is_looked_at_by_whoever_asks_it(
    stage: str, own: Any, table: Path, tmp_path: Path
) -> None:
    """Two values, of which one is no logits."""
    name, line = own(NETWORK.format(body="return self.out(self.first(x.flatten(1))), x", mark=MARK))
    run = replace(AS_BUILT, model=part(f"{name}:Net"))
    attacks = Attacks(family="gradient", which=(part("gradient-sign"),), batches=1, batch_size=4, images=2)
    probes = Probes(
        factors=("label",), hidden=4, epochs=1, batch_size=8, learning_rate=1e-3, samples=None, layers=None
    )
    said = refused(run, table, tmp_path, stage, asked=attacks if stage == "attack" else probes)
    assert said.startswith(f"model '{name}:Net' ({name}.py:{line}): gave a tuple; expected ")


READER = """
import numpy as np
from lea.data.arrays import Arrays

class Mine:
    SOURCES = ("embedded",)
    SIDED = False
    SHAPE = (2,)
    DTYPE = "float32"
    FACTORS = {{}}

    def names(self, source):
        return {{}}

    def embedded(self, split, count, side):{mark}
        {body}
"""


def test_a_reader_that_gives_no_samples_or_raises_is_named_with_its_line(own: Any, tmp_path: Path) -> None:
    for body, of_line in (
        ("return np.zeros((count, 2))", False),
        (f"return Arrays(np.zeros(count)[2, 2]){MARK}", True),
    ):
        name, line = own(READER.format(body=body, mark="" if of_line else MARK))
        reader = part(f"{name}:Mine")
        dataset = Dataset(name="own", reader=reader, source="embedded", side=None, train=3, test=2)
        with pytest.raises(UserError) as caught:
            prepared(dataset, tmp_path / "data")
        gave = f" ({name}.py:{line}): `embedded` gave a ndarray of shape (3, 2), float64; expected lea.data."
        raised = f": IndexError in {name}.py:{line}: too many indices"
        assert str(caught.value).startswith(f"dataset '{name}:Mine'{raised if of_line else gave}")
    assert not list(tmp_path.glob("data/*"))


def test_an_attack_that_breaks_down_still_costs_a_row(own: Any, table: Path, tmp_path: Path) -> None:
    text = "from lea.attacks.search import Attack\nclass Mine(Attack):\n    FAMILY = 'score'\n"
    name, _ = own(f"{text}    def attack(self, search):\n        raise KeyError('x'){MARK}\n")
    attacks = Attacks(family="score", which=(part(f"{name}:Mine"),), batches=1, batch_size=8, images=8)
    made = job("attack", AS_BUILT, tmp_path, table, asked=attacks)["attacks"]
    rows = read_table(made).to_pylist()
    assert {row["status"] for row in rows} == {"error", "not attacked"}
    assert len(rows) == 8
