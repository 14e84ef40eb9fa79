"""What the stage that shows is asked, needs and makes: pictures of a model after some of its epochs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lea import registry
from lea.study.asking import Asking, listed
from lea.study.build import Spot
from lea.study.spec import Part, Run, slug
from lea.study.stages import Need, Stage, trainer, weights

SNAPSHOTS = "snapshots"
OUTPUTS = {
    "pictures": {
        "run": "string",
        "seed": "int32",
        "epoch": "int32",
        "part": "string",  # of the model
        "kind": "string",
        "sample": "int32",  # the row among the test samples; null: of many, as a histogram
        "channel": "int32",
        "low": "float32",  # the range of what is shown
        "high": "float32",
        "height": "int32",
        "width": "int32",
        "values": "list<float32>",
    }
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """One kind of pictures."""

    what: Part

    @property
    def slug(self) -> str:
        """Names the file."""
        return slug(self.what)


def read(values: Any, asking: Asking) -> Iterator[Showing]:
    """The pictures of a run, checked against its model and its data set."""
    found: list[Part] = []
    for value, spot in listed(values, asking.spot):
        part = asking.part("picture", value, spot)
        if part in found:
            raise spot.error(f"found '{part.name}' a second time; expected each once")
        found.append(part)
        _check(part, asking, spot)
        yield Showing(what=part)


def _check(part: Part, asking: Asking, spot: Spot) -> None:
    model = asking.run.model
    its = registry.faces("model", model.name)
    for face in registry.constant("picture", part.name, "NEEDS", ()):
        if face not in its:
            found = f"picture '{part.name}' needs `{face}`, and model '{model.name}' has none"
            raise spot.error(f"{found}; remove it")
    images = part.options.get("images")
    if isinstance(images, int):
        asking.no_more("test", f"{images}", images, spot / "images")


def epochs(run: Run) -> tuple[int, ...]:
    """The epochs after which a run is looked at."""
    return run.fit.snapshots or (run.fit.epochs,)


def needs(run: Run, asked: Showing) -> Iterator[Need]:
    """The trained model, and its earlier weights if it is looked at before it is trained."""
    if run.fit.epochs in epochs(run):
        yield from weights(run, asked)
    if set(epochs(run)) != {run.fit.epochs}:
        yield Need(role=SNAPSHOTS, stage=trainer().name, output=SNAPSHOTS)


def parts(asked: Showing) -> Iterator[tuple[str, Part]]:
    """The picture, which a job loads by name."""
    yield "picture", asked.what


STAGE = Stage(
    name="show",
    title="take pictures of what a model does",
    key="pictures",
    asks=Showing,
    read=read,
    parts=parts,
    outputs=OUTPUTS,
    needs=needs,
    some=True,
    minutes=30,
)
