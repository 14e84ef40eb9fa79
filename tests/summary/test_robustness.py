"""Oracle: made-up attacks with answers known by hand; the same counted in loops, with Python's statistics."""

import math
import random
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Literal

import pyarrow as pa
import pytest
from scipy.stats import binom

from lea.store import read_record
from lea.summary import reliability, robustness
from lea.summary.seeds import describe, difference
from tests.summary.made import Row, Spec, inputs_of, rows_of, spec, stage_table
from tests.summary.test_endings import LABEL, read

pytestmark = pytest.mark.filterwarnings("error")

Outcome = float | Literal["nothing found", "failed", "error"]  # the distance of a find, or why there is none
Outcomes = Mapping[str, Sequence[Outcome]]  # attack -> what it makes of each of the images
NOTHING: Outcome = "nothing found"
KINDS = {
    "gradient-sign": ("gradient", "source"),
    "deepfool": ("gradient", "source"),
    "slsqp": ("gradient", "source"),
    "slsqp-corrected": ("gradient", "corrected"),
    "gradient-sign-margin": ("gradient", "corrected"),
    "mine": ("gradient", "own"),
    "single-pixel": ("score", "source"),
    "spatial": ("decision", "source"),
    "gaussian-blur": ("decision", "source"),
}
METRICS = [
    *("attacked", "found", "failed", "errors", "success", "confirmed", "distance", "median distance"),
    *("literal success", "literal distance", "queries", "gradients", "seconds"),
]


def attacks(
    outcomes: Outcomes,
    run: str = "a",
    seed: int = 0,
    of: Spec | None = None,
    *,
    wrong: Sequence[int] = (),
    labels: Sequence[int] | None = None,
    audit: Sequence[Row] | None = None,
    changed: Mapping[tuple[str, int], Row] | None = None,
) -> pa.Table:
    """One seed's table, attack by attack; images that are wrong from the start have numbers to trip over."""
    rows: list[Row] = []
    for attack, made in outcomes.items():
        family, protocol = KINDS[attack]
        key: Row = {"run": run, "seed": seed, "family": family, "protocol": protocol, "attack": attack}
        for sample, outcome in enumerate(made):
            label = labels[sample] if labels else sample % 4
            found = outcome if isinstance(outcome, float) else None
            row = key | {"sample": sample, "label": label, "clean": label, "confirmed": found and True}
            row |= {"status": outcome if found is None else "found", "success": found is not None}
            row |= {"distance": found, "queries": 10, "gradients": 5 * (family == "gradient"), "seconds": 0.5}
            row |= {"margin": 2.0, "slope": 1.0, "rises": True} | (audit[sample] if audit else {})
            row |= (changed or {}).get((attack, sample), {})
            if sample in wrong:
                row |= {"clean": label + 1, "status": "not attacked", "success": False, "confirmed": None}
                row |= {"distance": None, "queries": 1, "gradients": 0, "seconds": 0.0}
                row |= {"margin": -9.0, "slope": 0.0, "rises": False}
            rows.append(row)
    first = [row for row in rows if row["attack"] == next(iter(outcomes))]
    counts = list(Counter(row["label"] for row in first).values())
    return stage_table("attacks", rows, {"id": run, "seed": seed, "labels": counts, **(of or spec())})


def trained(under_attack: pa.Table) -> pa.Table:
    """What the training of the same seed came to, if the images under attack are the test set."""
    record = read_record(under_attack)
    answers = {row["sample"]: row["label"] == row["clean"] for row in under_attack.to_pylist()}
    accuracy = sum(answers.values()) / len(answers)
    point: Row = {"run": record["id"], "seed": record["seed"], "part": "network", "split": "test"}
    rows: list[Row] = [
        point | {"epoch": epoch, "metric": metric, "value": value}
        for epoch, metric, value in ((1, "accuracy", 0.01), (2, "loss", 1.5), (2, "accuracy", accuracy))
    ]
    return stage_table("metrics", rows, record)


def summary(
    module: ModuleType,
    labels: Mapping[str, str],
    *tables: pa.Table,
    baselines: Mapping[str, str] | None = None,
    **options: object,
) -> list[Row]:
    once = {(read_record(one)["id"], read_record(one)["seed"]): one for one in tables}
    metrics = list(map(trained, once.values()))
    return rows_of(module, inputs_of(labels, baselines, attacks=tables, metrics=metrics), **options)


def came_to(*tables: pa.Table, column: str = "median") -> dict[str, object]:
    """Of the one run: "attack: metric"."""
    found = read(summary(robustness, LABEL, *tables), column, "attack", "metric")
    return {f"{attack}: {metric}": value for (attack, metric), value in found.items()}


