"""Oracle: the definitions in foolbox 1.8.0, followed by hand for one image at a time in float64, with scipy's
filters; and the laws that the images obey which an attack asks about."""

from collections.abc import Callable, Iterable
from itertools import product

import numpy as np
import pytest
import torch
from scipy import ndimage, stats
from torch import Tensor, nn
from torch.nn import functional as F

from lea.attacks.search import Search
from tests.attacks.test_attacks import BOUNDS, Linear, attack

Model = Callable[[Tensor], Tensor]


class Recorded(nn.Module):
    """A model, and every image that it was asked about; a query and a gradient at the same image are one."""

    def __init__(self, answer: Model) -> None:
        super().__init__()
        self.answer = answer
        self.images: list[Tensor] = []
        self.followed = False

    def forward(self, x: Tensor) -> Tensor:
        for image in x.detach():
            same = bool(self.images) and torch.equal(image, self.images[-1])
            if not (same and (x.requires_grad or self.followed)):
                self.images.append(image.clone())
        self.followed = x.requires_grad
        return self.answer(x)


class Scripted(Recorded):
    """Class 0, but class 1 for the images with these numbers, of which 0 is the clean one."""

    def __init__(self, *wrong: int) -> None:
        super().__init__(self.script)
        self.wrong = wrong

    def script(self, x: Tensor) -> Tensor:
        numbers = range(len(self.images) - len(x), len(self.images))
        signs = torch.tensor([-1.0 if number in self.wrong else 1.0 for number in numbers])
        first = signs + 0.1 * x.flatten(1).mean(1)
        return torch.stack([first, torch.zeros_like(first)], 1)


class Curved(nn.Module):
    """(b, c, h, w) -> (b, classes), with a bend, for images of so many values."""

    def __init__(self, values: int, classes: int = 4, scale: float = 1.0) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(5)
        self.inner = torch.randn(10, values, generator=generator) / values**0.5
        self.outer = scale * torch.randn(classes, 10, generator=generator)

    def forward(self, x: Tensor) -> Tensor:
        hidden = torch.tanh(3 * (x - 0.5).flatten(1) @ self.inner.T.to(x.dtype))
        return hidden @ self.outer.T.to(x.dtype)


def sure(model: Model, margin: float = 5.0) -> Model:
    """The model with so much added to class 0 that a gentle one is never wrong."""
    return lambda x: model(x) + margin * F.one_hot(torch.tensor(0), model(x).shape[1])


def pictures(*shape: int, low: float = 0.2, high: float = 0.8, seed: int = 2) -> Tensor:
    return low + (high - low) * torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def trace(name: str, model: Recorded, x: Tensor, **options: object) -> tuple[Search, Tensor]:
    """The search for x (n, c, h, w), and all images asked about, the clean ones first."""
    labels = model.answer(x).argmax(1)
    search = attack(name, **options).search(model, BOUNDS, x, labels)
    return search, torch.stack(model.images)


def traces(name: str, model: Model, x: Tensor, **options: object) -> Iterable[tuple[Tensor, Search, Tensor]]:
    """For each of the images: itself, its search and what was asked about; each as if it were alone."""
    for image in x:
        yield image, *trace(name, Recorded(model), image[None], **options)


def label_of(model: Model, image: Tensor) -> int:
    return int(model(image[None]).argmax(1))


def square(image: Tensor, x: Tensor) -> float:
    return float((image.double() - x.double()).square().mean())


def entropy_gradient(model: Model, image: Tensor, label: int) -> Tensor:
    image = image.detach().double().clone().requires_grad_()
    (found,) = torch.autograd.grad(F.cross_entropy(model(image[None]), torch.tensor([label])), image)
    return found


def logits_and_jacobian(model: Model, image: Tensor) -> tuple[Tensor, Tensor]:
    image = image.double()
    return model(image[None])[0], torch.autograd.functional.jacobian(lambda v: model(v[None])[0], image)


def distinct(images: Iterable[Tensor]) -> Tensor:
    """Without those that equal the one before, but for rounding."""
    kept: list[Tensor] = []
    for image in images:
        if not kept or not torch.allclose(image, kept[-1], rtol=0, atol=1e-6):
            kept.append(image)
    return torch.stack(kept)


def assert_same(asked: Tensor, expected: Iterable[Tensor], atol: float = 1e-5) -> None:
    images = torch.stack(list(expected)).to(asked.dtype)
    assert asked.shape == images.shape
    assert torch.allclose(asked, images, rtol=0, atol=atol)


# Local search


