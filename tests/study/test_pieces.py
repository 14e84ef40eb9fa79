"""Oracle: parts of a user's own that lack one thing each, as docs/extend.md lists what a part must have."""

import re
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest

from lea import registry
from lea.errors import UserError
from lea.study.pieces import GIVEN, check_pieces
from lea.study.stages import check_job, stage
from tests.study.reading import refusal, runs_of

Edit = Callable[[str, str, str], None]
Own = Callable[[str, str], None]
LEARNING = "trial/learning.yaml"
IMPORTS = """\
from torch import nn
from lea.attacks.search import Attack
from lea.nn.autoencoders.ae import AE
from lea.nn.coders.coder import Coder
from lea.training.method import Method
"""
WHOLE = {  # kind -> a part that has all
    "dataset": """
class Part:
    SOURCES = ("embedded", "folder")
    def __init__(self, *, width: int = 2): ...
    def names(self, source): ...
    def embedded(self, split, count, side): ...
    def folder(self, split, count, side): ...
""",
    "model": """
class Part(nn.Module):
    def __init__(self, shape, classes, *, width: int = 2): ...
    def forward(self, x): ...
""",
    "method": """
class Part(Method):
    def __init__(self, setting, *, width: int = 2): ...
    def step(self, batch): ...
    def examine(self, batch): ...
""",
    "autoencoder": """
class Part(nn.Module):
    def __init__(self, shape, code, *, width: int = 2):
        self.shape, self.code_length = shape, code
    def encode(self, v): ...
    def decode(self, z): ...
    def loss(self, v, code, r): ...
""",
    "coder": """
class Part(nn.Module):
    def __init__(self, shape, code, *, width: int = 2):
        self.features = 3
        self.encode = nn.Linear(2, 3)
    def decode(self, z): ...
""",
    "attack": """
class Part(Attack):
    def __init__(self, *, width: int = 2): ...
    def attack(self, search): ...
""",
    "detector": """
class Part:
    name = "mine"
    def __init__(self, model, *, width: int = 2): ...
    def fit(self, inliers): ...
    def score(self, x): ...
""",
    "metric": """
def Part(model, data, generator, *, width: int = 2): ...
""",
    "picture": """
def Part(network, samples, *, width: int = 2): ...
""",
    "summary": """
NEEDS = ("metrics",)
COLUMNS = {"x": "float64"}
def Part(inputs, *, width: int = 2): ...
""",
    "figure": """
def table(summaries): ...
def draw(table, *, width: int = 2): ...
Part = draw
""",
    "table": """
def table(summaries, *, width: int = 2): ...
Part = table
""",
}
LACKING = {  # kind, what is taken away -> what is said of it
    ("dataset", "    def names(self, source): ...\n"): "found no `names`; expected `names(source)`, what",
    (
        "dataset",
        "    def folder(self, split, count, side): ...\n",
    ): "found no `folder`; expected `folder(...)`, the",
    (
        "dataset",
        '    SOURCES = ("embedded", "folder")\n',
    ): "found no `SOURCES`; expected where its samples can",
    ("model", "    def forward(self, x): ...\n"): "found no `forward`; expected `forward(x)`",
    ("method", "    def step(self, batch): ...\n"): "found no `step`; expected `step(batch)`",
    ("method", "    def examine(self, batch): ...\n"): "found no `examine`; expected `examine(batch)`",
    ("autoencoder", "    def encode(self, v): ...\n"): "found no `encode`; expected `encode(v)`, windows",
    ("autoencoder", "    def decode(self, z): ...\n"): "found no `decode`; expected `decode(z)`, codes",
    ("autoencoder", "    def loss(self, v, code, r): ...\n"): "found no `loss`; expected `loss(v, code, r)`",
    ("autoencoder", "self.shape, "): "found no `shape`; expected `self.shape`, of a window",
    ("coder", "        self.features = 3\n"): "found no `features`; expected `self.features`, how many",
    ("coder", "        self.encode = nn.Linear(2, 3)\n"): "found no `encode`; expected `encode(v)`",
    ("coder", "    def decode(self, z): ...\n"): "found no `decode`; expected `decode(z)`",
    (
        "attack",
        "    def attack(self, search): ...\n",
    ): "found no `attack`; expected `attack(search)`, which asks",
    ("detector", '    name = "mine"\n'): "found no `name`; expected `name`, what it is called in tables",
    ("detector", "    def fit(self, inliers): ...\n"): "found no `fit`; expected `fit(inliers)`, which sees",
    ("detector", "    def score(self, x): ...\n"): "found no `score`; expected `score(x)`, samples (n, ...)",
    ("summary", 'COLUMNS = {"x": "float64"}\n'): "found no `COLUMNS`; expected its own columns, with Arrow's",
    (
        "figure",
        "def table(summaries): ...\n",
    ): "found no `table`; expected `table(summaries)`, what is drawn, beside",
    (
        "figure",
        "def draw(table, *, width: int = 2): ...\n",
    ): "found no `draw`; expected `draw(table)`, how it looks, beside `table`; add it",
    (
        "table",
        "def table(summaries, *, width: int = 2): ...\n",
    ): "found no `table`; expected `table(summaries)`, what is written; add it",
}
numbers = iter(range(1000))


