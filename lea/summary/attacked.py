"""What two summaries of attacks share: how many images were right, and whether the task was learnt at all."""

import math

import pandas as pd

BEYOND = 3  # standard errors of a share


def accuracies(frame: pd.DataFrame) -> pd.Series:
    """The share of images that a run gets right, seed by seed."""
    images = frame.drop_duplicates(["seed", "sample"])
    right = images["label"] == images["clean"]
    return right.groupby(images["seed"]).mean()


def learning(frame: pd.DataFrame) -> dict[str, object]:
    """The median accuracy, and whether it beats always saying the commonest label, beyond chance."""
    labels = frame[frame["seed"] == frame["seed"].iloc[0]].drop_duplicates("sample")["label"]
    common = labels.value_counts(normalize=True).iloc[0]
    accuracy = accuracies(frame).median()
    needed = common + BEYOND * math.sqrt(common * (1 - common) / len(labels))
    return {"accuracy": accuracy, "learnt": bool(accuracy > needed)}
