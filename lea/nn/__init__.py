"""Torch modules to take into any network; they read no files and know no configuration.

`LEA` is the layer, which `embed` makes for an input; `AE`, `KSparse`, `VAE` and `CVAE` are the autoencoders
to put into it; `FC`, `Conv` and `SB` the coders to put into those; `losses`, `advance` and `watching` are
what a training loop calls; `glorot` begins a network as TensorFlow does; `Code`, `GaussianCode`, `Loss` and
`Examined` what these give. docs/nn.md has all of it.
"""

from lea.nn.autoencoders.ae import AE, Code
from lea.nn.autoencoders.cvae import CVAE
from lea.nn.autoencoders.ksparse import KSparse
from lea.nn.autoencoders.vae import VAE, GaussianCode
from lea.nn.coders.conv import Conv
from lea.nn.coders.fc import FC
from lea.nn.coders.sb import SB
from lea.nn.initialisation import glorot
from lea.nn.layer import LEA, Examined, advance, embed, leas, losses, watching
from lea.nn.losses import Loss

__all__ = [
    "AE",
    "CVAE",
    "FC",
    "LEA",
    "SB",
    "VAE",
    "Code",
    "Conv",
    "Examined",
    "GaussianCode",
    "KSparse",
    "Loss",
    "advance",
    "embed",
    "glorot",
    "leas",
    "losses",
    "watching",
]
