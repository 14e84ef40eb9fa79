"""How well detectors set outliers apart that nobody showed them: fitted to training samples, they score test
samples, the inliers, and those of tables of outliers (`outliers` names them by their role under
`data.others`).

A row's part is the detector, its split the role. `AUROC`: how likely an outlier scores more than an inlier;
`AUPR`: the average precision, outliers being the positives; `FPR95`: the share of inliers that score no less
than a threshold at which 95 % of the outliers are found. `AUROC error` and so on: the standard deviation of
the same over samples that are drawn again with replacement. `inliers`, `outliers`: how many there are.
`found at 0.05` and so on: the share of outliers found where so many of the inliers score no less.

All detectors see the same samples. Inliers and outliers of all tables go through the model in the same
batches, mixed at random. With a flow, the run's own or the one that `flow` names, `AUROC at equal radius` is
of pairs of an inlier and an outlier that it carries equally far from 0, of which there are so many `pairs at
equal radius`: a detector that reads only the radius is left with 1/2 there. Where there is no pair, neither
is said.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from lea.data.tensors import Data, Samples
from lea.errors import UserError
from lea.measure.detectors.detector import BATCH, Detector, MakeDetector
from lea.measure.measurement import Measurement, Trained
from lea.nn.discriminator import carried
from lea.ranking import METRICS, auroc, drawn_again, found_at, match_radii

LIMITS = {"count": (2, 1_000_000)}
ROLES = ("outliers",)
INLIERS = "test samples"  # no role has a space
SHARES = (0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.97)
Scores = Mapping[str, np.ndarray]  # (n,), of each set


def measure(
    model: nn.Module,
    data: Data,
    generator: torch.Generator,
    *,
    detectors: tuple[MakeDetector, ...],
    outliers: tuple[str, ...],
    count: int = 2000,
    flow: Trained | None = None,
) -> Iterator[Measurement]:
    """`count` samples of each kind, drawn at random, or as many as there are."""
    made = [make(model) for make in detectors]
    for several in ([one.name for one in made], list(outliers)):
        if twice := {name for name in several if several.count(name) > 1}:
            raise UserError(f"found '{min(twice)}' twice; expected each once: they are known by these names")
    seen = drawn(data.train, count, generator)
    sets = {INLIERS: drawn(data.test, count, generator)}
    sets |= {role: drawn(outliers_of(data, role), count, generator) for role in outliers}
    if flow is None and hasattr(model, "inverse"):
        flow = model
    radii = together(lambda x: carried(flow, x).norm(dim=1), sets, generator) if flow else {}
    for detector in made:
        detector.fit(seen)
        scores = together(partial(_scores, detector), sets, generator)
        for role in outliers:
            found = _ranked(scores[INLIERS], scores[role])
            if radii:
                found |= _ranked_at_equal_radius(scores, radii, role)
            for metric, value in found.items():
                yield Measurement(detector.name, metric, value, role)


def _ranked(inliers: np.ndarray, outliers: np.ndarray) -> dict[str, float]:
    both = both_of(inliers, outliers)
    found = {name: metric(*both) for name, metric in METRICS.items()}
    found |= {f"{name} error": float(again.std(ddof=1)) for name, again in drawn_again(*both).items()}
    shares = found_at(*both, np.array(SHARES))
    found |= {f"found at {share:g}": float(its) for share, its in zip(SHARES, shares, strict=True)}
    return found | {"inliers": len(inliers), "outliers": len(outliers)}


def _ranked_at_equal_radius(scores: Scores, radii: Scores, role: str) -> dict[str, float]:
    first, second = match_radii(radii[INLIERS], radii[role])
    if not len(first):
        return {}
    found = area("AUROC at equal radius", scores[INLIERS][first], scores[role][second])
    return found | {"pairs at equal radius": len(first)}


def area(name: str, inliers: np.ndarray, outliers: np.ndarray) -> dict[str, float]:
    """The AUROC of scores under a name of its own, and its error."""
    both = both_of(inliers, outliers)
    return {name: auroc(*both), f"{name} error": float(drawn_again(*both)["AUROC"].std(ddof=1))}


def both_of(inliers: np.ndarray, outliers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scores, and which are outliers'."""
    is_outlier = np.arange(len(inliers) + len(outliers)) >= len(inliers)
    return np.concatenate([inliers, outliers]), is_outlier


def together(
    score: Callable[[Tensor], Tensor], sets: Mapping[str, Tensor], generator: torch.Generator
) -> Scores:
    """Of all sets, which pass in the same batches."""
    everything = torch.cat(list(sets.values()))
    order = torch.randperm(len(everything), generator=generator).to(everything.device)
    mixed = torch.cat([score(everything[rows]) for rows in order.split(BATCH)])
    scores = torch.empty_like(mixed).index_copy_(0, order, mixed).double().cpu()
    parts = scores.split([len(one) for one in sets.values()])
    return {name: part.numpy() for name, part in zip(sets, parts, strict=True)}


def _scores(detector: Detector, x: Tensor) -> Tensor:
    scores = detector.score(x)
    if scores.shape != (len(x),):
        found = f"detector '{detector.name}' gave scores of shape {tuple(scores.shape)}"
        raise ValueError(f"{found}; expected ({len(x)},), one a sample")
    return scores


def drawn(samples: Samples, count: int, generator: torch.Generator) -> Tensor:
    """(n, ...), n up to count."""
    rows = torch.randperm(len(samples), generator=generator)[:count]
    return samples.batch(rows.to(samples.values.device))[0]


def outliers_of(data: Data, role: str) -> Samples:
    """The test samples of a further table."""
    if role not in data.others:
        there = ", ".join(data.others) or "none"
        raise UserError(f"outliers: found '{role}'; expected roles of tables under `data.others`: {there}")
    found = data.others[role].test
    ours, theirs = data.test.values.shape[1:], found.values.shape[1:]
    if ours != theirs:
        said = f"outliers: samples of '{role}' have the shape {tuple(theirs)}"
        raise UserError(f"{said}; expected {tuple(ours)}, that of the data set that the run learnt from")
    if not len(found):
        raise UserError(f"outliers: the table '{role}' has no test samples; expected some; choose another")
    return found
