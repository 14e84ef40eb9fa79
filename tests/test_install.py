"""Oracle: Python environments into which the package was installed as a user would, by pip, that hold torch
and what torch itself requires, and nothing else.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path
from zipfile import ZipFile

import pytest

import lea
from tests.project import REPOSITORY

PIP = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-cache-dir"]
OFFLINE = ["--no-deps", "--no-build-isolation", "--no-index"]
NEEDED = ("pyproject.toml", "README.md", "LICENSE", "lea")
ONE_STEP = """
x = [(torch.rand(2, 1, 28, 28), torch.tensor([3, 5]))]
weights = {name: one.clone() for name, one in network.state_dict().items()}
train(x, 1)
assert all((one != weights[name]).any() for name, one in network.named_parameters()), "a weight has not moved"
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is in a fresh clone, so that no build is left in the project."""
    folder = tmp_path_factory.mktemp("source")
    for name in NEEDED:
        path = REPOSITORY / name
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(path, folder / name, ignore=ignore) if path.is_dir() else shutil.copy(path, folder)
    return folder


@pytest.fixture(scope="module")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([*PIP, "wheel", str(source), *OFFLINE, "--wheel-dir", str(folder)], check=True)
    (made,) = folder.iterdir()
    return made


@pytest.fixture(scope="module")
def torch_alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of packages with torch and what it requires."""
    folder = tmp_path_factory.mktemp("torch")
    for name in {"torch", *required("torch")}:
        files = distribution(name).files or []
        for top in {file.parts[0] for file in files} - {"..", "bin", "share"}:
            if not (folder / top).exists():
                (folder / top).symlink_to(Path(str(distribution(name).locate_file(top))))
    return folder


def required(name: str) -> Iterator[str]:
    """What a distribution requires here, and what that requires."""
    waiting, seen = [name], set()
    for one in waiting:
        for line in distribution(one).requires or []:
            other = re.match(r"[\w.-]+", line).group().lower()
            if "extra ==" not in line and other not in seen and installed(other):
                seen.add(other)
                waiting.append(other)
                yield other


def installed(name: str) -> bool:
    """Whether it is here; what is required on other systems only is not."""
    try:
        distribution(name)
    except ModuleNotFoundError:
        return False
    return True


def run(*command: str, packages: list[Path], cwd: Path) -> subprocess.CompletedProcess:
    """A process that sees these folders of packages, and not those of this environment."""
    env = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, packages))}
    return subprocess.run(
        [sys.executable, "-S", *command], cwd=cwd, env=env, capture_output=True, text=True, check=False
    )


def test_a_wheel_holds_the_package_and_nothing_else(wheel: Path):
    names = {name for name in ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert wheel.name.startswith(f"lea-{lea.__version__}-")
    files = [*(REPOSITORY / "lea").rglob("*.py"), REPOSITORY / "lea/py.typed"]
    shipped = (REPOSITORY / "lea" / name for name in ("data/relief/shipped", "data/tohoku"))
    files += [file for folder in shipped for file in folder.iterdir()]
    files.append(REPOSITORY / "lea/figures/lea.mplstyle")
    assert names == {str(file.relative_to(REPOSITORY)) for file in files}


@pytest.mark.parametrize("kind", ["wheel", "git"])
def test_the_layer_trains_with_torch_alone(
    kind: str, wheel: Path, source: Path, torch_alone: Path, tmp_path: Path
):
    origin = str(wheel)
    if kind == "git":
        clone = tmp_path / "repository"
        shutil.copytree(source, clone, ignore=shutil.ignore_patterns("build", "*.egg-info"))
        who = ["-c", "user.name=a", "-c", "user.email=a@b"]
        for command in (["init", "--quiet"], ["add", "."], [*who, "commit", "--quiet", "--message", "all"]):
            subprocess.run(["git", *command], cwd=clone, check=True)
        origin = f"git+file://{clone}"
    target = tmp_path / "installed"
    subprocess.run([*PIP, "install", *OFFLINE, "--target", str(target), origin], check=True)
    packages = [target, torch_alone]
    text = (REPOSITORY / "docs/layer.md").read_text()
    example = re.search(r"```python\n(.*?)```", text, re.DOTALL).group(1)
    done = run("-c", example + ONE_STEP, packages=packages, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for module in ("snakemake", "pandas", "pyarrow", "yaml", "numpy"):
        absent = run("-c", f"import {module}", packages=packages, cwd=tmp_path)
        assert "ModuleNotFoundError" in absent.stderr, module
    command = str(target / "bin/lea")
    assert run(command, "--version", packages=packages, cwd=tmp_path).stdout == f"lea {lea.__version__}\n"
    (tmp_path / "x.parquet").write_bytes(b"PAR1")
    expected = r"error: \w+ is not installed; expected the studies' libraries; pip install 'lea\[study\]'\n"
    for asked in (("data", "check"), ("record",)):
        done = run(command, *asked, "x.parquet", packages=packages, cwd=tmp_path)
        assert done.returncode == 2
        assert re.fullmatch(expected, done.stderr), done.stderr