def same(found: object, known: float) -> bool:
    return isinstance(found, float) and found == pytest.approx(known, abs=1e-12, nan_ok=True)


# --- robustness: one run ---

EIGHT: Outcomes = {"gradient-sign": [NOTHING, 0.01, 0.03, 0.08, NOTHING, "failed", "error", NOTHING]}


def test_shares_are_of_attacked_images_and_distances_of_finds() -> None:
    asked: Row = {"queries": 40, "gradients": 23, "seconds": 2.0}
    changed: dict[tuple[str, int], Row] = {("gradient-sign", 4): asked}
    changed[("gradient-sign", 2)] = {"confirmed": False}
    found = came_to(attacks(EIGHT, wrong=[0, 7], changed=changed))
    known = {"attacked": 6, "found": 3, "failed": 1, "errors": 1, "success": 3 / 6, "confirmed": 2 / 6}
    known |= {"distance": 0.04, "median distance": 0.03}
    known |= {"literal success": (2 + 3) / 8, "literal distance": 0.12 / (2 + 3)}
    known |= {"queries": (5 * 10 + 40) / 6, "gradients": (5 * 5 + 23) / 6, "seconds": (5 * 0.5 + 2.0) / 6}
    assert list(found) == [f"gradient-sign: {metric}" for metric in METRICS]
    for metric in METRICS:
        assert same(found[f"gradient-sign: {metric}"], known[metric]), metric


def test_a_share_of_all_images_is_one() -> None:
    found = came_to(attacks({"spatial": 49 * [0.25]}))
    assert found["spatial: success"] == found["spatial: confirmed"] == 1.0


def test_a_seed_in_which_nothing_is_found_has_a_success_and_no_distance() -> None:
    seeds: list[list[Outcome]] = [[0.1, 0.3], [NOTHING, NOTHING], [0.4, NOTHING]]
    tables = [attacks({"spatial": one}, seed=seed) for seed, one in enumerate(seeds)]
    counted, medians = came_to(*tables, column="seeds"), came_to(*tables)
    for metric, seeds_counted, median in (
        ("success", 3, 0.5),
        ("found", 3, 1.0),
        ("distance", 2, 0.3),
        ("median distance", 2, 0.3),
        ("literal success", 3, 0.5),
        ("literal distance", 2, 0.3),
    ):
        assert counted[f"spatial: {metric}"] == seeds_counted
        assert same(medians[f"spatial: {metric}"], median)


def test_a_network_that_gets_nothing_right_is_not_attacked() -> None:
    table = attacks({"spatial": 4 * [NOTHING], "gradient-sign": 4 * [NOTHING]}, wrong=range(4))
    found, counted = came_to(table), came_to(table, column="seeds")
    known = dict.fromkeys(METRICS, math.nan) | {"attacked": 0, "found": 0, "failed": 0, "errors": 0}
    known |= {"literal success": 1.0, "literal distance": 0.0}
    for attack in ("spatial", "gradient-sign"):
        for metric, value in known.items():
            assert same(found[f"{attack}: {metric}"], value), metric
            assert counted[f"{attack}: {metric}"] == (0 if math.isnan(value) else 1)


def test_a_seed_that_gets_nothing_right_takes_no_part_in_success() -> None:
    tables = [attacks({"spatial": [0.1, NOTHING]}), attacks({"spatial": 2 * [NOTHING]}, seed=1, wrong=[0, 1])]
    assert came_to(*tables)["spatial: success"] == 0.5
    assert came_to(*tables, column="seeds")["spatial: success"] == 1
    assert came_to(*tables)["spatial: attacked"] == 1.0


def by_hand(table: pa.Table, attack: str) -> dict[str, float]:
    """One attack's metrics of one seed, counted row by row."""
    rows = [row for row in table.to_pylist() if row["attack"] == attack]
    right = [row for row in rows if row["label"] == row["clean"]]
    finds = [row["distance"] for row in right if row["success"]]
    with_zeros = finds + [0.0 for row in rows if row["label"] != row["clean"]]
    return {
        "attacked": len(right),
        "found": len(finds),
        "success": len(finds) / len(right),
        "confirmed": sum(row["confirmed"] is True for row in right) / len(right),
        "distance": statistics.fmean(finds),
        "median distance": statistics.median(finds),
        "literal success": len(with_zeros) / len(rows),
        "literal distance": statistics.fmean(with_zeros),
    }


def made_up(rng: random.Random, run: str, seed: int, of: Spec) -> pa.Table:
    """Twelve images, of which the first is always found and the last two may be wrong."""
    outcomes = {
        attack: [rng.random(), *(rng.choice([rng.random(), NOTHING, "failed"]) for _ in range(11))]
        for attack in ("spatial", "gradient-sign", "gaussian-blur", "deepfool")
    }
    return attacks(outcomes, run, seed, of, wrong=[one for one in (10, 11) if rng.random() < 0.5])


