"""Figures of made-up searches, of which some leave hardly anything to draw."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from lea.errors import UserError
from lea.figures import histories, importances, parallel
from lea.summary import histories as summary_of_histories
from lea.summary import importances as summary_of_importances
from lea.summary import trials as summary_of_trials
from tests.searches import NAMES, SPACE, Search
from tests.summary.test_searches import inputs

MADE = {
    "three": [Search(seed=seed) for seed in range(3)],
    "one trial": [Search(trials=1, rungs=())],
    "choices alone": [Search(space=[SPACE[1], SPACE[4]])],
    "two runs": [Search(), Search(run="b", seed=1)],
}


def frame(summary: Any, made: list[Search]) -> dict[str, pd.DataFrame]:
    name = summary.__name__.rpartition(".")[2]
    return {name: summary.summarise(inputs(*made)).to_pandas()}


@pytest.mark.parametrize("which", MADE)
def test_a_line_a_trial_and_a_panel_a_search(which: str) -> None:
    made = MADE[which]
    rows = parallel.table(frame(summary_of_trials, made))
    figure = parallel.draw(rows, labels=NAMES)
    panels = figure.axes[: len(made)]
    for panel, search in zip(panels, made, strict=True):
        lines = [one for one in panel.lines if len(one.get_xdata()) == len(search.space) + 1]
        assert len(lines) == search.trials
        (thick,) = [one for one in lines if one.get_linewidth() > 2]
        values = np.array([curve[-1] for curve in search.curves])
        assert (thick.get_ydata()[-1] <= np.array([one.get_ydata()[-1] for one in lines]) + 1e-9).all()
        assert np.isfinite(values[search.chosen])
        names = [text.get_text() for text in panel.get_xticklabels()]
        assert names == [*(NAMES[one.name] for one in search.space), "result"]


def test_what_was_not_drawn_stands_below() -> None:
    search = Search()
    figure = parallel.draw(parallel.table(frame(summary_of_trials, [search])), labels=NAMES)
    at = [one.name for one in SPACE].index("fit.optimizer.momentum")
    lines = [one for one in figure.axes[0].lines if len(one.get_xdata()) == len(SPACE) + 1]
    below = sum(one.get_ydata()[at] == parallel.NONE for one in lines)
    assert below == sum("fit.optimizer.momentum" not in values for values in search.drawn)


@pytest.mark.parametrize("which", MADE)
def test_a_history_ends_where_its_trial_did(which: str) -> None:
    made = MADE[which]
    rows = histories.table(frame(summary_of_histories, made))
    figure = histories.draw(rows, minimised="error")
    for panel, search in zip(figure.axes, made, strict=False):
        drawn = [
            one for one in panel.lines if one.get_marker() in ("None", None) and one.get_linestyle() == "-"
        ]
        ends = sorted(len(one.get_xdata()) for one in drawn)
        assert ends == sorted(int(np.isfinite(curve).sum()) for curve in search.curves)
        marks = [one.get_marker() for one in panel.lines if one.get_marker() in ("|", "x")]
        assert marks.count("|") == search.states.count("pruned")
        assert marks.count("x") == search.states.count("diverged")


def test_importances_are_drawn_of_one_run_with_what_chance_says() -> None:
    made = [Search(seed=seed) for seed in range(2)]
    rows = importances.table(frame(summary_of_importances, made))
    figure = importances.draw(rows, labels=NAMES)
    names = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert sorted(names) == sorted(NAMES.values())
    over = rows[rows["seed"].isna() & (rows["evaluator"] == "fanova")].set_index("parameter")
    assert [bar.get_width() for bar in figure.axes[0].patches] == pytest.approx(
        over["chance"].dropna().tolist()
    )


def test_searches_of_several_runs_are_told_apart_by_where() -> None:
    rows = frame(summary_of_importances, MADE["two runs"])
    with pytest.raises(UserError, match="searches of 'A', 'B'; expected those of one run"):
        importances.table(rows)
    assert set(importances.table(rows, where={"label": "B"})["label"]) == {"B"}
