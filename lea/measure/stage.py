"""What the stage that measures is asked, needs and makes: metrics of a trained model, a job each."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lea.study.asking import Asking
from lea.study.spec import Part, whole_name
from lea.study.stages import Stage

OUTPUTS = {
    "measures": {
        "run": "string",
        "seed": "int32",
        "measure": "string",  # which measurement; it may give several metrics
        "split": "string",  # null: of the model alone
        "part": "string",
        "metric": "string",
        "value": "float64",
    }
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measuring:
    """One metric."""

    what: Part

    @property
    def slug(self) -> str:
        """Names the file."""
        return whole_name(self.what)


def read(values: Any, asking: Asking) -> Iterator[Measuring]:
    """The metrics of a run, checked against its model."""
    for part, spot in asking.parts("metric", values, again=True):
        asking.check_factors(part, spot)
        yield Measuring(what=part)


def parts(asked: Measuring) -> Iterator[tuple[str, Part]]:
    """The metric, which a job loads by name."""
    yield "metric", asked.what


STAGE = Stage(
    name="measure",
    title="measure something of a trained model",
    key="measures",
    asks=Measuring,
    read=read,
    parts=parts,
    outputs=OUTPUTS,
    some=True,
)
