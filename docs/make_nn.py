"""Makes docs/nn.md, the interface of `lea.nn`, from its docstrings: `make docs`."""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from torch import nn

import lea.nn

HIDDEN = {"extra_repr"}  # PyTorch's own
PAGE = Path(__file__).with_name("nn.md")
HEAD = """# The interface of `lea.nn`

Made from the docstrings by `make docs`. [layer.md](layer.md) shows the layer in a network. Shapes are
`(batch, channels, height, width)`; `n` is a number of windows, `k` the side of one, `L` the length of a code.
`Shape` is a window's `(channels, k, k)`; `MakeCoder` and `MakeAutoencoder` make a coder or an autoencoder
from a `Shape` and the length of the code; a layout is made from an image's shape and the number of features,
an encoder from a layout, a prior from the number of features and the encoder. Results are named tuples, with
their fields in parentheses.
"""
GROUPS = {
    "The layer": ("LEA", "embed"),
    "What a training calls": ("losses", "advance", "watching", "leas", "Loss", "Examined"),
    "How weights begin": ("glorot", "he", "orthogonal"),
    "Autoencoders": ("AE", "KSparse", "VAE", "CVAE", "Code", "GaussianCode"),
    "Coders": ("FC", "Conv", "SB"),
    "Autoencoders of whole images": (
        "EncoderDecoder",
        "FCLayout",
        "ConvLayout",
        "StridedLayout",
        "TrunkLayout",
        "TrunkMapsLayout",
    ),
    "Without a network": ("PCA", "Cosines", "Downsampled", "Mean", "Identity"),
    "Archetypes": (
        "Archetypes",
        "Improved",
        "DeepArchetypes",
        "LabelledArchetypes",
        "DeepLosses",
        "simplex",
        "nnls",
    ),
    "Encoders of which some or nothing is learnt": (
        "Learnt",
        "LastLearnt",
        "Fixed",
        "KitchenSinks",
        "AboveSinks",
        "Posterior",
    ),
    "Priors": (
        "Normal",
        "RealNVP",
        "Mixture",
        "Vamp",
        "FittedMixture",
        "Density",
    ),
    "Flows": (
        "Flow",
        "MultiScaleFlow",
        "Connected",
        "Convolutional",
        "Coupling",
        "Affine",
        "Additive",
        "Mapped",
        "to_channels",
        "to_places",
        "dequantise",
        "bits_per_dimension",
    ),
    "Transfer": ("OnCodes",),
    "Telling outliers apart": ("Discriminator",),
    "Extremes": (
        "mean_radius",
        "radius_deviation",
        "sample_shell",
        "sample_sphere",
        "sample_beyond",
        "sample_maxima",
        "sample_outside_simplex",
        "gumbel_constants",
        "gumbel_distribution",
        "maxima_distribution",
        "gumbel_distance",
    ),
}
EXAMPLES = {
    "Archetypes": """```python
model = Archetypes((50,), archetypes=8)  # of points of 50 values, or of images of any shape
model.place(x)  # (n, 50), all of them
for _ in range(30):
    losses, deviation = model.improve(x)  # (n,), squared distances of points from their mixtures
shares = model.encode(x).mean  # (n, 8), `model.decode(shares)` are the mixtures of `model.z`
```

`model.b` says of which points, by their numbers in `model.rows`, each archetype is a mixture; weights that
are saved hold `z` alone.
""",
    "Flows": """```python
flow = Flow((2,))  # or MultiScaleFlow((3, 32, 32)) of images
optimizer = torch.optim.Adam(flow.parameters(), lr=1e-3)
for x in batches:  # (n, 2)
    loss = -flow.density(x).total.mean()  # nats
    optimizer.zero_grad(), loss.backward(), optimizer.step()
```

`flow(x)` is then where samples are carried, `flow.inverse(u)` the way back, `flow.sample(9)` draws new ones.
An additive flow keeps volumes: data of another spread than a normal density's need an affine one.
""",
    "Transfer": """```python
model = OnCodes((1, 28, 28), 10, encoder=autoencoder)  # whatever has `encode`; frozen, or `tune=True`
optimizer = torch.optim.Adam([one for one in model.parameters() if one.requires_grad], lr=1e-3)
for x, y in batches:  # (n, 1, 28, 28), (n,)
    loss = cross_entropy(model(x), y)  # of torch.nn.functional
    optimizer.zero_grad(), loss.backward(), optimizer.step()
```
""",
    "Telling outliers apart": """```python
model = Discriminator((16,))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for t in batches:  # (n, 16), where a flow carries inliers
    far = sample_sphere(len(t), 16, radius=1.5 * mean_radius(16))
    loss = softplus(model(t)).mean() + softplus(-model(far)).mean()  # of torch.nn.functional
    optimizer.zero_grad(), loss.backward(), optimizer.step()
```
""",
    "Extremes": """```python
import torch
from lea.nn import mean_radius, sample_beyond, sample_outside_simplex, sample_sphere

far = sample_sphere(1000, 16, radius=1.5 * mean_radius(16))  # half as far again as samples lie on average
rare = sample_beyond(1000, 16, quantile=0.999)  # the outermost thousandth of them
archetypes, weights = torch.randn(5, 16), sample_outside_simplex(1000, 5, outside=0.5)
mixtures = weights @ archetypes  # of archetypes, and outside of all that lies between them
```
""",
}


