"""Oracle: foolbox 1.8.0 itself, sample by sample on a tiny trained network (made by reference/make.py)."""

import csv
import math
from collections import defaultdict
from pathlib import Path
from statistics import mean, pvariance

import pytest
import torch
from safetensors.torch import load_file

from lea import registry
from lea.attacks.search import Search
from tests.attacks.reference.make import Tiny

HERE = Path(__file__).parent / "reference"
EXACT = ("gradient-sign", "saliency-map", "spatial", "gaussian-blur", "contrast-reduction")
DRAWN = ("slsqp", "single-pixel", "local-search", "gaussian-noise", "salt-and-pepper")


@pytest.fixture(scope="module")
def network() -> tuple[Tiny, torch.Tensor, torch.Tensor]:
    held = load_file(HERE / "network.safetensors")
    images, labels = held.pop("images"), held.pop("labels")
    model = Tiny().eval().requires_grad_(False)
    model.load_state_dict(held)
    return model, images, labels


@pytest.fixture(scope="module")
def reference() -> dict[str, list[tuple[bool, float, int]]]:
    """For each attack, what each seed and sample gave."""
    found = defaultdict(list)
    with (HERE / "results.csv").open() as file:
        for row in csv.DictReader(file):
            found[row["attack"]].append((row["found"] == "1", float(row["distance"]), int(row["queries"])))
    return found


def search(network: tuple[Tiny, torch.Tensor, torch.Tensor], name: str, **options: int) -> Search:
    model, images, labels = network
    found: Search = registry.load("attack", name)(**options).search(model, (0.0, 1.0), images, labels)
    return found


@pytest.mark.parametrize("name", EXACT)
def test_attacks_without_chance_give_what_1_8_0_gave(network, reference, name: str) -> None:  # type: ignore[no-untyped-def]
    made, known = search(network, name), reference[name]
    assert made.found.tolist() == [found for found, _, _ in known]
    for distance, (found, wanted, _) in zip(made.distance.tolist(), known, strict=True):
        assert not found or distance == pytest.approx(wanted, rel=1e-6)
    assert made.queries.tolist() == [queries for _, _, queries in known]


def test_projected_gradient_gives_what_1_8_0_gave_but_for_rounding(network, reference) -> None:  # type: ignore[no-untyped-def]
    made, known = search(network, "projected-gradient"), reference["projected-gradient"]
    assert made.found.tolist() == [found for found, _, _ in known]
    ratios = sorted(
        abs(one / wanted - 1) for one, (_, wanted, _) in zip(made.distance.tolist(), known, strict=True)
    )
    assert ratios[-1] < 3e-3
    assert ratios[len(ratios) // 2] < 1e-6


@pytest.mark.parametrize(("name", "same"), [("adef", 12), ("deepfool", 9)])
def test_attacks_that_end_on_ties_agree_where_no_tie_decides(
    network, reference, name: str, same: int
) -> None:  # type: ignore[no-untyped-def]
    made, known = search(network, name), reference[name]
    close = [
        found and bool(ours) and distance == pytest.approx(wanted, rel=1e-3)
        for ours, distance, (found, wanted, _) in zip(made.found, made.distance.tolist(), known, strict=True)
    ]
    assert sum(close) >= same


@pytest.mark.parametrize("name", DRAWN)
def test_attacks_by_chance_agree_in_distribution(network, reference, name: str) -> None:  # type: ignore[no-untyped-def]
    known = reference[name]
    ours = [
        (bool(found), distance)
        for seed in range(8)
        for made in [search(network, name, seed=seed)]
        for found, distance in zip(made.found, made.distance.tolist(), strict=True)
    ]
    for column in (0, 1):  # whether one was found, and how far the finds are
        samples = [[float(row[column]) for row in rows if row[0] or not column] for rows in (ours, known)]
        apart = abs(mean(samples[0]) - mean(samples[1]))
        assert apart <= 3 * math.sqrt(sum(pvariance(one) / len(one) for one in samples))