def test_every_attack_comes_to_the_median_and_range_of_its_seeds_and_differs_by_that_of_medians() -> None:
    rng = random.Random(0)
    runs = {"b": spec("cnn-lea", "ae", 4), "a": spec(), "c": spec("cnn-lea", "vae", 4)}
    tables = {run: [made_up(rng, run, seed, of) for seed in range(4)] for run, of in runs.items()}
    every = [one for run in runs for one in tables[run]]
    rows = summary(robustness, {run: run for run in runs}, *every, baselines={"b": "a", "c": "a"})
    assert len(rows) == 3 * 4 * len(METRICS)
    for row in rows:
        attack, metric, run = str(row["attack"]), str(row["metric"]), str(row["run"])
        assert (row["family"], row["protocol"]) == KINDS[attack]
        if metric not in by_hand(tables["a"][0], attack):
            continue
        values, theirs = ([by_hand(one, attack)[metric] for one in tables[which]] for which in (run, "a"))
        assert same(row["median"], statistics.median(values))
        assert same(row["minimum"], min(values))
        assert same(row["maximum"], max(values))
        known = difference(values, [] if run == "a" else theirs)
        assert same(row["difference"], known["difference"])
        assert row["baseline"] == (None if run == "a" else "a")


# --- robustness: over seeds and images ---


def intervals(
    finds: Mapping[str, Sequence[Outcomes]], *, wrong: Mapping[str, Sequence[Sequence[int]]] | None = None
) -> dict[tuple[object, ...], tuple[float, ...]]:
    """Run -> what each seed made of the images: {(run, metric): its four ends}."""
    tables = [
        attacks(one, run, seed, spec("cnn-lea", run), wrong=(wrong or {}).get(run, [()] * 99)[seed])
        for run, seeds in finds.items()
        for seed, one in enumerate(seeds)
    ]
    rows = summary(
        robustness,
        {run: run for run in finds},
        *tables,
        baselines={run: "classic" for run in finds if run != "classic"},
    )
    ends = ("low", "high", "difference_low", "difference_high")
    return {(row["run"], row["metric"]): tuple(float(str(row[end])) for end in ends) for row in rows}


def of_found(found: Sequence[bool]) -> Outcomes:
    return {"spatial": [0.1 if one else NOTHING for one in found]}


def test_where_seeds_agree_the_interval_of_a_share_is_the_binomials() -> None:
    for finds in (10, 40, 63):
        seeds = [of_found([image < finds for image in range(80)])] * 3
        low, high, *_ = intervals({"classic": seeds})["classic", "success"]
        known = binom.ppf([0.025, 0.975], 80, finds / 80) / 80
        assert [low, high] == pytest.approx(list(known), abs=1.01 / 80)


def test_where_images_agree_the_interval_is_that_over_seeds() -> None:
    rng = random.Random(1)
    ours, theirs = ([rng.random() for _ in range(5)] for _ in range(2))
    found = intervals(
        {
            run: [{"spatial": 30 * [one]} for one in values]
            for run, values in (("classic", theirs), ("ae", ours))
        }
    )["ae", "distance"]
    alone, apart = describe(ours), difference(ours, theirs)
    between = max(ours) - min(ours)
    assert found == pytest.approx(
        (alone["low"], alone["high"], apart["low"], apart["high"]), abs=0.15 * between
    )
    assert found[:2] == pytest.approx((alone["low"], alone["high"]))  # values of seeds, which are few


def test_images_are_drawn_once_for_both_runs() -> None:
    """Where every seed of both says the same of each image, the difference is no matter of images."""
    seeds = [of_found([image % 3 == 0 for image in range(60)])] * 4
    low, high, *apart = intervals({"classic": seeds, "ae": seeds})["ae", "success"]
    assert high - low > 0.1
    assert apart == [0.0, 0.0]
    turned = [of_found([image % 3 == 1 for image in range(60)])] * 4
    low, high = intervals({"classic": seeds, "ae": turned})["ae", "success"][2:]
    assert low < -0.1 < 0.1 < high  # one of the two gains with an image what the other loses


def test_more_images_narrow_the_interval() -> None:
    rng = random.Random(2)

    def width(images: int) -> float:
        made = [of_found([rng.random() < 0.5 for _ in range(images)]) for _ in range(5)]
        low, high, *_ = intervals({"classic": made})["classic", "success"]
        return high - low

    assert width(400) < 0.7 * width(40)


