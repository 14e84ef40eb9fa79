"""What the stage that trains makes: weights, those of earlier epochs, and what was measured on the way."""

from lea.study.stages import Stage

OUTPUTS = {
    "weights": None,
    "snapshots": None,  # `<epoch>/<name>`, of the epochs before the last that the run wants to be kept
    "metrics": {
        "run": "string",
        "seed": "int32",  # as Hive partitioning reads it from the path, so that the two never disagree
        "epoch": "int32",
        "split": "string",
        "part": "string",
        "metric": "string",
        "value": "float64",
    },
    "times": {
        "run": "string",
        "seed": "int32",
        "epoch": "int32",
        "samples": "int64",
        "seconds": "float64",
        "machine": "string",
        "threads": "int32",
        "arithmetic": "string",
    },
}

STAGE = Stage(
    name="train",
    title="train one seed of a run",
    key=None,
    asks=None,
    read=None,
    outputs=OUTPUTS,
    needs=lambda run, asked: (),
    trains=True,
    minutes=240,
)
