"""Oracle: packages whose call graph is known, and its closure computed independently; edits one by one."""

import ast
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import indent

import pytest

from lea import fingerprint as module
from tests.conftest import forget_sources

LEA = Path(__file__).parents[1] / "lea"
Files = Mapping[str, str]


class Package:
    """A package on the path, PKG in its texts, whose files can be written anew."""

    def __init__(self, root: Path, name: str) -> None:
        self.root, self.name = root, name

    def write(self, files: Files) -> "Package":
        for path, text in files.items():
            file = self.root / self.name / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text.replace("PKG", self.name))
            (file.parent / "__init__.py").touch()
        return self

    def fingerprint(self, *starts: str) -> str:
        """As a new process would compute it."""
        forget_sources()
        return module.fingerprint(*(start.replace("PKG", self.name) for start in starts))

    def changes(self, files: Files, edited: Files, start: str = "PKG.start:run") -> bool:
        """Whether the fingerprint of a start is another after an edit."""
        before = self.write(files).fingerprint(start)
        return self.write(edited).fingerprint(start) != before


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_sources: None) -> Package:
    monkeypatch.syspath_prepend(tmp_path)
    return Package(tmp_path, f"made_{random.Random(str(tmp_path)).getrandbits(48):x}")


FILES = {
    "__init__.py": '"""A package."""\nfrom .implementation import offered\n',
    "start.py": '''"""Where it starts."""
from typing import TYPE_CHECKING

import PKG.deep.tools as tools
import PKG.whole
from PKG import offered
from PKG import stars as constellation
from PKG.hub import passed_on
from PKG.stars import *

from . import sibling
from .deep.near import up as renamed

if TYPE_CHECKING:
    from PKG.kinds import Kind

try:
    from PKG.fast import quick
except ImportError:
    from PKG.slow import quick

LIMIT = 3  # unit: apples
UNUSED = 4


def run(x: "Kind", y: int = LIMIT) -> int:
    """Do it."""
    from PKG.nested import inner

    tools.used(x)
    sibling.called(renamed(y))
    PKG.whole.everything.go()
    Child().method()
    ping(3)
    return offered(quick(shining(inner(passed_on(x)))))


def other() -> int:
    return UNUSED


class Child(sibling.Parent):
    """A child."""

    rate = 1

    @sibling.decorate
    def method(self) -> int:
        return 0


def ping(n):
    return n and pong(n - 1)


def pong(n):
    return n and ping(n - 1)
''',
    "deep/tools.py": "STEP = 1\n\ndef used(x):\n    return x + STEP\n\ndef unused(x):\n    return x - 1\n",
    "deep/near.py": "from .. import sibling\n\ndef up(x):\n    return sibling.lift(x)\n",
    "sibling.py": """
def called(x):
    return {"a": 1}[x]

def lift(x):
    return x * 7

def decorate(f):
    return deeper(f)

def deeper(f):
    return f or 70

class Grandparent:
    size = 5

class Parent(Grandparent):
    colour = "red"

class Stranger(Grandparent):
    colour = "blue"
""",
    "implementation.py": "def offered(x):\n    return x + 11\n\ndef hidden(x):\n    return x + 12\n",
    "hub.py": "from PKG.behind import passed_on\nfrom PKG.never import nothing\n",
    "behind.py": "def passed_on(x):\n    return x + 13\n",
    "never.py": "def nothing(x):\n    return x + 14\n",
    "stars.py": "def shining(x):\n    return x + 15\n",
    "whole/everything.py": "def go():\n    return 16\n",
    "nested.py": "def inner(x):\n    return x + 17\n",
    "fast.py": "def quick(x):\n    return x + 18\n",
    "slow.py": "def quick(x):\n    return x + 19\n",
    "kinds.py": "class Kind:\n    size = 20\n",
    "far.py": "def away():\n    return 21\n",
}
EDITS = {
    "a comment": ("start.py", "# unit: apples", "# unit: pears", False),
    "a docstring of a module": ("start.py", "Where it starts.", "The start.", False),
    "a docstring of a function": ("start.py", "Do it.", "Do it now.", False),
    "a docstring of a class": ("start.py", "A child.", "One child.", False),
    "a docstring that goes": ("start.py", '    """Do it."""\n', "", False),
    "the format": ("start.py", "tools.used(x)", "tools.used(\n        x,\n    )", False),
    "the spelling of a number": ("start.py", "LIMIT = 3", "LIMIT = 0x3", False),
    "quotes": ("sibling.py", '{"a": 1}', "{'a': 1}", False),
    "a definition that is not reached": ("start.py", "return UNUSED", "return UNUSED + 1", False),
    "a constant that is not reached": ("start.py", "UNUSED = 4", "UNUSED = 5", False),
    "an unreached function of a reached file": ("deep/tools.py", "x - 1", "x - 2", False),
    "an unreached class of a reached file": ("sibling.py", '"blue"', '"green"', False),
    "an unreached re-export": ("never.py", "14", "140", False),
    "a file that nobody imports": ("far.py", "21", "210", False),
    "a body": ("start.py", "ping(3)", "ping(4)", True),
    "a default": ("start.py", "y: int = LIMIT", "y: int = 3", True),
    "a constant that is a default": ("start.py", "LIMIT = 3", "LIMIT = 30", True),
    "a constant behind a function": ("deep/tools.py", "STEP = 1", "STEP = 2", True),
    "a function through `import a.b as c`": ("deep/tools.py", "x + STEP", "x - STEP", True),
    "a function through `from . import x`": ("sibling.py", '"a": 1', '"a": 2', True),
    "a function through two relative imports": ("sibling.py", "x * 7", "x * 8", True),
    "a function through a relative import": ("deep/near.py", "lift(x)", "lift(x + 0)", True),
    "a function through a package's own hub": ("implementation.py", "11", "110", True),
    "a function through a hub": ("behind.py", "13", "130", True),
    "a function through a star": ("stars.py", "15", "150", True),
    "a function through `import a.b`": ("whole/everything.py", "16", "160", True),
    "a function imported within a function": ("nested.py", "17", "170", True),
    "the first of two alternatives": ("fast.py", "18", "180", True),
    "the second of two alternatives": ("slow.py", "19", "190", True),
    "a class": ("start.py", "rate = 1", "rate = 2", True),
    "a base class": ("sibling.py", '"red"', '"pink"', True),
    "the base of a base class": ("sibling.py", "size = 5", "size = 6", True),
    "a decorator": ("sibling.py", "return deeper(f)", "return deeper(f) or f", True),
    "a function behind a decorator": ("sibling.py", "f or 70", "f or 71", True),
    "the other half of a mutual recursion": ("start.py", "ping(n - 1)", "ping(n - 2)", True),
}