def rounds_of(asked: Tensor) -> list[tuple[Tensor, Tensor]]:
    """The trial images of each round, and the image that the round ends with; trials are far out."""
    rounds, trials = [], []
    for image in asked[1:]:
        if image.abs().max() > 5:
            trials.append(image)
        else:
            rounds.append((torch.stack(trials), image))
            trials = []
    assert not trials
    return rounds


def cells(changed: Tensor) -> list[tuple[int, int]]:
    return [(int(row), int(column)) for row, column in changed.nonzero()]


def tried(trials: Tensor, image: Tensor) -> list[tuple[int, int]]:
    """The pixel that each trial image differs in from the image, but for rounding."""
    places = [cells((abs(trial - image) > 1e-6).any(0)) for trial in trials]
    assert all(len(place) == 1 for place in places)
    return [place[0] for place in places]


def extreme(image: Tensor, row: int, column: int) -> Tensor:
    changed = image.clone()
    changed[:, row, column] = 0.5 + 10 * (image[:, row, column] - 0.5).sign()
    return changed


def stretched(values: Tensor) -> Tensor:
    values = 1.5 * (values - 0.5)
    return torch.where(values > 0.5, values - 1, torch.where(values < -0.5, values + 1, values)) + 0.5


def local_search_by_hand(
    model: Model, image: Tensor, pool: list[tuple[int, int]], rounds: int
) -> tuple[bool, Tensor, int]:
    """Whether it was found, the last image, and how many rounds it took; no pool is cut down."""
    label, (height, width) = label_of(model, image), image.shape[1:]
    for done in range(1, rounds + 1):
        scores = {place: float(model(extreme(image, *place)[None]).softmax(1)[0, label]) for place in pool}
        chosen = sorted(pool, key=lambda place: scores[place])[:5]
        image = image.clone()
        for row, column in chosen:
            image[:, row, column] = stretched(image[:, row, column])
        if label_of(model, image) != label:
            return True, image, done
        pool = [
            (row, column)
            for row, column in product(range(height), range(width))
            if any(abs(row - r) <= 5 and abs(column - c) <= 5 for r, c in chosen)
        ]
    return False, image, rounds


@pytest.mark.parametrize("side", [4, 6])
def test_local_search_is_the_one_by_hand_where_every_pixel_is_tried(side: int) -> None:
    model, hits = Linear(side, scale=0.05), 0
    for image, search, asked in traces(
        "local-search", model, pictures(10, 1, side, side, low=0.3, high=0.7), rounds=12
    ):
        rounds = rounds_of(asked)
        pool = tried(rounds[0][0], image)
        assert len(pool) == int(0.1 * side * side)
        found, last, count = local_search_by_hand(model, image, pool, 12)
        assert len(rounds) == count
        assert search.found.item() == found
        assert torch.allclose(rounds[-1][1], last, atol=1e-5)
        hits += found
        if found:
            assert torch.equal(search.best[0], rounds[-1][1])
            assert search.queries.item() == len(asked)
    assert hits


@pytest.mark.parametrize(
    ("channels", "side", "rounds"), [(1, 4, 30), (1, 6, 20), (1, 10, 12), (1, 16, 8), (3, 16, 6)]
)
def test_each_round_of_local_search_moves_the_lowest_of_the_pixels_tried(
    channels: int, side: int, rounds: int
) -> None:
    model = sure(Curved(channels * side * side, scale=0.05))
    x = pictures(1, channels, side, side)
    _, asked = trace("local-search", Recorded(model), x, rounds=rounds)
    recorded = rounds_of(asked)
    assert len(recorded) == rounds
    image, pool, count = x[0], set(product(range(side), repeat=2)), int(0.1 * side * side)
    for trials, after in recorded:
        places = tried(trials, image)
        assert len(places) == len(set(places)) == min(count, 128)
        assert set(places) <= pool
        assert_same(trials, [extreme(image, *place) for place in places])
        moved = cells((abs(after - image) > 1e-6).any(0))
        assert len(moved) == min(5, len(places))
        scores = dict(zip(places, model(trials.double()).softmax(1)[:, 0].tolist(), strict=True))
        others = [scores[place] for place in places if place not in moved]
        assert max(scores[place] for place in moved) <= min(others, default=1.0) + 1e-6
        for row, column in moved:
            expected = stretched(image[:, row, column])
            assert torch.allclose(after[:, row, column], expected, rtol=0, atol=1e-6)
        pool = {
            (row, column)
            for row, column in product(range(side), repeat=2)
            if any(abs(row - r) <= 5 and abs(column - c) <= 5 for r, c in moved)
        }
        image, count = after, len(pool)


