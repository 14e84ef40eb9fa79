"""Oracle: the syntax trees of all our code, and configurations that try to run or to reach something."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from lea.errors import UserError
from lea.study.layers import read_yaml
from lea.study.reader import read_study

ROOT = Path(__file__).parents[1]
CODE = sorted(
    file for name in ("lea", "benchmarks", "workflow", ".ci") for file in (ROOT / name).rglob("*.py")
)
MODULES = {"pickle", "_pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
CALLS = {"eval", "exec", "read_pickle", "to_pickle", "unsafe_load", "full_load", "UnsafeLoader", "FullLoader"}
LOADS = {"torch", "np", "numpy", "jit"}  # whose `load` or `save` may pickle


def unsafe(tree: ast.AST) -> Iterator[str]:
    """What of a module could run what it reads."""
    tensors = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call) and is_of_tensors(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] in MODULES)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in MODULES:
            if not all(alias.name.endswith("Error") for alias in node.names):
                yield f"from {node.module}"
        elif isinstance(node, ast.Name) and node.id in CALLS:
            yield node.id
        elif isinstance(node, ast.Attribute) and id(node) not in tensors:
            owner = ast.unparse(node.value).split(".")[-1]
            if node.attr in CALLS - {"eval", "exec"} or (node.attr in {"load", "save"} and owner in LOADS):
                yield ast.unparse(node)
        elif isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            yield from [] if ast.unparse(node.value) == "False" else ["allow_pickle"]
        elif isinstance(node, ast.keyword) and node.arg == "shell":
            yield "shell"


def is_of_tensors(call: ast.Call) -> bool:
    """Whether this is PyTorch's way to read tensors and nothing else."""
    safe = any(one.arg == "weights_only" and ast.unparse(one.value) == "True" for one in call.keywords)
    return safe and ast.unparse(call.func) == "torch.load"


def test_there_is_code_to_look_at() -> None:
    assert len(CODE) > 100


@pytest.mark.parametrize("file", CODE, ids=lambda file: str(file.relative_to(ROOT)))
def test_nothing_that_is_read_is_run(file: Path) -> None:
    assert list(unsafe(ast.parse(file.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize(
    "text",
    [
        "import pickle",
        "from joblib import load",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "np.load(path, weights_only=True)",
        "from pickle import UnpicklingError, loads",
        "np.load(path)",
        "frame.to_pickle(path)",
        "eval(text)",
        "yaml.load(text, Loader=yaml.UnsafeLoader)",
        "read_array(file, allow_pickle=True)",
        "subprocess.run(text, shell=True)",
    ],
)
def test_what_would_be_found(text: str) -> None:
    assert list(unsafe(ast.parse(text)))


@pytest.mark.parametrize(
    "text",
    [
        "!!python/object/apply:os.system ['touch ran']",
        "!!python/name:os.system",
        "a: !!python/object/new:pathlib.Path [x]",
    ],
)
def test_a_configuration_that_names_python_objects_is_refused(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "config.yaml"
    file.write_text(text)
    with pytest.raises(UserError, match=r"config\.yaml"):
        read_yaml(file)
    assert not (tmp_path / "ran").exists()


NAMES = ["../../etc/x", "/etc/x", "a/b", "..", ".hidden", "a b", "a;b", "$(touch ran)"]


@pytest.mark.parametrize("name", NAMES)
def test_the_name_of_an_analysis_cannot_leave_the_results(name: str) -> None:
    with pytest.raises(UserError):
        read_study({"lea": {name: {"title": "x", "datasets": ["mnist"]}}}, ROOT / "config")


@pytest.mark.parametrize("name", NAMES)
def test_the_name_of_a_study_cannot_leave_the_results(name: str) -> None:
    with pytest.raises(UserError):
        read_study({name: {"examples": {"datasets": ["mnist"]}}}, ROOT / "config")
    with pytest.raises(UserError):
        read_study({"studies": [name]}, ROOT / "config")


@pytest.mark.parametrize("name", NAMES)
def test_the_name_of_a_data_set_cannot_leave_the_results(name: str) -> None:
    entry = {"reader": "mnist", "target": "label", "batch_size": 8, "side": 28, "train": 9, "test": 9}
    examples = {"lea": {"examples": {"datasets": [name]}}, "analyses": ["examples"]}
    overrides = {"datasets": {name: entry}} | examples
    with pytest.raises(UserError):
        read_study(overrides, ROOT / "config")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("key", ["figures", "tables"])
def test_the_name_of_a_figure_cannot_leave_the_results(key: str, name: str) -> None:
    with pytest.raises(UserError):
        read_study({"lea": {"accuracy": {key: [name]}}, "analyses": ["accuracy"]}, ROOT / "config")


@pytest.mark.parametrize("file", NAMES)
def test_the_file_of_a_figure_cannot_leave_the_results(file: str) -> None:
    figure = {"name": "examples", "file": file}
    with pytest.raises(UserError, match=r"expected small letters, digits, '\.' and '-'"):
        read_study({"lea": {"examples": {"figures": [figure]}}, "analyses": ["examples"]}, ROOT / "config")


@pytest.mark.parametrize("role", NAMES)
def test_the_role_of_a_data_set_cannot_leave_the_command(role: str) -> None:
    every_run = {"data": {"others": {role: "mnist"}}}
    with pytest.raises(UserError, match="expected letters, digits and '_'"):
        read_study({"lea": {"accuracy": {"every_run": every_run}}, "analyses": ["accuracy"]}, ROOT / "config")


@pytest.mark.parametrize("scale", ["../quick", "/tmp", "quick/.."])
def test_the_scale_cannot_leave_the_results(scale: str) -> None:
    with pytest.raises(UserError):
        read_study({"scale": scale}, ROOT / "config")
