"""Every part that has a name: kind -> name -> "module:attribute".

A configuration may also give a "module:attribute" of its own. Names are checked, and what a part declares is
read, without importing it: constants as literals in its source text, its options as the keyword-only
arguments of its constructor. `load` alone imports.
"""

import ast
import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from lea import sources
from lea.errors import UserError

PARTS = {
    "dataset": {
        "dsprites": "lea.data.dsprites:DSprites",
        "mnist": "lea.data.mnist:MNIST",
        "fashion-mnist": "lea.data.fashion_mnist:FashionMNIST",
        "cifar-10": "lea.data.cifar_10:CIFAR10",
        "svhn": "lea.data.svhn:SVHN",
        "folder": "lea.data.folder:Folder",
    },
    "network": {
        "classic": "lea.nn.networks.classic:Classic",
        "cnn-lea": "lea.nn.networks.cnn_lea:CNNLEA",
        "pool-fc": "lea.nn.networks.pool_fc:PoolFC",
        "lea-fc": "lea.nn.networks.lea_fc:LEAFC",
        "lea-only": "lea.nn.networks.lea_only:LEAOnly",
        "decoder-free": "lea.nn.networks.decoder_free:DecoderFree",
        "lea-alone": "lea.nn.networks.lea_alone:LEAAlone",
    },
    "autoencoder": {
        "ae": "lea.nn.autoencoders.ae:AE",
        "ksparse": "lea.nn.autoencoders.ksparse:KSparse",
        "vae": "lea.nn.autoencoders.vae:VAE",
        "cvae": "lea.nn.autoencoders.cvae:CVAE",
    },
    "coder": {
        "fc": "lea.nn.coders.fc:FC",
        "conv": "lea.nn.coders.conv:Conv",
        "sb": "lea.nn.coders.sb:SB",
    },
    "attack": {
        "gradient-sign": "lea.attacks.gradient_sign:GradientSign",
        "projected-gradient": "lea.attacks.projected_gradient:ProjectedGradient",
        "deepfool": "lea.attacks.deepfool:DeepFool",
        "adef": "lea.attacks.adef:ADef",
        "slsqp": "lea.attacks.slsqp:SLSQP",
        "saliency-map": "lea.attacks.saliency_map:SaliencyMap",
        "single-pixel": "lea.attacks.single_pixel:SinglePixel",
        "local-search": "lea.attacks.local_search:LocalSearch",
        "spatial": "lea.attacks.spatial:Spatial",
        "gaussian-blur": "lea.attacks.gaussian_blur:GaussianBlur",
        "contrast-reduction": "lea.attacks.contrast_reduction:ContrastReduction",
        "gaussian-noise": "lea.attacks.gaussian_noise:GaussianNoise",
        "salt-and-pepper": "lea.attacks.salt_and_pepper:SaltAndPepper",
        "gradient-sign-margin": "lea.attacks.gradient_sign:GradientSignMargin",
        "projected-gradient-margin": "lea.attacks.projected_gradient:ProjectedGradientMargin",
        "deepfool-tie-safe": "lea.attacks.deepfool:DeepFoolTieSafe",
        "adef-overshoot": "lea.attacks.adef:ADefOvershoot",
        "slsqp-corrected": "lea.attacks.slsqp:SLSQPCorrected",
        "foolbox-projected-gradient": "lea.attacks.foolbox_projected_gradient:FoolboxProjectedGradient",
    },
    "summary": {
        "album": "lea.summary.album:summarise",
        "balance": "lea.summary.balance:summarise",
        "contrasts": "lea.summary.contrasts:summarise",
        "costs": "lea.summary.costs:summarise",
        "curves": "lea.summary.curves:summarise",
        "endings": "lea.summary.endings:summarise",
        "examples": "lea.summary.examples:summarise",
        "readings": "lea.summary.readings:summarise",
        "parameters": "lea.summary.parameters:summarise",
        "reliability": "lea.summary.reliability:summarise",
        "robustness": "lea.summary.robustness:summarise",
        "sizes": "lea.summary.sizes:summarise",
    },
    "figure": {
        "fig-3.3": "lea.figures.fig_3_3:draw",
        "fig-3.4": "lea.figures.fig_3_4:draw",
        "fig-3.5": "lea.figures.fig_3_5:draw",
        "fig-4.1": "lea.figures.fig_4_1:draw",
        "fig-4.2": "lea.figures.fig_4_2:draw",
        "fig-4.3": "lea.figures.fig_4_3:draw",
        "fig-4.4": "lea.figures.fig_4_4:draw",
        "fig-4.5": "lea.figures.fig_4_5:draw",
        "fig-4.6": "lea.figures.fig_4_6:draw",
        "fig-5.2": "lea.figures.fig_5_2:draw",
        "fig-5.4": "lea.figures.fig_5_4:draw",
        "fig-5.5": "lea.figures.fig_5_5:draw",
        "fig-5.6": "lea.figures.fig_5_6:draw",
        "fig-5.7": "lea.figures.fig_5_7:draw",
        "fig-5.8": "lea.figures.fig_5_8:draw",
        "fig-a.1": "lea.figures.fig_a_1:draw",
        "fig-orientation": "lea.figures.fig_orientation:draw",
        "fig-probes": "lea.figures.fig_probes:draw",
        "fig-regimes": "lea.figures.fig_regimes:draw",
        "fig-reliability": "lea.figures.fig_reliability:draw",
        "fig-samples": "lea.figures.fig_samples:draw",
        "fig-values": "lea.figures.fig_values:draw",
    },
    "table": {
        "table-3.1": "lea.figures.table_3_1:table",
        "table-3.2": "lea.figures.table_3_2:table",
        "table-4.1": "lea.figures.table_4_1:table",
        "table-robustness": "lea.figures.table_robustness:table",
        "table-samples": "lea.figures.table_samples:table",
    },
}


