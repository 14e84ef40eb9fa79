"""Oracle: made-up tables whose first seeds, sums and medians are known."""

import json
import random
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pytest

from lea.store import ALBUM, COSTS, PARAMETERS, PICTURES, TIMES, read_table, write_table
from lea.summary import album, costs, parameters
from lea.summary.job import summarise
from lea.summary.tables import Inputs

LEA = {"autoencoder": {"name": "vae", "options": {}}, "coder": {"name": "sb", "options": {"kernels": 4}}}
PARTS = ("network", "lea1")


def recorded(
    path: Path, run: str, rows: Sequence[Mapping[str, object]], schema: pa.Schema, lea: object
) -> pa.Table:
    """A table of a training, as it is read back."""
    write_table(path, pa.Table.from_pylist(rows, schema), schema, {"id": run, "run": {"lea": lea}, "seed": 0})
    return read_table(path)


def pictures(folder: Path, run: str, seed: int, epochs: Sequence[int] = (0, 2)) -> pa.Table:
    """Two maps and a histogram an epoch; their values tell run, seed, epoch and part."""
    rows = []
    for epoch in epochs:
        for part in PARTS:
            values = [float(ord(run)), seed, epoch, len(part), 0.5, -0.5]
            shape = {"height": 2, "width": 3, "low": -1.0, "high": 1.5, "values": values}
            place = {"run": run, "seed": seed, "epoch": epoch, "part": part}
            rows.append(place | shape | {"kind": "input", "sample": 1, "channel": 0})
        rows.append(place | shape | {"kind": "input histogram", "sample": None, "channel": None})
    return recorded(folder / f"{run}{seed}.parquet", run, rows, PICTURES, LEA)


def album_of(labels: Mapping[str, str], *tables: pa.Table) -> list[dict[str, object]]:
    found = album.summarise(Inputs(tables=tables, labels=labels, datasets={}))
    assert found.schema.equals(ALBUM)
    return found.to_pylist()


def test_an_album_is_the_pictures_of_each_runs_first_seed_under_its_label(tmp_path: Path) -> None:
    tables = [pictures(tmp_path, run, seed) for run in "ab" for seed in (2, 0, 1)]
    rows = album_of({"A": "a", "B": "b"}, *tables)
    assert [row["label"] for row in rows] == 6 * ["A"] + 6 * ["B"]
    assert {row["seed"] for row in rows} == {0}
    for row, known in zip(rows, tables[1].to_pylist() + tables[4].to_pylist(), strict=True):
        assert row == {"label": {"a": "A", "b": "B"}[known.pop("run")], **known}


def test_an_album_keeps_the_order_of_the_labels_and_of_the_pictures(tmp_path: Path) -> None:
    labels = {"zebra": "b", "ant": "c", "mole": "a"}
    tables = [pictures(tmp_path, run, seed, (7, 0, 10)) for run in "abc" for seed in (0, 1)]
    for order in (tables, tables[::-1]):
        rows = album_of(labels, *order)
        assert list(dict.fromkeys(row["label"] for row in rows)) == list(labels)
        assert [row["epoch"] for row in rows] == 3 * (3 * [7] + 3 * [0] + 3 * [10])
        assert all(row["values"][0] == ord(labels[row["label"]]) for row in rows)


def test_histograms_have_no_sample_and_no_channel_in_an_album(tmp_path: Path) -> None:
    rows = album_of({"A": "a"}, pictures(tmp_path, "a", 0))
    for row in rows:
        histogram = row["kind"] == "input histogram"
        assert (row["sample"] is None) == (row["channel"] is None) == histogram
        assert (row["low"], row["high"], row["height"], row["width"]) == (-1.0, 1.5, 2, 3)


def test_a_run_that_kept_no_pictures_is_left_out_of_an_album(tmp_path: Path) -> None:
    empty = [recorded(tmp_path / f"c{seed}.parquet", "c", [], PICTURES, None) for seed in (0, 1)]
    tables = [pictures(tmp_path, "a", seed) for seed in (0, 1)]
    assert album_of({"classic": "c", "A": "a"}, *empty, *tables) == album_of({"A": "a"}, *tables)


def test_two_labels_of_one_run_both_have_its_pictures(tmp_path: Path) -> None:
    rows = album_of({"A": "a", "B": "a"}, pictures(tmp_path, "a", 0))
    assert [row["label"] for row in rows] == 6 * ["A"] + 6 * ["B"]
    assert [row["values"] for row in rows[:6]] == [row["values"] for row in rows[6:]]


def test_runs_that_have_no_label_are_not_in_an_album(tmp_path: Path) -> None:
    rows = album_of({"A": "a"}, pictures(tmp_path, "a", 0), pictures(tmp_path, "b", 0))
    assert {row["values"][0] for row in rows} == {ord("a")}


def times(
    folder: Path, run: str, seed: int, seconds: Sequence[float], lea: object = LEA, **columns: object
) -> pa.Table:
    same = {"run": run, "seed": seed, "samples": 50, "machine": "mill", "threads": 1, **columns}
    rows = [{**same, "epoch": epoch, "seconds": one} for epoch, one in enumerate(seconds, 1)]
    return recorded(folder / f"{run}{seed}.parquet", run, rows, TIMES, lea)


