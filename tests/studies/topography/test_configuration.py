"""Oracle: the labels of the runs and tsunamis that an analysis has at a scale, taken from the study as it is
read, beside the names that its figures, tables and summaries ask for; nothing is run.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from lea.simulate.stage import Tsunami
from lea.study.reader import read_study
from lea.study.spec import Scale
from lea.study.study import Analysis
from tests.study.reading import SHIPPED

SCALES: list[Scale] = ["quick", "reduced", "thesis"]
ANALYSES = [file.stem for file in sorted((SHIPPED / "topography").glob("*.yaml")) if file.stem != "study"]
NAMING = ("label", "tsunami")
Row = Mapping[str, object]


def analysis(name: str, scale: Scale, **changes: object) -> Analysis:
    asked = {"scale": scale, "studies": ["topography"], "analyses": [name]}
    return read_study(asked | ({"topography": {name: changes}} if changes else {}), SHIPPED).analyses[0]


def tsunamis(of: Analysis, label: str) -> dict[str, Tsunami]:
    return {one.label: one for one in of.uses[label].get("simulate", ())}


def rows_of(of: Analysis) -> list[dict[str, object]]:
    """Every run with each of its tsunamis, and with what sets it apart."""
    return [
        {"label": label, "tsunami": tsunami, **{name: values[label] for name, values in of.columns.items()}}
        for label in of.runs
        for tsunami in (tsunamis(of, label) or [None])
    ]


def asked_of(of: Analysis) -> Iterator[tuple[str, dict[str, Any]]]:
    """By a file, the values that some columns shall have in what it shows."""
    for drawn in of.drawn:
        options = drawn.part.options
        where = dict(options.get("where") or {})
        yield drawn.file, where
        for name, column in (("tsunami", "tsunami"), ("original", "label")):
            if options.get(name):
                yield drawn.file, {column: options[name]}


def unknown(where: Mapping[str, Any], rows: list[dict[str, object]]) -> str | None:
    """The first column of which no row that is left has a value that is asked for."""
    for column, wanted in where.items():
        if column not in rows[0]:
            continue  # of the summary, not of the run
        several = wanted if isinstance(wanted, list | tuple) else [wanted]
        rows = [row for row in rows if row[column] in several]
        if not rows:
            return f"{column} {wanted}"
    return None


def compared(of: Analysis) -> Iterator[tuple[str, Tsunami, str, Tsunami | None]]:
    """Every tsunami of a run that has a baseline, or is one, with the one with which it is compared."""
    against = dict(of.summaries["waves"].options.get("against") or {}) if "waves" in of.summaries else {}
    wanted = {label: label for label in of.baselines.values()} | dict(of.baselines)
    for label, baseline in wanted.items():
        for name, one in tsunamis(of, label).items():
            other = against.get(name, name)
            yield f"{label}: {name}", one, other, tsunamis(of, baseline).get(other)


def names_of(of: Analysis) -> set[str]:
    return {str(row["tsunami"]) for row in rows_of(of)}


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("name", ANALYSES)
def test_every_figure_and_table_has_the_runs_and_tsunamis_that_it_names(name: str, scale: Scale) -> None:
    of = analysis(name, scale)
    found = {(file, unknown(where, rows_of(of))) for file, where in asked_of(of)}
    assert {one for one in found if one[1]} == set()


@pytest.mark.parametrize("name", ANALYSES)
def test_what_a_list_names_is_there_at_some_scale(name: str) -> None:
    scales = [analysis(name, scale) for scale in SCALES]
    known = {column: {row[column] for of in scales for row in rows_of(of)} for column in NAMING}
    for file, where in asked_of(scales[0]):
        for column in set(NAMING) & set(where):
            wanted = where[column] if isinstance(where[column], list | tuple) else [where[column]]
            assert set(wanted) <= known[column], f"{file}: {column}"


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("name", ANALYSES)
def test_what_is_compared_is_there_with_what_it_is_compared_with(name: str, scale: Scale) -> None:
    of = analysis(name, scale)
    waves = of.summaries.get("waves")
    against = dict(waves.options["against"] or {}) if waves else {}
    assert {*against, *against.values()} <= names_of(of)
    assert [what for what, one, other, base in compared(of) if one.label in against and not base] == []


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("name", ANALYSES)
def test_what_is_compared_is_read_at_the_same_moments(name: str, scale: Scale) -> None:
    """Or the summary refuses it, when all is computed."""
    assert [
        f"{what}, with {other}"
        for what, one, other, base in compared(analysis(name, scale))
        if base and (one.seconds, one.every) != (base.seconds, base.every)
    ] == []


@pytest.mark.parametrize("scale", SCALES)
def test_every_run_is_compared_with_the_floor_as_it_is(scale: Scale) -> None:
    for name in ("models", "tsunami"):
        of = analysis(name, scale)
        bases = {what: base for what, _, _, base in compared(of)}
        assert len(bases) == len([row for row in rows_of(of) if row["tsunami"]])
        assert all(base and base.sea is None and not base.draws for base in bases.values())


@pytest.mark.parametrize("scale", SCALES)
def test_codes_are_drawn_where_a_figure_or_a_table_shows_them(scale: Scale) -> None:
    for name in ANALYSES:
        of = analysis(name, scale)
        for drawn in of.drawn:
            if drawn.part.name != "codes" and not drawn.part.options.get("drawn"):
                continue
            where = drawn.part.options.get("where") or {}
            shown = [row for row in rows_of(of) if unknown(where, [row]) is None]
            of_rows = [tsunamis(of, str(row["label"])).get(str(row["tsunami"])) for row in shown]
            assert any(one and one.draws for one in of_rows), drawn.file


# --- that the above can fail ---

GAUGES = {"name": "gauges", "gauges": ["802G"]}
MAPS = {"name": "maps"}


@pytest.mark.parametrize(
    ("figure", "found"),
    [
        (GAUGES | {"where": {"label": "originaI"}}, "label originaI"),
        (GAUGES | {"where": {"label": "original", "tsunami": "wave"}}, "tsunami wave"),
        (MAPS | {"where": {"label": "pca 100", "tsunami": "flat"}}, "tsunami flat"),
        (MAPS | {"where": {"label": ["mean", "vae"]}}, "label ['mean', 'vae']"),
        ({"name": "errors-and-waves", "gauges": ["802G"], "tsunami": "flood"}, "tsunami flood"),
        ({"name": "errors-and-waves", "gauges": ["802G"], "original": "the sea"}, "label the sea"),
    ],
)
def test_a_name_that_there_is_not_is_found(figure: dict[str, object], found: str) -> None:
    of = analysis("tsunami", "quick", figures=[figure])
    assert found in {unknown(where, rows_of(of)) for _, where in asked_of(of)}
    well = analysis("tsunami", "quick", figures=[GAUGES | {"where": {"label": ["mean", "pca 100"]}}])
    assert {unknown(where, rows_of(well)) for _, where in asked_of(well)} == {None}


def test_a_baseline_that_lacks_a_tsunami_or_has_other_moments_is_found() -> None:
    waves = {"waves": {"against": {"flat": "flat", "waves": "flood"}}}
    found = {what: base for what, _, _, base in compared(analysis("tsunami", "quick", summaries=waves))}
    flat, pca = found["original: flat"], found["pca 100: waves"]
    assert flat is not None
    assert flat.label == "flat"
    assert pca is None
    every_run = {"tsunamis": [{"label": "waves", "seconds": 5400, "every": 5}]}
    moments = [
        (one.every, base.every)
        for what, one, _, base in compared(analysis("tsunami", "quick", every_run=every_run))
        if what == "pca 100: waves" and base
    ]
    assert moments == [(5, 15)]