@pytest.mark.parametrize("what", EDITS)
def test_an_edit_changes_the_fingerprint_if_and_only_if_the_code_runs(package: Package, what: str) -> None:
    path, old, new, expected = EDITS[what]
    assert FILES[path].count(old) == 1
    assert package.changes(FILES, {path: FILES[path].replace(old, new)}) is expected


def test_types_behind_type_checking_are_followed_where_an_annotation_names_them(package: Package) -> None:
    files = FILES | {"start.py": FILES["start.py"].replace('x: "Kind"', "x: Kind")}
    assert package.changes(files, {"kinds.py": FILES["kinds.py"].replace("20", "21")})


def test_it_is_16_digits_and_the_same_for_the_same_code_anywhere(package: Package) -> None:
    found = package.write(FILES).fingerprint("PKG.start:run")
    assert len(found) == 16
    assert set(found) <= set("0123456789abcdef")
    assert package.write(FILES).fingerprint("PKG.start:run") == found
    assert package.fingerprint("PKG.start:other") != found
    assert package.fingerprint("PKG.start:run", "PKG.start:run") == found


def test_parts_given_as_starts_count_and_their_order_does_not(package: Package) -> None:
    starts = ("PKG.start:run", "PKG.far:away")
    before = package.write(FILES).fingerprint(*starts)
    assert package.fingerprint(*reversed(starts)) == before
    assert package.fingerprint(starts[0]) != before
    package.write({"far.py": FILES["far.py"].replace("21", "22")})
    assert package.fingerprint(*starts) != before