@pytest.fixture
def said(tmp_path: Path, own: Own) -> Callable[..., str]:
    """What is said of a part, without its name and its file."""

    def check(kind: str, text: str, *, wrong: bool = True) -> str:
        name = f"pieces_{next(numbers)}"
        own(f"{name}.py", IMPORTS + text)
        start = f"{kind} '{name}:Part' ({tmp_path / 'own' / name}.py): "
        with pytest.raises(UserError, match=f"^{re.escape(start)}") if wrong else nullcontext() as caught:
            check_pieces(kind, f"{name}:Part")
        return str(caught.value).removeprefix(start) if caught else ""

    return check


@pytest.mark.parametrize("kind", WHOLE)
def test_a_part_that_has_all_is_not_refused(kind: str, said: Callable[..., str]) -> None:
    assert said(kind, WHOLE[kind], wrong=False) == ""


@pytest.mark.parametrize(("kind", "piece"), LACKING)
def test_a_part_that_lacks_something_is_refused_with_what_it_is(
    kind: str, piece: str, said: Callable[..., str]
) -> None:
    assert piece in WHOLE[kind]
    message = said(kind, WHOLE[kind].replace(piece, "        pass\n" if piece.startswith("        ") else ""))
    assert message.startswith(LACKING[kind, piece])
    assert message.endswith("; add it")


@pytest.mark.parametrize("kind", WHOLE)
def test_an_option_before_the_star_is_said_to_stand_there(kind: str, said: Callable[..., str]) -> None:
    message = said(kind, WHOLE[kind].replace("*, width: int = 2", "width=2"))
    functions = {"figure": "draw", "table": "table", "metric": "Part", "picture": "Part", "summary": "Part"}
    found = f"`{functions.get(kind, '__init__')}`"
    assert message.startswith(f"{found} in line ")
    given = ", ".join(GIVEN[kind]) or "nothing"
    said_of = "width stands before *; expected after it, as an option: what stands before is given"
    assert message.endswith(f": {said_of}, {given}; move it")


@pytest.mark.parametrize("name", ["size", "device"])
def test_a_model_asks_by_name_and_only_for_what_there_is(name: str, said: Callable[..., str]) -> None:
    assert said("model", WHOLE["model"].replace("shape, classes", "classes, shape"), wrong=False) == ""
    assert said("model", WHOLE["model"].replace("shape, classes", "shape"), wrong=False) == ""
    message = said("model", WHOLE["model"].replace("shape, classes", f"shape, {name}"))
    assert f": {name} stands before *; expected after it" in message


@pytest.mark.parametrize(
    ("kind", "few"), [("metric", "(model"), ("picture", "(network"), ("coder", "(self, shape")]
)
def test_a_part_takes_all_that_it_is_given(kind: str, few: str, said: Callable[..., str]) -> None:
    all_of_it = ", ".join(["self", *GIVEN[kind]] if kind == "coder" else GIVEN[kind])
    message = said(kind, WHOLE[kind].replace(f"({all_of_it}", few))
    taken = few.removeprefix("(").removeprefix("self, ")
    assert message.endswith(f" takes {taken}; expected {', '.join(GIVEN[kind])}, which it is given; mend it")