def page() -> str:
    """The whole page."""
    missing = set(lea.nn.__all__) ^ {name for names in GROUPS.values() for name in names}
    assert not missing, f"in lea.nn.__all__ or in GROUPS, and not in both: {missing}"
    parts = [HEAD]
    for title, names in GROUPS.items():
        parts += [f"## {title}\n", *([EXAMPLES[title]] if title in EXAMPLES else [])]
        parts += [text for name in names for text in entry(name, getattr(lea.nn, name))]
    return "\n".join(parts)


def entry(name: str, thing: Any) -> Iterator[str]:
    """What is said of a class or a function."""
    yield f"### `{name}`\n"
    module = Path(inspect.getfile(inspect.unwrap(thing))).resolve().relative_to(PAGE.resolve().parents[1])
    yield f"```python\n{name}{signature(thing)}\n```\n"
    yield f"{inspect.getdoc(thing)} ([`{module.name}`](../{module}))\n"
    if limits := getattr(thing, "LIMITS", None):
        said = (f"`{key}` {words(limit)}" for key, limit in limits.items())
        yield f"In a configuration: {', '.join(said)}.\n"
    methods = [f"* `{how}`: {what}" for how, what in public(thing)]
    if methods:
        yield "\n".join(methods) + "\n"


def words(limit: tuple[Any, ...]) -> str:
    """The least and the most of an option."""
    return f"from {limit[0]}" if len(limit) == 1 else f"{limit[0]} to {limit[1]}"


def public(thing: Any) -> Iterator[tuple[str, str]]:
    """Methods and properties, its own and those of a class of ours: how each is written, what it says."""
    if not inspect.isclass(thing) or not issubclass(thing, nn.Module):
        return
    for key in sorted({key for one in thing.__mro__ for key in vars(one)} - HIDDEN):
        owner = next(one for one in thing.__mro__ if key in vars(one))
        one = vars(owner)[key]
        if not owner.__module__.startswith("lea.") or key.startswith("_") or not one.__doc__:
            continue
        if isinstance(one, property):
            yield f"{key}: {written(one.fget).returns}", inspect.getdoc(one) or ""
        elif inspect.isfunction(one):
            yield f"{key}{signature(one)}", inspect.getdoc(one) or ""


class Written(NamedTuple):
    """A function's arguments and what it gives, in the words of its source."""

    arguments: str
    returns: str


def written(function: Any) -> Written:
    """As the source has it, so that a name for a type stays one; without `self`."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(function)))).body[0]
    assert isinstance(tree, ast.FunctionDef)
    tree.args.args = [one for one in tree.args.args if one.arg != "self"]
    returns = ast.unparse(tree.returns) if tree.returns else "None"
    return Written(ast.unparse(tree.args), returns.strip("'"))


def signature(thing: Any) -> str:
    """How it is called."""
    if fields := getattr(thing, "_fields", ()):
        return f"({', '.join(fields)})"
    its = written(thing.__init__ if inspect.isclass(thing) else thing)
    return f"({its.arguments})" + ("" if its.returns == "None" else f" -> {its.returns}")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
