"""Oracle: made-up metrics, probes and images with known answers, Python's statistics, counting in loops."""

import math
import random
import statistics
from collections.abc import Mapping, Sequence
from itertools import product
from types import ModuleType

import pyarrow as pa
import pytest

from lea.data.tables import columns_of
from lea.errors import UserError
from lea.store import schema
from lea.summary import balance, contrasts, curves, endings, readings
from tests.summary.made import Row, Spec, inputs_of, recorded, rows_of, spec, stage_table

Epochs = Mapping[str, Sequence[float]]  # "part split metric" -> its values, epoch by epoch
LABEL = {"A": "a"}


def metrics(run: str, seed: int, epochs: Epochs, of: Spec | None = None) -> pa.Table:
    """One seed's table, epoch by epoch as a training writes it."""
    places = [(epoch, key) for key, values in epochs.items() for epoch in range(len(values))]
    rows: list[Row] = [
        {"run": run, "seed": seed, "epoch": epoch + 1}
        | dict(zip(("part", "split", "metric"), key.split(), strict=True))
        | {"value": epochs[key][epoch]}
        for epoch, key in sorted(places, key=lambda place: place[0])
    ]
    return stage_table("metrics", rows, {"id": run, "seed": seed, **(of or spec())})


def summary(
    module: ModuleType,
    labels: Mapping[str, str],
    *metrics: pa.Table,
    baselines: Mapping[str, str] | None = None,
    **others: Sequence[pa.Table],
) -> list[Row]:
    return rows_of(module, inputs_of(labels, baselines, metrics=metrics, **others))


def read(rows: Sequence[Row], column: str, *key: str) -> dict[tuple[object, ...], object]:
    """One column by others; no two rows have the same of these."""
    found = {tuple(row[name] for name in key): row[column] for row in rows}
    assert len(found) == len(rows)
    return found


def ended(*tables: pa.Table, column: str = "median") -> dict[str, object]:
    """Of the one run: "part split metric" at each moment."""
    found = read(summary(endings, LABEL, *tables), column, "moment", "part", "split", "metric")
    return {f"{moment}: {part} {split} {metric}": one for (moment, part, split, metric), one in found.items()}


# --- endings ---


def test_the_end_is_each_seeds_own_last_epoch() -> None:
    key = "network test accuracy"
    longer, shorter = metrics("a", 0, {key: [0.9, 0.8, 0.1]}), metrics("a", 1, {key: [0.7, 0.5]})
    assert ended(longer, shorter) == {f"end: {key}": pytest.approx(0.3)}
    assert ended(longer, shorter, column="minimum") == {f"end: {key}": 0.1}
    assert ended(longer, shorter, column="maximum") == {f"end: {key}": 0.5}


def test_every_run_part_split_and_metric_ends_at_the_median_and_range_of_its_seeds() -> None:
    rng = random.Random(0)
    keys = [" ".join(key) for key in product(("network", "lea1"), ("train", "test"), ("loss", "accuracy"))]
    known = {run: [{key: [rng.random() for _ in range(4)] for key in keys} for _ in range(5)] for run in "ab"}
    tables = [metrics(run, seed, one) for run, seeds in known.items() for seed, one in enumerate(seeds)]
    rows = [row for row in summary(endings, {"A": "a", "B": "b"}, *tables) if row["moment"] == "end"]
    rows = [row for row in rows if row["metric"] != "rise"]
    assert len(rows) == 2 * len(keys)
    for row in rows:
        key = f"{row['part']} {row['split']} {row['metric']}"
        values = [one[key][-1] for one in known[str(row["run"])]]
        assert row["median"] == pytest.approx(statistics.median(values), abs=1e-15)
        assert (row["minimum"], row["maximum"], row["seeds"]) == (min(values), max(values), 5)
        assert (row["low"], row["high"]) == (min(values), max(values))  # as of any five seeds


def test_an_ending_says_what_its_run_was() -> None:
    table = metrics("a", 0, {"lea test loss": [1.0]}, spec("lea-fc", "vae", 4, samples=100, lea_weight=0.5))
    (row,) = summary(endings, LABEL, table)
    known: Row = {"label": "A", "run": "a", "network": "lea-fc", "autoencoder": "vae", "coder": "fc"}
    known |= {"code_length": 5, "window": 4, "samples": 100, "lea_weight": 0.5, "seeds": 1}
    assert row.items() >= known.items()
    (row,) = summary(endings, LABEL, metrics("a", 0, {"lea test loss": [1.0]}, spec("pool-fc", None, 2)))
    without = dict.fromkeys(("autoencoder", "coder", "code_length", "samples", "lea_weight"))
    assert row.items() >= ({"network": "pool-fc", "window": 2} | without).items()


