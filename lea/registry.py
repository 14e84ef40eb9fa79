"""Every part that has a name: kind -> name -> "module:attribute"; and every stage of the workflow.

A configuration may also give a "module:attribute" of its own. What a part declares is read without importing
it: constants as literals in its source text, options as the keyword-only arguments of its constructor, of
which `Make<Kind>` is a part, which arrives as a factory, and `Trained` the model of another run.
"""

import ast
import importlib
import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any

from lea import sources
from lea.errors import UserError

PARTS = {
    "dataset": {
        "dsprites": "lea.data.dsprites:DSprites",
        "mnist": "lea.data.mnist:MNIST",
        "mnist-padded": "lea.data.mnist:PaddedMNIST",
        "fashion-mnist": "lea.data.fashion_mnist:FashionMNIST",
        "cifar-10": "lea.data.cifar_10:CIFAR10",
        "svhn": "lea.data.svhn:SVHN",
        "points": "lea.data.points:Points",
        "faces": "lea.data.faces:Faces",
        "ferg": "lea.data.ferg:FERG",
        "lfw-subset": "lea.data.lfw_subset:LFWSubset",
        "folder": "lea.data.folder:Folder",
        "selected": "lea.data.selected:Selected",
        "corrupted": "lea.data.corrupted:Corrupted",
        "contaminated": "lea.data.contaminated:Contaminated",
        "blank": "lea.data.blank:Blank",
        "relief": "lea.data.relief.relief:Relief",
        "relief-region": "lea.data.relief.region:Region",
        "synthetic-relief": "lea.data.relief.synthetic:SyntheticRelief",
    },
    "model": {
        "classic": "lea.studies.lea.networks.classic:Classic",
        "cnn-lea": "lea.studies.lea.networks.cnn_lea:CNNLEA",
        "pool-fc": "lea.studies.lea.networks.pool_fc:PoolFC",
        "lea-fc": "lea.studies.lea.networks.lea_fc:LEAFC",
        "lea-alone": "lea.studies.lea.networks.lea_alone:LEAAlone",
        "encoder-decoder": "lea.nn.encoder_decoder:EncoderDecoder",
        "vae-gan": "lea.studies.topography.networks.vae_gan:VAEGAN",
        "flow": "lea.nn.flows.flow:Flow",
        "multi-scale-flow": "lea.nn.flows.multi_scale:MultiScaleFlow",
        "discriminator": "lea.nn.discriminator:Discriminator",
        "on-codes": "lea.nn.on_codes:OnCodes",
        "identity": "lea.nn.compressors:Identity",
        "mean": "lea.nn.compressors:Mean",
        "downsampled": "lea.nn.compressors:Downsampled",
        "cosines": "lea.nn.compressors:Cosines",
        "pca": "lea.nn.compressors:PCA",
        "archetypes": "lea.nn.archetypes.linear:Archetypes",
        "deep-archetypes": "lea.nn.archetypes.deep:DeepArchetypes",
        "labelled-archetypes": "lea.nn.archetypes.deep:LabelledArchetypes",
    },
    "method": {
        "classify": "lea.training.methods.classify:Classify",
        "discriminate": "lea.training.methods.discriminate:Discriminate",
        "elbo": "lea.training.methods.elbo:ELBO",
        "fit-components": "lea.training.methods.fit_components:FitComponents",
        "fit-archetypes": "lea.training.methods.fit_archetypes:FitArchetypes",
        "deep-archetypal": "lea.training.methods.deep_archetypal:DeepArchetypal",
        "deep-archetypal-side": "lea.training.methods.deep_archetypal:DeepArchetypalSide",
        "fit-prior": "lea.training.methods.fit_prior:FitPrior",
        "likelihood": "lea.training.methods.likelihood:Likelihood",
        "reconstruct": "lea.training.methods.reconstruct:Reconstruct",
        "reconstruct-mean": "lea.training.methods.reconstruct:ReconstructMean",
        "alternate": "lea.studies.lea.methods:Alternate",
        "shared": "lea.studies.lea.methods:Shared",
        "joint": "lea.studies.lea.methods:Joint",
        "independent": "lea.studies.lea.methods:Independent",
        "leas": "lea.studies.lea.methods:LEAs",
        "charbonnier": "lea.studies.topography.methods.charbonnier:Charbonnier",
        "charbonnier-vae": "lea.studies.topography.methods.charbonnier:CharbonnierVAE",
        "vae-gan": "lea.studies.topography.methods.vae_gan:Larsen",
    },
    "sampler": {
        "random": "lea.search.samplers:Random",
        "quasi-random": "lea.search.samplers:QuasiRandom",
        "tpe": "lea.search.samplers:TPE",
    },
    "pruner": {
        "median": "lea.search.pruners:Median",
        "percentile": "lea.search.pruners:Percentile",
        "successive-halving": "lea.search.pruners:SuccessiveHalving",
    },
    "initialisation": {
        "glorot": "lea.nn.initialisation:glorot",
        "he": "lea.nn.initialisation:he",
        "orthogonal": "lea.nn.initialisation:orthogonal",
    },
    "optimizer": {
        "adam": "lea.compute.optimizers:Adam",
        "sgd": "lea.compute.optimizers:SGD",
        "rmsprop": "lea.compute.optimizers:RMSprop",
    },
    "lea": {"lea": "lea.nn.layer:embed"},
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
    "layout": {
        "fc": "lea.nn.layouts.fc:FCLayout",
        "conv": "lea.nn.layouts.conv:ConvLayout",
        "strided": "lea.nn.layouts.strided:StridedLayout",
        "trunk": "lea.nn.layouts.trunk:TrunkLayout",
        "trunk-maps": "lea.nn.layouts.trunk:TrunkMapsLayout",
    },
    "encoder": {
        "learnt": "lea.nn.encoders.learnt:Learnt",
        "last-learnt": "lea.nn.encoders.last_learnt:LastLearnt",
        "fixed": "lea.nn.encoders.fixed:Fixed",
        "kitchen-sinks": "lea.nn.encoders.kitchen_sinks:KitchenSinks",
        "above-sinks": "lea.nn.encoders.above_sinks:AboveSinks",
    },
    "prior": {
        "normal": "lea.nn.priors.normal:Normal",
        "real-nvp": "lea.nn.priors.real_nvp:RealNVP",
        "mixture": "lea.nn.priors.mixture:Mixture",
        "vamp": "lea.nn.priors.vamp:Vamp",
        "fitted-mixture": "lea.nn.priors.fitted_mixture:FittedMixture",
    },
    "subnetwork": {
        "fc": "lea.nn.flows.subnetworks:Connected",
        "conv": "lea.nn.flows.subnetworks:Convolutional",
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
    "extractor": {
        "inception": "lea.measure.extractors.inception:Inception",
        "efficientnet-lite0": "lea.measure.extractors.efficientnet_lite0:EfficientNetLite0",
    },
    "detector": {
        "likelihood": "lea.measure.detectors.likelihood:Likelihood",
        "typicality": "lea.measure.detectors.typicality:Typicality",
        "radius": "lea.measure.detectors.radius:Radius",
        "mahalanobis": "lea.measure.detectors.mahalanobis:Mahalanobis",
        "nearest-neighbours": "lea.measure.detectors.nearest_neighbours:NearestNeighbours",
        "isolation-forest": "lea.measure.detectors.isolation_forest:IsolationForest",
        "one-class-svm": "lea.measure.detectors.one_class_svm:OneClassSVM",
        "local-outlier-factor": "lea.measure.detectors.local_outlier_factor:LocalOutlierFactor",
        "reconstruction": "lea.measure.detectors.reconstruction:Reconstruction",
        "logit": "lea.measure.detectors.logit:Logit",
    },
    "features": {
        "vgg": "lea.studies.topography.features.vgg:VGG",
        "random-vgg": "lea.studies.topography.features.vgg:Random",
        "efficientnet-lite0": "lea.studies.topography.features.efficientnet:EfficientNet",
        "trained": "lea.studies.topography.features.trained:OfTrained",
    },
    "metric": {
        "adversarial-detection": "lea.studies.outliers.adversarial:measure",
        "archetypes": "lea.measure.archetypes:measure",
        "detection": "lea.measure.detection:measure",
        "feature-distances": "lea.measure.feature_distances:measure",
        "likelihood": "lea.measure.likelihood:measure",
        "neighbours": "lea.measure.neighbours:measure",
        "normality": "lea.measure.normality:measure",
        "parameters": "lea.measure.parameters:measure",
        "recovery": "lea.measure.recovery:measure",
        "samples": "lea.measure.samples:measure",
        "spectrum": "lea.studies.lea.spectrum:measure",
        "restoration": "lea.studies.topography.restoration:measure",
    },
    "sea": {
        "flat": "lea.simulate.seas.flat:flat",
        "deeper": "lea.simulate.seas.deeper:deeper",
        "scaled": "lea.simulate.seas.scaled:scaled",
        "noisy": "lea.simulate.seas.noisy:noisy",
    },
    "picture": {
        "leas": "lea.studies.lea.pictures:show",
        "codes": "lea.show.codes:show",
        "generated": "lea.show.generated:show",
        "mixtures": "lea.show.mixtures:show",
        "tiles": "lea.studies.topography.pictures:show",
        "planes": "lea.studies.outliers.pictures:show",
        "latent": "lea.studies.outliers.latent:show",
    },
    "summary": {
        "album": "lea.summary.album:summarise",
        "anova": "lea.summary.anova:summarise",
        "balance": "lea.summary.balance:summarise",
        "contrasts": "lea.summary.contrasts:summarise",
        "costs": "lea.summary.costs:summarise",
        "curves": "lea.summary.curves:summarise",
        "detection": "lea.summary.detection:summarise",
        "endings": "lea.summary.endings:summarise",
        "examples": "lea.summary.examples:summarise",
        "histories": "lea.summary.histories:summarise",
        "importances": "lea.summary.importances:summarise",
        "levels": "lea.summary.levels:summarise",
        "maps": "lea.summary.maps:summarise",
        "means": "lea.summary.means:summarise",
        "measures": "lea.summary.measures:summarise",
        "posthoc": "lea.summary.posthoc:summarise",
        "readings": "lea.summary.readings:summarise",
        "reliability": "lea.summary.reliability:summarise",
        "residuals": "lea.summary.residuals:summarise",
        "robustness": "lea.summary.robustness:summarise",
        "searches": "lea.summary.searches:summarise",
        "sizes": "lea.summary.sizes:summarise",
        "spreads": "lea.summary.spreads:summarise",
        "trials": "lea.summary.trials:summarise",
        "waves": "lea.summary.waves:summarise",
        "within": "lea.summary.within:summarise",
    },
    "figure": {
        "curves": "lea.figures.curves:draw",
        "panels": "lea.figures.panels:draw",
        "facets": "lea.figures.facets:draw",
        "against": "lea.figures.against:draw",
        "trends": "lea.figures.trends:draw",
        "pictures": "lea.figures.pictures:draw",
        "codes": "lea.figures.codes:draw",
        "gallery": "lea.figures.gallery:draw",
        "mixtures": "lea.figures.mixtures:draw",
        "simplex": "lea.figures.simplex:draw",
        "histograms": "lea.figures.histograms:draw",
        "examples": "lea.figures.examples:draw",
        "probes": "lea.figures.probes:draw",
        "probe-readings": "lea.figures.probe_readings:draw",
        "probe-groups": "lea.figures.probe_groups:draw",
        "attacks": "lea.figures.attacks:draw",
        "attacks-compared": "lea.figures.attacks_compared:draw",
        "reliability": "lea.figures.reliability:draw",
        "residuals": "lea.figures.residuals:draw",
        "parallel": "lea.figures.parallel:draw",
        "histories": "lea.figures.histories:draw",
        "importances": "lea.figures.importances:draw",
        "pooling": "lea.studies.lea.figures.pooling:draw",
        "regimes": "lea.studies.lea.figures.regimes:draw",
        "weights": "lea.studies.lea.figures.weights:draw",
        "tiles": "lea.studies.topography.figures.tiles:draw",
        "steepness": "lea.studies.topography.figures.steepness:draw",
        "maps": "lea.studies.topography.figures.maps:draw",
        "film": "lea.studies.topography.figures.film:draw",
        "gauges": "lea.studies.topography.figures.gauges:draw",
        "errors-and-waves": "lea.studies.topography.figures.errors_and_waves:draw",
        "planes": "lea.studies.outliers.figures.planes:draw",
        "roc": "lea.studies.outliers.figures.roc:draw",
        "detection": "lea.studies.outliers.figures.detection:draw",
        "latent": "lea.studies.outliers.figures.latent:draw",
        "deceived": "lea.studies.outliers.figures.deceived:draw",
        "gumbel": "lea.studies.outliers.figures.gumbel:draw",
        "shells": "lea.studies.outliers.figures.shells:draw",
    },
    "table": {
        "rows": "lea.figures.rows:table",
        "crossed": "lea.figures.crossed:table",
        "beside": "lea.figures.beside:table",
        "attacks": "lea.figures.attack_table:table",
        "classes": "lea.figures.classes:table",
        "errors": "lea.studies.topography.tables.errors:table",
        "codes": "lea.studies.topography.tables.codes:table",
        "waves": "lea.studies.topography.tables.waves:table",
        "ranks": "lea.studies.topography.tables.ranks:table",
    },
}

# What is done with each seed of a run: a package with `stage.py` and `job.py`.
STAGES = {
    "train": "lea.training",
    "trial": "lea.search.trial",
    "choose": "lea.search.choose",
    "measure": "lea.measure",
    "show": "lea.show",
    "probe": "lea.probes",
    "attack": "lea.attacks",
    "simulate": "lea.simulate",
}
DRAWN = ("table", "draw")  # the functions of a figure's module: options are the arguments of both
TRAINED = "trained"


@dataclass(frozen=True, slots=True)
class Option:
    """A keyword-only argument of a part: its annotation as written, and its default."""

    annotation: ast.expr
    required: bool
    default: Any

    @property
    def kind(self) -> str | None:
        """Of the part that it is; `trained`: the model of another run; None: it is a plain value."""
        annotation = self.annotation
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):  # in quotes
            annotation = ast.parse(annotation.value, mode="eval").body
        for name in (node.id for node in ast.walk(annotation) if isinstance(node, ast.Name)):
            if name == "Trained":
                return TRAINED
            if made := re.fullmatch(r"Make([A-Z]\w*)", name):
                return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", made[1]).lower()
        return None

    @property
    def several(self) -> bool:
        """Whether it is a list of parts."""
        return self.kind is not None and ast.unparse(self.annotation).strip("'").startswith("tuple[")


