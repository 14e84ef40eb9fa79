"""Oracle: attacks and networks that lie, break down or hide in a known way."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from lea import registry
from lea.attacks import evaluation
from lea.attacks.evaluation import Outcome, Target, evaluate
from lea.attacks.search import Attack, Search
from lea.errors import UserError
from tests.attacks.test_attacks import BOUNDS, CLASSES, Linear, attack, images

COUNT = 6


class Plain(Attack):
    """Looks at one image: the inverted one."""

    FAMILY = "decision"

    def attack(self, search: Search) -> None:
        search.query(search.rows, 1 - search.x[search.rows])


class Liar(Plain):
    """Says that it found something, and returns what the network gets right."""

    def attack(self, search: Search) -> None:
        search.distance[search.rows] = 1e-9


class Outside(Plain):
    """Finds its adversarial far out of bounds, without asking."""

    def attack(self, search: Search) -> None:
        search.best[search.rows] = 1 - 100 * search.x[search.rows]
        search.distance[search.rows] = 1e-9


class Stumbling(Plain):
    """Breaks down on bright images, and with them on any batch that holds one."""

    def attack(self, search: Search) -> None:
        if (search.x[search.rows].flatten(1).mean(1) > 0.55).any():
            raise RuntimeError("too bright")
        super().attack(search)


class Meddling(Plain):
    """Changes the images that it was given, and who is attacked."""

    def attack(self, search: Search) -> None:
        search.query(search.rows, 1 - search.x[search.rows])
        search.x.zero_()
        search.labels.fill_(0)
        search.rows = search.rows[:0]


class GivingUp(Plain):
    """Says that its numbers broke down."""

    def attack(self, search: Search) -> None:
        search.fail(search.rows[:1])


def target(model: Callable[[Tensor], Tensor], x: Tensor, y: Tensor | None = None) -> Target:
    y = model(x).argmax(1) if y is None else y
    return Target(model, BOUNDS, x, y, torch.arange(len(x)) + 100)


def outcomes(attacks: Mapping[str, Attack], shown: Target) -> list[Outcome]:
    return [one for outcomes in evaluate(attacks, shown) for one in outcomes]


def results(made: Attack, shown: Target) -> list[Any]:
    return [one.result for one in outcomes({"it": made}, shown)]


def test_only_what_the_network_gets_right_is_attacked() -> None:
    model, x = Linear(), images(count=COUNT)
    y = model(x).argmax(1)
    y[[1, 4]] = (y[[1, 4]] + 1) % CLASSES
    found = outcomes({"it": Plain()}, target(model, x, y))
    assert [one.result.status == "not attacked" for one in found] == [
        index in (1, 4) for index in range(COUNT)
    ]
    assert [one.image.sample for one in found] == list(range(100, 100 + COUNT))
    assert [one.image.label for one in found] == y.tolist()
    assert [one.image.clean for one in found] == model(x).argmax(1).tolist()
    for index in (1, 4):
        assert found[index].result.distance is None
        assert found[index].row()["success"] is False


def test_what_was_found_is_measured_in_float64() -> None:
    """Inverting changes the answer of a linear network without an offset."""
    model, x = Linear(), images(count=COUNT)
    for image, found in zip(x, results(Plain(), target(model, x)), strict=True):
        assert found.status == "found"
        assert found.confirmed
        exact = np.mean(((1 - image).numpy().astype(np.float64) - image.numpy().astype(np.float64)) ** 2)
        assert found.distance == pytest.approx(exact, rel=1e-12)


def test_an_attack_that_claims_what_the_network_does_not_confirm_found_nothing() -> None:
    for found in results(Liar(), target(Linear(), images())):
        assert (found.status, found.distance, found.confirmed) == ("nothing found", None, None)


def test_what_lies_out_of_bounds_is_clipped_and_measured_again() -> None:
    model, x = Linear(), images(count=COUNT)
    clipped = (1 - 100 * x).clamp(0, 1)
    y = model(x).argmax(1)
    for index, found in enumerate(results(Outside(), target(model, x, y))):
        errs = model(clipped[index : index + 1]).argmax(1).item() != y[index]
        assert found.status == ("found" if errs else "nothing found")
        if errs:
            assert found.distance == pytest.approx(
                (clipped[index] - x[index]).square().mean().item(), rel=1e-6
            )


def test_an_image_that_breaks_an_attack_costs_no_other(caplog: pytest.LogCaptureFixture) -> None:
    model, x = Linear(), images(count=COUNT)
    x[2] += 0.2
    found = results(Stumbling(), target(model, x))
    bright = [image.mean().item() > 0.55 for image in x]
    assert [one.status == "error" for one in found] == bright
    assert any(bright)
    assert not all(bright)
    assert {one.message for one in found if one.status == "error"} == {"RuntimeError: too bright"}
    plain = results(Plain(), target(model, x))
    for one, alone in zip(found, plain, strict=True):
        assert one.status == "error" or one.distance == alone.distance
    assert "test image" in caplog.text


def test_an_attack_changes_neither_the_images_nor_who_was_attacked() -> None:
    model, x = Linear(), images(count=COUNT)
    kept, y = x.clone(), model(x).argmax(1)
    shown = target(model, x, y.clone())
    plain = [(one.status, one.distance) for one in results(Plain(), shown)]
    meddled = [(one.status, one.distance) for one in results(Meddling(), shown)]
    assert meddled == plain
    assert torch.equal(x, kept)
    assert torch.equal(shown.y, y)


def test_an_image_at_which_the_network_overflows_is_no_find() -> None:
    def overflowing(x: Tensor) -> Tensor:
        logits = Linear()(x)
        return torch.where((x - 0.5).flatten(1).sum(1, keepdim=True) > 0, logits, torch.nan * logits)

    x = images(count=40)
    x = x[(x - 0.5).flatten(1).sum(1) > 0]
    assert {one.status for one in results(Plain(), target(overflowing, x))} == {"nothing found"}


def test_a_network_that_autograd_cannot_look_into_has_no_slope() -> None:
    model, x = Linear(), images(count=3)
    found = outcomes({"it": Plain()}, target(lambda images: model(images.detach()), x))
    assert [one.result.status for one in found] == ["found"] * 3
    assert all(np.isnan(one.image.slope) and not one.image.rises for one in found)


def test_an_attack_that_gives_an_image_up_leaves_a_row_that_says_so() -> None:
    found = results(GivingUp(), target(Linear(), images(count=3)))
    assert [one.status for one in found] == ["failed", "nothing found", "nothing found"]


def test_at_the_boundary_rounding_may_turn_a_find_back() -> None:
    """The network errs by less than batches round; shown the same again, it is right."""

    answers = iter([1.0] * 5 + [-1e-6, 1e-6])  # clean: once, by the audit, by the search; found; shown

    def wavering(x: Tensor) -> Tensor:
        lead = torch.full((len(x),), next(answers)) + 0 * x.flatten(1).sum(1)
        return torch.stack([10 + lead, torch.full_like(lead, 10)], 1)

    shown = target(wavering, torch.full((2, 1, 2, 2), 0.75), torch.zeros(2, dtype=torch.int64))
    for found in results(Plain(), shown):
        assert (found.status, found.confirmed, found.distance) == ("found", False, 0.25)


@pytest.mark.parametrize("name", ["gaussian-noise", "single-pixel", "gradient-sign"])
def test_batches_change_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model, x = Linear(), images(count=7)
    whole = results(attack(name), target(model, x))
    monkeypatch.setattr(evaluation, "BATCH", 3)
    parts = results(attack(name), target(model, x))
    assert [one.status for one in parts] == [one.status for one in whole]
    for one, other in zip(parts, whole, strict=True):
        assert one.distance == pytest.approx(other.distance, rel=1e-5)


def test_a_network_that_answers_nan_is_refused() -> None:
    def broken(x: Tensor) -> Tensor:
        logits = Linear()(x)
        logits[1, 0] = torch.nan
        return logits

    with pytest.raises(UserError, match="test image 101: the network's answer is not finite"):
        outcomes({"it": Plain()}, target(broken, images(), torch.zeros(12, dtype=torch.int64)))


@pytest.mark.parametrize("name", sorted(registry.PARTS["attack"]))
def test_queries_and_gradients_are_all_that_the_network_was_asked(name: str) -> None:
    """A gradient answers a query too. What Single Pixel asks ahead of its order is not counted."""
    model, x = Linear(), images(count=4)
    y = model(x).argmax(1)
    model.queries = 0
    made = attack(name).search(model, BOUNDS, x, y)
    asked = int(made.queries.sum() + made.gradients.sum())
    if name == "single-pixel":
        assert asked < model.queries
    else:
        assert made.queries.sum() <= model.queries <= asked


def clock(monkeypatch: pytest.MonkeyPatch, *seconds: float) -> None:
    """What the evaluation sees of time, one look after another."""
    looks = iter(seconds)
    monkeypatch.setattr(evaluation, "perf_counter", lambda: next(looks))


def test_the_images_of_a_batch_share_its_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """But those that are not attacked, which take none."""
    model, x = Linear(), images(count=COUNT)
    y = model(x).argmax(1)
    y[[1, 4]] = (y[[1, 4]] + 1) % CLASSES
    clock(monkeypatch, 10.0, 16.0)
    found = results(Plain(), target(model, x, y))
    assert [one.seconds for one in found] == [1.5, 0.0, 1.5, 1.5, 0.0, 1.5]


def test_each_batch_has_seconds_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "BATCH", 4)
    clock(monkeypatch, 10.0, 18.0, 20.0, 21.0)
    found = results(GivingUp(), target(Linear(), images(count=COUNT)))
    assert [one.seconds for one in found] == [2.0] * 4 + [0.5] * 2


def test_an_image_that_breaks_an_attack_has_the_seconds_that_it_took_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    x = images(count=2)
    x[1] += 0.2
    assert x[0].mean() < 0.55 < x[1].mean()
    clock(monkeypatch, 1.0, 2.0, 5.0, 7.0, 10.0)  # the batch breaks; then each alone
    found = results(Stumbling(), target(Linear(), x))
    assert [(one.status, one.seconds) for one in found] == [("found", 3.0), ("error", 3.0)]