UPS_AND_DOWNS = [
    {  # the test images choose epoch 2, the held out ones epoch 3, a LEA neither
        "network test loss": [3.0, 1.0, 2.0],
        "network held-out loss": [3.0, 2.0, 1.0],
        "network train loss": [0.5, 0.4, 0.3],
        "network test accuracy": [0.1, 0.2, 0.3],
        "lea test loss": [0.0, 7.0, 8.0],
    },
    {  # epoch 3 and epoch 1
        "network test loss": [4.0, 5.0, 3.5],
        "network held-out loss": [1.0, 2.0, 3.0],
        "network train loss": [0.6, 0.7, 0.8],
        "network test accuracy": [0.4, 0.5, 0.6],
        "lea test loss": [9.0, 0.0, 5.0],
    },
]


@pytest.mark.parametrize(("split", "chosen"), [("test", (2, 3)), ("held-out", (3, 1))])
def test_each_seed_is_taken_at_the_epoch_of_its_own_lowest_loss(split: str, chosen: tuple[int, ...]) -> None:
    tables = [metrics("a", seed, epochs) for seed, epochs in enumerate(UPS_AND_DOWNS)]
    found, least = ended(*tables), ended(*tables, column="minimum")
    moment = f"lowest {split} loss"
    for key in UPS_AND_DOWNS[0]:
        values = [epochs[key][epoch - 1] for epochs, epoch in zip(UPS_AND_DOWNS, chosen, strict=True)]
        assert found.pop(f"{moment}: {key}") == pytest.approx(statistics.median(values))
        assert least[f"{moment}: {key}"] == min(values)
    assert found.pop(f"{moment}: network {split} epoch") == statistics.median(chosen)
    assert not [key for key in found if key.startswith(moment)]


@pytest.mark.parametrize(
    ("losses", "epoch"),
    [([2.0, 1.0, 1.0], 2), ([1.0, 1.0, 1.0], 1), ([1.0, 2.0, 1.0], 1), ([3.0, 2.0, 1.0], 3), ([5.0], 1)],
)
def test_of_epochs_with_the_same_lowest_loss_the_first_is_chosen(losses: list[float], epoch: int) -> None:
    counted = [float(number + 1) for number in range(len(losses))]
    found = ended(metrics("a", 0, {"network test loss": losses, "network test accuracy": counted}))
    assert found["lowest test loss: network test epoch"] == epoch
    assert found["lowest test loss: network test accuracy"] == epoch


def test_nothing_is_chosen_on_images_that_no_run_held_out_nor_without_a_classification() -> None:
    found = ended(metrics("a", 0, {"network test loss": [1.0], "network train loss": [2.0]}))
    assert {key.split(":")[0] for key in found} == {"end", "lowest test loss"}
    found = ended(metrics("a", 0, {"lea test loss": [1.0, 2.0], "lea train loss": [1.0, 2.0]}))
    assert found == {"end: lea test loss": 2.0, "end: lea train loss": 2.0}


@pytest.mark.parametrize(
    ("losses", "rise"),
    [
        ([3.0, 2.0, 1.0], 0.0),
        ([3.0, 1.0, 1.5], 0.5),
        ([1.0, 5.0, 4.0], 3.0),
        ([1.0, 1.0, 1.0], 0.0),
        ([7.0], 0.0),
    ],
)
@pytest.mark.parametrize("split", ["train", "test", "held-out"])
def test_a_loss_has_risen_by_its_last_less_its_lowest(losses: list[float], rise: float, split: str) -> None:
    others = [one for one in ("train", "test", "held-out") if one != split]
    falling = {f"network {one} loss": [10.0 - epoch for epoch in range(len(losses))] for one in others}
    found = ended(metrics("a", 0, {f"network {split} loss": losses} | falling))
    risen = {key: value for key, value in found.items() if key.endswith(" rise")}
    assert risen == {f"end: network {split} rise": rise} | {f"end: network {one} rise": 0.0 for one in others}


