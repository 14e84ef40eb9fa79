"""How weights begin, where it is not left to each module."""

import torch
from torch import nn

LAYERS = (
    nn.Linear,
    nn.Conv1d,
    nn.Conv2d,
    nn.Conv3d,
    nn.ConvTranspose1d,
    nn.ConvTranspose2d,
    nn.ConvTranspose3d,
)


@torch.no_grad()
def glorot(model: nn.Module) -> None:
    """Begin as TensorFlow's layers do: uniform weights up to `sqrt(6 / (fan in + fan out))` (Glorot and
    Bengio 2010), biases 0. Every linear and convolutional layer is drawn again; what is frozen stays, and
    so does what other modules made, as the scale of a normalisation.
    """
    for module in model.modules():
        if isinstance(module, LAYERS) and module.weight.requires_grad:
            nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
