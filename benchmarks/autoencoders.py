"""Training a vae on 28x28 images against pythae 0.1.2 (targets: 1.2 times, 2.5 with bfloat16).

The same layers, fully connected and convolutional, batch 128, Adam, mean square loss and divergence. pythae:
its `VAE` with the layers as custom encoder and decoder, its `BaseDataset`, its `BaseTrainer` with the least
that can be set: no evaluation, no checkpoint, no file log, and without its progress bar and its printing.
Timed is its `train_step`, which is an epoch: its copy of the best model after each is left out. Ours: a LEA
whose window is the image, `Samples` for batches, fused Adam. Each way runs in a process of its own, in turn.

pythae is no dependency of the project: an environment of its own is made for it under `results`, which sees
this one's packages. If there is none to be had, set PYTHAE_PYTHON to a Python that has pythae and torch.
"""

import json
import logging
import os
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks._rounds import measure_apart, print_rate, print_ratio, timed
from lea.compute.device import prepare_device
from lea.data.tensors import Samples
from lea.nn import LEA, VAE, losses
from lea.studies.lea.networks.lea_alone import LEAAlone

ENVIRONMENT = Path(__file__).parents[1] / "results/benchmarks-env/pythae"
PYTHAE = "pythae==0.1.2"
IMPORTED = ("cloudpickle", "imageio", "scikit-learn", "tqdm")  # by pythae; the rest is in this environment
SHAPE, CODE, BATCH, RATE = (1, 28, 28), 10, 128, 1e-4
SAMPLES = {"fc": 5120, "conv": 640}
ROUNDS, EPOCHS = 3, 3  # the fastest epoch counts
WAYS = {"pythae, float32": "pythae", "ours, float32": "float32", "ours, bfloat16": "bfloat16"}
TARGETS = {"ours, float32": 1.2, "ours, bfloat16": 2.5}


def images(coder: str) -> Tensor:
    """(n, h, w, 1) uint8."""
    generator = torch.Generator().manual_seed(0)
    return torch.randint(256, (SAMPLES[coder], *SHAPE[1:], 1), dtype=torch.uint8, generator=generator)


def our_rate(coder: str, precision: str) -> float:
    """Samples a second of ours."""
    prepare_device(torch.device("cpu"), torch.get_num_threads())
    samples = Samples(images(coder), labels=None, scale=(0.0, 255.0))
    network = LEAAlone(SHAPE, lea=lambda shape: LEA(VAE(shape, CODE, coder=coder)))
    network = network.to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(network.parameters(), lr=RATE, fused=True)

    def epoch() -> None:
        network.train()
        total = torch.zeros(())
        for rows in torch.randperm(len(samples)).split(BATCH):
            x, _ = samples.batch(rows)
            with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
                network(x)
                (loss,) = losses(network).values()
            optimizer.zero_grad()
            loss.total.backward()
            optimizer.step()
            total += loss.total.detach()

    return len(samples) / min(timed(epoch)[0] for _ in range(EPOCHS))


def pythae_rate(coder: str) -> float:
    """Samples a second of pythae's trainer."""
    from pythae.data.datasets import BaseDataset
    from pythae.models import VAE as PythaeVAE
    from pythae.models import VAEConfig
    from pythae.trainers import BaseTrainer, BaseTrainerConfig
    from pythae.trainers.training_callbacks import CallbackHandler

    times = []

    class Timed(BaseTrainer):
        def _setup_callbacks(self) -> None:  # as it is, less the progress bar and what prints metrics
            self.callback_handler = CallbackHandler(callbacks=[], model=self.model)

        def train_step(self, epoch: int) -> float:
            taken, loss = timed(lambda: super(Timed, self).train_step(epoch))
            times.append(taken)
            return loss

    logging.disable()
    x = images(coder).permute(0, 3, 1, 2).contiguous() / 255
    encoder, decoder = pythae_parts(VAE(SHAPE, CODE, coder=coder))
    model = PythaeVAE(VAEConfig(input_dim=SHAPE, latent_dim=CODE), encoder, decoder)
    check_same_layers(model, coder)
    with tempfile.TemporaryDirectory() as folder:
        config = BaseTrainerConfig(
            output_dir=folder, num_epochs=EPOCHS, per_device_train_batch_size=BATCH, learning_rate=RATE
        )
        Timed(model, BaseDataset(x, torch.zeros(len(x))), training_config=config).train()
    return len(x) / min(times)


def pythae_parts(ours: VAE) -> tuple[nn.Module, nn.Module]:
    """New layers of the kinds and sizes of ours, as a pythae encoder and decoder."""
    from pythae.models.base.base_utils import ModelOutput
    from pythae.models.nn import BaseDecoder, BaseEncoder

    before, after = LAYERS[type(ours.coder).__name__](ours.coder)

    class Encoder(BaseEncoder):
        def __init__(self) -> None:
            super().__init__()
            self.layers = before
            self.embedding = nn.Linear(ours.coder.features, CODE)
            self.log_covariance = nn.Linear(ours.coder.features, CODE)

        def forward(self, x: Tensor) -> ModelOutput:
            features = self.layers(x)
            return ModelOutput(
                embedding=self.embedding(features), log_covariance=self.log_covariance(features)
            )

    class Decoder(BaseDecoder):
        def __init__(self) -> None:
            super().__init__()
            self.layers = after

        def forward(self, z: Tensor) -> ModelOutput:
            return ModelOutput(reconstruction=self.layers(z))

    return Encoder(), Decoder()