def test_the_order_of_seeds_says_nothing() -> None:
    rng = random.Random(4)
    made = [of_found([rng.random() < share for _ in range(30)]) for share in (0.2, 0.5, 0.6, 0.9)]
    theirs = [of_found([rng.random() < 0.5 for _ in range(30)]) for _ in range(4)]
    first = intervals({"classic": theirs, "ae": made})["ae", "success"]
    turned = intervals({"classic": theirs[::-1], "ae": made[2:] + made[:2]})["ae", "success"]
    assert turned == pytest.approx(first)


@pytest.mark.parametrize("metric", ["success", "distance", "median distance", "literal distance"])
def test_drawn_again_by_a_loop_over_rows_an_interval_is_the_same_but_for_the_draws(metric: str) -> None:
    rng = random.Random(3)
    kinds: list[Outcome] = [NOTHING, "failed"]
    made: dict[str, list[Outcomes]] = {
        run: [
            {"spatial": [rng.choice([*(shift + rng.random() for _ in range(5)), *kinds]) for _ in range(25)]}
            for _ in range(4)
        ]
        for run, shift in (("classic", 0.0), ("ae", 0.4))
    }
    wrong = {run: [rng.sample(range(25), 3) for _ in range(4)] for run in made}
    found = intervals(made, wrong=wrong)["ae", metric]
    tables = {
        run: [attacks(one, run, 0, wrong=wrong[run][seed]).to_pylist() for seed, one in enumerate(its)]
        for run, its in made.items()
    }

    def of(rows: Sequence[Row]) -> float:
        return by_hand(stage_table("attacks", list(rows), {"id": "a", "seed": 0}), "spatial")[metric]

    differences, medians = [], []
    for _ in range(600):
        images = rng.choices(range(25), k=25)
        drawn = {
            run: statistics.median(of([rows[image] for image in images]) for rows in rng.choices(its, k=4))
            for run, its in tables.items()
        }
        medians.append(drawn["ae"])
        differences.append(drawn["ae"] - drawn["classic"])
    for ends, drawn_again in ((found[:2], medians), (found[2:], differences)):
        steps = statistics.quantiles(drawn_again, n=40)
        assert ends == pytest.approx((steps[0], steps[-1]), abs=0.12 * (steps[-1] - steps[0]))


def test_one_seed_has_no_interval_of_a_difference() -> None:
    seeds = [of_found([True, False, True])]
    assert all(map(math.isnan, intervals({"classic": seeds, "ae": seeds})["ae", "success"][2:]))


# --- robustness: against the run that it is compared with ---


def found_at(distance: float, share: float = 1.0) -> Outcomes:
    """Of ten images this share, all at the same distance."""
    finds = round(10 * share)
    return {"spatial": finds * [distance] + (10 - finds) * [NOTHING]}


def compared(
    *tables: tuple[str, Spec, Outcomes], metric: str = "distance", alone: Sequence[str] = ()
) -> dict[str, tuple[object, object, object]]:
    """One seed each: {label: (baseline, difference, relative)} of the one attack; those that do not stand
    `alone` are compared with the classic network.
    """
    made = [attacks(outcomes, run, 0, of) for run, of, outcomes in tables]
    runs = [run for run, _, _ in tables]
    baselines = {run: "classic" for run in runs if run not in ("classic", *alone)}
    rows = summary(robustness, {run: run for run in runs}, *made, baselines=baselines)
    chosen = [row for row in rows if row["metric"] == metric]
    return {str(row["label"]): (row["baseline"], row["difference"], row["relative"]) for row in chosen}


VAE, AE = spec("cnn-lea", "vae", 4), spec("cnn-lea", "ae", 8)
ALONE = (None, pytest.approx(math.nan, nan_ok=True), pytest.approx(math.nan, nan_ok=True))


def test_a_relative_difference_is_over_the_root_mean_square_of_all_runs_with_a_baseline() -> None:
    found = compared(
        ("vae", VAE, found_at(0.5, 0.2)),
        ("classic", spec(), found_at(0.2, 0.6)),
        ("ae", AE, found_at(0.6, 0.9)),
        ("more", spec("cnn-lea", "cvae"), found_at(0.1, 0.5)),
        ("ae of a few", spec("cnn-lea", "ae", 8, samples=9), found_at(0.9, 0.1)),
        alone=["ae of a few"],
    )
    size = math.sqrt((0.3**2 + 0.4**2 + 0.1**2) / 3)
    assert found["more"] == ("classic", pytest.approx(-0.1), pytest.approx(-0.1 / size))
    assert found["vae"] == ("classic", pytest.approx(0.3), pytest.approx(0.3 / size))
    assert found["ae"] == ("classic", pytest.approx(0.4), pytest.approx(0.4 / size))
    assert found["classic"] == ALONE
    assert found["ae of a few"] == ALONE
    found = compared(
        ("vae", VAE, found_at(0.5, 0.2)),
        ("classic", spec(), found_at(0.2, 0.6)),
        ("ae", AE, found_at(0.6, 0.9)),
        metric="success",
    )
    size = math.sqrt((0.4**2 + 0.3**2) / 2)
    assert found["vae"] == ("classic", pytest.approx(-0.4), pytest.approx(-0.4 / size))
    assert found["ae"] == ("classic", pytest.approx(0.3), pytest.approx(0.3 / size))


