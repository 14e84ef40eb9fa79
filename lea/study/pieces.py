"""What a part of each kind must have, looked for in its source text before any job starts.

What is behind a class or function that is not ours, or a name with a dot, cannot be seen and is not refused.
"""

import ast
from collections.abc import Iterator, Mapping
from functools import cache

from lea import registry, sources
from lea.errors import UserError

Pieces = Mapping[str, str]  # name -> what it is

# Of a part's class.
METHODS: Mapping[str, Pieces] = {
    "dataset": {
        "SOURCES": "where its samples can come from",
        "names": "`names(source)`, what the classes of each label are called",
    },
    "model": {"forward": "`forward(x)`, what it makes of a batch"},
    "method": {
        "step": "`step(batch)`, which moves the weights once and gives sums",
        "examine": "`examine(batch)`, the same sums without moving anything",
    },
    "optimizer": {
        "zero_grad": "`zero_grad()`",
        "step": "`step()`",
        "kept": "`kept()`, what it has learnt",
        "take_up": "`take_up(kept)`, which goes on with that",
    },
    "autoencoder": {
        "encode": "`encode(v)`, windows (n, c, k, k) to a code with `z` (n, L)",
        "decode": "`decode(z)`, codes (n, L) to windows (n, c, k, k)",
        "loss": "`loss(v, code, r)`, which gives a lea.nn.losses.Loss",
        "shape": "`self.shape`, of a window",
        "code_length": "`self.code_length`",
    },
    "coder": {
        "encode": "`encode(v)`, windows (n, c, k, k) to features (n, features)",
        "decode": "`decode(z)`, codes (n, L) to windows (n, c, k, k)",
        "features": "`self.features`, how many values `encode` gives",
    },
    "layout": {
        "encoder": "`encoder(outputs, normalise=..., dropout=...)`, an encoder's layers",
        "sinks": "`sinks()`, one layer to the features",
        "many": "`many(features, outputs)`, two layers by way of so many features",
        "decoder": "`decoder()`, the layers back",
    },
    "encoder": {
        "forward": "`forward(x)`, images (n, c, h, w) to a lea.nn.encoders.encoder.Posterior",
        "shape": "`self.shape`, of an image",
    },
    "prior": {
        "density": "`density(z)`, codes (n, features) to a lea.nn.priors.prior.Density",
        "sample": "`sample(count)`, so many codes",
    },
    "attack": {"attack": "`attack(search)`, which asks about images"},
    "features": {
        "read": "`read(tiles)`, (n, 1, h, w) in [0, 1] to a list of maps",
        "weights": "`self.weights`, of each map",
    },
    "extractor": {
        "read": "`read(images)`, (n, c, h, w) in [0, 1] to features (n, d)",
        "FRECHET": "`FRECHET`, what the Frechet distance on them is called",
        "KERNEL": "`KERNEL`, what the kernel distance on them is called",
    },
    "detector": {
        "name": "`name`, what it is called in tables",
        "fit": "`fit(inliers)`, which sees samples (n, ...) that are none",
        "score": "`score(x)`, samples (n, ...) to (n,), larger for an outlier",
    },
}
# Of its module.
FUNCTIONS: Mapping[str, Pieces] = {
    "figure": {
        "table": "`table(summaries)`, what is drawn",
        "draw": "`draw(table)`, how it looks",
    },
    "table": {"table": "`table(summaries)`, what is written"},
    "summary": {"COLUMNS": "its own columns, with Arrow's names of their types"},
}
# What it is given without a name, in this order; a model asks for some of it by name.
GIVEN: Mapping[str, tuple[str, ...]] = {
    "dataset": (),
    "model": ("shape", "classes"),
    "method": ("setting",),
    "initialisation": ("model",),
    "optimizer": ("parameters",),
    "lea": ("shape",),
    "autoencoder": ("shape", "code"),
    "coder": ("shape", "code"),
    "layout": ("shape", "latent"),
    "encoder": ("layout",),
    "prior": ("features", "encoder"),
    "attack": (),
    "features": (),
    "extractor": (),
    "detector": ("model",),
    "metric": ("model", "data", "generator"),
    "picture": ("network", "samples"),
    "sea": ("relief", "grid", "generator"),
    "summary": ("inputs",),
    "figure": ("table",),
    "table": ("summaries",),
}
BY_CALL = ("metric", "picture", "sea", "summary")  # functions that a job calls


@cache
def check_pieces(kind: str, name: str) -> None:
    """Refuse a part that lacks something, or asks for what nobody gives."""
    module, _, attribute = registry.resolve(kind, name).partition(":")
    problem = next(_problems(kind, module, attribute), None)
    if problem:
        raise UserError(f"{kind} '{name}' ({sources.find(module)}): {problem}")


def _problems(kind: str, module: str, attribute: str) -> Iterator[str]:
    part = sources.definitions(module)[attribute]
    if kind in BY_CALL and isinstance(part, ast.ClassDef):
        yield f"found a class; expected a function of {', '.join(GIVEN[kind])}; mend it"
    wanted = dict(METHODS.get(kind, {}))
    if kind == "dataset":
        of_sources = registry.constant(kind, f"{module}:{attribute}", "SOURCES", ())
        wanted |= {one: f"`{one}(...)`, the samples of that source" for one in of_sources}
    yield from _missing(wanted, sources.members(module, attribute))
    yield from _missing(FUNCTIONS.get(kind, {}), sources.bound(module))
    for function in registry.made_by(kind, f"{module}:{attribute}"):
        yield from _asked(kind, function)


def _missing(wanted: Pieces, there: sources.Members) -> Iterator[str]:
    for name, what in wanted.items():
        unseen = there.more_before if name in there.promised else there.more
        if name not in there.names and not unseen:
            others = ", ".join(f"`{one}`" for one in wanted if one != name)
            yield f"found no `{name}`; expected {what}{', beside ' if others else ''}{others}; add it"


def _asked(kind: str, function: ast.FunctionDef) -> Iterator[str]:
    """What is wrong with the arguments that are no options."""
    first = kind == "figure" and function.name == "table"
    given, arguments = GIVEN["table"] if first else GIVEN.get(kind), function.args
    asked = [one.arg for one in (*arguments.posonlyargs, *arguments.args) if one.arg != "self"]
    if given is None or arguments.vararg:
        return
    by_name = kind == "model"
    strange = [one for one in asked if one not in given] if by_name else asked[len(given) :]
    all_given = ", ".join(given) or "nothing"
    if strange:
        found = f"`{function.name}` in line {function.lineno}: {', '.join(strange)} stands before *"
        yield f"{found}; expected after it, as an option: what stands before is given, {all_given}; move it"
    elif len(asked) < len(given) and not by_name:
        found = f"`{function.name}` in line {function.lineno} takes {', '.join(asked) or 'nothing'}"
        yield f"{found}; expected {all_given}, which it is given; mend it"