def resolve(kind: str, name: str) -> str:
    """The "module:attribute" behind a name; an unknown one is answered with those that exist."""
    named = PARTS.get(kind, {})
    found = named.get(name, name if ":" in name else None)
    if found is None:
        known = f"one of {', '.join(named)}, or your own" if named else "your own"
        near = get_close_matches(name, named, n=1)
        hint = f"did you mean '{near[0]}'? " if near else ""
        raise UserError(f"no {kind} '{name}'; {hint}expected {known} 'module:attribute'")
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


def _lineage(kind: str, name: str) -> list[tuple[str, ast.stmt]]:
    """A part as (module, definition), then the classes that it is derived from, as far as they are ours."""
    module, _, attribute = resolve(kind, name).partition(":")
    return sources.lineage(module, attribute)


def constant(kind: str, name: str, constant: str, default: Any = None) -> Any:
    """A literal that a part declares: in its class body, or in its module if the part is a function."""
    for module, part in _lineage(kind, name):
        body = part.body if isinstance(part, ast.ClassDef) else sources.tree(module).body
        for node in body:
            if constant in sources.assigned(node) and (value := getattr(node, "value", None)):
                return sources.literal(value, f"{module}: {constant}")
    return default


def docstring(kind: str, name: str) -> str:
    """The docstring of a part's module: the page that documents it."""
    return ast.get_docstring(sources.tree(module_of(kind, name))) or ""