def test_a_module_as_a_start_takes_in_all_that_it_defines(package: Package) -> None:
    path, old, new, _ = EDITS["a definition that is not reached"]
    assert package.changes(FILES, {path: FILES[path].replace(old, new)}, start="PKG.start")
    path, old, new, _ = EDITS["a file that nobody imports"]
    assert not package.changes(FILES, {path: FILES[path].replace(old, new)}, start="PKG.start")


RUNS_ON_IMPORT = {
    "a statement of its own": ("register(1)\n", "register(2)\n"),
    "a loop": ("for i in range(3):\n    register(i)\n", "for i in range(4):\n    register(i)\n"),
    "a name bound in a branch": ("if register:\n    f = 1\n", "if register:\n    f = 2\n"),
    "a value changed later": ("SIZE = 1\nSIZE += 1\n", "SIZE = 1\nSIZE += 2\n"),
    "an element set in a table": ("TABLE = {}\nTABLE[1] = 1\n", "TABLE = {}\nTABLE[1] = 2\n"),
    "an attribute of another module": ("import os\nos.linesep = 'a'\n", "import os\nos.linesep = 'b'\n"),
    "a key of another module's table": (
        "import os\nos.environ['A'] = 'a'\n",
        "import os\nos.environ['A'] = 'b'\n",
    ),
}


@pytest.mark.parametrize("what", RUNS_ON_IMPORT)
def test_statements_that_run_on_import_count(package: Package, what: str) -> None:
    def text(lines: str) -> str:
        begin, end = "SIZE = 0\nTABLE = {}\nregister = print\n", "\ndef run():\n    return SIZE, TABLE\n"
        return begin + lines + end

    before, after = RUNS_ON_IMPORT[what]
    assert package.changes({"start.py": text(before)}, {"start.py": text(after)})


def test_a_name_that_is_imported_and_then_wrapped_is_both(package: Package) -> None:
    text = "from PKG.far import away\n\naway = [away, 1]\n\ndef run():\n    return away\n"
    files = {"start.py": text, "far.py": FILES["far.py"]}
    assert package.changes(files, {"start.py": text.replace("away, 1", "away, 2")})
    assert package.changes(files, {"far.py": FILES["far.py"].replace("21", "22")})


def test_a_private_name_with_two_underscores_is_followed(package: Package) -> None:
    text = "def __helper():\n    return 1\n\ndef run():\n    return __helper()\n"
    assert package.changes({"start.py": text}, {"start.py": text.replace("1", "2")})


def test_a_version_is_not_code(package: Package) -> None:
    text = '__version__ = "1"\n\ndef run():\n    return __version__\n'
    assert not package.changes({"start.py": text}, {"start.py": text.replace('"1"', '"2"')})


def test_the_registry_is_not_followed(package: Package, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "UNSEEN", frozenset({f"{package.name}.far"}))
    text = "from PKG import far\n\ndef run():\n    return far.away()\n"
    files = {"start.py": text, "far.py": FILES["far.py"]}
    assert not package.changes(files, {"far.py": FILES["far.py"].replace("21", "22")})


Graph = dict[str, set[str]]


def random_graph(rng: random.Random, size: int) -> Graph:
    """Definitions `m<module>.d<number>`, each using up to three earlier ones, and some cycles."""
    names = [f"m{rng.randrange(4)}.d{number}" for number in range(size)]
    graph: Graph = {}
    for name in names:
        earlier = list(graph)
        graph[name] = set(rng.sample(earlier, min(len(earlier), rng.randrange(4))))
    for name in rng.sample(names, 3):
        graph[name].add(rng.choice(names))
    return graph


def reachable(graph: Graph, start: str) -> set[str]:
    found = {start}
    while more := {use for name in found for use in graph[name]} - found:
        found |= more
    return found


def use(rng: random.Random, home: str, name: str) -> tuple[str, str, str]:
    """A line for the module's top, one for a function's body, and an expression that means `name`."""
    other, _, attribute = name.partition(".")
    if other == home:
        return "", "", attribute
    return rng.choice(
        [
            (f"from PKG.{other} import {attribute}", "", attribute),
            (f"from PKG.{other} import {attribute} as {other}_{attribute}", "", f"{other}_{attribute}"),
            (f"from .{other} import {attribute}", "", attribute),
            (f"from . import {other}", "", f"{other}.{attribute}"),
            (f"import PKG.{other} as alias_{other}", "", f"alias_{other}.{attribute}"),
            (f"import PKG.{other}", "", f"PKG.{other}.{attribute}"),
            ("", f"from PKG.{other} import {attribute}", attribute),
            ("", f"import PKG.{other} as inner", f"inner.{attribute}"),
        ]
    )


