"""Oracle: what a new Python process has imported, and the syntax trees of the packages' `__init__` files."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TORCH = {"torch", "torchvision", "safetensors"}
HEAVY = TORCH | {"numpy", "pandas", "pyarrow", "matplotlib", "PIL", "scipy"}


def imported_after(*command: str) -> set[str]:
    """The top-level modules that a new process has imported when it ends."""
    watch = "import atexit, sys\natexit.register(lambda: print(*sys.modules, file=sys.stderr))\n"
    done = subprocess.run(
        [sys.executable, "-c", watch + "\n".join(command)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return {module.partition(".")[0] for module in done.stderr.split()}


def run_as_command(*arguments: str) -> tuple[str, ...]:
    return (
        "import runpy",
        f"sys.argv = ['lea', *{arguments}]",
        "try: runpy.run_module('lea', run_name='__main__', alter_sys=True)",
        "except SystemExit as end: assert end.code == 0, end.code",
    )


LIGHT = {
    "lea": (("import lea",), HEAVY),
    "--help": (run_as_command("--help"), HEAVY),
    "probe --help": (run_as_command("probe", "--help"), HEAVY),
    "train --help": (run_as_command("train", "--help"), HEAVY),
    "lea.study.workflow": (("import lea.study.workflow",), HEAVY),
    "a whole study": (
        (
            "from lea.study.workflow import Workflow",
            "house = Workflow({'scale': 'reduced'})",
            "assert house.targets()",
            "assert all(house.jobs.plan(key) for key in house.jobs.works)",
            "of = type('Of', (), {'get': lambda self, name: getattr(self, name, None)})",
            "summary, figure = of(), of()",
            "summary.study = figure.study = 'lea'",
            "summary.summary, figure.figure = 'accuracy.curves', 'fig-4.1'",
            "assert house.drawings.summary_code(summary) and house.drawings.code(figure)",
            "assert house.drawings.spec(figure) and house.drawings.caption(figure, None)",
        ),
        HEAVY,
    ),
    "every stage": (
        ("from lea.study.stages import stages", "assert len(stages()) > 4"),
        HEAVY,
    ),
    "lea.summary.job": (("import lea.summary.job, lea.summary.curves, lea.summary.sizes",), TORCH),
    "lea.figures.job": (("import lea.figures.job, lea.figures.panels, lea.figures.examples",), TORCH),
    "lea.data.job": (("import lea.data.job",), TORCH),
    "lea.store": (("import lea.store, lea.provenance",), TORCH | {"matplotlib"}),
}


@pytest.mark.parametrize("name", LIGHT)
def test_what_draws_summarises_or_plans_starts_without_what_it_does_not_need(name: str) -> None:
    command, unwanted = LIGHT[name]
    assert imported_after(*command) & unwanted == set()


def test_training_does_import_torch_so_that_the_tests_above_can_fail() -> None:
    assert imported_after("import lea.training.job") >= {"torch", "numpy", "pyarrow", "safetensors"}


def test_training_does_not_import_pytorchs_compiler(tmp_path: Path) -> None:
    """Which takes with sympy as long as torch itself."""
    command = """
from pathlib import Path
from lea.compute.opening import do_job
from lea.data.job import prepare
from lea.study.spec import Task, canonical
from lea.study.stages import stage
from tests.specs import run, sprites
folder = Path(%r)
table = folder / "data.parquet"
prepare(canonical(sprites()), folder, table)
outputs = {name: folder / name for name in stage("train").outputs}
spec = canonical(Task(run=run(), asked=None))
do_job("train", spec, 0, inputs=[("data", table)], outputs=outputs, device="cpu", threads=1)
"""
    imported = imported_after(command % str(tmp_path))
    assert (tmp_path / "weights").exists()
    assert "torch" in imported
    assert "sympy" not in imported


def harmless(node: ast.stmt) -> bool:
    """A docstring, an import, a function, the version, or the names that a package gives."""
    if isinstance(node, ast.If):  # a checker of types alone goes in there
        return ast.unparse(node.test) == "TYPE_CHECKING" and all(map(harmless, node.body))
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    if isinstance(node, ast.Assign):
        names = {ast.unparse(target) for target in node.targets}
        parts = [one for one in ast.walk(node.value) if not isinstance(one, ast.List | ast.Load)]
        return names <= {"__version__", "__all__"} and all(isinstance(one, ast.Constant) for one in parts)
    return isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef)


@pytest.mark.parametrize(
    "file", sorted((ROOT / "lea").rglob("__init__.py")), ids=lambda file: file.parent.name
)
def test_a_package_runs_nothing_when_it_is_imported(file: Path) -> None:
    tree = ast.parse(file.read_text())
    assert ast.get_docstring(tree), f"{file} says nothing"
    assert [ast.unparse(node) for node in tree.body if not harmless(node)] == []