def test_rises_are_taken_seed_by_seed_and_of_the_classification_alone() -> None:
    seeds = [[1.0, 9.0, 5.0], [4.0, 2.0, 3.0], [9.0, 8.0, 8.5]]  # 4, 1, 0.5; of the medians 5 - 2 = 3
    accuracy = {"network test accuracy": [0.9, 0.1, 0.5], "lea test loss": [1.0, 2.0, 3.0]}
    found = ended(
        *(metrics("a", seed, {"network test loss": one} | accuracy) for seed, one in enumerate(seeds))
    )
    assert {key: one for key, one in found.items() if "rise" in key} == {"end: network test rise": 1.0}


def test_a_seed_without_a_finite_value_is_not_counted() -> None:
    tables = [metrics("a", seed, {"lea test loss": [one]}) for seed, one in enumerate((2.0, math.nan, 6.0))]
    (row,) = summary(endings, LABEL, *tables)
    assert (row["seeds"], row["median"], row["minimum"], row["maximum"]) == (2, 4.0, 2.0, 6.0)


@pytest.mark.parametrize("module", [endings, contrasts])
def test_labels_keep_their_order_and_the_order_of_the_files_changes_nothing(module: ModuleType) -> None:
    runs = {"a": spec("lea-fc", "ae"), "b": spec(), "c": spec("lea-fc", "vae")}
    labels = {"zebra": "c", "mole": "b", "ant": "a", "bee": "a"}
    tables = [
        metrics(run, seed, {"network test loss": [1.0 + seed, ord(run) - 90.0 - seed**2]}, of)
        for (run, of), seed in product(runs.items(), range(3))
    ]
    baselines = {label: "mole" for label in labels if label != "mole"}
    rows = summary(module, labels, *tables, baselines=baselines)
    expected = [label for label in labels if module is endings or label != "mole"]
    assert list(dict.fromkeys(row["label"] for row in rows)) == expected
    assert summary(module, labels, *reversed(tables), baselines=baselines) == rows


@pytest.mark.parametrize("module", [curves, endings, contrasts])
def test_a_run_that_is_as_it_was_built_has_no_rows(module: ModuleType) -> None:
    trained, built = metrics("a", 0, {"network test loss": [2.0, 1.0]}), metrics("b", 0, {})
    rows = summary(module, {"A": "a", "B": "b"}, trained, built, baselines={"A": "B", "B": "A"})
    alone = summary(module, {"A": "a"}, trained)
    assert rows == alone
    assert bool(rows) == (module is not contrasts)


# --- contrasts ---

POOLS = {
    "pool 2": spec("pool-fc", None, 2),
    "pool 4": spec("pool-fc", None, 4),
    "ae 4": spec("lea-fc", "ae", 4),
    "vae 2": spec("lea-fc", "vae", 2),
    "vae 8": spec("lea-fc", "vae", 8),
}
SAMPLES = {
    f"{network}, {samples}": spec(network, lea, window, samples)
    for samples in (None, 10, 50)
    for network, lea, window in (("cnn-lea", "vae", 4), ("classic", None, None))
}
DECODER_FREE = {"decoder-free": spec("decoder-free", "cvae", 8, lea_weight=0.0)}


@pytest.mark.parametrize(
    ("runs", "baselines"),
    [
        (POOLS, {"ae 4": "pool 4", "vae 2": "pool 2"}),
        (SAMPLES, {f"cnn-lea, {samples}": f"classic, {samples}" for samples in (None, 10, 50)}),
        (POOLS | DECODER_FREE, {"ae 4": "pool 4", "vae 2": "pool 2"}),
        ({"classic": spec()} | DECODER_FREE, {"decoder-free": "classic"}),
        ({"ae": spec("lea-fc", "ae", 4)} | DECODER_FREE, {}),
        (POOLS, {"pool 4": "pool 2", "pool 2": "vae 8", "vae 8": "vae 2"}),
        ({"classic": spec(), "pool 2": spec("pool-fc", None, 2)}, {}),
    ],
)
def test_a_run_is_compared_with_the_one_that_the_analysis_says_and_no_other(
    runs: dict[str, Spec], baselines: dict[str, str]
) -> None:
    values = {label: float(2**index) for index, label in enumerate(runs)}
    ids = {label: f"run-{label}" for label in runs}
    tables = [metrics(ids[one], 0, {"network test accuracy": [values[one]]}, of) for one, of in runs.items()]
    rows = summary(contrasts, ids, *tables, baselines=baselines)
    assert read(rows, "baseline", "label") == {(one,): baseline for one, baseline in baselines.items()}
    for row in rows:
        known = values[str(row["label"])] - values[str(row["baseline"])]
        assert (row["difference"], row["low"], row["high"]) == (known, known, known)


