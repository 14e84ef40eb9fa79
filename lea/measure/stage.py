"""What the stage that measures is asked, needs and makes: metrics of a trained model, a job each."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lea import registry
from lea.study.asking import Asking, listed
from lea.study.spec import Part, slug
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
        return slug(self.what)


def read(values: Any, asking: Asking) -> Iterator[Measuring]:
    """The metrics of a run, checked against its model."""
    found: list[Part] = []
    its = registry.faces("model", asking.run.model.name)
    for value, spot in listed(values, asking.spot):
        part = asking.part("metric", value, spot)
        if part in found:
            raise spot.error(f"found '{part.name}' a second time; expected each once")
        found.append(part)
        for face in registry.constant("metric", part.name, "NEEDS", ()):
            if face not in its:
                missing = f"metric '{part.name}' needs `{face}`, and model '{asking.run.model.name}' has none"
                raise spot.error(f"{missing}; remove it")
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
)