def test_local_search_tries_150_rounds_and_never_keeps_a_trial() -> None:
    def blind_in_bounds(x: Tensor) -> Tensor:
        out = (x.flatten(1).abs().amax(1) > 5).to(x.dtype)
        return torch.stack([1 - out, 2 * out], 1)

    search, asked = trace("local-search", Recorded(blind_in_bounds), pictures(1, 1, 4, 4))
    assert len(asked) == search.queries.item() == 1 + (1 + 1) + 149 * (16 + 1)
    assert not search.found.item()


def test_local_search_draws_other_pixels_for_other_samples_and_seeds() -> None:
    x = pictures(1, 1, 20, 20).expand(3, -1, -1, -1)
    pools = []
    for first, seed in [(0, 0), (1, 0), (0, 1)]:
        made = attack("local-search", rounds=1, seed=seed)
        made.first = first
        model = Scripted()
        made.search(model, BOUNDS, x[:1], torch.zeros(1, dtype=torch.int64))
        pools.append(set(tried(rounds_of(torch.stack(model.images))[0][0], x[0])))
    assert all(len(pool) == 40 for pool in pools)
    assert pools[0] != pools[1] != pools[2] != pools[0]


# Single pixel


@pytest.mark.parametrize(("channels", "side", "pixels"), [(1, 5, 25), (3, 5, 25), (1, 32, 1000)])
def test_single_pixel_sets_each_pixel_once_to_low_and_then_to_high(
    channels: int, side: int, pixels: int
) -> None:
    x = pictures(1, channels, side, side)
    search, asked = trace("single-pixel", Scripted(), x)
    assert search.queries.item() == len(asked) == 1 + 2 * pixels
    lows, highs = tried(asked[1::2], x[0]), tried(asked[2::2], x[0])
    assert lows == highs
    assert len(set(lows)) == pixels
    assert lows != sorted(lows)
    rows, columns = torch.tensor(lows).T
    numbers = torch.arange(pixels)
    assert (asked[1::2][numbers, :, rows, columns] == 0).all()
    assert (asked[2::2][numbers, :, rows, columns] == 1).all()


@pytest.mark.parametrize("hit", [1, 6, 7, 50])
def test_single_pixel_takes_the_first_hit_although_closer_ones_would_follow(hit: int) -> None:
    """The model may be asked about more images than count, for they go through it together."""
    search, asked = trace("single-pixel", Scripted(*range(hit, 51)), pictures(1, 3, 5, 5))
    assert search.queries.item() == hit + 1
    assert torch.equal(search.best[0], asked[hit])


# One way out, in a thousand steps


def blurred(image: Tensor, k: int) -> Tensor:
    sigma = k / 1000 * max(image.shape[1:])
    return torch.stack(
        [torch.from_numpy(ndimage.gaussian_filter(channel.double().numpy(), sigma)) for channel in image]
    )


def greyer(image: Tensor, k: int) -> Tensor:
    return (1 - k / 1000) * image.double() + k / 1000 * 0.5


def flat(x: Tensor) -> Tensor:
    """Class 1 for an image whose largest and smallest value are closer than 0.2."""
    contrast = x.flatten(1).amax(1) - x.flatten(1).amin(1)
    return torch.stack([contrast, torch.full_like(contrast, 0.2)], 1)


@pytest.mark.parametrize(("name", "made"), [("gaussian-blur", blurred), ("contrast-reduction", greyer)])
@pytest.mark.parametrize("shape", [(1, 7, 12), (3, 8, 8)])
def test_blur_and_contrast_take_a_thousand_even_steps(
    name: str, made: Callable[[Tensor, int], Tensor], shape: tuple[int, ...]
) -> None:
    x = pictures(1, *shape, low=0.0, high=1.0)
    search, asked = trace(name, Scripted(), x)
    assert search.queries.item() == 1001
    assert not search.found.item()
    assert_same(asked[1:], [made(x[0], k) for k in range(1, 1001)])


@pytest.mark.parametrize(("name", "made"), [("gaussian-blur", blurred), ("contrast-reduction", greyer)])
def test_blur_and_contrast_find_the_first_that_is_adversarial(
    name: str, made: Callable[[Tensor, int], Tensor]
) -> None:
    x = pictures(3, 1, 7, 12, low=0.0, high=1.0)
    for image, search, asked in traces(name, flat, x):
        first = next(k for k in range(1, 1001) if label_of(flat, made(image, k)) == 1)
        assert len(asked) == search.queries.item() == first + 1
        assert torch.allclose(search.best[0].double(), made(image, first), atol=1e-5)


