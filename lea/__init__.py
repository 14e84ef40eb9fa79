"""The locally embedded autoencoder: a layer, and the study of what it learns."""

__version__ = "0.1.0"
