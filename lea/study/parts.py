"""A part that the configuration names, checked against what its source text declares."""

import ast
import math
from collections.abc import Callable, Collection, Iterator, Mapping
from importlib.util import find_spec
from types import GenericAlias
from typing import Annotated, Any, Literal

from lea import registry
from lea.errors import UserError
from lea.study.build import Range, Spot, convert, known
from lea.study.pieces import check_pieces
from lea.study.spec import Part, Trained

PACKAGES = {"sklearn": "scikit-learn"}  # of libraries that are installed by another name
SIMPLE = {"int": int, "float": float, "str": str, "bool": bool, "object": object}


ReadTrained = Callable[[Any, Spot], Trained]


def read_part(
    kind: str,
    values: Any,
    spot: Spot,
    *,
    trained: ReadTrained | None = None,
    option_spot: Spot | None = None,
    beside: Collection[str] = (),
    around: Mapping[str, Any] | None = None,
) -> Part:
    """A part with all its options, checked against what it declares; those not given are its own defaults.

    `values` is a name, or a mapping of a name and options; a name that is the kind's may be left out.
    `trained` reads an option that is the model of another run, where there are runs; `beside` are keys that
    may stand beside the options, read by whoever asks; `around` the options of the part in which this stands.
    MULTIPLES of a part says of what number an option, its own or one around it, must be a multiple, LIBRARIES
    which ones it needs that an installation may lack, and the extra that brings each.
    """
    values = {"name": values} if isinstance(values, str) else values
    if not isinstance(values, Mapping):
        raise spot.error(f"found {values!r}; expected the {kind}'s name, or a mapping with `name`")
    if "name" not in values and kind not in registry.PARTS.get(kind, ()):
        raise spot.error(f"missing 'name'; expected which {kind} it is; add it")
    name = convert(values.get("name", kind), str, spot)
    try:
        options = registry.options(kind, name)
        limits = registry.constant(kind, name, "LIMITS", {})
        check_pieces(kind, name)
    except UserError as error:
        raise spot.error(str(error)) from error
    check_libraries(f"{kind} '{name}' needs", registry.constant(kind, name, "LIBRARIES", {}), spot)
    given = {key: value for key, value in values.items() if key != "name"}
    option_spot = option_spot or spot
    known(given, [*options, *beside], option_spot)
    chosen = {key: given.get(key, option.default) for key, option in options.items()}
    within = {**(around or {}), **chosen}
    filled: dict[str, object] = {}
    for key, option in options.items():
        if option.required and key not in given:
            raise option_spot.error(f"missing '{key}'; {kind} '{name}' cannot do without; add it")
        value, its = chosen[key], option_spot / key
        if option.kind is None or value is None:
            filled[key] = _value(value, option, _bounds(limits.get(key), within), its)
        elif option.several:
            filled[key] = tuple(
                read_part(option.kind, one, its / str(index), trained=trained, around=within)
                for index, one in enumerate(_listed(value, option.kind, its))
            )
        elif option.kind != registry.TRAINED:
            filled[key] = read_part(option.kind, value, its, trained=trained, around=within)
        elif trained:
            filled[key] = trained(value, its)
        else:
            raise its.error("the model of another run; expected none here, where there are no runs")
    for key, multiple in registry.constant(kind, name, "MULTIPLES", {}).items():
        value = within.get(key)
        if isinstance(value, int) and value % multiple:
            raise spot.error(f"{kind} '{name}' with `{key}` {value}; expected a multiple of {multiple}")
    return Part(name=name, options=filled)


def _listed(value: Any, kind: str, spot: Spot) -> list[Any]:
    if not isinstance(value, list | tuple) or not value:
        raise spot.error(
            f"found {value!r}; expected a list of parts of kind {kind}, such as [a, {{name: b}}]"
        )
    return list(value)


def check_libraries(whose: str, libraries: Mapping[str, str], spot: Spot) -> None:
    """Refuse what needs a library that this installation lacks; each with the extra that brings it."""
    for library, extra in libraries.items():
        if find_spec(library) is None:
            found = f"{whose} the library {library}, which is not installed"
            package = PACKAGES.get(library, library.replace("_", "-"))
            raise spot.error(f"{found}; expected what the extra `{extra}` brings: pip install {package}")


def parts_in(kind: str, part: Part) -> Iterator[tuple[str, Part]]:
    """A part and all parts in it, each with its kind."""
    yield kind, part
    for key, option in registry.options(kind, part.name).items():
        value: Any = part.options.get(key)
        for inner in (value or ()) if option.several else (value,):
            if isinstance(inner, Part) and option.kind:
                yield from parts_in(option.kind, inner)


def _bounds(limits: tuple[Any, ...] | None, values: Mapping[str, Any]) -> Range | None:
    """The least and the most of an option. A limit that is the name of another option, of this part or of one
    around it, is that one's value; if that is nothing, it is none.
    """
    if limits is None:
        return None
    bounds, names = [-math.inf, math.inf], []
    for index, limit in enumerate(limits):
        named = isinstance(limit, str)
        value = values.get(limit) if named else limit
        if isinstance(value, int | float):
            bounds[index] = value
            names += [f"`{limit}`"] if named else []
    return Range(bounds[0], bounds[1], " and ".join(names))


def _value(value: Any, option: registry.Option, limits: Range | None, spot: Spot) -> Any:
    if option.kind is not None:  # a part that may be left out, and is
        if "None" not in ast.unparse(option.annotation):
            wanted = "another run" if option.kind == registry.TRAINED else f"which {option.kind} it is"
            raise spot.error(f"found nothing; expected {wanted}; name one")
        return None
    try:
        kind = _type(option.annotation)
    except UserError as error:
        raise spot.error(str(error)) from error
    return convert(value, Annotated[kind, limits] if limits else kind, spot)


def _type(annotation: ast.expr) -> Any:
    """The type that an annotation of plain types means, read from the source text."""
    match annotation:
        case ast.Name(id=name) if name in SIMPLE:
            return SIMPLE[name]
        case ast.Constant(value=None):
            return None
        case ast.Constant(value=str(text)):
            return _type(ast.parse(text, mode="eval").body)
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _type(left) | _type(right)
        case ast.Subscript(value=ast.Name(id=name), slice=inner):
            return _generic(name, inner.elts if isinstance(inner, ast.Tuple) else [inner])
    expected = "int, float, str, bool, None, tuple, list, Mapping, Literal or |"
    raise UserError(f"an option of type {ast.unparse(annotation)}; expected {expected}, which can be checked")


def _generic(name: str, elements: list[ast.expr]) -> Any:
    if name == "Mapping":
        return GenericAlias(Mapping, (str, _type(elements[-1])))
    if name == "Literal":
        return Literal[tuple(ast.literal_eval(one) for one in elements)]
    if name == "Optional":
        return _type(elements[0]) | None
    if name == "list":
        return GenericAlias(tuple, (_type(elements[0]), ...))
    if name == "tuple":
        last = isinstance(elements[-1], ast.Constant) and elements[-1].value is ...
        kinds = [_type(one) for one in (elements[:-1] if last else elements)]
        return GenericAlias(tuple, (*kinds, ...) if last else tuple(kinds))
    raise UserError(f"an option of type {name}[...]; expected tuple, list, Literal or Optional")