INHERITED = {  # what is found in a class behind it, or cannot be seen
    "autoencoder": "class Part(AE):\n    pass\n",
    "behind a dot": "import my_library\nclass Part(my_library.AE):\n    pass\n",
    "a library's": "from numpy import ndarray\nclass Part(ndarray):\n    pass\n",
    "two": "class First(nn.Module):\n    def encode(self, v): ...\nclass Part(First, AE):\n    pass\n",
    "made": "from functools import partial\nPart = partial(AE, coder='sb')\n",
    "a function": "def Part(shape, code): ...\n",
    "decorated": "import dataclasses\n@dataclasses.dataclass\nclass Part:\n    shape: int\n",
    "asked": "class Part(nn.Module):\n    def __getattr__(self, name): ...\n",
}


@pytest.mark.parametrize("name", INHERITED)
def test_what_is_inherited_counts_and_what_cannot_be_seen_is_not_refused(
    name: str, said: Callable[..., str]
) -> None:
    assert said("autoencoder", INHERITED[name], wrong=False) == ""


def test_what_a_base_only_promises_is_missing_unless_another_may_have_it(
    said: Callable[..., str],
) -> None:
    assert "found no `attack`" in said("attack", "class Part(Attack):\n    pass\n")
    assert "found no `step`" in said("method", "class Part(Method):\n    pass\n")
    assert "found no `encode`" in said("coder", "class Part(nn.Module, Coder):\n    features = 3\n")
    mixed = "import my_library\nclass Part(my_library.Mixin, Attack):\n    pass\n"
    assert said("attack", mixed, wrong=False) == ""


def test_a_metric_is_a_function(said: Callable[..., str]) -> None:
    message = said("metric", "class Part:\n    pass\n")
    assert message == "found a class; expected a function of model, data, generator; mend it"


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, them in registry.PARTS.items() for name in them]
)
def test_every_part_of_the_registry_has_all(kind: str, name: str) -> None:
    check_pieces(kind, name)


def test_a_missing_piece_is_said_with_the_key_that_names_the_part(folder: Path, edit: Edit, own: Own) -> None:
    own(
        "silent_net.py",
        "class Net:\n    def __init__(self, shape, classes, hidden=32): ...\n    forward = 1\n",
    )
    edit(LEARNING, "name: classic, hidden: 16", "name: 'silent_net:Net', hidden: 16")
    message = refusal(folder)
    assert message.startswith(f"{LEARNING}: runs.small.model: model 'silent_net:Net' (")
    assert "`__init__` in line 2: hidden stands before *; expected after it, as an option" in message
    own(
        "silent_net.py",
        "class Net:\n    def __init__(self, shape, classes, *, hidden=32): ...\n    forward = 1\n",
    )
    assert runs_of("learning", folder)["small"].model.options == {"hidden": 16}


STAGES = {
    "no package": ({}, "no module PKG.stage; expected stage.py and job.py in PKG; add it"),
    "no stage": ({"stage.py": "STAGES = 1\n"}, "found no `STAGE`; expected it there; add it"),
    "no job": ({"stage.py": "STAGE = 1\n"}, "no module PKG.job; expected stage.py and job.py in PKG; add it"),
    "no work": (
        {"stage.py": "STAGE = 1\n", "job.py": "def work(job): ...\n"},
        "found no `compute`; expected it there; add it",
    ),
}


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_without_its_pieces_is_refused(name: str, own: Own, monkeypatch: pytest.MonkeyPatch) -> None:
    files, problem = STAGES[name]
    package = f"stage_{name.replace(' ', '_')}"
    for file, text in files.items():
        own(f"{package}/{file}", text)
    monkeypatch.setitem(registry.STAGES, "odd", package)
    with pytest.raises(UserError, match=r"^stage 'odd'") as caught:
        (check_job if "STAGE =" in files.get("stage.py", "") else stage)("odd")
    assert str(caught.value).endswith(problem.replace("PKG", package))