def costs_of(labels: Mapping[str, str], *tables: pa.Table) -> list[dict[str, object]]:
    found = costs.summarise(Inputs(tables=tables, labels=labels, datasets={}))
    assert found.schema.equals(COSTS)
    return found.to_pylist()


@pytest.mark.parametrize(
    ("seconds", "minutes", "least", "most", "milliseconds"),
    [
        ([[30.0, 90.0]], 2.0, 2.0, 2.0, 1200.0),
        ([[60.0, 60.0], [60.0, 180.0]], 3.0, 2.0, 4.0, 1800.0),
        ([[60.0, 0.0], [6.0, 0.0], [300.0, 300.0]], 1.0, 0.1, 10.0, 600.0),
        ([[3.0, 9.0], [3.0, 3.0], [6.0, 12.0], [60.0, 0.0]], 0.25, 0.1, 1.0, 150.0),
    ],
)
def test_costs_are_the_median_and_the_range_of_all_epochs_over_the_seeds(
    tmp_path: Path, seconds: list[list[float]], minutes: float, least: float, most: float, milliseconds: float
) -> None:
    tables = [times(tmp_path, "a", seed, one) for seed, one in enumerate(seconds)]
    (row,) = costs_of({"A": "a"}, *tables)
    known = {"label": "A", "autoencoder": "vae", "coder": "sb", "machine": "mill", "threads": 1}
    assert row.items() >= (known | {"epochs": 2, "samples": 50, "seeds": len(seconds)}).items()
    assert row["minutes"] == pytest.approx(minutes)
    assert (row["minimum"], row["maximum"]) == pytest.approx((least, most))
    assert row["milliseconds_a_sample"] == pytest.approx(milliseconds)


def test_costs_of_many_runs_are_each_their_own_in_the_order_of_the_labels(tmp_path: Path) -> None:
    rng = random.Random(0)
    known = {run: [[rng.uniform(1, 99) for _ in range(4)] for _ in range(5)] for run in "abc"}
    tables = [
        times(tmp_path, run, seed, one) for run, seeds in known.items() for seed, one in enumerate(seeds)
    ]
    rng.shuffle(tables)
    labels = {"zebra": "b", "ant": "c", "mole": "a"}
    rows = costs_of(labels, *tables)
    assert [row["label"] for row in rows] == list(labels)
    for row in rows:
        sums = [sum(seconds) for seconds in known[labels[row["label"]]]]
        assert row["minutes"] == pytest.approx(statistics.median(sums) / 60)
        assert row["milliseconds_a_sample"] == pytest.approx(1000 * statistics.median(sums) / (4 * 50))
        assert (row["epochs"], row["seeds"]) == (4, 5)


def test_a_network_without_leas_has_costs_but_no_autoencoder_and_no_coder(tmp_path: Path) -> None:
    (row,) = costs_of({"A": "a"}, times(tmp_path, "a", 0, [6.0], lea=None))
    assert (row["autoencoder"], row["coder"], row["minutes"]) == (None, None, 0.1)


def test_every_machine_that_took_part_is_named_once(tmp_path: Path) -> None:
    machines = ["water", "wind", "water", "horse"]
    tables = [times(tmp_path, "a", seed, [1.0], machine=one) for seed, one in enumerate(machines)]
    (row,) = costs_of({"A": "a"}, *tables)
    assert row["machine"] == "horse, water, wind"


COUNTED = [
    {"autoencoder": "vae", "coder": "fc", "input": "28x28x1", "parameters": 2_509_604},
    {"autoencoder": "ae", "coder": "conv", "input": "4x4x32", "parameters": 3_000_000_000},
]


def test_numbers_of_parameters_are_passed_on_as_they_were_counted(tmp_path: Path) -> None:
    path = tmp_path / "parameters.parquet"
    write_table(path, pa.Table.from_pylist(COUNTED, PARAMETERS), PARAMETERS, {"models": {}})
    found = parameters.summarise(Inputs(tables=(read_table(path),), labels={}, datasets={}))
    assert found.schema.equals(PARAMETERS, check_metadata=True)
    assert found.to_pylist() == COUNTED


@pytest.mark.parametrize(("name", "schema"), [("album", ALBUM), ("costs", COSTS), ("parameters", PARAMETERS)])
def test_a_summarys_job_writes_what_it_computes(tmp_path: Path, name: str, schema: pa.Schema) -> None:
    if name == "album":
        pictures(tmp_path, "a", 0)
    elif name == "costs":
        times(tmp_path, "a", 0, [1.0])
    else:
        write_table(tmp_path / "a0.parquet", pa.Table.from_pylist(COUNTED, PARAMETERS), PARAMETERS, {})
    spec = json.dumps({"summary": name, "labels": {"A": "a"}, "datasets": {}})
    summarise(spec, inputs=[tmp_path / "a0.parquet"], output=tmp_path / "summary.parquet")
    assert (
        len(read_table(tmp_path / "summary.parquet", schema))
        == {"album": 6, "costs": 1, "parameters": 2}[name]
    )
