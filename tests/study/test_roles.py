"""Oracle: which further tables a run has, written here; the message of each mistake."""

from typing import Any

import pytest

from lea.errors import UserError
from lea.study.asking import check_roles
from lea.study.build import in_file
from lea.study.parts import read_part

HERE = in_file("here.yaml")
DETECTION = {"name": "detection", "detectors": ["likelihood"]}
DISCRIMINATE = {"name": "discriminate", "where": "table"}


def check(kind: str, values: dict[str, Any], *others: str) -> None:
    check_roles(kind, read_part(kind, values, HERE), dict.fromkeys(others), HERE)


def test_further_tables_that_a_run_has_may_be_named() -> None:
    check("metric", DETECTION | {"outliers": ["near", "far"]}, "far", "near", "noise")
    check("method", DISCRIMINATE | {"outliers": "near"}, "near")
    check("method", {"name": "discriminate"})


@pytest.mark.parametrize(
    ("kind", "values"),
    [("metric", DETECTION | {"outliers": ["near", "fra"]}), ("method", DISCRIMINATE | {"outliers": "fra"})],
)
def test_others_are_refused_before_any_job(kind: str, values: dict[str, Any]) -> None:
    said = "outliers: found 'fra', and the run's further tables are near, far; expected one of them"
    with pytest.raises(UserError, match=said):
        check(kind, values, "near", "far")
    with pytest.raises(UserError, match="further tables are none"):
        check(kind, values)


def test_a_list_of_none_is_refused() -> None:
    with pytest.raises(UserError, match="outliers: found an empty list; expected further tables of the run"):
        check("metric", DETECTION | {"outliers": []}, "near")
