"""Oracle: the source's table of figures (Sec. 5 and App. A.1), written out here; and the number of trainings,
counted by hand."""

from collections.abc import Callable
from typing import Any

import pytest

from lea.probes.stage import Probes
from lea.study.spec import Part, Run, Scale
from lea.study.workflow import Workflow
from tests.study.reading import analyses, refusal, runs_of, seeds_of

SCALES: list[Scale] = ["quick", "reduced", "thesis"]
WINDOWS = (2, 4, 8, 16, 32, 64)
# of accuracy, autoencoders, reconstructions, codes, confidence, regimes, samples, equivariance, pooling,
# regularisation, robustness, steps
ASKED = (2, 6, 11, 4, 3, 4, 8, 2, 30, 8, 13, 8)
# The autoencoders whose curves are drawn are among those whose reconstructions are; all samples are no fewer
# steps; the network that is attacked early is that whose accuracy is followed.
SHARED = 6 + 2 + 1


COUNTED = 12  # models whose parameters are counted, and which nobody trains


def layer(run: Run) -> Part | None:
    found = run.model.options.get("lea")
    return found if isinstance(found, Part) else None


def autoencoder(run: Run) -> Part:
    found = layer(run)
    assert found
    part = found.options["autoencoder"]
    assert isinstance(part, Part)
    return part


def test_the_full_study_trains_what_two_analyses_share_once() -> None:
    workflow = Workflow({"scale": "thesis", "studies": ["lea"]})
    assert sum(len(analysis.runs) for analysis in workflow.study.analyses) == sum(ASKED) + COUNTED
    assert len(seeds_of(workflow, "train")) == 10 * (sum(ASKED) - SHARED) == 900
    targets = list(workflow.jobs.targets("train"))
    assert len(targets) == len(set(targets)) == 4 * 900
    assert len([file for file in targets if file.endswith("/weights.safetensors")]) == 900


def test_what_is_read_from_a_run_does_not_train_it_again() -> None:
    probes = {"factors": ["shape"], "hidden": 2, "epochs": 1, "learning_rate": 1e-3}
    read = {"equivariance": {"every_run": {"probes": probes}}}
    plain, probed = Workflow({}), Workflow({"lea": read})
    assert plain.study.runs.keys() == probed.study.runs.keys()
    assert list(plain.jobs.targets("train")) == list(probed.jobs.targets("train"))
    before, after = (list(one.jobs.targets("probe")) for one in (plain, probed))
    assert len(before) == len(after) == 4
    assert not set(before) & set(after)
    assert seeds_of(plain, "probe") == seeds_of(probed, "probe")


@pytest.mark.parametrize(("scale", "side"), [("quick", 32), ("reduced", 32), ("thesis", 64)])
def test_pooling_has_every_window_that_fits_the_image(scale: Scale, side: int) -> None:
    runs = runs_of("pooling", scale=scale).values()
    leas = [(name, length) for name in ("ae", "vae") for length in (1, 10)]
    windows = [one for one in WINDOWS if one <= side]
    expected = {("pool-fc", None, one) for one in windows}
    assert {seen(run) for run in runs} == expected | {("lea-fc", lea, one) for lea in leas for one in windows}
    assert {run.data.table.side for run in runs} == {side}
    strides = [(one.options["stride"], one.options["window"]) for one in map(layer, runs) if one]
    assert all(stride in (None, window) for stride, window in strides)


def seen(run: Run) -> tuple[str, Any, Any]:
    """What a run of the pooling is told apart by."""
    lea = layer(run)
    if not lea:
        return run.model.name, None, run.model.options["window"]
    return run.model.name, (autoencoder(run).name, lea.options["code_length"]), lea.options["window"]


def test_at_the_thesis_scale_the_four_analyses_are_the_sources() -> None:
    read = analyses(scale="thesis")
    samples, equivariance, pooling, weights = (
        read[name] for name in ("samples", "equivariance", "pooling", "regularisation")
    )
    assert {run.data.samples for run in samples.runs.values()} == {10, 500, 5000, 50000}
    assert {run.fit.epochs for run in samples.runs.values()} == {20}
    lengths = {one.options["code_length"] for one in map(layer, samples.runs.values()) if one}
    assert lengths == {5}
    assert {run.fit.epochs for run in equivariance.runs.values()} == {50}
    assert {run.data.target for run in equivariance.runs.values()} == {"shape"}
    for uses in equivariance.uses.values():
        (probes,) = uses["probe"]
        assert isinstance(probes, Probes)
        assert probes.factors == ("scale", "orientation", "x", "y")
        assert (probes.hidden, probes.epochs, probes.samples, probes.layers) == (1024, 20, None, None)
    assert {run.fit.epochs for run in pooling.runs.values()} == {100}
    expected = {0, *(10.0**n for n in range(-4, 3))}
    assert {run.method.options["lea_weight"] for run in weights.runs.values()} == expected
    for run in weights.runs.values():
        assert (run.data.table.name, run.method.name, run.fit.epochs) == ("cifar-10", "joint", 200)
        assert (run.model.name, run.method.options["class_weight"]) == ("lea-fc", 1.0)
        lea = layer(run)
        assert lea
        assert [lea.options[key] for key in ("window", "stride", "code_length")] == [8, 4, 10]
        options = autoencoder(run).options
        assert (options["gamma"], options["capacity"], options["rising"]) == (10, 25, 25)
        assert (run.data.samples, run.data.held_out) == (50_000, None)
    seeds = {one.name: one.seeds for one in read.values() if one.runs}
    assert {one for name, one in seeds.items() if name != "parameters"} == {10}


