"""Python modules as source text: found and parsed without importing them.

The Snakefile asks what a network's options are and what code a job runs; an import would cost it torch.
"""

import ast
import importlib.util
import os
import sysconfig
from dataclasses import dataclass
from functools import cache
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

from lea.errors import UserError

FOLDERS: list[str] = []  # where modules are looked for behind Python's own path and the working directory


@cache
def find(module: str) -> Path | None:
    """The file of a module, `None` if there is none; no parent package is imported on the way."""
    top, *rest = module.split(".")
    if not all(part.isidentifier() for part in (top, *rest)):
        return None
    spec = importlib.util.find_spec(top) or PathFinder.find_spec(top, [os.getcwd(), *FOLDERS])
    if spec is None:
        return None
    if not rest:
        return Path(spec.origin) if spec.origin else None
    for folder in spec.submodule_search_locations or []:
        stem = Path(folder, *rest)
        for file in (stem / "__init__.py", stem.with_name(f"{stem.name}.py")):
            if file.is_file():
                return file
    return None


def is_own(file: Path) -> bool:
    """Whether a source file is no library's: neither installed nor Python's own."""
    parents = set(file.absolute().parents)
    return file.suffix == ".py" and "site-packages" not in file.parts and not _libraries() & parents


@cache
def _libraries() -> set[Path]:
    return {Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib")}


@cache
def tree(module: str) -> ast.Module:
    """The syntax tree of a module, its docstrings still in it."""
    file = find(module)
    if file is None:
        raise UserError(f"{module}: no such module; expected a Python file on the path; check the spelling")
    try:
        return ast.parse(file.read_text(encoding="utf-8"))
    except SyntaxError as error:
        raise UserError(
            f"{file}:{error.lineno}: {error.msg}; expected Python that parses; mend it"
        ) from error


@cache
def definitions(module: str) -> dict[str, ast.stmt]:
    """The top-level statement that first defines each name of a module."""
    found: dict[str, ast.stmt] = {}
    for node in tree(module).body:
        names = [node.name] if isinstance(node, ast.FunctionDef | ast.ClassDef) else assigned(node)
        for name in names:
            found.setdefault(name, node)
    return found


def defined_in(module: str, name: str) -> tuple[str, str] | None:
    """Where a name of a module is defined, as (module, name), if that is a source file of ours."""
    if name in definitions(module):
        return module, name
    for node in tree(module).body:
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                file = find(node.module) if name == (alias.asname or alias.name) else None
                if file and is_own(file):
                    return defined_in(node.module, alias.name)
    return None


def assigned(node: ast.stmt) -> list[str]:
    """The names that an assignment binds; none if it also changes an attribute or an element of something."""
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, ast.AnnAssign):
        targets = [node.target]
    else:
        return []
    parts = [part for target in targets for part in ast.walk(target)]
    if any(isinstance(part, ast.Attribute | ast.Subscript) for part in parts):
        return []
    return [part.id for part in parts if isinstance(part, ast.Name)]


@cache
def lineage(module: str, attribute: str) -> list[tuple[str, ast.stmt]]:
    """A definition as (module, statement), then the classes behind it, as far as they are ours."""
    waiting, defined = [(module, attribute)], list[tuple[str, ast.stmt]]()
    for module, attribute in waiting:
        part = definitions(module)[attribute]
        defined.append((module, part))
        bases = part.bases if isinstance(part, ast.ClassDef) else []
        found = [defined_in(module, base.id) for base in bases if isinstance(base, ast.Name)]
        waiting += [base for base in found if base]
    return defined


@dataclass(frozen=True, slots=True)
class Members:
    """What a definition has, as far as its text and that of the classes behind it say."""

    names: set[str]  # methods, attributes, constants; of a module all that it binds
    promised: set[str]  # methods that somebody else has to write
    more: bool  # whether something may be there that cannot be seen
    more_before: bool  # likewise, and in front of what is promised


BY_NAME = {
    "setattr",
    "add_module",
    "register_module",
    "__setattr__",
}  # what sets attributes that no text names
EMPTY = {"object", "Module", "ABC", "Protocol", "Generic"}  # bases that have nothing that is looked for


@cache
def members(module: str, attribute: str) -> Members:
    """Of a class; of what is none, nothing can be seen."""
    names, promised, unseen = set[str](), set[str](), []
    for where, part in lineage(module, attribute):
        if not isinstance(part, ast.ClassDef):
            unseen.append(where)
            continue
        bases = [base.value if isinstance(base, ast.Subscript) else base for base in part.bases]
        called = {base.id if isinstance(base, ast.Name) else getattr(base, "attr", "") for base in bases}
        behind = [base for base in bases if not (isinstance(base, ast.Name) and defined_in(where, base.id))]
        if part.decorator_list or any(
            getattr(one, "id", getattr(one, "attr", "")) not in EMPTY for one in behind
        ):
            unseen.append(where)
        for node in ast.walk(part):
            if isinstance(node, ast.FunctionDef):
                (promised if _is_promise(node, "Protocol" in called) else names).add(node.name)
            elif isinstance(node, ast.Attribute | ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.attr if isinstance(node, ast.Attribute) else node.id)
        unseen += [
            where for node in ast.walk(part) if isinstance(node, ast.Call) and _called(node) in BY_NAME
        ]
    own = any(where.partition(".")[0] != __name__.partition(".")[0] for where in unseen)
    return Members(names, promised, bool(unseen) or "__getattr__" in names, own)


def _called(call: ast.Call) -> str:
    """The last name of what is called."""
    return getattr(call.func, "id", getattr(call.func, "attr", ""))


def _is_promise(function: ast.FunctionDef, of_protocol: bool) -> bool:
    last = function.body[-1]
    nothing = isinstance(last, ast.Expr) and isinstance(last.value, ast.Constant) and last.value.value is ...
    abstract = any("abstractmethod" in ast.unparse(one) for one in function.decorator_list)
    return abstract or (of_protocol and nothing)


@cache
def bound(module: str) -> Members:
    """All names that a module binds, wherever it does."""
    names, more = set[str](), False
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.alias):
            names.add((node.asname or node.name).partition(".")[0])
            more = more or node.name == "*"
    return Members(names, set(), more, more)


def constructor(part: ast.stmt) -> ast.FunctionDef | None:
    """What makes a part: itself if it is a function, or its class's own `__init__`."""
    if isinstance(part, ast.FunctionDef):
        return part
    body = part.body if isinstance(part, ast.ClassDef) else []
    return next(
        (node for node in body if isinstance(node, ast.FunctionDef) and node.name == "__init__"), None
    )


def literal(node: ast.expr, where: str) -> Any:
    """The value that an expression is, as it stands."""
    try:
        return ast.literal_eval(node)
    except ValueError as error:
        found = ast.unparse(node)
        raise UserError(
            f"{where}: found {found}; expected a literal, since it is read without an import"
        ) from error