@pytest.mark.parametrize("name", ["gaussian-blur", "contrast-reduction", "gaussian-noise"])
def test_a_walk_outwards_ends_at_its_first_hit(name: str) -> None:
    search, asked = trace(name, Scripted(400, 401), pictures(1, 1, 8, 8))
    assert len(asked) == search.queries.item() == 401
    assert torch.equal(search.best[0], asked[400])


def test_gaussian_noise_grows_with_the_square_of_the_step() -> None:
    x = torch.full((1, 1, 64, 64), 0.5)
    _, asked = trace("gaussian-noise", Scripted(), x)
    assert len(asked) == 1001
    steps = torch.arange(1, 401, dtype=torch.float64)
    noise = (asked[1:401].double() - 0.5).flatten(1) / ((steps / 1000).square() / 3**0.5)[:, None]
    kept = noise[50:]  # before, float32 rounds the noise away
    assert torch.allclose(kept.std(1), torch.ones(len(kept), dtype=torch.float64), atol=0.07)
    assert abs(kept.std().item() - 1) < 0.005
    assert abs(kept.mean().item()) < 0.005
    assert abs(stats.kurtosis(kept.flatten().numpy())) < 0.05
    assert abs(torch.corrcoef(kept).fill_diagonal_(0)).max() < 0.1
    clipped = ((asked[-1] == 0) | (asked[-1] == 1)).double().mean().item()
    assert clipped == pytest.approx(2 * stats.norm.sf(0.5 * 3**0.5), abs=0.04)


def test_gaussian_noise_differs_between_samples_and_seeds() -> None:
    x = pictures(1, 1, 8, 8).expand(2, -1, -1, -1)
    _, both = trace("gaussian-noise", Scripted(), x, steps=10)
    _, other = trace("gaussian-noise", Scripted(), x[:1], steps=10, seed=1)
    first, second = both[2::2], both[3::2]
    for one, two in [(first, second), (first, other[1:])]:
        assert (one != two).double().mean() > 0.9


# Salt and pepper


def test_salt_and_pepper_sets_whole_pixels_to_the_bounds() -> None:
    x = pictures(1, 3, 12, 12)
    _, asked = trace("salt-and-pepper", Scripted(), x, passes=2)
    for image in asked[1:]:
        changed = image != x[0]
        assert ((image == 0) | (image == 1) | ~changed).all()
        assert (changed == changed[:1]).all()
        assert ((image == image[:1]) | ~changed).all()


@pytest.mark.parametrize(("side", "levels"), [(5, 25), (10, 100), (16, 100)])
def test_salt_and_pepper_tries_ten_times_as_many_levels_as_pixels_up_to_a_hundred(
    side: int, levels: int
) -> None:
    search, _ = trace("salt-and-pepper", Scripted(), pictures(1, 1, side, side))
    assert search.queries.item() == 1 + 10 * levels


def test_salt_and_pepper_changes_a_share_p_half_of_it_to_each_bound() -> None:
    side = 40
    _, asked = trace("salt-and-pepper", Scripted(), torch.full((1, 1, side, side), 0.5))
    p = (torch.arange(1000, dtype=torch.float64) % 100 + 1) / 100
    for bound in BOUNDS:
        share = (asked[1:] == bound).double().flatten(1).mean(1)
        spread = (p / 2 * (1 - p / 2)).sqrt() / side
        assert (abs(share - p / 2) < 5 * spread + 1e-9).all()
    assert (asked[100::100] != 0.5).all()


@pytest.mark.parametrize(
    ("hits", "cap"),
    [
        ((30,), 0.36),
        ((30, 70), 0.36 * 0.4 * 1.2),
        ((30, 70, 110), 0.36 * 0.4 * 1.2 * 0.4 * 1.2),
        ((100,), 1.2),
    ],
)
def test_after_a_hit_salt_and_pepper_starts_again_with_one_fifth_more(
    hits: tuple[int, ...], cap: float
) -> None:
    """Some sixty levels below a hit are far from it, so that none of them is left out."""
    _, asked = trace("salt-and-pepper", Scripted(*hits), torch.full((1, 1, 64, 64), 0.5))
    share = (asked[hits[-1] + 1 :][:60] != 0.5).double().mean((1, 2, 3))
    p = cap * torch.arange(1, 61, dtype=torch.float64) / 100
    assert (share.sum() / p.sum()).item() == pytest.approx(1, abs=0.03)


