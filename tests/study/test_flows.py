"""Oracle: the modules themselves, made from what a configuration says; the message of each mistake."""

from typing import Any

import pytest
import torch
from torch import nn

from lea.compute.building import build_part
from lea.errors import UserError
from lea.nn.flows.flow import Flow
from lea.nn.flows.multi_scale import MultiScaleFlow
from lea.study.asking import check_faces
from lea.study.build import in_file
from lea.study.parts import read_part
from lea.study.spec import Part

HERE = in_file("here.yaml")


def read(**values: Any) -> Part:
    return read_part("model", values, HERE)


def test_a_flow_of_vectors_is_made_as_it_is_written() -> None:
    part = read(name="flow", blocks=3, clamp="arctan", subnetwork={"name": "fc", "hidden": 5, "layers": 1})
    flow = build_part("model", part, (4,))
    assert isinstance(flow, Flow)
    assert len(flow.couplings) == 3
    assert {one.clamp for one in flow.couplings} == {"arctan"}  # type: ignore[union-attr]
    sizes = [one.out_features for one in flow.modules() if isinstance(one, nn.Linear)]
    assert sizes == [5, 4] * 3


def test_a_flow_of_images_is_made_as_it_is_written() -> None:
    part = read(name="multi-scale-flow", scales=3, order="channel", law="additive", blocks=2)
    flow = build_part("model", part, (1, 8, 8))
    assert isinstance(flow, MultiScaleFlow)
    assert (len(flow.scales), flow.order) == (3, "channel")
    assert flow.map(torch.rand(2, 1, 8, 8)).log_determinant.tolist() == [0, 0]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"name": "flow", "blocks": 1}, "blocks: found 1; expected a number between 2 and 1000"),
        (
            {"name": "flow", "law": "linear"},
            "law: found 'linear'; expected one of affine, additive",
        ),
        ({"name": "flow", "scales": 2}, "scales: no such key"),
        (
            {"name": "multi-scale-flow", "order": "row"},
            "order: found 'row'; expected one of block",
        ),
        (
            {"name": "flow", "subnetwork": "cnn"},
            "subnetwork: no subnetwork 'cnn'; .*one of fc, conv",
        ),
    ],
)
def test_what_cannot_be_is_refused_before_any_job(values: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        read(**values)


def test_likelihood_asks_for_a_model_with_a_density() -> None:
    likelihood = read_part("method", {"name": "likelihood", "levels": 256}, HERE)
    for name in ("flow", "multi-scale-flow"):
        check_faces("method", likelihood, read(name=name), HERE)
    with pytest.raises(UserError, match="method 'likelihood' needs `density`, and model 'mean' has none"):
        check_faces("method", likelihood, read(name="mean"), HERE)