@pytest.mark.parametrize(
    "other", [spec(dataset="mnist"), spec(target="size"), spec(samples=9), spec("cnn-lea", "vae", 4)]
)
def test_a_run_is_compared_with_the_one_that_the_analysis_says_and_no_other(other: Spec) -> None:
    others, own = ("other", other, found_at(0.1)), ("classic", spec(), found_at(0.2))
    ours = ("vae", VAE, found_at(0.5))
    assert compared(others, ours, alone=["vae", "other"])["vae"] == ALONE
    found = compared(others, ours, own, alone=["other"])
    assert found["vae"] == ("classic", pytest.approx(0.3), pytest.approx(1.0))
    assert found["other"] == ALONE


def test_a_run_that_did_not_learn_is_no_measure_of_the_others() -> None:
    labels = [sample % 4 for sample in range(40)]
    runs = {"vae": (VAE, 0.3, ()), "classic": (spec(), 0.1, ()), "ae": (AE, 0.9, range(3, 40))}
    tables = [
        attacks({"spatial": 40 * [distance]}, run, 0, of, wrong=tuple(wrong), labels=labels)
        for run, (of, distance, wrong) in runs.items()
    ]
    baselines = {"vae": "classic", "ae": "classic"}
    rows = summary(robustness, {run: run for run in runs}, *tables, baselines=baselines)
    rows = [row for row in rows if row["metric"] == "distance"]
    assert {row["label"]: row["baseline_learnt"] for row in rows} == {
        "vae": True,
        "ae": True,
        "classic": None,
    }
    assert {row["label"]: row["learnt"] for row in rows} == {"vae": True, "classic": True, "ae": False}
    found = {row["label"]: row["relative"] for row in rows}
    assert (found["vae"], found["ae"]) == pytest.approx((1.0, 4.0))


def test_attacks_are_compared_each_with_itself() -> None:
    ours: Outcomes = {"spatial": 40 * [0.7], "gradient-sign": 40 * [0.3], "deepfool": 40 * [0.1]}
    theirs: Outcomes = {"gaussian-blur": 40 * [0.9], "gradient-sign": 40 * [0.8], "spatial": 40 * [0.5]}
    tables = [attacks(ours, "vae", 0, VAE), attacks(theirs, "classic", 0, spec())]
    labels = {"vae": "vae", "classic": "classic"}
    rows = summary(robustness, labels, *tables, baselines={"vae": "classic"})
    rows = [row for row in rows if row["metric"] == "distance"]
    found = read(rows, "difference", "label", "attack")
    relative = read(rows, "relative", "label", "attack")
    assert same(found["vae", "spatial"], 0.2)
    assert same(found["vae", "gradient-sign"], -0.5)
    assert same(found["vae", "deepfool"], math.nan)
    assert (relative["vae", "spatial"], relative["vae", "gradient-sign"]) == pytest.approx((1.0, -1.0))
    assert same(relative["vae", "deepfool"], math.nan)


@pytest.mark.parametrize("metric", METRICS)
def test_runs_that_are_all_equal_differ_by_nothing_also_relatively(metric: str) -> None:
    runs = (("vae", VAE), ("classic", spec()), ("ae", AE))
    found = compared(*((run, of, found_at(0.25, 0.5)) for run, of in runs), metric=metric)
    assert found == {"vae": ("classic", 0.0, 0.0), "classic": ALONE, "ae": ("classic", 0.0, 0.0)}


@pytest.mark.parametrize("metric", ["success", "confirmed"])
@pytest.mark.parametrize("count", [49, 98, 103])  # count * (1 / count) < 1
def test_shares_of_all_images_are_equal_whatever_their_number(metric: str, count: int) -> None:
    runs = (("vae", VAE, count), ("classic", spec(), 100), ("ae", AE, 50))
    found = compared(*((run, of, {"spatial": number * [0.25]}) for run, of, number in runs), metric=metric)
    assert found == {"vae": ("classic", 0.0, 0.0), "classic": ALONE, "ae": ("classic", 0.0, 0.0)}


def test_a_run_under_which_nothing_is_found_has_no_distance_to_compare() -> None:
    found = compared(
        ("vae", VAE, found_at(0.5)), ("classic", spec(), found_at(0.2)), ("ae", AE, found_at(0.5, 0))
    )
    assert found["vae"] == ("classic", pytest.approx(0.3), pytest.approx(1.0))
    assert found["ae"] == ("classic", *ALONE[1:])