def test_salt_and_pepper_asks_only_about_what_is_closer_than_the_best() -> None:
    hits = (30, 70, 200, 300)
    search, asked = trace("salt-and-pepper", Scripted(*hits), torch.full((1, 1, 16, 16), 0.5))
    best = float("inf")
    for number, image in enumerate(asked[1:], 1):
        distance = square(image, asked[0])
        assert distance < best
        best = distance if number in hits else best
    assert search.distance.item() == best
    assert search.queries.item() == len(asked) < 1 + 30 + 40 + 8 * 100


# Spatial


def turned_and_shifted(image: Tensor, rows: float, columns: float, degrees: float) -> Tensor:
    _, height, width = image.shape
    made = []
    for channel in image.double().numpy():
        canvas = ndimage.rotate(channel, degrees, reshape=True, order=1)
        moved = ndimage.shift(canvas, (rows, columns), order=3)
        top, left = (moved.shape[0] - height) // 2, (moved.shape[1] - width) // 2
        made.append(moved[top : top + height, left : left + width].clip(0, 1))
    return torch.from_numpy(np.stack(made))


@pytest.mark.parametrize("shape", [(1, 12, 12), (3, 12, 12)])
def test_spatial_walks_its_grid_with_the_angle_innermost(shape: tuple[int, ...]) -> None:
    x = pictures(1, *shape, low=0.0, high=1.0)
    search, asked = trace("spatial", Scripted(), x)
    assert search.queries.item() == 1001
    grid = np.linspace(-5, 5, 10)
    assert_same(asked[1:], [turned_and_shifted(x[0], u, v, a) for u, v, a in product(grid, repeat=3)], 1e-4)


def test_spatial_takes_its_first_hit_although_a_closer_one_comes_later() -> None:
    x = pictures(1, 1, 12, 12)
    _, asked = trace("spatial", Scripted(), x)
    closest = 1 + min(range(1000), key=lambda k: square(asked[1 + k], x[0]))
    assert closest > 40
    search, again = trace("spatial", Scripted(40, closest), x)
    assert len(again) == search.queries.item() == 41
    assert search.distance.item() == pytest.approx(square(asked[40], x[0]), rel=1e-6)


# ADef


def waves(count: int, side: int = 12) -> Tensor:
    """(count, 1, side, side) of low frequency."""
    places = torch.arange(side) / side
    made = []
    for turn in range(count):
        phase = 3 * places[:, None] + (2 + 0.5 * turn) * places[None] + 0.7 * turn
        made.append(0.5 + 0.4 * torch.cos(phase))
    return torch.stack(made)[:, None]


def deformed(image: Tensor, field: np.ndarray) -> Tensor:
    """(c, h, w) sampled at (column + field[0], row + field[1])."""
    _, height, width = image.shape
    rows, columns = np.indices((height, width))
    places = (rows + field[1]).clip(0, height - 1), (columns + field[0]).clip(0, width - 1)
    made = [ndimage.map_coordinates(channel, places, order=1) for channel in image.double().numpy()]
    return torch.from_numpy(np.stack(made))


def lead(logits: Tensor, label: int) -> float:
    """By how much the label's logit is above all others."""
    others = torch.arange(len(logits)) != label
    return (logits[label] - logits[others].max()).item()


def adef_by_hand(model: Model, x: Tensor, overshoot: float) -> tuple[list[Tensor], bool]:
    """The images after each step, and whether the last is adversarial; up to where rounding decides."""
    label = label_of(model, x)
    others = model(x[None].double())[0].argsort(descending=True)[1:10].tolist()
    field, image = np.zeros((2, *x.shape[1:])), x.double()
    steps: list[Tensor] = []
    for _ in range(100):
        logits, jacobian = logits_and_jacobian(model, image)
        down, right = np.gradient(image.numpy(), axis=(1, 2))
        fields = []
        for other in others:
            slope = (jacobian[other] - jacobian[label]).numpy()
            way = np.stack([(slope * right).sum(0), (slope * down).sum(0)])
            way = ndimage.gaussian_filter(way, (0, 1, 1), truncate=4)
            size = np.square(way).sum()
            way = ndimage.gaussian_filter(way, (0, 1, 1), truncate=4)
            lack = overshoot * (logits[other] - logits[label]).item()
            fields.append(field - lack / size * way)
        field = min(fields, key=lambda each: float(np.square(each).sum()))
        image = deformed(x, field).clamp(0, 1)
        margin = lead(model(image[None])[0], label)
        if abs(margin) < 1e-4:
            break
        steps.append(image)
        if margin < 0:
            return steps, True
    return steps, False


