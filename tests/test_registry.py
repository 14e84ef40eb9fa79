"""Oracle: Python's own import: what is read from the source text equals what the imported part has."""

import importlib
import inspect
import pkgutil
from pathlib import Path

import pytest

import lea.figures
import lea.summary
from lea import registry
from lea.errors import UserError
from lea.study.study import STAGES, needs

EVERY = [(kind, name) for kind, parts in registry.PARTS.items() for name in parts]
CONSTANTS = {
    "dataset": (
        "TITLE",
        "SOURCES",
        "EMBEDDED",
        "SHAPE",
        "SIZES",
        "SIDES",
        "AVAILABLE",
        "FACTORS",
        "ORDERED",
        "FILES",
    ),
    "network": ("LIMITS", "LEAS", "CLASSIFIES", "REGIME", "LEA_WEIGHT"),
    "autoencoder": ("LIMITS",),
    "attack": ("LIMITS",),
    "coder": ("LIMITS",),
    "summary": ("NEEDS",),
    "figure": ("NEEDS",),
    "table": ("NEEDS",),
}
every_part = pytest.mark.parametrize(("kind", "name"), EVERY)


@every_part
def test_every_line_of_the_registry_loads(kind: str, name: str) -> None:
    module, _, attribute = registry.resolve(kind, name).partition(":")
    part = registry.load(kind, name)
    assert part is getattr(importlib.import_module(module), attribute)
    assert callable(part)
    assert part.__module__ == module, "the registry names the module that defines a part"


@every_part
def test_constants_read_from_the_text_are_those_of_the_imported_part(kind: str, name: str) -> None:
    part = registry.load(kind, name)
    home = part if inspect.isclass(part) else importlib.import_module(part.__module__)
    missing = object()
    for constant in CONSTANTS[kind]:
        read = registry.constant(kind, name, constant, missing)
        assert read == getattr(home, constant, missing)
        assert type(read) is type(getattr(home, constant, missing))


@every_part
def test_options_read_from_the_text_are_the_keyword_only_arguments(kind: str, name: str) -> None:
    parameters = inspect.signature(registry.load(kind, name)).parameters.values()
    keywords = {one.name: one for one in parameters if one.kind is one.KEYWORD_ONLY}
    options = registry.options(kind, name)
    assert set(options) == set(keywords)
    for key, option in options.items():
        assert option.required == (keywords[key].default is inspect.Parameter.empty)
        assert option.required or option.default == keywords[key].default


@every_part
def test_the_page_of_a_part_is_its_modules_docstring(kind: str, name: str) -> None:
    module = importlib.import_module(registry.load(kind, name).__module__)
    assert registry.docstring(kind, name) == inspect.getdoc(module) != ""


@pytest.mark.parametrize("kind", registry.PARTS)
def test_an_unknown_name_is_answered_with_those_that_exist(kind: str) -> None:
    known = ", ".join(registry.PARTS[kind])
    with pytest.raises(UserError) as caught:
        registry.resolve(kind, "zzzz")
    assert str(caught.value) == f"no {kind} 'zzzz'; expected one of {known}, or your own 'module:attribute'"
    nearest = next(iter(registry.PARTS[kind]))
    with pytest.raises(UserError, match=f"did you mean '{nearest}'"):
        registry.resolve(kind, f"{nearest}x")


@pytest.mark.parametrize(
    "name", ["no_such_module:Net", "lea.nn.networks.classic:Clasic", "lea.nowhere:x", ":x", "x:"]
)
def test_an_own_part_that_is_not_there_is_refused(name: str) -> None:
    with pytest.raises(UserError, match="expected a module on the Python path that defines the attribute"):
        registry.resolve("network", name)


def test_an_own_part_can_be_any_module_and_attribute() -> None:
    own = "lea.nn.networks.classic:Classic"
    assert registry.load("network", own) is registry.load("network", "classic")
    assert registry.options("network", own).keys() == registry.options("network", "classic").keys()


NO_LITERALS = """
class Net:
    LIMITS = dict(a=(1, 2))

    def __init__(self, shape, classes, *, a=max(1, 2)):
        pass
"""


@pytest.mark.usefixtures("fresh_sources")
def test_a_constant_that_is_no_literal_is_refused_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "registry_own_part.py").write_text(NO_LITERALS)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(
        UserError, match=r"registry_own_part: LIMITS: found dict\(a=\(1, 2\)\); expected a literal"
    ):
        registry.constant("network", "registry_own_part:Net", "LIMITS")
    with pytest.raises(UserError, match=r"argument a: found max\(1, 2\); expected a literal"):
        registry.options("network", "registry_own_part:Net")


@pytest.mark.usefixtures("fresh_sources")
def test_a_part_whose_file_does_not_parse_is_named_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "registry_broken_part.py").write_text("x = 1\nclass Net(:\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UserError, match=r"registry_broken_part\.py:2: "):
        registry.resolve("network", "registry_broken_part:Net")


def test_what_figures_and_summaries_need_exists() -> None:
    for kind in ("figure", "table"):
        for name in registry.PARTS[kind]:
            assert needs(kind, name)
            assert set(needs(kind, name)) <= set(registry.PARTS["summary"])
    assert all(set(needs("summary", name)) <= set(STAGES) for name in registry.PARTS["summary"])


def test_no_figure_or_summary_is_left_out_of_the_registry() -> None:
    listed = {value.partition(":")[0] for parts in registry.PARTS.values() for value in parts.values()}
    for package in (lea.figures, lea.summary):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            declares = hasattr(importlib.import_module(module.name), "NEEDS")
            assert declares == (module.name in listed), module.name