def contrasted(ours: Sequence[Epochs], theirs: Sequence[Epochs]) -> dict[str, tuple[object, ...]]:
    """What a run with LEAs differs by from one without: difference, low and high by "part split metric"."""
    tables = [metrics("with", seed, one, spec("cnn-lea", "vae", 4)) for seed, one in enumerate(ours)]
    tables += [metrics("without", seed, one) for seed, one in enumerate(theirs)]
    labels = {"with": "with", "without": "without"}
    rows = summary(contrasts, labels, *tables, baselines={"with": "without"})
    return {
        f"{row['part']} {row['split']} {row['metric']}": tuple(
            row[one] for one in ("difference", "low", "high")
        )
        for row in rows
    }


def test_differences_are_of_what_both_runs_have_after_the_last_epoch() -> None:
    ours = {"network test loss": [0.5, 4.0], "network train loss": [3.0, 1.0], "lea test loss": [1.0, 2.0]}
    theirs = {"network train loss": [9.0, 7.0, 7.5], "network test loss": [8.0, 5.0, 6.0]}
    known = {"network test loss": -2.0, "network train loss": -6.5}
    known |= {"network test rise": 3.5 - 1.0, "network train rise": 0.0 - 0.5}
    assert contrasted([ours], [theirs]) == {key: (one, one, one) for key, one in known.items()}


def test_differences_are_of_the_medians_whose_seeds_have_nothing_in_common() -> None:
    ours, theirs = [0.4, 0.1, 0.9], [0.2, 0.8]
    key = "network test accuracy"
    found = contrasted([{key: [one]} for one in ours], [{key: [one]} for one in theirs])
    assert found[key] == pytest.approx((0.4 - 0.5, 0.1 - 0.8, 0.9 - 0.2))


# --- balance ---

NAMES = {"shape": ["square", "ellipse", "heart"], "size": ["small", "large"]}


def images(labels: Mapping[str, Sequence[int]], dataset: str = "dsprites", target: str = "shape") -> pa.Table:
    """A data set of one label, and of another that is always 1."""
    pixels = {"values": b"\0"}
    other = {one: 1 for one in NAMES if one != target}
    rows = [{"split": split, target: one} | pixels | other for split, ones in labels.items() for one in ones]
    facts: Row = {"dataset": {"name": dataset, "side": 8}, "names": NAMES}
    return recorded(pa.Table.from_pylist(rows, schema(columns_of((1, 1, 1), "uint8", NAMES))), facts)


TRAINED, TESTED = [0, 2, 2, 1, 0, 0, 2, 2, 2, 1], [1, 1, 0, 1]


@pytest.mark.parametrize(
    ("samples", "held_out", "rows"),
    [(None, None, 10), (1, None, 1), (4, None, 4), (10, None, 10), (None, 3, 7), (5, 3, 5), (7, 3, 7)],
)
def test_classes_are_counted_over_exactly_the_images_that_a_run_learns_from(
    samples: int | None, held_out: int | None, rows: int
) -> None:
    run, table = spec(samples=samples, held_out=held_out), images({"train": TRAINED, "test": TESTED})
    found = summary(balance, LABEL, metrics("a", 0, {}, run), data=[table])
    assert len(found) == 2 * len(NAMES["shape"])
    for row in found:
        labels = {"train": TRAINED[:rows], "test": TESTED}[str(row["split"])]
        count = sum(NAMES["shape"][label] == row["class"] for label in labels)
        assert (row["dataset"], row["samples"], row["count"]) == ("dsprites", len(labels), count)
        assert row["share"] == pytest.approx(count / len(labels))


def test_runs_on_as_many_images_are_counted_once() -> None:
    runs = {"a": spec(samples=2), "b": spec("cnn-lea", "ae", samples=2), "c": spec(samples=6)}
    tables = [metrics(run, seed, {}, of) for (run, of), seed in product(runs.items(), range(2))]
    table = images({"test": TESTED, "train": TRAINED})
    rows = summary(balance, {run: run for run in runs}, *tables, data=[table])
    found = {(row["split"], row["samples"]) for row in rows}
    assert found == {("train", 2), ("train", 6), ("test", 4)}
    assert len(rows) == 3 * len(NAMES["shape"])


