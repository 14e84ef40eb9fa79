"""Bars of the share of zeros, a layer each."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

NEEDS = ("my_silence:summarise",)


def table(summaries: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    return summaries["my_silence:summarise"]


def draw(zeros: pd.DataFrame, *, colour: str = "C0") -> Figure:
    figure = Figure()
    axes = figure.subplots()
    axes.barh(zeros["label"] + ", " + zeros["layer"], zeros["zeros"], color=colour)
    axes.set_xlabel("share of zeros")
    return figure