def definition(rng: random.Random, name: str, uses: list[tuple[str, str, str]]) -> str:
    """A definition that uses others, and holds its own number, to be edited."""
    number = name.rpartition("d")[2]
    inside = "".join(f"    {line}\n" for _, line, _ in uses if line)
    listed = ", ".join([f"1000 + {number}", *(expression for _, _, expression in uses)])
    forms = [
        f"def d{number}():\n{inside}    return [{listed}]\n",
        f"class d{number}:\n{inside}    values = [{listed}]\n",
        f"class d{number}:\n    def method(self):\n{indent(inside, '    ')}        return [{listed}]\n",
    ]
    if not inside:
        forms += [
            f"d{number} = [{listed}]\n",
            f"d{number}: list = [{listed}]\n",
            f"def d{number}(default=({listed})):\n    return default\n",
            f"@decorated({listed})\nasync def d{number}():\n    return 0\n",
            f"class d{number}(make({listed})):\n    pass\n",
        ]
    return rng.choice(forms)


def modules(rng: random.Random, graph: Graph) -> dict[str, str]:
    files: dict[str, list[str]] = {f"m{number}.py": [] for number in range(4)}
    for name, used in graph.items():
        home = name.partition(".")[0]
        uses = [use(rng, home, other) for other in sorted(used)]
        lines = files[f"{home}.py"]
        lines[:0] = [f"{top}\n" for top, _, _ in uses if top]
        lines.append(definition(rng, name, uses))
    return {path: "".join(lines) for path, lines in files.items()}


@pytest.mark.parametrize("seed", range(12))
def test_in_a_random_package_exactly_the_edits_in_the_closure_change_it(package: Package, seed: int) -> None:
    rng = random.Random(seed)
    graph = random_graph(rng, 16)
    files = modules(rng, graph)
    start = rng.choice(list(graph)[8:])
    at = f"PKG.{start.replace('.', ':')}"
    before = package.write(files).fingerprint(at)
    changed = set()
    for name in graph:
        home, number = f"{name.partition('.')[0]}.py", name.rpartition("d")[2]
        text = files[home].replace(f"1000 + {number}", f"2000 + {number}", 1)
        assert ast.parse(text.replace("PKG", "x"))
        if package.write({home: text}).fingerprint(at) != before:
            changed.add(name)
        package.write({home: files[home]})
    assert changed == reachable(graph, start)


OPENING, CLASSIC = "lea.compute.opening:do_job", "lea.studies.lea.networks.classic:Classic"
STARTS = {
    "training": (
        "lea.training.job:compute",
        "lea.training.stage:OUTPUTS",
        OPENING,
        CLASSIC,
        "lea.training.methods.classify:Classify",
        "lea.compute.optimizers:Adam",
    ),
    "probes": ("lea.probes.job:compute", "lea.probes.stage:OUTPUTS", OPENING, CLASSIC),
    "digits": ("lea.data.job:prepare", "lea.data.mnist:MNIST"),
    "sprites": ("lea.data.job:prepare", "lea.data.dsprites:DSprites"),
    "curves": ("lea.summary.job:summarise", "lea.summary.curves"),
    "sizes": ("lea.summary.job:summarise", "lea.summary.sizes"),
    "figure": ("lea.figures.job:draw_figure", "lea.figures.panels"),
    "pictures": ("lea.figures.job:draw_figure", "lea.figures.examples"),
    "table": ("lea.figures.job:draw_table", "lea.figures.rows"),
}
ALL = set(STARTS)