def assert_followed(image: Tensor, search: Search, asked: Tensor, steps: list[Tensor], found: bool) -> None:
    """What was asked about is the image, and then these steps; and nothing more if it was found by them."""
    expected = [image.double(), *steps]
    assert_same(asked[: len(expected)], expected, 1e-4)
    if found:
        assert search.found.item()
        assert len(asked) == len(expected)
        assert torch.allclose(search.best[0].double(), steps[-1], atol=1e-4)


@pytest.mark.parametrize(
    ("model", "x"),
    [
        (Linear(12, 3, scale=0.1), waves(6)),
        (Linear(12, 13, scale=0.1), waves(6)),
        (Linear(12, 13, scale=0.1), pictures(4, 1, 12, 12)),
        (Curved(3 * 64), pictures(4, 3, 8, 8)),
    ],
)
@pytest.mark.parametrize(("name", "overshoot"), [("adef", 1.0), ("adef-overshoot", 1.05)])
def test_adef_goes_the_way_of_its_definition(name: str, overshoot: float, model: Model, x: Tensor) -> None:
    count = 0
    for image, search, asked in traces(name, model, x):
        steps, found = adef_by_hand(model, image, overshoot)
        assert_followed(image, search, asked, steps, found)
        count += len(steps)
    assert count >= 4


@pytest.mark.parametrize("name", ["adef", "adef-overshoot"])
def test_adef_makes_no_value_that_lies_outside_those_of_the_image(name: str) -> None:
    x = pictures(6, 1, 12, 12)
    for image, _, asked in traces(name, Linear(12, scale=0.1), x):
        assert asked.min() >= image.min() - 1e-6
        assert asked.max() <= image.max() + 1e-6


@pytest.mark.parametrize("name", ["adef", "adef-overshoot"])
def test_adef_fails_for_a_constant_image(name: str) -> None:
    search, _ = trace(name, Recorded(Linear(12)), torch.full((1, 1, 12, 12), 0.7))
    assert search.failed.item()
    assert not search.found.item()


# Along the gradient


def stepped(image: Tensor, direction: Tensor, epsilon: float) -> Tensor:
    return (image.double() + epsilon * direction).clamp(0, 1)


def test_gradient_sign_takes_a_thousand_even_steps_along_one_gradient() -> None:
    model = sure(Linear(scale=0.05))
    x = pictures(2, 1, 6, 6, low=0.0, high=1.0)
    for image, search, asked in traces("gradient-sign", model, x):
        direction = entropy_gradient(model, image, 0).sign()
        assert search.queries.item() == 1001
        assert_same(asked[1:], [stepped(image, direction, k / 1000) for k in range(1, 1001)])


@pytest.mark.parametrize("hit", [1, 7, 20])
@pytest.mark.parametrize("second", [1, 5, 20])
def test_gradient_sign_refines_an_early_hit_in_twenty_steps(hit: int, second: int) -> None:
    model = Scripted(hit, hit + second)
    x = pictures(1, 1, 6, 6)
    search, asked = trace("gradient-sign", model, x)
    direction = entropy_gradient(model.answer, x[0], 0).sign()
    epsilons = [k / 1000 for k in range(1, hit + 1)] + [hit / 1000 * j / 20 for j in range(1, second + 1)]
    assert_same(asked[1:], [stepped(x[0], direction, epsilon) for epsilon in epsilons], 1e-6)
    expected = square(stepped(x[0], direction, epsilons[-1]), x[0])
    assert search.distance.item() == pytest.approx(expected, rel=2e-2)


def test_gradient_sign_does_not_refine_a_late_hit() -> None:
    search, asked = trace("gradient-sign", Scripted(21), pictures(1, 1, 6, 6))
    assert len(asked) == search.queries.item() == 22


def projected_gradient_by_hand(model: Model, x: Tensor) -> tuple[list[Tensor], float]:
    """The images asked about, and the smallest distance of those that were adversarial."""
    label, x, best, asked = label_of(model, x), x.double(), float("inf"), []

    def goes(epsilon: float) -> bool:
        nonlocal best
        image = x
        for _ in range(40):
            image = image + epsilon / 30 * entropy_gradient(model, image, label).sign()
            image = (x + (image - x).clamp(-epsilon, epsilon)).clamp(0, 1)
            asked.append(image)
            if label_of(model, image) != label:
                best = min(best, square(image, x))
                return True
        return False

    good = next((epsilon for epsilon in (0.3 * 1.5**run for run in range(20)) if goes(epsilon)), 0.0)
    bad = 0.0
    for _ in range(20 if good else 0):
        middle = (good + bad) / 2
        good, bad = (middle, bad) if goes(middle) else (good, middle)
    return asked, best


