"""Oracle: the tensors themselves, and the numbers that a seed gives."""

import math
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

import lea
from lea import checkpoint
from lea.compute.building import build_model
from lea.errors import UserError
from lea.study.spec import Run
from lea.study.stages import parts_of, stage
from tests import specs
from tests.jobs import SEED, job, prepared
from tests.specs import part

SHAPE = {"shape": (1, 32, 32), "classes": 3}
PLAIN = specs.run()
GLOROT = specs.run(initialisation=part("glorot"))
OWN = """
from torch import nn

def constant(model, *, value: float = 0.5):
    for parameter in model.parameters():
        nn.init.constant_(parameter, value)

def failing(model):
    raise KeyError("weight")
"""


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Path]:
    """A module of a user's own."""
    (tmp_path / "begin_own.py").write_text(OWN)
    sys.path.insert(0, str(tmp_path))
    yield tmp_path / "begin_own.py"
    sys.path.remove(str(tmp_path))
    sys.modules.pop("begin_own", None)


def test_a_run_begins_as_it_asks_and_by_its_seed_alone() -> None:
    plain, begun = (build_model(run, SHAPE, SEED) for run in (PLAIN, GLOROT))
    assert isinstance(begun.out, nn.Linear)
    assert begun.out.weight.abs().max() <= math.sqrt(6 / (5 + 3))
    assert not begun.out.bias.any()
    assert not torch.equal(begun.out.weight, plain.out.weight)
    torch.rand(7)
    again, other = (build_model(GLOROT, SHAPE, seed) for seed in (SEED, SEED + 1))
    assert all(torch.equal(one, again.state_dict()[name]) for name, one in begun.state_dict().items())
    assert not torch.equal(begun.out.weight, other.out.weight)


def test_an_initialisation_of_ones_own_has_options_and_is_code_that_the_job_runs(own: Path) -> None:
    run = specs.run(initialisation=part("begin_own:constant", value=0.25))
    assert all((one == 0.25).all() for one in build_model(run, SHAPE, SEED).parameters())
    for name in ("train", "probe"):
        assert ("initialisation", run.initialisation) in list(parts_of(stage(name), run, None))
        assert "initialisation" not in dict(parts_of(stage(name), PLAIN, None))


def test_what_it_raises_names_it_and_its_line(own: Path) -> None:
    run = specs.run(initialisation=part("begin_own:failing"))
    with pytest.raises(UserError, match=r"initialisation 'begin_own:failing': KeyError in begin_own\.py:9"):
        build_model(run, SHAPE, SEED)


def test_it_is_another_run_and_none_is_the_run_as_before() -> None:
    assert len({PLAIN.id, GLOROT.id, specs.run(initialisation=part("begin_own:constant", value=1)).id}) == 3
    assert replace(GLOROT, initialisation=None).id == PLAIN.id


def test_trained_weights_are_those_of_the_file_also_where_its_initialisation_is_missing(
    own: Path, tmp_path: Path
) -> None:
    run: Run = specs.run(initialisation=part("begin_own:constant", value=0.25))
    weights = job("train", run, tmp_path, prepared(specs.sprites(), tmp_path))["weights"]
    sys.path.remove(str(tmp_path))
    sys.modules.pop("begin_own")
    own.unlink()
    network = lea.load(weights)
    tensors = checkpoint.read_weights(weights, run.id)
    assert all(torch.equal(one, tensors[name]) for name, one in network.state_dict().items())
    sys.path.insert(0, str(tmp_path))  # as the fixture found it
