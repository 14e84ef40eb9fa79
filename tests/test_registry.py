"""Oracle: Python's own import: what is read from the source text equals what the imported part has."""

import ast
import importlib
import inspect
import pkgutil
from pathlib import Path
from typing import Any

import pytest

import lea.figures
import lea.measure
import lea.studies.lea.figures
import lea.summary
import lea.training.methods
from lea import registry
from lea.errors import UserError
from lea.registry import Option
from lea.study.stages import stage, stages, tables
from lea.study.study import DATA, needs

EVERY = [(kind, name) for kind, parts in registry.PARTS.items() for name in parts]
CONSTANTS = {
    "sampler": ("LIBRARIES", "LIMITS"),
    "pruner": ("LIBRARIES", "LIMITS"),
    "dataset": (
        "TITLE",
        "SOURCES",
        "EMBEDDED",
        "SHAPE",
        "SIDED",
        "ROWS",
        "SIZES",
        "SIDES",
        "AVAILABLE",
        "FACTORS",
        "ORDERED",
        "FILES",
        "FOLDER",
        "LIMITS",
        "WHOLE",
        "TILED",
        "READ_WITH",
        "GENUINE",
    ),
    "model": ("LIMITS",),
    "method": ("LABELS", "NEEDS", "OPTIMIZERS", "RULES", "LIMITS"),
    "initialisation": ("LIMITS",),
    "optimizer": ("LIMITS",),
    "lea": ("LIMITS",),
    "autoencoder": ("LIMITS",),
    "coder": ("LIMITS",),
    "features": ("LIBRARIES", "FOLDER", "FILES"),
    "extractor": ("LIBRARIES", "FOLDER", "FILES", "FRECHET", "KERNEL"),
    "detector": ("LIBRARIES", "LIMITS"),
    "layout": ("LIMITS", "MULTIPLES", "SIDE"),
    "encoder": ("LIMITS",),
    "prior": ("LIMITS", "MULTIPLES"),
    "subnetwork": ("LIMITS",),
    "attack": ("LIMITS", "FAMILY", "PROTOCOL"),
    "sea": ("LIMITS",),
    "metric": ("LIMITS", "NEEDS"),
    "picture": ("LIMITS", "NEEDS"),
    "summary": ("NEEDS", "COLUMNS", "FACTS", "LIMITS"),
    "figure": ("NEEDS", "LIMITS"),
    "table": ("NEEDS", "LIMITS"),
}
every_part = pytest.mark.parametrize(("kind", "name"), EVERY)


def functions(kind: str, name: str) -> list[Any]:
    """What a part is made with: of a figure all functions that take options."""
    part = registry.load(kind, name)
    if kind not in ("figure", "table"):
        return [part]
    module = importlib.import_module(part.__module__)
    return [getattr(module, one) for one in registry.DRAWN if hasattr(module, one)]


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
    keywords: dict[str, inspect.Parameter] = {}
    for function in functions(kind, name):
        parameters = inspect.signature(function).parameters.values()
        keywords |= {one.name: one for one in parameters if one.kind is one.KEYWORD_ONLY}
    options = registry.options(kind, name)
    assert list(options) == list(keywords)
    for key, option in options.items():
        assert option.required == (keywords[key].default is inspect.Parameter.empty)
        assert option.required or option.default == keywords[key].default


@every_part
def test_what_a_part_is_made_from_is_its_positional_arguments(kind: str, name: str) -> None:
    parameters = inspect.signature(functions(kind, name)[0]).parameters.values()
    positional = [one.name for one in parameters if one.kind is one.POSITIONAL_OR_KEYWORD]
    assert list(registry.context(kind, name)) == positional


@every_part
def test_an_option_that_is_a_part_is_of_a_kind_that_there_is(kind: str, name: str) -> None:
    for key, option in registry.options(kind, name).items():
        assert option.kind in (None, registry.TRAINED, *registry.PARTS), key
        if option.kind in registry.PARTS and isinstance(option.default, str):
            assert registry.resolve(option.kind, option.default)


@every_part
def test_limits_are_of_options_and_a_default_lies_within(kind: str, name: str) -> None:
    options = registry.options(kind, name)
    around = {"autoencoder": registry.options("lea", "lea")}.get(kind, {})  # or of these
    for key, limits in registry.constant(kind, name, "LIMITS", {}).items():
        assert 1 <= len(limits) <= 2
        assert key in options
        for limit in limits:
            its = {**around, **options}
            assert limit in its if isinstance(limit, str) else isinstance(limit, int | float)
        default = options[key].default
        for value in default if isinstance(default, tuple) else (default,):
            numbers = [one for one in limits if not isinstance(one, str)]
            assert value is None or numbers[0] <= value <= (numbers[1:] or [value])[0]


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


def test_a_kind_without_names_has_only_parts_of_a_users_own() -> None:
    with pytest.raises(UserError, match=r"^no weather 'flat'; expected your own 'module:attribute'$"):
        registry.resolve("weather", "flat")
    assert registry.resolve("weather", "lea.errors:UserError") == "lea.errors:UserError"


CLASSIC = "lea.studies.lea.networks.classic"


@pytest.mark.parametrize("name", ["no_such_module:Net", f"{CLASSIC}:Clasic", "lea.nowhere:x", ":x", "x:"])
def test_an_own_part_that_is_not_there_is_refused(name: str) -> None:
    with pytest.raises(UserError, match="expected a module on the Python path that defines the attribute"):
        registry.resolve("model", name)


def test_an_own_part_can_be_any_module_and_attribute() -> None:
    own = f"{CLASSIC}:Classic"
    assert registry.load("model", own) is registry.load("model", "classic")
    assert registry.options("model", own).keys() == registry.options("model", "classic").keys()