def prints_of(root: Path) -> dict[str, str]:
    """The fingerprints of the project's stages, in a copy of it."""
    script = (
        f"from lea.fingerprint import fingerprint\nfor s in {list(STARTS.values())}: print(fingerprint(*s))"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(
        command, cwd=root, capture_output=True, text=True, check=True, env={"PYTHONPATH": "."}
    )
    return dict(zip(STARTS, done.stdout.split(), strict=True))


def append(text: str) -> Callable[[str], str]:
    return lambda source: source + text


def swap(old: str, new: str) -> Callable[[str], str]:
    def edit(source: str) -> str:
        assert old in source
        return source.replace(old, new, 1)

    return edit


PROJECT_EDITS = {
    ("figures/lines.py", swap("alpha=0.2", "alpha=0.3")): {"figure"},
    ("figures/examples.py", swap("vmax=255", "vmax=254")): {"pictures"},
    ("figures/job.py", swap("INCHES_A_LINE = 0.15", "INCHES_A_LINE = 0.16")): {"figure", "pictures"},
    ("summary/curves.py", swap('median="median"', 'median="mean"')): {"curves"},
    ("training/loop.py", swap("SECONDS_BETWEEN_LINES = 5.0", "SECONDS_BETWEEN_LINES = 6.0")): {"training"},
    ("training/stage.py", swap('"value": "float64"', '"value": "float32"')): {"training"},
    ("training/methods/classify.py", swap("BINS = 15", "BINS = 16")): {"training"},
    ("compute/device.py", swap("FLOAT32_ERROR = 3e-6", "FLOAT32_ERROR = 4e-6")): {"training", "probes"},
    ("compute/opening.py", swap('MAIN = "data"', 'MAIN = "table"')): {"training", "probes"},
    ("studies/lea/networks/classic.py", swap("5, padding=2", "5, padding=(2, 2)")): {"training", "probes"},
    ("studies/lea/networks/cnn_lea.py", swap("5, padding=2", "5, padding=(2, 2)")): set(),
    ("data/mnist.py", swap("0123456789", "1234567890")): {"digits"},
    ("data/tensors.py", swap("div_(high - low)", "div_(high + low)")): {"training", "probes"},
    ("study/seeds.py", swap(">> 1", ">> 2")): {"training", "probes", "digits", "sprites"},
    ("study/reader.py", append("\nX = 1\n")): set(),
    ("study/jobs.py", swap('OPENING = "lea', 'OPENING = "other')): set(),
    ("store.py", swap('compression="zstd"', 'compression="gzip"')): ALL - {"figure", "pictures", "table"},
    ("probes/readers.py", swap("F.relu", "F.gelu")): {"probes"},
    ("registry.py", swap('"model": {', '"model": {"mine": "lea.errors:UserError",')): set(),
    ("cli.py", append("\nX = 1\n")): set(),
    ("training/loop.py", append("# a comment\n\n\n\n")): set(),
    ("training/loop.py", swap("The training loop", "A training loop")): set(),
    ("__init__.py", swap("0.1.0", "0.1.1")): set(),
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project as it is now, whoever edits it meanwhile."""
    root = tmp_path_factory.mktemp("project")
    shutil.copytree(LEA, root / "lea", ignore=shutil.ignore_patterns("__pycache__"))
    return root


@pytest.fixture(scope="module")
def before(project: Path) -> dict[str, str]:
    return prints_of(project)


@pytest.mark.parametrize(
    "edit", PROJECT_EDITS, ids=[f"{path}-{i}" for i, (path, _) in enumerate(PROJECT_EDITS)]
)
def test_in_the_project_an_edit_reaches_the_stages_that_run_it(
    project: Path, before: dict[str, str], edit: tuple[str, Callable[[str], str]]
) -> None:
    file = project / "lea" / edit[0]
    text = file.read_text()
    try:
        file.write_text(edit[1](text))
        after = prints_of(project)
    finally:
        file.write_text(text)
    assert {stage for stage in STARTS if after[stage] != before[stage]} == PROJECT_EDITS[edit]


def test_a_file_beside_a_users_own_part_is_followed_and_a_library_is_not(package: Package) -> None:
    text = "import NEIGHBOUR\nimport pytest\n\ndef run():\n    return NEIGHBOUR.value(), pytest.fail\n"
    neighbour = f"{package.name}_neighbour"
    beside = package.root / f"{neighbour}.py"
    beside.write_text("def value():\n    return 1\n")
    before = package.write({"start.py": text.replace("NEIGHBOUR", neighbour)}).fingerprint("PKG.start:run")
    beside.write_text("def value():\n    return 2\n")
    assert package.write({}).fingerprint("PKG.start:run") != before