def fc_layers(coder: Any) -> tuple[nn.Sequential, nn.Sequential]:
    """Before and behind the code."""
    values = coder.hidden.in_features
    before = nn.Sequential(nn.Flatten(), nn.Linear(values, coder.features), nn.ReLU())
    widen, restore = nn.Linear(CODE, coder.features), nn.Linear(coder.features, values)
    return before, nn.Sequential(widen, nn.ReLU(), restore, nn.Unflatten(1, SHAPE))


def conv_layers(coder: Any) -> tuple[nn.Sequential, nn.Sequential]:
    """Before and behind the code."""
    *halvings, hidden = coder.encode
    before = [layer for one in halvings for layer in (usual_convolution(nn.Conv2d, one), nn.ReLU())]
    before += [nn.Flatten(), nn.Linear(hidden.in_features, hidden.out_features), nn.ReLU()]
    after = [nn.Linear(CODE, coder.features), nn.ReLU(), nn.Unflatten(1, coder.deep)]
    for one in coder.doublings:
        after += [usual_convolution(nn.ConvTranspose2d, one), nn.ReLU()]
    after += [nn.Flatten(), nn.Linear(coder.restore.in_features, coder.restore.out_features)]
    return nn.Sequential(*before), nn.Sequential(*after, nn.Unflatten(1, SHAPE))


def usual_convolution(kind: type[nn.Module], one: Any) -> nn.Module:
    """PyTorch's own layer with the numbers of one of ours."""
    numbers = {"stride": one.stride, "padding": one.padding}
    if kind is nn.ConvTranspose2d:
        numbers["output_padding"] = one.output_padding
    return kind(one.in_channels, one.out_channels, one.kernel_size, **numbers)


LAYERS = {"FC": fc_layers, "Conv": conv_layers}


def check_same_layers(model: nn.Module, coder: str) -> None:
    """The same parameters, or it is no comparison."""
    ours = sorted(tuple(one.shape) for one in VAE(SHAPE, CODE, coder=coder).parameters())
    theirs = sorted(tuple(one.shape) for one in model.parameters())
    if ours != theirs:
        sys.exit(f"pythae's model has parameters {theirs}; ours has {ours}")


def find_pythae() -> str | None:
    """A Python with pythae: the one that is named, or one made here; None if it cannot be had."""
    if told := os.environ.get("PYTHAE_PYTHON"):
        return told
    python = ENVIRONMENT / "bin/python"
    if not (ENVIRONMENT / "ready").exists():
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        try:
            subprocess.run([sys.executable, "-m", "venv", "--clear", ENVIRONMENT], check=True)
            own = sysconfig.get_path("purelib", vars={"base": str(ENVIRONMENT)})
            layer = f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n"
            Path(own, "below.pth").write_text(layer)
            subprocess.run([*install, "--no-deps", PYTHAE], check=True, capture_output=True)
            subprocess.run([*install, *IMPORTED], check=True, capture_output=True)
            subprocess.run([python, "-c", "import pythae.trainers"], check=True, cwd=ENVIRONMENT)
        except (subprocess.CalledProcessError, OSError):
            return None
        (ENVIRONMENT / "ready").touch()
    return str(python)


def measure(way: str, coder: str) -> float:
    """Samples a second of one way, in this process."""
    return pythae_rate(coder) if way == "pythae" else our_rate(coder, way)


def compare(coder: str, python: str) -> None:
    """Print rates and ratios of one coder."""
    print(f" coder {coder}, {SAMPLES[coder]} images an epoch, batch {BATCH}", flush=True)
    rounds = []
    for _ in range(ROUNDS):
        pythons = {name: python if way == "pythae" else sys.executable for name, way in WAYS.items()}
        rounds.append(
            {name: measure_apart(__name__, way, coder, python=pythons[name]) for name, way in WAYS.items()}
        )
    for name in WAYS:
        print_rate(name, [one[name] for one in rounds])
    theirs = [one["pythae, float32"] for one in rounds]
    for name, target in TARGETS.items():
        print_ratio(f"{name} / pythae", [one[name] for one in rounds], theirs, target)


def main() -> None:
    """Print the ratios, or what to do without pythae."""
    python = find_pythae()
    if python is None:
        print(f"  {PYTHAE} could not be installed; set PYTHAE_PYTHON to a Python that has it and torch")
        return
    for coder in SAMPLES:
        compare(coder, python)


if __name__ == "__main__":
    print(json.dumps(measure(*sys.argv[1:])))