# --- what both share ---


@pytest.mark.parametrize("module", [robustness, reliability])
@pytest.mark.parametrize(
    ("labels", "least"),
    [
        (25 * [0, 1, 2, 3], 38),  # 0.25 + 3 * 0.0433 = 0.3799
        (64 * [2] + 20 * [0] + 16 * [1], 79),  # 0.64 + 3 * 0.048 = 0.784
        (48 * [0] + 52 * [1], 67),  # 0.52 + 3 * 0.04996 = 0.6699
    ],
)
def test_a_task_is_learnt_three_standard_errors_beyond_the_commonest_label(
    module: ModuleType, labels: list[int], least: int
) -> None:
    for right, learnt in ((least - 1, False), (least, True)):
        outcomes: Outcomes = {"spatial": 100 * [0.1], "gradient-sign": 100 * [0.2]}
        rows = summary(module, LABEL, attacks(outcomes, labels=labels, wrong=range(right, 100)))
        assert {row["learnt"] for row in rows} == {learnt}
        assert {row["accuracy"] for row in rows} == {right / 100}


@pytest.mark.parametrize("module", [robustness, reliability])
@pytest.mark.parametrize(("right", "learnt"), [((0, 37, 100), False), ((37, 38, 38), True)])
def test_a_task_is_learnt_if_the_median_seed_learns_it(
    module: ModuleType, right: Sequence[int], learnt: bool
) -> None:
    tables = [
        attacks({"spatial": 100 * [NOTHING]}, seed=seed, wrong=range(one, 100))
        for seed, one in enumerate(right)
    ]
    rows = summary(module, LABEL, *tables)
    assert {(row["accuracy"], row["learnt"]) for row in rows} == {(sorted(right)[1] / 100, learnt)}


def test_one_label_for_all_images_is_not_learnt() -> None:
    (learnt,) = {row["learnt"] for row in summary(reliability, LABEL, attacks(EIGHT, labels=8 * [3]))}
    assert learnt is False


@pytest.mark.parametrize("module", [robustness, reliability])
def test_runs_and_attacks_keep_their_order_though_families_are_files_of_their_own(module: ModuleType) -> None:
    families: list[Outcomes] = [
        {"slsqp": 3 * [0.4], "deepfool": 3 * [0.2], "gradient-sign-margin": 3 * [0.1]},
        {"single-pixel": 3 * [NOTHING]},
        {"spatial": 3 * [0.3], "gaussian-blur": 3 * [0.1]},
    ]
    runs = {"ant": VAE, "mole": spec(), "bee": AE}
    tables = [attacks(one, run, seed, of) for run, of in runs.items() for one in families for seed in (0, 1)]
    labels = {"zebra": "mole", "cat": "bee", "dog": "ant", "ape": "ant"}
    baselines = {label: "zebra" for label in labels if label != "zebra"}
    rows = summary(module, labels, *tables, baselines=baselines)
    assert list(dict.fromkeys(row["label"] for row in rows)) == list(labels)
    for label, run in labels.items():
        its = [row for row in rows if row["label"] == label]
        assert {row["run"] for row in its} == {run}
        if module is robustness:
            known = [(attack, metric) for one in families for attack in one for metric in METRICS]
            assert [(row["attack"], row["metric"]) for row in its] == known
            assert {row["baseline"] for row in its} == {"zebra" if label != "zebra" else None}
        else:
            known = [(one, None) for one in ALL] + [("beaten", "source"), ("beaten", "corrected")]
            assert [(row["metric"], row["protocol"]) for row in its] == known
        assert {row["seeds"] for row in its if row["metric"] in ("success", "beaten", "blind")} == {2}


@pytest.mark.parametrize("module", [robustness, reliability])
def test_a_row_says_what_its_run_was_and_whole_numbers_stay_whole(module: ModuleType) -> None:
    ours, theirs = attacks(EIGHT, "a", 0, VAE), attacks(EIGHT, "b", 0, spec(samples=100))
    rows = summary(module, {"A": "a", "B": "b"}, ours, theirs)
    known: Row = {"run": "a", "network": "cnn-lea", "autoencoder": "vae", "coder": "fc"}
    known |= {"code_length": 5, "window": 4, "samples": None, "lea_weight": None}
    facts = {"A": known, "B": {"run": "b", "network": "classic", "samples": 100}}
    facts["B"] |= dict.fromkeys(("autoencoder", "coder", "code_length", "window", "lea_weight"))
    for row in rows:
        assert row.items() >= facts[str(row["label"])].items()
    assert all(type(row[one]) is int for row in rows for one in ("code_length", "window") if row[one])


# --- reliability ---

ALL = ["attacked", "margin", "blind", "falling", "worst success", "worst distance"]