@pytest.mark.parametrize("scale", SCALES)
def test_smaller_samples_are_trained_as_often_on_the_same_test_set(scale: Scale) -> None:
    runs = runs_of("samples", scale=scale).values()
    assert len({run.data.table.id for run in runs}) == 1
    assert len({(run.fit.epochs, run.fit.batch_size) for run in runs}) == 1
    assert len({run.data.samples for run in runs}) == 4


@pytest.mark.parametrize("scale", SCALES)
def test_with_steps_held_equal_an_epoch_shows_as_many_samples_whatever_there_are(scale: Scale) -> None:
    runs = runs_of("steps", scale=scale)
    shown = {(run.data.samples or 0) * (run.fit.passes or 1) for run in runs.values()}
    assert len(shown) == len({(run.fit.epochs, run.fit.batch_size) for run in runs.values()}) == 1
    sizes = {run.data.samples for run in runs.values()}
    assert sizes == {run.data.samples for run in runs_of("samples", scale=scale).values()}
    others = {run.id for run in runs_of("samples", scale=scale).values()}
    assert {label for label, run in runs.items() if run.id in others} == {"classic, large", "cnn-lea, large"}


@pytest.mark.parametrize("scale", SCALES)
def test_weights_begin_as_in_the_source_at_the_thesis_scale_and_as_measured_below(scale: Scale) -> None:
    runs = [run for one in analyses(scale=scale).values() for run in one.runs.values() if run.fit.epochs]
    assert len(runs) > 80
    glorot = [run for run in runs if run.initialisation and run.initialisation.name == "glorot"]
    if scale == "reduced":  # ae and ksparse in small batches: they learn from this beginning alone
        whole = [run for run in runs if (its := layer(run)) and its.options["window"] is None]
        assert glorot == [run for run in runs if run.fit.batch_size == 4 or run in whole]
        glorot = [run for run in glorot if run not in whole]  # autoencoders of images, of which one needs it
        assert {autoencoder(run).name for run in glorot if layer(run)} == {"ae", "ksparse"}
        assert {run.model.name for run in glorot if not layer(run)} == {"classic"}  # their control
    else:
        assert len(glorot) == (len(runs) if scale == "thesis" else 0)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no such factor": (
        {"factors": ["colour"]},
        "lea.equivariance: every_run.probes.factors: found 'colour'; expected a label of 'dsprites'",
    ),
    "twice": ({"factors": ["x", "x"]}, "every_run.probes.factors: found ['x', 'x']; expected each once"),
    "none": ({"factors": []}, "every_run.probes.factors: found none; expected labels of the data set"),
    "no layers": ({"layers": []}, "every_run.probes.layers: found none; expected names of layers"),
    "too many": ({"samples": 6001}, "every_run.probes.samples: found 6001; data set 'dsprites' has 6000"),
    "a key": ({"hiden": 3}, "probes.hiden: no such key; did you mean 'hidden'?"),
}


@pytest.mark.parametrize("name", WRONG)
def test_probes_that_cannot_be_are_refused_on_reading(name: str) -> None:
    change, message = WRONG[name]
    assert message in refusal(lea={"equivariance": {"every_run": {"probes": change}}})


def test_one_run_read_in_two_ways_is_refused_in_one_analysis() -> None:
    again = {"model": {"name": "classic"}, "method": "classify", "probes": {"hidden": 3}}
    message = refusal(lea={"equivariance": {"runs": {"again": again}}})
    assert (
        "runs.again: the same run as 'classic', of which stage 'probe' is asked something else; " in message
    )
    assert message.endswith("put one of them into an analysis of its own")


def held_out(count: int, samples: int | None = None) -> dict[str, Any]:
    every_run = {"data": {"held_out": count, "samples": samples}}
    return {"lea": {"regularisation": {"every_run": every_run}}, "analyses": ["regularisation"]}


PROBES = {"figures": ["probes"], "tables": []}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda: held_out(1001, 1000),
            "data.samples: found 1000 and 1001 held out; data set 'cifar-10' has 2000",
        ),
        (
            lambda: held_out(2000),
            "data.held_out: found the rest and 2000 held out; data set 'cifar-10' has 2000",
        ),
        (
            lambda: {"lea": {"accuracy": PROBES}, "analyses": ["accuracy"]},
            "figure 'probes' shows probes, and 'classic', 'cnn-lea' have none; add `probes`",
        ),
    ],
)
def test_what_cannot_be_held_out_or_drawn_is_refused_on_reading(
    change: Callable[[], dict[str, Any]], message: str
) -> None:
    assert message in refusal(**change())


def test_one_sample_may_be_left_of_those_held_out() -> None:
    runs = runs_of("regularisation", **held_out(1999)).values()
    assert {(run.data.samples, run.data.held_out) for run in runs} == {(1, 1999)}


def test_probes_of_a_run_that_two_analyses_read_alike_are_made_once() -> None:
    alone = Workflow({"analyses": ["equivariance"]})
    probes = {"factors": ["scale", "orientation", "x", "y"], "hidden": 128, "samples": 1500}
    alike = {"every_run": {"probes": probes | {"epochs": 5, "learning_rate": 1.0e-3}}, "seeds": 3}
    both = Workflow({"analyses": ["equivariance", "robustness"], "lea": {"robustness": alike}})
    first, second = (set(one.jobs.targets("probe")) for one in (alone, both))
    assert len(first) == 4
    assert first < second
    asked = {work.key[2] for work in both.jobs.works.values() if work.stage.name == "probe"}
    assert len(asked) == 1  # said alike
    runs = {analysis.name: analysis.runs for analysis in both.study.analyses}
    shared = {run.id for run in runs["equivariance"].values()}
    assert len(shared) == 2
    assert len(seeds_of(both, "probe")) == 3 * len(shared | {run.id for run in runs["robustness"].values()})