@pytest.mark.parametrize(
    ("model", "low", "high"), [(Linear(), 0.4, 0.6), (Linear(), 0.0, 1.0), (Curved(36), 0.0, 1.0)]
)
def test_projected_gradient_goes_the_way_of_its_definition(model: Model, low: float, high: float) -> None:
    for image, search, asked in traces("projected-gradient", model, pictures(2, 1, 6, 6, low=low, high=high)):
        expected, distance = projected_gradient_by_hand(model, image)
        assert search.distance.sqrt().item() == pytest.approx(distance**0.5, rel=1e-4, abs=2e-7)
        assert abs(search.queries.item() - 1 - len(expected)) <= 2  # at the ball's edge they round
        assert_same(distinct(asked[(asked != image).flatten(1).any(1)]), distinct(expected))


def test_projected_gradient_gives_up_after_twenty_runs_of_forty_steps() -> None:
    model, x = sure(Linear(scale=0.02)), pictures(1, 1, 6, 6)
    search, asked = trace("projected-gradient", Recorded(model), x)
    expected, _ = projected_gradient_by_hand(model, x[0])
    assert search.queries.item() == 1 + len(expected) == 801
    assert not search.found.item()
    assert_same(distinct(asked[(asked != x).flatten(1).any(1)]), distinct(expected))


# SLSQP, DeepFool, saliency map


def test_slsqp_asks_about_one_uniform_image() -> None:
    x = pictures(1, 1, 64, 64, low=0.9, high=1.0).expand(2, -1, -1, -1)
    search, asked = trace("slsqp", Scripted(), x)
    assert search.queries.tolist() == [2, 2]
    assert len(asked) == 4
    for image in asked[2:]:
        assert stats.kstest(image.flatten().numpy(), "uniform").pvalue > 0.001
    assert abs(np.corrcoef(asked[1:].flatten(1).numpy()) - np.eye(3)).max() < 0.1
    _, other = trace("slsqp", Scripted(), x[:1], seed=1)
    assert not torch.equal(other[1], asked[2])


@pytest.mark.parametrize("hit", [(), (1,)])
def test_slsqp_finds_what_it_drew_if_that_is_adversarial(hit: tuple[int, ...]) -> None:
    x = pictures(1, 1, 8, 8)
    search, asked = trace("slsqp", Scripted(*hit), x)
    assert len(asked) == 2
    assert search.found.item() == bool(hit)
    assert torch.equal(search.best[0], asked[1] if hit else x[0])


def deepfool_by_hand(model: Model, x: Tensor) -> tuple[list[Tensor], bool]:
    """The images after each step, and whether the last is adversarial; up to where rounding decides."""
    label, image = label_of(model, x), x.double()
    ranks = model(x[None].double())[0].argsort(descending=True)[:10].tolist()
    steps: list[Tensor] = []
    for _ in range(100):
        logits, jacobian = logits_and_jacobian(model, image)
        ways = []
        for other in ranks:
            lack = (logits[label] - logits[other]).item()
            if lack > 0:
                way = jacobian[other] - jacobian[label]
                size = way.norm().item() + 1e-8
                ways.append((lack / size, lack / size**2 * way))
        image = (image + 1.05 * min(ways, key=lambda each: each[0])[1]).clamp(0, 1)
        margin = lead(model(image[None])[0], label)
        if abs(margin) < 1e-4:
            break
        steps.append(image)
        if margin < 0:
            return steps, True
    return steps, False


@pytest.mark.parametrize("name", ["deepfool", "deepfool-tie-safe"])
@pytest.mark.parametrize("model", [Linear(), Linear(classes=13), Curved(36), Curved(36, classes=13)])
@pytest.mark.parametrize(("low", "high"), [(0.3, 0.7), (0.0, 1.0)])
def test_deepfool_goes_the_way_of_its_definition(name: str, model: Model, low: float, high: float) -> None:
    count = 0
    for image, search, asked in traces(name, model, pictures(6, 1, 6, 6, low=low, high=high)):
        steps, found = deepfool_by_hand(model, image)
        assert_followed(image, search, asked, steps, found)
        count += found
    assert count >= 3


def test_deepfool_fails_where_every_class_is_tied() -> None:
    search, asked = trace("deepfool", Recorded(Linear()), torch.full((1, 1, 6, 6), 0.5))
    assert search.failed.item()
    assert not search.found.item()
    assert (asked == 0.5).all()