def test_each_run_is_counted_in_its_own_data_set_by_its_own_target() -> None:
    shapes, sizes = spec(samples=3), spec(samples=2, dataset="blocks", target="size")
    blocks = images({"train": [1, 0, 1], "test": [0]}, "blocks", "size")
    table = images({"train": TRAINED, "test": TESTED})
    runs = [metrics("a", 0, {}, shapes), metrics("b", 0, {}, sizes)]
    rows = summary(balance, {"A": "a", "B": "b"}, *runs, data=[blocks, table])
    known: dict[tuple[object, ...], object] = {
        ("dsprites", "train", 3, "square"): 1,
        ("dsprites", "train", 3, "ellipse"): 0,
        ("dsprites", "train", 3, "heart"): 2,
        ("dsprites", "test", 4, "square"): 1,
        ("dsprites", "test", 4, "ellipse"): 3,
        ("dsprites", "test", 4, "heart"): 0,
        ("blocks", "train", 2, "small"): 1,
        ("blocks", "train", 2, "large"): 1,
        ("blocks", "test", 1, "small"): 1,
        ("blocks", "test", 1, "large"): 0,
    }
    assert read(rows, "count", "dataset", "split", "samples", "class") == known


def test_a_run_without_labels_has_no_classes() -> None:
    table = images({"train": TRAINED, "test": TESTED})
    assert summary(balance, LABEL, metrics("a", 0, {}, spec(target=None)), data=[table]) == []


def test_what_each_seed_draws_for_itself_cannot_be_counted() -> None:
    run, table = (
        metrics("a", 0, {}, spec(samples=4, split="fresh")),
        images({"train": TRAINED, "test": TESTED}),
    )
    with pytest.raises(UserError, match=r"^'A' is given other samples by each seed; expected runs with"):
        summary(balance, LABEL, run, data=[table])


# --- readings ---

Values = Mapping[str, float]  # "probe layer factor metric" of all images, or "... group" -> its value
PLACES = {"input": 0, "conv": 1, "out": 2}
BEST = {"orientation": {"all": 0.9, "square": 0.5, "heart": 1.0}}


def probes(seed: int, *epochs: Values, split: str = "test") -> list[Row]:
    rows = []
    for number, values in enumerate(epochs, 1):
        for key, value in values.items():
            probe, layer, factor, metric, *group = key.split()
            where = {"run": "a", "seed": seed, "epoch": number, "split": split, "place": PLACES[layer]}
            what = {"probe": probe, "layer": layer, "factor": factor, "metric": metric.replace("_", " ")}
            rows.append(where | what | {"group": group[0] if group else None, "value": value})
    return rows


def reading(*rows: list[Row]) -> list[Row]:
    """Of the one run; a table each."""
    classes = {"orientation": 40, "scale": 6}
    facts: Row = {"id": "a", "classes": classes, "best": BEST, **spec(samples=10)}
    return summary(readings, LABEL, probes=[stage_table("probes", one, facts) for one in rows])


def medians(rows: Sequence[Row]) -> dict[str, object]:
    key = ("probe", "layer", "factor", "metric", "group")
    found = read(rows, "median", *key)
    return {" ".join(str(one) for one in which if one): value for which, value in found.items()}


def test_readings_are_of_test_images_after_the_last_epoch() -> None:
    key = "linear conv scale loss"
    shown = [{key: 0.1 * epoch} for epoch in (1, 2, 3)]
    learnt = probes(0, *({key: 5.0} for _ in range(4)), split="train")
    (row,) = reading(learnt + probes(0, *shown))
    known = {"label": "A", "run": "a", "samples": 10, "probe": "linear", "layer": "conv", "place": 1}
    assert row.items() >= (known | {"factor": "scale", "group": None, "metric": "loss", "seeds": 1}).items()
    assert (row["median"], row["minimum"], row["maximum"]) == 3 * (pytest.approx(0.3),)


def test_every_reading_is_the_median_and_range_of_its_seeds() -> None:
    rng = random.Random(0)
    kinds = product(
        ("trained", "untrained", "shuffled"), PLACES, BEST | {"scale": {}}, ("loss", "within_one_step")
    )
    keys = [" ".join(key) for key in kinds]
    known = [{key: rng.random() for key in keys} for _ in range(5)]
    tables = [probes(seed, *({key: 0.0 for key in keys}, values)) for seed, values in enumerate(known)]
    for rows in tables:
        rng.shuffle(rows)
    found = reading(*tables)
    assert len(found) == len(keys)
    for row in found:
        names = [str(row[one]).replace(" ", "_") for one in ("probe", "layer", "factor", "metric")]
        values = [one[" ".join(names)] for one in known]
        assert row["median"] == pytest.approx(statistics.median(values))
        assert (row["minimum"], row["maximum"], row["seeds"]) == (min(values), max(values), 5)
        assert row["place"] == PLACES[str(row["layer"])]