@dataclass(frozen=True, slots=True)
class Option:
    """A keyword-only argument of a part: its annotation as written, and its default."""

    annotation: ast.expr
    required: bool
    default: Any


def resolve(kind: str, name: str) -> str:
    """The "module:attribute" behind a name; an unknown one is answered with those that exist."""
    found = PARTS[kind].get(name, name if ":" in name else None)
    if found is None:
        known = ", ".join(PARTS[kind])
        near = get_close_matches(name, PARTS[kind], n=1)
        hint = f"did you mean '{near[0]}'? " if near else ""
        raise UserError(f"no {kind} '{name}'; {hint}expected one of {known}, or your own 'module:attribute'")
    module, _, attribute = found.partition(":")
    if sources.find(module) is None or attribute not in sources.definitions(module):
        raise UserError(
            f"no {kind} '{found}'; expected a module on the Python path that defines the attribute"
        )
    return found


def module_of(kind: str, name: str) -> str:
    """The module that a part stands in."""
    return resolve(kind, name).partition(":")[0]


def load(kind: str, name: str) -> Any:
    """Import a part."""
    module, _, attribute = resolve(kind, name).partition(":")
    return getattr(importlib.import_module(module), attribute)


def _lineage(kind: str, name: str) -> Iterator[tuple[str, ast.stmt]]:
    """A part as (module, definition), then the classes that it is derived from, as far as they are ours."""
    module, _, attribute = resolve(kind, name).partition(":")
    waiting = [(module, attribute)]
    for module, attribute in waiting:
        part = sources.definitions(module)[attribute]
        yield module, part
        bases = part.bases if isinstance(part, ast.ClassDef) else []
        found = [sources.defined_in(module, base.id) for base in bases if isinstance(base, ast.Name)]
        waiting += [base for base in found if base]


def constant(kind: str, name: str, constant: str, default: Any = None) -> Any:
    """A literal that a part declares: in its class body, or in its module if the part is a function."""
    for module, part in _lineage(kind, name):
        body = part.body if isinstance(part, ast.ClassDef) else sources.tree(module).body
        for node in body:
            if (
                isinstance(node, ast.Assign | ast.AnnAssign)
                and constant in sources.assigned(node)
                and node.value
            ):
                return _literal(node.value, f"{module}: {constant}")
    return default


def docstring(kind: str, name: str) -> str:
    """The docstring of a part's module: the page that documents it."""
    return ast.get_docstring(sources.tree(module_of(kind, name))) or ""


def options(kind: str, name: str) -> dict[str, Option]:
    """What a configuration may set of a part: the keyword-only arguments of its constructor."""
    made_by = (_constructor(part) for _, part in _lineage(kind, name))
    part = next((found for found in made_by if found), None)
    if part is None:
        return {}
    arguments = zip(part.args.kwonlyargs, part.args.kw_defaults, strict=True)
    return {argument.arg: _option(argument, default) for argument, default in arguments}


def _constructor(part: ast.stmt) -> ast.FunctionDef | None:
    if isinstance(part, ast.FunctionDef):
        return part
    body = part.body if isinstance(part, ast.ClassDef) else []
    return next(
        (node for node in body if isinstance(node, ast.FunctionDef) and node.name == "__init__"), None
    )


def _option(argument: ast.arg, default: ast.expr | None) -> Option:
    annotation = argument.annotation or ast.Name("object")
    return Option(annotation, default is None, default and _literal(default, f"argument {argument.arg}"))


def _literal(node: ast.expr, where: str) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError as error:
        found = ast.unparse(node)
        raise UserError(
            f"{where}: found {found}; expected a literal, since it is read without an import"
        ) from error
