"""A part that the configuration names, checked against what its source text declares."""

import ast
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from lea import registry
from lea.errors import UserError
from lea.study.build import Range, Spot, convert, known
from lea.study.spec import Part


def read_part(kind: str, values: Mapping[str, Any], spot: Spot, option_spot: Spot) -> Part:
    """A part with all its options, checked against what it declares; those not given are its own defaults."""
    if "name" not in values:
        raise spot.error(f"missing 'name'; expected which {kind} it is; add it")
    name = convert(values["name"], str, spot)
    try:
        options = registry.options(kind, name)
        limits = registry.constant(kind, name, "LIMITS", {})
    except UserError as error:
        raise spot.error(str(error)) from error
    given = {key: value for key, value in values.items() if key != "name"}
    known(given, options, option_spot)
    filled: dict[str, object] = {}
    for key, option in options.items():
        if option.required and key not in given:
            raise option_spot.error(f"missing '{key}'; {kind} '{name}' cannot do without; add it")
        kind_of = _type(option.annotation)
        value = convert(given.get(key, option.default), kind_of, option_spot / key)
        filled[key] = (
            convert(value, Annotated[kind_of, Range(*limits[key])], option_spot / key)
            if key in limits
            else value
        )
    return Part(name=name, options=filled)


def _type(annotation: ast.expr) -> Any:
    """The type that an annotation of plain types means, read from the source text."""
    simple = {"int": int, "float": float, "str": str, "bool": bool, "None": None}
    match annotation:
        case ast.Name(id=name) if name in simple:
            return simple[name]
        case ast.Constant(value=None):
            return None
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _type(left) | _type(right)
        case ast.Subscript(value=ast.Name(id="tuple"), slice=ast.Tuple(elts=elements)):
            return tuple[tuple(Ellipsis if isinstance(one, ast.Constant) else _type(one) for one in elements)]  # type: ignore[misc]
        case ast.Subscript(value=ast.Name(id="Literal"), slice=ast.Tuple(elts=elements)):
            return Literal[tuple(ast.literal_eval(one) for one in elements)]
    return object