def test_groups_are_kept_apart_from_one_another_and_from_all_images() -> None:
    key = "linear input orientation accuracy"
    values = {key: 0.5, f"{key} square": 0.1, f"{key} heart": 0.9}
    found = medians(reading(probes(0, values), probes(1, {one: value / 2 for one, value in values.items()})))
    assert found.pop("linear input orientation change") == 0
    assert found == {one: pytest.approx(0.75 * value) for one, value in values.items()}


def test_chance_is_one_of_the_factors_classes_and_the_best_is_that_of_the_group() -> None:
    values = {f"trained input {factor} loss": 1.0 for factor in ("orientation", "scale")}
    values |= {f"trained input orientation accuracy {group}": 1.0 for group in ("square", "heart", "ellipse")}
    rows = reading(probes(0, values))
    known = {("orientation", None): 0.9, ("orientation", "square"): 0.5, ("orientation", "heart"): 1.0}
    without = {("orientation", "ellipse"): None, ("scale", None): None}
    assert read(rows, "best", "factor", "group") == known | without
    assert {(row["factor"], row["chance"]) for row in rows} == {("orientation", 1 / 40), ("scale", 1 / 6)}


# Seed by seed the changes of these are 0.1, 0.8 and 0.1; their medians differ by 0.3.
FIRST, LATER = [0.4, 0.1, 0.6], [0.5, 0.9, 0.7]
CHANGED = {"median": 0.1, "minimum": 0.1, "maximum": 0.8}


def spans(rows: Sequence[Row], metric: str) -> dict[str, dict[str, float]]:
    """Of one metric: "probe layer factor" -> median, minimum and maximum."""
    chosen = [row for row in rows if row["metric"] == metric and row["group"] is None]
    columns = {name: read(chosen, name, "probe", "layer", "factor") for name in CHANGED}
    return {
        " ".join(map(str, key)): {name: float(str(found[key])) for name, found in columns.items()}
        for key in columns["median"]
    }


@pytest.mark.parametrize("probe", ["trained", "untrained", "linear", "shuffled"])
def test_changes_are_to_the_input_seed_by_seed_of_the_same_kind_of_probe_and_factor(probe: str) -> None:
    other = "linear" if probe != "linear" else "shuffled"
    tables = []
    for seed, (first, later) in enumerate(zip(FIRST, LATER, strict=True)):
        values = {f"{probe} conv scale accuracy": later, f"{probe} input scale accuracy": first}
        values |= {f"{probe} input orientation accuracy": 0.0, f"{other} input scale accuracy": 0.0}
        values |= {f"{probe} input scale accuracy square": 0.0, f"{probe} conv scale loss": 7.0}
        tables.append(probes(seed, {key: 0.99 for key in values}, values))
    found = spans(reading(*reversed(tables)), "change")
    unchanged = dict.fromkeys(CHANGED, 0.0)
    assert found.pop(f"{probe} conv scale") == pytest.approx(CHANGED)
    inputs = (f"{probe} input scale", f"{probe} input orientation", f"{other} input scale")
    assert found == dict.fromkeys(inputs, unchanged)


def test_gains_are_of_trained_over_untrained_layers_seed_by_seed() -> None:
    tables = []
    for seed, (before, after) in enumerate(zip(FIRST, LATER, strict=True)):
        values = {"trained conv scale accuracy": after, "untrained conv scale accuracy": before}
        values |= {"trained out scale accuracy": 0.25, "untrained out scale accuracy": 0.5}
        values |= {"linear conv scale accuracy": 0.0, "shuffled conv scale accuracy": 0.0}
        values |= {"untrained conv orientation accuracy": 0.0, "untrained conv scale accuracy square": 0.0}
        tables.append(probes(seed, {key: 0.99 for key in values}, values))
    found = spans(reading(*reversed(tables)), "gain")
    assert found.pop("trained conv scale") == pytest.approx(CHANGED)
    assert found == {"trained out scale": dict.fromkeys(CHANGED, -0.25)}