KINDS = {
    "MakeCoder": "coder",
    "str | MakeCoder": "coder",
    "MakeCoder | None": "coder",
    "MakeLea": "lea",
    "MakeInnerPart": "inner-part",
    "MakeMLP": "mlp",
    "Optional[MakePrior]": "prior",
    "Trained": "trained",
    "Trained | None": "trained",
    "int": None,
    "Literal['MakeCoder']": None,
    "Mapping[str, object]": None,
    "tuple[int, ...]": None,
    "Made": None,
}


@pytest.mark.parametrize("annotation", KINDS)
def test_an_annotation_names_the_kind_of_a_part(annotation: str) -> None:
    option = Option(ast.parse(annotation, mode="eval").body, required=True, default=None)
    assert option.kind == KINDS[annotation]


def test_the_parts_of_the_layer_are_read_as_such() -> None:
    assert {key: one.kind for key, one in registry.options("lea", "lea").items()} == {
        "autoencoder": "autoencoder",
        "code_length": None,
        "window": None,
        "stride": None,
    }
    for name in registry.PARTS["autoencoder"]:
        coder = registry.options("autoencoder", name)["coder"]
        assert (coder.kind, coder.default) == ("coder", "fc")
    assert registry.options("model", "cnn-lea")["lea"].kind == "lea"


FACES = """
class Base:
    size = 1

    def encode(self, x): ...


class Net(Base):
    def __init__(self, shape, *, prior, width=3):
        self.flow = prior
        self.out: int = width
        shape.other = 3

    @property
    def decoder(self): ...

    def sample(self, n):
        self.late = n
        return self.early
"""


@pytest.mark.usefixtures("fresh_sources")
def test_the_faces_of_a_part_are_its_methods_its_attributes_and_its_options(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "registry_faces.py").write_text(FACES)
    monkeypatch.syspath_prepend(tmp_path)
    found = registry.faces("model", "registry_faces:Net")
    assert found >= {"encode", "sample", "decoder", "flow", "out", "late", "prior", "width"}
    assert not found & {"early", "shape", "n", "x"}


@pytest.mark.parametrize("name", registry.PARTS["method"])
def test_a_method_says_what_it_learns_what_it_needs_and_its_optimizers(name: str) -> None:
    assert isinstance(registry.constant("method", name, "LABELS"), bool)
    optimizers = registry.constant("method", name, "OPTIMIZERS")
    assert isinstance(optimizers, tuple)
    assert len(set(optimizers)) == len(optimizers)
    for face in registry.constant("method", name, "NEEDS", ()):
        assert any(face in registry.faces("model", model) for model in registry.PARTS["model"])


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
        registry.constant("model", "registry_own_part:Net", "LIMITS")
    with pytest.raises(UserError, match=r"argument a: found max\(1, 2\); expected a literal"):
        registry.options("model", "registry_own_part:Net")


@pytest.mark.usefixtures("fresh_sources")
def test_a_part_whose_file_does_not_parse_is_named_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "registry_broken_part.py").write_text("x = 1\nclass Net(:\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UserError, match=r"registry_broken_part\.py:2: "):
        registry.resolve("model", "registry_broken_part:Net")


def test_what_figures_and_summaries_need_exists() -> None:
    for kind in ("figure", "table"):
        for name in registry.PARTS[kind]:
            named = {need for need in needs(kind, name) if not need.startswith("{")}
            options = {need[1:-1] for need in needs(kind, name) if need.startswith("{")}
            assert named <= set(registry.PARTS["summary"])
            assert options <= set(registry.options(kind, name))
    assert all(set(needs("summary", name)) <= {DATA, *tables()} for name in registry.PARTS["summary"])


def modules(package: Any) -> list[str]:
    return [module.name for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}.")]


LISTED = {value.partition(":")[0] for parts in registry.PARTS.values() for value in parts.values()}


def test_no_figure_summary_or_method_is_left_out_of_the_registry() -> None:
    for package in (lea.figures, lea.summary, lea.studies.lea.figures):
        for module in modules(package):
            declares = hasattr(importlib.import_module(module), "NEEDS")
            assert declares == (module in LISTED), module
    assert set(modules(lea.training.methods)) <= LISTED


# stages


@pytest.mark.parametrize("name", registry.STAGES)
def test_a_stage_is_what_it_declares_and_what_it_computes(name: str) -> None:
    declared, package = stage(name), registry.STAGES[name]
    assert declared.name == name
    job = importlib.import_module(f"{package}.job")
    assert list(inspect.signature(job.compute).parameters) == ["job"]
    assert declared.outputs == importlib.import_module(f"{package}.stage").OUTPUTS
    for columns in declared.outputs.values():
        assert columns in (None, "yaml", "log") or list(columns)[:2] == ["run", "seed"]
    assert (declared.key is None) == (declared.read is None)
    assert declared.key is None or declared.asks is not None


def test_stages_share_no_key_and_no_table() -> None:
    keys = [one.key for one in stages() if one.key]
    trainings = [stage("train").outputs, stage("choose").outputs]  # a chosen trial is a trained model as any
    assert dict(trainings[0]) == {name: trainings[1][name] for name in trainings[0]}
    outputs = [
        *trainings[1],
        *(name for one in stages() if one.outputs not in trainings for name in one.outputs),
    ]
    assert len(set(keys)) == len(keys)
    assert len(set(outputs)) == len(outputs)
    assert DATA not in outputs
    assert [one.name for one in stages() if one.key is None] == ["train", "trial", "choose"]
