"""Oracle: the type system of Python itself; what an annotation admits is written beside it by hand."""

import ast
from typing import Any

import pytest

from lea.errors import UserError
from lea.registry import Option
from lea.study.build import in_file
from lea.study.parts import _value

ADMITS: list[tuple[str, Any, Any]] = [
    ("int", 3, 3),
    ("float", 3, 3.0),
    ("'int'", 3, 3),
    ("int | None", None, None),
    ("Optional[int]", 4, 4),
    ("tuple[int]", [1], (1,)),
    ("tuple[int, float]", [1, 2], (1, 2.0)),
    ("tuple[int, ...]", [1, 2, 3], (1, 2, 3)),
    ("list[int]", [1, 2], (1, 2)),
    ("Literal['a']", "a", "a"),
    ("Literal['a', 2]", 2, 2),
    ("Literal['all'] | int", "all", "all"),
    ("Literal['all'] | int", 3, 3),
    ("object", [1, "x"], [1, "x"]),
    ("Mapping[str, int]", {"b": 1, "a": 2}, {"b": 1, "a": 2}),
    ("Mapping[str, float]", {"b": 1}, {"b": 1.0}),
    ("Mapping[str, object] | None", {"b": [1]}, {"b": [1]}),
]
REFUSES: list[tuple[str, Any, str]] = [
    ("int", 3.5, "expected a whole number"),
    ("int", True, "expected a whole number"),
    ("'int'", "x", "expected a whole number"),
    ("Optional[int]", "x", "expected a whole number"),
    ("tuple[int]", [1, 2], "expected 1"),
    ("tuple[int, ...]", [1, "x"], "expected a whole number"),
    ("list[int]", 3, "expected a list"),
    ("Literal['a']", "b", "expected one of a"),
    ("Literal['all'] | int", "al", "expected all or a whole number"),
    ("Literal['all'] | int", 2.5, "expected a whole number"),
    ("Literal['all'] | tuple[str, ...]", "al", r"expected all or a list, such as \[a, b\]"),
    ("Mapping[str, int]", {"a": "b"}, "a: found 'b'; expected a whole number"),
    ("Mapping[str, int]", {1: 2}, "found the key 1; expected text; write it in quotes"),
    ("Mapping[str, int]", [1], "expected a mapping"),
    ("Callable", 3, "which can be checked"),
    ("dict[str, int]", {}, "expected tuple, list, Literal or Optional"),
]


def value(annotation: str, given: Any) -> Any:
    option = Option(ast.parse(annotation, mode="eval").body, required=True, default=None)
    return _value(given, option, None, in_file("here.yaml"))


@pytest.mark.parametrize(("annotation", "given", "expected"), ADMITS)
def test_an_annotation_admits_its_values_as_their_type(annotation: str, given: Any, expected: Any) -> None:
    found = value(annotation, given)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(("annotation", "given", "message"), REFUSES)
def test_an_annotation_refuses_other_values(annotation: str, given: Any, message: str) -> None:
    with pytest.raises(UserError, match=message):
        value(annotation, given)
