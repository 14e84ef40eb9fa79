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


def summarise(inputs: Inputs, *, tsunamis: tuple[str, ...] | None = None) -> pa.Table:
    """Tables of maps -> those of the first seed of each run, in the order of the labels; `tsunamis`: of which
    labels alone.
    """
    runs = by_run(inputs, "maps", some=True)
    return inputs.table_of_runs([row for run in runs for row in _maps(run, tsunamis)], COLUMNS)


def _maps(run: OfRun, tsunamis: tuple[str, ...] | None) -> Iterator[dict[str, object]]:
    seeds = run.table["seed"]
    kept = run.table.filter(pc.equal(seeds, pc.min(seeds)))
    if tsunamis:
        kept = kept.filter(pc.is_in(kept["tsunami"], pa.array(tsunamis)))
    for row in kept.drop_columns(["draw"]).to_pylist():
        yield {**row, **run.facts}
