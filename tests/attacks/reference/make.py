"""Make the reference results of foolbox 1.8.0: a tiny trained network, sixteen images, thirteen attacks one
by one.

Run by hand in an environment of its own, next to the project's:

    uv pip install --target DIR --no-deps foolbox==1.8.0
    python tests/attacks/reference/make.py DIR

It writes network.safetensors (weights and images) and results.csv beside itself. Needed to run 1.8.0 on newer
libraries: one alias of `collections`, and a cast of the float64 that numpy 2 makes of its float32.
"""

import collections
import collections.abc
import csv
import random
import sys
import warnings
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional as F

HERE = Path(__file__).parent
SIDE, CLASSES, IMAGES, SEEDS = 14, 10, 16, 8
PLAIN = {
    "gradient-sign": ("GradientSignAttack", {}),
    "projected-gradient": ("ProjectedGradientDescentAttack", {}),
    "deepfool": ("DeepFoolAttack", {}),
    "adef": ("ADefAttack", {}),
    "saliency-map": ("SaliencyMapAttack", {}),
    "spatial": ("SpatialAttack", {}),
    "gaussian-blur": ("GaussianBlurAttack", {}),
    "contrast-reduction": ("ContrastReductionAttack", {}),
}
MORE_OR_FEWER = {"slsqp": 4, "local-search": 24}  # SEEDS, of one that is quick to judge and one that is not
RANDOM = {
    "slsqp": ("SLSQPAttack", {}),
    "single-pixel": ("SinglePixelAttack", {}),
    "local-search": ("LocalSearchAttack", {}),
    "gaussian-noise": ("AdditiveGaussianNoiseAttack", {}),
    "salt-and-pepper": ("SaltAndPepperNoiseAttack", {}),
}


class Tiny(nn.Module):
    """(b, 1, 14, 14) -> (b, 10) logits."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 6, 3, stride=2, padding=1)
        self.hidden = nn.Linear(6 * 7 * 7, 24)
        self.out = nn.Linear(24, CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(b, 1, 14, 14) -> (b, 10)."""
        x = F.relu(self.conv(x.float()))
        return self.out(F.relu(self.hidden(x.flatten(1))))


def pictures() -> tuple[torch.Tensor, torch.Tensor]:
    """Digits drawn by the project, half their size."""
    from lea.data.mnist import MNIST

    made = MNIST().embedded("train", 3000, 28)
    x = torch.from_numpy(made.pixels).permute(0, 3, 1, 2).float() / 255
    return F.avg_pool2d(x, 2), torch.from_numpy(made.labels["label"]).long()


def trained() -> dict[str, torch.Tensor]:
    """Weights, and the first images that the network gets right."""
    torch.manual_seed(0)
    x, y = pictures()
    model = Tiny()
    optimizer = torch.optim.Adam(model.parameters(), 3e-3)
    for rows in [rows for _ in range(12) for rows in torch.randperm(len(x)).split(50)]:
        optimizer.zero_grad()
        F.cross_entropy(model(x[rows]), y[rows]).backward()
        optimizer.step()
    right = (model(x).argmax(1) == y).nonzero()[:, 0]
    print(f"accuracy {len(right) / len(x):.3f}")
    chosen = right[:IMAGES]
    return dict(model.state_dict()) | {"images": x[chosen].contiguous(), "labels": y[chosen]}


def main(folder: str, *only: str) -> None:
    """Train once, then attack; with names, only by these attacks, at the end of what is there."""
    file = HERE / "network.safetensors"
    if not file.exists():
        save_file(trained(), file)
    held = load_file(file)
    images, labels = held.pop("images").numpy(), held.pop("labels").numpy()
    collections.Iterable = collections.abc.Iterable  # type: ignore[attr-defined]
    sys.path.insert(0, folder)
    warnings.filterwarnings("ignore")
    import foolbox

    assert foolbox.__version__ == "1.8.0", foolbox.__version__
    model = Tiny().eval()
    model.load_state_dict(held)
    wrapped = foolbox.models.PyTorchModel(model, bounds=(0, 1), num_classes=CLASSES, device="cpu")
    results = HERE / "results.csv"
    with results.open("a" if only else "w", newline="") as out:
        table = csv.writer(out, lineterminator="\n")
        if not only:
            table.writerow(["attack", "seed", "sample", "found", "distance", "queries"])
        for attacks, seeds in ((PLAIN, 1), (RANDOM, SEEDS)):
            for name, (kind, options) in attacks.items():
                if only and name not in only:
                    continue
                for seed in range(MORE_OR_FEWER.get(name, seeds)):
                    for sample, (image, label) in enumerate(zip(images, labels, strict=True)):
                        np.random.seed(1000 * seed + sample)
                        random.seed(1000 * seed + sample)
                        foolbox.set_seeds(1000 * seed + sample)
                        attack = getattr(foolbox.attacks, kind)(wrapped)
                        try:
                            found = attack(image, int(label), unpack=False, **options)
                            distance = float(found.distance.value)
                            queries = found._total_prediction_calls
                        except (ValueError, UnboundLocalError, IndexError) as error:
                            print(name, sample, repr(error))
                            distance, queries = np.inf, 0
                        table.writerow(
                            [name, seed, sample, int(np.isfinite(distance)), f"{distance:.9g}", queries]
                        )
                out.flush()
                print(name, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
