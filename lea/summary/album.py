"""The pictures to show of each run: those of its first seed, since pictures have no median."""

import pyarrow as pa

from lea.store import ALBUM
from lea.summary.tables import Inputs, by_run

NEEDS = ("pictures",)


def summarise(inputs: Inputs) -> pa.Table:
    """Tables of pictures -> those of the first seed of each run, in the order of the labels."""
    tables = []
    for run in by_run(inputs):
        first = run.frame[run.frame["seed"] == run.frame["seed"].min()]
        shown = first.assign(label=run.label)[ALBUM.names]
        tables.append(pa.Table.from_pandas(shown, ALBUM, preserve_index=False))
    return pa.concat_tables(tables).replace_schema_metadata()