def audited(
    audit: Sequence[Row], wrong: Sequence[int] = (), outcomes: Outcomes | None = None
) -> dict[str, object]:
    """Of the one run under two attacks: each metric of the network alone."""
    made = outcomes or {"gradient-sign": len(audit) * [0.5], "spatial": len(audit) * [NOTHING]}
    rows = summary(reliability, LABEL, attacks(made, audit=audit, wrong=wrong))
    alone = [row for row in rows if row["protocol"] is None]
    assert [row["metric"] for row in alone] == ALL
    return {str(row["metric"]): row["median"] for row in alone}


def test_an_attacked_image_is_blind_without_a_finite_slope_other_than_zero() -> None:
    slopes = [0.0, math.nan, math.inf, -math.inf, 1e-300, 3.0, -0.0, 0.0, math.nan]
    found = audited([{"slope": slope} for slope in slopes], wrong=[7, 8])
    assert same(found["blind"], 5 / 7)
    assert found["falling"] == 0


def test_an_attacked_image_is_falling_where_the_step_brings_no_class_closer() -> None:
    found = audited([{"rises": one} for one in (True, False, False, True, True, False)], wrong=[1])
    assert same(found["falling"], 2 / 5)
    assert found["blind"] == 0


def test_the_margin_is_the_mean_over_attacked_images_each_counted_once() -> None:
    outcomes: Outcomes = {"gradient-sign": 4 * [0.5], "spatial": 4 * [0.1], "single-pixel": 4 * [NOTHING]}
    found = audited([{"margin": one} for one in (1.0, 6.0, 100.0, 3.5)], [2], outcomes)
    assert same(found["margin"], 3.5)
    assert found["attacked"] == 0.75


def test_the_worst_case_is_the_closest_find_of_all_attacks_image_by_image() -> None:
    outcomes: Outcomes = {
        "gradient-sign": [0.5, NOTHING, NOTHING, 0.2, NOTHING, NOTHING],
        "single-pixel": [0.3, "failed", 0.9, 0.7, "error", NOTHING],
        "spatial": [0.4, NOTHING, 0.8, NOTHING, NOTHING, NOTHING],
    }
    found = audited(6 * [{}], [5], outcomes)
    assert same(found["worst success"], 3 / 5)
    assert same(found["worst distance"], (0.3 + 0.8 + 0.2) / 3)


def test_where_nothing_is_found_the_worst_case_has_no_distance() -> None:
    found = audited(2 * [{}], outcomes={"spatial": [NOTHING, NOTHING]})
    assert found["worst success"] == 0
    assert same(found["worst distance"], math.nan)


def beaten(outcomes: Outcomes, **asked: object) -> dict[object, object]:
    """Of the one run: the share by protocol."""
    rows = summary(reliability, LABEL, attacks(outcomes, **asked))
    return read([row for row in rows if row["metric"] == "beaten"], "median", "protocol")


SEVEN: list[Outcome] = [0.2, 0.1, NOTHING, NOTHING, 0.3, "failed", NOTHING]
DECIDED: list[Outcome] = [0.1, 0.1, 0.5, NOTHING, NOTHING, 0.4, 0.9]  # closer, tie, alone, -, -, alone, wrong


@pytest.mark.parametrize(
    ("others", "known"),
    [
        ({}, {"source": 3 / 6}),
        ({"gaussian-blur": [0.9, 0.09, 0.9, 0.9, 0.9, 0.9, 0.9]}, {"source": 5 / 6}),
        ({"deepfool": [0.05, NOTHING, 0.5, NOTHING, NOTHING, NOTHING, 0.1]}, {"source": 1 / 6}),
        ({"single-pixel": 7 * [0.001]}, {"source": 3 / 6}),
        ({"gradient-sign-margin": 7 * [0.01]}, {"source": 3 / 6, "corrected": 0.0}),
        ({"mine": 7 * [NOTHING]}, {"source": 3 / 6, "own": 3 / 6}),
        (
            {"gradient-sign-margin": 7 * [NOTHING], "slsqp-corrected": [*3 * [NOTHING], *4 * [0.01]]},
            {"source": 3 / 6, "corrected": 2 / 6},
        ),
    ],
)
def test_a_protocol_is_beaten_with_the_sources_attacks_where_a_decision_attack_finds_closer_or_alone(
    others: Outcomes, known: dict[str, float]
) -> None:
    outcomes: Outcomes = {"gradient-sign": SEVEN, "spatial": DECIDED} | others
    for order in (list(outcomes), list(outcomes)[::-1]):
        found = beaten({attack: outcomes[attack] for attack in order}, wrong=[6])
        assert found == {(protocol,): pytest.approx(share) for protocol, share in known.items()}


