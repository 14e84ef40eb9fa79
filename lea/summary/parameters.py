"""The numbers of parameters as they were counted (Table 3.1)."""

import pyarrow as pa

from lea.summary.tables import Inputs

NEEDS = ("parameters",)


def summarise(inputs: Inputs) -> pa.Table:
    """One table, as it is."""
    (table,) = inputs.tables
    return table.replace_schema_metadata()
