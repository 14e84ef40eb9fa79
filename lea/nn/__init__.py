"""Torch modules to take into any network; they read no files and know no configuration.

`LEA` is the layer, which `embed` makes for an input; `AE`, `KSparse`, `VAE` and `CVAE` are the autoencoders
to put into it; `FC`, `Conv` and `SB` the coders to put into those; `losses`, `advance` and `watching` are
what a training loop calls; `glorot` begins a network as TensorFlow does; `Code`, `GaussianCode`, `Loss` and
`Examined` what these give. `EncoderDecoder` is an autoencoder of whole images, put together of a layout, an
encoder of which some or nothing is learnt, and a prior; `PCA` and others keep as many values of an image
without a network; `Flow` and `MultiScaleFlow` give vectors and images a density, and carry them to a normal
one and back; `sample_shell` and others draw extremes of a normal distribution, from which a `Discriminator`
can learn; `OnCodes` classifies by what another model makes of a sample. docs/nn.md has all of it.
"""

from lea.nn.archetypes.deep import DeepArchetypes, DeepLosses, LabelledArchetypes, simplex
from lea.nn.archetypes.linear import Archetypes, Improved
from lea.nn.archetypes.non_negative import nnls
from lea.nn.autoencoders.ae import AE, Code
from lea.nn.autoencoders.cvae import CVAE
from lea.nn.autoencoders.ksparse import KSparse
from lea.nn.autoencoders.vae import VAE, GaussianCode
from lea.nn.coders.conv import Conv
from lea.nn.coders.fc import FC
from lea.nn.coders.sb import SB
from lea.nn.compressors import PCA, Cosines, Downsampled, Identity, Mean
from lea.nn.discriminator import Discriminator
from lea.nn.encoder_decoder import EncoderDecoder
from lea.nn.encoders.above_sinks import AboveSinks
from lea.nn.encoders.encoder import Posterior
from lea.nn.encoders.fixed import Fixed
from lea.nn.encoders.kitchen_sinks import KitchenSinks
from lea.nn.encoders.last_learnt import LastLearnt
from lea.nn.encoders.learnt import Learnt
from lea.nn.extremes import (
    gumbel_constants,
    gumbel_distance,
    gumbel_distribution,
    maxima_distribution,
    mean_radius,
    radius_deviation,
    sample_beyond,
    sample_maxima,
    sample_outside_simplex,
    sample_shell,
    sample_sphere,
)
from lea.nn.flows.coupling import Additive, Affine, Coupling, Mapped
from lea.nn.flows.downsampling import to_channels, to_places
from lea.nn.flows.flow import Flow
from lea.nn.flows.levels import bits_per_dimension, dequantise
from lea.nn.flows.multi_scale import MultiScaleFlow
from lea.nn.flows.subnetworks import Connected, Convolutional
from lea.nn.initialisation import glorot, he, orthogonal
from lea.nn.layer import LEA, Examined, advance, embed, leas, losses, watching
from lea.nn.layouts.conv import ConvLayout
from lea.nn.layouts.fc import FCLayout
from lea.nn.layouts.strided import StridedLayout
from lea.nn.layouts.trunk import TrunkLayout, TrunkMapsLayout
from lea.nn.losses import Loss
from lea.nn.on_codes import OnCodes
from lea.nn.priors.fitted_mixture import FittedMixture
from lea.nn.priors.mixture import Mixture
from lea.nn.priors.normal import Normal
from lea.nn.priors.prior import Density
from lea.nn.priors.real_nvp import RealNVP
from lea.nn.priors.vamp import Vamp

__all__ = [
    "AE",
    "CVAE",
    "FC",
    "LEA",
    "PCA",
    "SB",
    "VAE",
    "AboveSinks",
    "Additive",
    "Affine",
    "Archetypes",
    "Code",
    "Connected",
    "Conv",
    "ConvLayout",
    "Convolutional",
    "Cosines",
    "Coupling",
    "DeepArchetypes",
    "DeepLosses",
    "Density",
    "Discriminator",
    "Downsampled",
    "EncoderDecoder",
    "Examined",
    "FCLayout",
    "FittedMixture",
    "Fixed",
    "Flow",
    "GaussianCode",
    "Identity",
    "Improved",
    "KSparse",
    "KitchenSinks",
    "LabelledArchetypes",
    "LastLearnt",
    "Learnt",
    "Loss",
    "Mapped",
    "Mean",
    "Mixture",
    "MultiScaleFlow",
    "Normal",
    "OnCodes",
    "Posterior",
    "RealNVP",
    "StridedLayout",
    "TrunkLayout",
    "TrunkMapsLayout",
    "Vamp",
    "advance",
    "bits_per_dimension",
    "dequantise",
    "embed",
    "glorot",
    "gumbel_constants",
    "gumbel_distance",
    "gumbel_distribution",
    "he",
    "leas",
    "losses",
    "maxima_distribution",
    "mean_radius",
    "nnls",
    "orthogonal",
    "radius_deviation",
    "sample_beyond",
    "sample_maxima",
    "sample_outside_simplex",
    "sample_shell",
    "sample_sphere",
    "simplex",
    "to_channels",
    "to_places",
    "watching",
]