def test_an_attack_that_asks_for_no_gradient_does_not_defend_its_protocol() -> None:
    outcomes: Outcomes = {"slsqp": 7 * [0.001], "gradient-sign": SEVEN, "spatial": DECIDED}
    none: dict[tuple[str, int], Row] = {("slsqp", sample): {"gradients": 0} for sample in range(7)}
    assert beaten(outcomes, wrong=[6], changed=none) == {("source",): pytest.approx(3 / 6)}
    assert beaten(outcomes, wrong=[6]) == {("source",): 0.0}
    del outcomes["gradient-sign"]
    assert beaten(outcomes, wrong=[6], changed=none) == {}


def test_nothing_is_beaten_unless_attacks_of_both_kinds_were_made() -> None:
    assert beaten({"gradient-sign": SEVEN, "single-pixel": DECIDED}) == {}
    assert beaten({"single-pixel": SEVEN, "spatial": DECIDED}) == {}


def test_families_of_attacks_in_files_of_their_own_are_set_side_by_side_seed_by_seed() -> None:
    shares, tables = [], []
    rng = random.Random(0)
    for seed in range(3):
        ours, theirs = ([rng.choice([rng.random(), NOTHING]) for _ in range(20)] for _ in range(2))
        tables += [
            attacks({"spatial": theirs}, seed=seed),
            attacks({"gradient-sign": ours, "slsqp-corrected": ours[::-1]}, seed=seed),
        ]
        pairs = list(zip(ours, theirs, strict=True))
        both = [one for one in pairs if isinstance(one[1], float)]
        shares.append(sum(not isinstance(one, float) or other < one for one, other in both) / 20)
    (row,) = (row for row in summary(reliability, LABEL, *tables) if row["protocol"] == "source")
    assert len(set(shares)) > 1
    assert (row["median"], row["minimum"], row["maximum"], row["seeds"]) == (
        *map(pytest.approx, (statistics.median(shares), min(shares), max(shares))),
        3,
    )


def signs(*counts: int, of: int = 20, **options: object) -> dict[str, tuple[object, object]]:
    """A seed each with so many of its images blind, falling and beaten: {metric: (limit, flagged)}."""
    tables = []
    for seed, count in enumerate(counts):
        bad: Row = {"slope": 0.0, "rises": False, "margin": 30.0}
        audit: list[Row] = [bad if sample < count else {"margin": 30.0} for sample in range(of)]
        outcomes: Outcomes = {
            "gradient-sign": count * [0.5] + (of - count) * [0.1],
            "spatial": of * [0.2],
        }
        tables.append(attacks(outcomes, seed=seed, audit=audit))
    rows = summary(reliability, LABEL, *tables, **options)
    return {str(row["metric"]): (row["limit"], row["flagged"]) for row in rows}


@pytest.mark.parametrize(
    ("counts", "flagged"),
    [((0,), False), ((3,), False), ((4,), True), ((20,), True), ((0, 3, 20), False), ((0, 4, 4), True)],
)
def test_more_than_a_twentieth_by_three_standard_errors_of_blind_falling_or_beaten_images_flags_a_run(
    counts: tuple[int, ...], flagged: bool
) -> None:
    limit = 0.05 + 3 * math.sqrt(0.05 * 0.95 / 20)
    found = signs(*counts)
    for metric in ("blind", "falling", "beaten"):
        assert found.pop(metric) == (pytest.approx(limit), flagged)
    assert found == dict.fromkeys(ALL[:2] + ALL[4:], (None, False))


@pytest.mark.parametrize(("limit", "least"), [(0.0, 1), (0.05, 4), (0.5, 17), (1.0, 21)])
def test_a_configuration_says_which_share_flags_a_run(limit: float, least: int) -> None:
    beyond = limit + 3 * math.sqrt(limit * (1 - limit) / 20)  # 16.7 images of 20 at a half
    for count, flagged in ((least - 1, False), (least, True)):
        if count <= 20:
            found = signs(count, limit=limit)
            for metric in ("blind", "falling", "beaten"):
                assert found[metric] == (pytest.approx(beyond), flagged)


def test_a_network_that_gets_nothing_right_is_neither_reliable_nor_flagged() -> None:
    outcomes: Outcomes = {"gradient-sign": 3 * [NOTHING], "spatial": 3 * [NOTHING]}
    rows = summary(reliability, LABEL, attacks(outcomes, wrong=range(3)))
    assert [row["metric"] for row in rows] == ALL
    assert not any(row["flagged"] or row["learnt"] for row in rows)
    for row in rows:
        assert (row["metric"], row["seeds"]) == (row["metric"], int(row["metric"] == "attacked"))
        assert same(row["median"], 0.0 if row["metric"] == "attacked" else math.nan)
