"""Oracle: what the faces are called where they are drawn, and which runs the configuration trains."""

import pytest

from lea.data.faces_cast import CAST
from lea.data.faces_expressions import EXPRESSIONS
from lea.study.layers import SCALES
from lea.study.study import Analysis
from lea.study.workflow import Workflow


def analyses(scale: str) -> dict[str, Analysis]:
    wanted = {"scale": scale, "studies": ["outliers"], "analyses": ["archetypes", "archetype-numbers"]}
    return {one.name: one for one in Workflow(wanted).study.analyses}


@pytest.mark.parametrize("scale", SCALES)
def test_classes_are_called_as_the_faces_are(scale: str) -> None:
    named = [
        one.part.options["labels"]
        for one in analyses(scale)["archetypes"].drawn
        if one.part.name == "simplex"
    ]
    for labels in filter(None, named):
        assert labels == {"character": tuple(CAST), "expression": tuple(EXPRESSIONS)}
    assert sum(map(bool, named)) == 2


@pytest.mark.parametrize("scale", SCALES)
def test_all_archetypes_of_a_figure_are_as_many_and_each_number_is_fitted_twice(scale: str) -> None:
    found = analyses(scale)
    numbers = {run.model.options["archetypes"] for run in found["archetypes"].runs.values()}
    assert numbers == {6}
    again = [run for label, run in found["archetype-numbers"].runs.items() if "again" in label]
    once = [run for label, run in found["archetype-numbers"].runs.items() if "again" not in label]
    assert sorted(run.model.options["archetypes"] for run in again) == sorted(
        run.model.options["archetypes"] for run in once
    )
    assert {run.method.options["initial"] for run in again} == {"random"}
    assert {run.method.options["initial"] for run in once} == {"furthest"}