@cache
def options(kind: str, name: str) -> dict[str, Option]:
    """What a configuration may set of a part: the keyword-only arguments of its constructor."""
    made = [zip(one.args.kwonlyargs, one.args.kw_defaults, strict=True) for one in made_by(kind, name)]
    return {argument.arg: _option(argument, default) for its in made for argument, default in its}


def context(kind: str, name: str) -> tuple[str, ...]:
    """What a part is made from besides: the positional arguments of its constructor, but for `self`."""
    by = made_by(kind, name)
    arguments = [one.arg for one in (*by[0].args.posonlyargs, *by[0].args.args)] if by else []
    return tuple(one for one in arguments if one != "self")


@cache
def faces(kind: str, name: str) -> set[str]:
    """What can be asked of a part: its methods and properties, the attributes that it sets, its options."""
    found = set(options(kind, name))
    for _, part in _lineage(kind, name):
        for node in ast.walk(part):
            if isinstance(node, ast.FunctionDef):
                found.add(node.name)
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                found.add(node.attr)
    return found


def made_by(kind: str, name: str) -> list[ast.FunctionDef]:
    """The functions whose arguments a part is made with: of a figure two, of all else one or none."""
    if kind in ("figure", "table"):
        drawn = sources.definitions(module_of(kind, name))
        return [one for one in map(drawn.get, DRAWN) if isinstance(one, ast.FunctionDef)]
    found = (sources.constructor(part) for _, part in _lineage(kind, name))
    return [one for one in found if one][:1]


def _option(argument: ast.arg, default: ast.expr | None) -> Option:
    annotation = argument.annotation or ast.Name("object")
    where = f"argument {argument.arg}"
    return Option(annotation, default is None, default and sources.literal(default, where))
