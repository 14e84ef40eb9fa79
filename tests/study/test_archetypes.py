"""Oracle: the modules themselves, made from what a configuration says; the message of each mistake."""

from typing import Any

import pytest
import torch

from lea.compute.building import build_part
from lea.errors import UserError
from lea.nn.archetypes.deep import DeepArchetypes
from lea.nn.flows.multi_scale import MultiScaleFlow
from lea.study.asking import check_faces
from lea.study.build import in_file
from lea.study.parts import read_part
from lea.study.spec import Part

HERE = in_file("here.yaml")


def read(kind: str = "model", **values: Any) -> Part:
    return read_part(kind, values, HERE)


def test_archetypes_over_a_flow_are_made_as_they_are_written() -> None:
    flow = {"name": "multi-scale-flow", "scales": 2, "blocks": 2}
    part = read(name="deep-archetypes", flow=flow, archetypes=5, vertices="free", radius=2.0)
    model = build_part("model", part, (1, 8, 8))
    assert isinstance(model, DeepArchetypes)
    assert isinstance(model.flow, MultiScaleFlow)
    assert torch.allclose(model.z.norm(dim=1), torch.full((5,), 2.0))
    assert "z" in dict(model.named_parameters())
    x = torch.rand(3, 1, 8, 8)
    assert torch.allclose(model.decode(model.encode(x).mean), model(x))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"name": "deep-archetypes"}, "flow"),
        ({"name": "deep-archetypes", "flow": "flow", "archetypes": 0}, "archetypes: found 0; expected"),
        ({"name": "deep-archetypes", "flow": "flow", "vertices": "moving"}, "expected one of fixed, free"),
        ({"name": "archetypes", "archetypes": 0}, "archetypes: found 0; expected"),
    ],
)
def test_what_cannot_be_is_refused_before_any_job(values: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        read(**values)


def test_a_flow_that_is_none_is_refused() -> None:
    with pytest.raises(UserError, match="the flow is a Mean, without `map` or `inverse`"):
        build_part("model", read(name="deep-archetypes", flow="mean"), (1, 8, 8))


@pytest.mark.parametrize(
    ("method", "model"),
    [
        ("fit-archetypes", "archetypes"),
        ("deep-archetypal", "deep-archetypes"),
        ("deep-archetypal", "labelled-archetypes"),
        ("deep-archetypal-side", "labelled-archetypes"),
    ],
)
def test_each_method_finds_what_it_needs(method: str, model: str) -> None:
    part = read(name=model) if model == "archetypes" else read(name=model, flow="flow")
    check_faces("method", read("method", name=method), part, HERE)


def test_side_information_needs_a_model_that_predicts_it() -> None:
    side = read("method", name="deep-archetypal-side")
    with pytest.raises(UserError, match="needs `losses_with_labels`"):
        check_faces("method", side, read(name="deep-archetypes", flow="flow"), HERE)