def ranked(x: Tensor) -> Model:
    """Twelve classes in this order for x, of which the tenth is near, and the eleventh still nearer."""
    strength = torch.full((12, 1), 0.1)
    strength[9], strength[10] = 30.0, 1000.0
    weight = strength * torch.randn(12, x.numel(), generator=torch.Generator().manual_seed(3))
    start = -0.1 * torch.arange(12)
    return lambda images: (images - x).flatten(1) @ weight.T.to(images.dtype) + start.to(images.dtype)


@pytest.mark.parametrize("name", ["deepfool", "deepfool-tie-safe", "adef", "adef-overshoot"])
def test_deepfool_and_adef_look_at_the_ten_highest_classes_only(name: str) -> None:
    model, (image,) = ranked(waves(1)[0]), waves(1)
    search, asked = trace(name, Recorded(model), image[None])
    overshoot = 1.05 if name == "adef-overshoot" else 1.0
    hand = deepfool_by_hand(model, image) if "deepfool" in name else adef_by_hand(model, image, overshoot)
    assert len(hand[0]) >= 1
    assert_followed(image, search, asked, *hand)


def target_by_hand(model: Model, x: Tensor) -> int | None:
    """The class that the closest adversarial along the gradient itself is taken for."""
    label = label_of(model, x)
    gradient = entropy_gradient(model, x, label)
    direction = gradient / (gradient.square().mean().sqrt() + 1e-8)

    def first(epsilons: list[float]) -> int | None:
        for number, epsilon in enumerate(epsilons):
            if label_of(model, stepped(x, direction, epsilon)) != label:
                return number
        return None

    epsilons = [k / 1000 for k in range(1, 1001)]
    hit = first(epsilons)
    if hit is None:
        return None
    if hit < 20:
        epsilons = [epsilons[hit] * j / 20 for j in range(1, 21)]
        hit = first(epsilons)
        assert hit is not None
    return label_of(model, stepped(x, direction, epsilons[hit]))


def saliency_by_hand(model: Model, x: Tensor, target: int) -> tuple[list[Tensor], bool]:
    """The images asked about, the clean one first, and whether the last is adversarial."""
    label, image = label_of(model, x), x.double().clone()
    mask, count, asked = torch.ones(x.numel()), torch.zeros(x.numel()), []
    for _ in range(2000):
        asked.append(image.clone())
        if label_of(model, image) != label:
            return asked, True
        slope = entropy_gradient(model, image, target).flatten() * mask
        place = int(slope.argmax())
        sign = slope[place].sign()
        if sign == 0:
            return asked, False
        values = image.flatten()
        values[place] -= 0.1 * sign
        count[place] += 1
        if not 0 < values[place] < 1 or count[place] >= 7:
            mask[place] = 0
        image = values.clamp(0, 1).reshape(x.shape)
    return asked, False


@pytest.mark.parametrize("model", [Linear(classes=4), Linear(classes=4, scale=0.2), Curved(36)])
def test_saliency_map_goes_the_way_of_its_definition(model: Model) -> None:
    ends = []
    for image, search, asked in traces("saliency-map", model, pictures(6, 1, 6, 6, low=0.13, high=0.87)):
        target = target_by_hand(model, image)
        assert target is not None
        steps, found = saliency_by_hand(model, image, target)
        expected = distinct(steps)
        assert_same(distinct(asked)[-len(expected) :], expected, 1e-5)
        assert search.found.item() == found
        if found:
            assert search.distance.item() == pytest.approx(square(steps[-1], image), rel=1e-4)
        ends.append(found)
    assert any(ends)


def test_saliency_map_goes_for_any_class_where_the_gradient_leads_nowhere() -> None:
    """The way goes on until each value is at a bound, or was moved seven times."""
    model = sure(Curved(9, scale=0.05))
    targets: set[int] = set()
    for sample, image in enumerate(pictures(5, 3, 1, 3, low=0.03, high=0.97)):
        made, recorded = attack("saliency-map"), Recorded(model)
        made.first = sample
        search = made.search(recorded, BOUNDS, image[None], torch.tensor([0]))
        assert not search.found.item()
        asked = distinct(recorded.images).double()
        ways = {target: distinct(saliency_by_hand(model, image, target)[0]) for target in (0, 1, 2, 3)}
        taken = {
            target
            for target, way in ways.items()
            if torch.allclose(asked[-len(way) :], way, rtol=0, atol=1e-5)
        }
        assert taken
        targets |= taken if len(taken) == 1 else set()  # two may lead the same way
    assert target_by_hand(model, image) is None
    assert targets <= {1, 2, 3}
    assert len(targets) > 1
