"""What the stage that shows is asked, needs and makes: pictures of a model after some of its epochs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from lea import registry
from lea.study.asking import Asking
from lea.study.spec import Part, Run, whole_name
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
    samples: Literal["all", "batch"]  # all of the test, or a batch of the training's size

    @property
    def slug(self) -> str:
        """Names the file."""
        return whole_name(self.what)


def read(values: Any, asking: Asking) -> Iterator[Showing]:
    """The pictures of a run, checked against its model and its data set."""
    for part, spot in asking.parts("picture", values):
        asking.check_factors(part, spot)
        images = part.options.get("images")
        if isinstance(images, int):
            asking.no_more("test", f"{images}", images, spot / "images")
        yield Showing(what=part, samples=registry.constant("picture", part.name, "SAMPLES", "all"))


def epochs(run: Run) -> tuple[int, ...]:
    """The epochs after which a run is looked at."""
    return run.fit.snapshots or (run.fit.epochs,)


def needs(run: Run, asked: Showing) -> Iterator[Need]:
    """The trained model, and its earlier weights if it is looked at before it is trained."""
    if run.fit.epochs in epochs(run):
        yield from weights(run, asked)
    if set(epochs(run)) != {run.fit.epochs}:
        yield Need(role=SNAPSHOTS, stage=trainer(run).name, output=SNAPSHOTS)


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
