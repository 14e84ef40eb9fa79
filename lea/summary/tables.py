"""What a summary is given: the tables of the stages, and what the analysis calls its runs and data sets."""

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """All tables that a summary declares in NEEDS, and the names for them."""

    tables: tuple[pa.Table, ...]
    labels: Mapping[str, str]  # what the figures call a run -> its id
    datasets: Mapping[str, str]  # a data set's name -> its title
