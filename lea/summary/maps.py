"""The maps of each run's tsunamis: those of its first seed, since maps have no median."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from lea.summary.tables import Inputs, OfRun, by_run

NEEDS = ("maps",)
COLUMNS = {
    "tsunami": "string",
    "seed": "int32",
    "kind": "string",  # relief, uplift, level of the water, highest level of it
    "seconds": "float64",
    "latitude": "float64",  # of the centre of the southwestern cell
    "longitude": "float64",
    "degrees": "float64",
    "height": "int32",
    "width": "int32",
    "values": "list<float32>",
}


def summarise(inputs: Inputs) -> pa.Table:
    """Tables of maps -> those of the first seed of each run, in the order of the labels."""
    return inputs.table_of_runs(
        (row for run in by_run(inputs, "maps", some=True) for row in _maps(run)), COLUMNS
    )


def _maps(run: OfRun) -> Iterator[dict[str, object]]:
    kept = run.table.filter(pc.equal(run.table["seed"], pc.min(run.table["seed"])))
    places = kept.drop_columns(["draw", "values"]).to_pylist()
    for place, values in zip(places, kept["values"], strict=True):
        yield {**place, "values": values.values.to_numpy(), **run.facts}  # as they lie, no number an object
