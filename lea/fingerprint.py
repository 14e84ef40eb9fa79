"""What code a job runs, as a digest: it changes when that code changes, and only then.

The walk starts at a function and follows every name that it uses through our own modules: other functions,
constants, classes, imports, in whatever file they stand. What is hashed is the syntax tree without
docstrings, so that comments, docstrings and formatting do not count; nor does a definition in a shared file
that this job never reaches. A part that is loaded by name cannot be seen from the text: it is given as a
start of its own, and the registry itself is left out. So are the names of `__version__`'s kind, and
libraries.
"""

import ast
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from lea import sources

# What names parts, which are starts of their own; what reads specifications, compared as text; what finds
# stages, whose work and columns are starts, too; what words errors.
UNSEEN = frozenset({"lea.registry", "lea.blame", "lea.study.build", "lea.study.stages"})
Binding = tuple[str, str | None]  # a module, and what of it is bound to a name (None: the module itself)
LOOSE = ""  # the name of what has none


@dataclass(slots=True)
class Module:
    """A parsed module of ours: what its names stand for, and the statements that run on any import."""

    package: bool
    definitions: dict[str, list[ast.stmt]] = field(default_factory=dict)
    bindings: dict[str, list[Binding]] = field(default_factory=dict)  # several where branches import
    loose: list[ast.stmt] = field(default_factory=list)
    stars: list[str] = field(default_factory=list)


@cache
def fingerprint(*starts: str) -> str:
    """16 hex digits over our code behind these starts, each a "module:attribute" or a whole module."""
    seen: dict[tuple[str, str], str] = {}
    for start in starts:
        seen |= reached(start)
    text = "\n".join(f"# {module}:{name}\n{code}" for (module, name), code in sorted(seen.items()))
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


@cache
def reached(start: str) -> dict[tuple[str, str], str]:
    """All code behind one start; many jobs have most of theirs in common."""
    walk = Walk()
    module, _, attribute = start.partition(":")
    if attribute:
        walk.reach(module, attribute)
    else:
        walk.reach_module(module)
    return walk.seen


class Walk:
    """The definitions reached so far, as text."""

    def __init__(self) -> None:
        self.seen: dict[tuple[str, str], str] = {}

    def reach(self, module: str, name: str) -> None:
        """Take in one name of a module and all that it leads to."""
        dunder = name.startswith("__") and name.endswith("__")
        if (module, name) in self.seen or dunder or not _ours(module):
            return
        parsed = parse(module)
        self.seen[module, name] = ""
        self._take_loose(module, parsed)
        if name in parsed.definitions or name in parsed.bindings:
            self._take(module, name)
        elif sources.find(f"{module}.{name}"):
            self.reach_module(f"{module}.{name}")
        else:
            for star in parsed.stars:
                self.reach_module(star)

    def reach_module(self, module: str) -> None:
        """Take in all that a module defines or imports."""
        if _ours(module):
            parsed = parse(module)
            self._take_loose(module, parsed)
            for name in [*parsed.definitions, *parsed.bindings]:
                self.reach(module, name)

    def _take_loose(self, module: str, parsed: Module) -> None:
        if parsed.loose and (module, LOOSE) not in self.seen:
            self._take(module, LOOSE)

    def _take(self, module: str, name: str) -> None:
        self.seen[module, name], leads = _read(module, name)
        for to, what in leads:
            if what is None:
                self.reach_module(to)
            else:
                self.reach(to, what)


@cache
def _read(module: str, name: str) -> tuple[str, tuple[Binding, ...]]:
    """What stands behind a name of a module, and all that this leads to: the same for whoever reaches it."""
    parsed = parse(module)
    nodes = parsed.loose if name == LOOSE else parsed.definitions.get(name, [])
    leads = [_end(binding, []) for binding in parsed.bindings.get(name, [])]
    for node in nodes:
        local = list(_imports(node, module, parsed.package))
        for root, attributes in _references(node):
            bindings = [*parsed.bindings.get(root, []), *(to for bound, to in local if bound == root)]
            leads += [_end(binding, attributes) for binding in bindings]
            if root in parsed.definitions or (parsed.stars and not bindings):
                leads.append((module, root))
    text = "\n".join(ast.unparse(node) for node in nodes)
    return text, tuple(dict.fromkeys(lead for lead in leads if lead))


def _end(binding: Binding, attributes: list[str]) -> Binding | None:
    """`paths.Paths.data` is the name `Paths` of the module that `paths` stands for; None: it is not ours."""
    module, name = binding
    if not _ours(module):
        return None
    for attribute in attributes if name is None else [name, *attributes]:
        if sources.find(f"{module}.{attribute}") is None:
            return module, attribute
        module = f"{module}.{attribute}"
    return module, None


@cache
def _ours(module: str) -> bool:
    """Whether a module is this project's (but for the registry) or its user's, not a library's."""
    file = sources.find(module)
    own = module.split(".")[0] == "lea" or (file is not None and sources.is_own(file))
    return file is not None and own and module not in UNSEEN


@cache
def parse(module: str) -> Module:
    """Sort the top-level statements of a module."""
    file = sources.find(module)
    parsed = Module(package=file is not None and file.name == "__init__.py")
    for node in _without_docstrings(ast.parse(ast.unparse(sources.tree(module)))).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            pass
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            parsed.definitions.setdefault(node.name, []).append(node)
        elif sources.assigned(node):
            for name in sources.assigned(node):
                parsed.definitions.setdefault(name, []).append(node)
        elif not isinstance(node, ast.Pass):
            parsed.loose.append(node)
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for name, binding in _imports(node, module, parsed.package):
                if name == "*":
                    parsed.stars.append(binding[0])
                else:
                    parsed.bindings.setdefault(name, []).append(binding)
    return parsed


def _imports(node: ast.stmt, module: str, package: bool) -> Iterator[tuple[str, Binding]]:
    """What the import statements within a statement bind."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Import):
            for alias in inner.names:
                top = alias.name.split(".")[0]
                yield (alias.asname, (alias.name, None)) if alias.asname else (top, (top, None))
        elif isinstance(inner, ast.ImportFrom):
            origin = inner.module or ""
            if inner.level:
                parents = module.split(".")[: len(module.split(".")) - inner.level + package]
                origin = ".".join([*parents, origin] if origin else parents)
            for alias in inner.names:
                yield alias.asname or alias.name, (origin, alias.name)


def _references(node: ast.AST) -> Iterator[tuple[str, list[str]]]:
    """Each use of a name in a statement, with the attributes taken from it: `a.b.c` is ("a", ["b", "c"])."""
    attributes: list[str] = []
    while isinstance(node, ast.Attribute):
        attributes.insert(0, node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        yield node.id, attributes
    for child in ast.iter_child_nodes(node):
        yield from _references(child)


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                node.body[:1] = [] if len(node.body) > 1 else [ast.Pass()]
    return tree
