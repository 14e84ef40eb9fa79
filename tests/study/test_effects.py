"""Oracle: the source's table of figures (Sec. 5 and App. A.1), written out here; and the number of trainings,
counted by hand."""

from collections.abc import Callable
from typing import Any

import pytest

from lea.errors import UserError
from lea.study.reader import read_study
from lea.study.spec import Scale
from lea.study.workflow import Workflow

SCALES: list[Scale] = ["quick", "reduced", "thesis"]
WINDOWS = (2, 4, 8, 16, 32, 64)
# of accuracy, autoencoders, reconstructions, codes, confidence, regimes, samples, equivariance, pooling,
# regularisation, robustness
ASKED = (2, 6, 11, 4, 3, 4, 8, 2, 30, 8, 12)
SHARED = 6  # the autoencoders whose curves are drawn are among those whose reconstructions are


def test_the_full_study_trains_what_two_analyses_share_once() -> None:
    study = read_study({"scale": "thesis"})
    assert sum(len(analysis.runs) for analysis in study.analyses.values()) == sum(ASKED)
    trainings = list(study.trainings())
    assert len(trainings) == len(set(trainings)) == 10 * (sum(ASKED) - SHARED) == 840
    targets = Workflow({"scale": "thesis"}).training_targets()
    assert len([file for file in targets if file.endswith("weights.safetensors")]) == 840


def test_what_is_read_from_a_run_does_not_train_it_again() -> None:
    read = {"every_run": {"probes": {"factors": ["shape"], "hidden": 2, "epochs": 1, "learning_rate": 1e-3}}}
    plain, probed = read_study({}), read_study({"equivariance": read})
    assert plain.runs.keys() == probed.runs.keys()
    assert plain.probings.keys() != probed.probings.keys()
    assert [key[0] for key in plain.probings] == [key[0] for key in probed.probings]


@pytest.mark.parametrize(("scale", "side"), [("quick", 32), ("reduced", 32), ("thesis", 64)])
def test_pooling_has_every_window_that_fits_the_image(scale: Scale, side: int) -> None:
    runs = read_study({"scale": scale, "analyses": ["pooling"]}).analyses["pooling"].runs.values()
    found = {
        (run.network.name, run.lea and (run.lea.autoencoder.name, run.lea.code_length), window(run))
        for run in runs
    }
    leas = [(name, length) for name in ("ae", "vae") for length in (1, 10)]
    windows = [one for one in WINDOWS if one <= side]
    expected = {("pool-fc", None, one) for one in windows}
    assert found == expected | {("lea-fc", lea, one) for lea in leas for one in windows}
    assert {run.dataset.side for run in runs} == {side}
    assert all(run.lea.stride in (None, run.lea.window) for run in runs if run.lea)


def window(run: Any) -> int:
    return run.lea.window if run.lea else run.network.options["window"]


def test_at_the_thesis_scale_the_four_analyses_are_the_sources() -> None:
    study = read_study({"scale": "thesis"})
    samples, equivariance, pooling, weights = (
        study.analyses[name] for name in ("samples", "equivariance", "pooling", "regularisation")
    )
    assert {run.training.samples for run in samples.runs.values()} == {10, 500, 5000, 50000}
    assert {run.training.epochs for run in samples.runs.values()} == {20}
    assert {run.lea.code_length for run in samples.runs.values() if run.lea} == {5}
    assert {run.training.epochs for run in equivariance.runs.values()} == {50}
    assert {run.target for run in equivariance.runs.values()} == {"shape"}
    for uses in equivariance.uses.values():
        probes = uses.probes
        assert probes
        assert probes.factors == ("scale", "orientation", "x", "y")
        assert (probes.hidden, probes.epochs, probes.samples, probes.layers) == (1024, 20, None, None)
    assert {run.training.epochs for run in pooling.runs.values()} == {100}
    joint = {run.network.name: run for run in weights.runs.values()}
    assert {run.training.lea_weight for run in weights.runs.values()} == {0, *(10.0**n for n in range(-4, 3))}
    for run in weights.runs.values():
        assert run.lea is not None
        assert (run.dataset.name, run.training.regime, run.training.epochs) == ("cifar-10", "joint", 200)
        assert (run.lea.window, run.lea.stride, run.lea.code_length) == (8, 4, 10)
        options = run.lea.autoencoder.options
        assert (options["gamma"], options["capacity"], options["rising"]) == (10, 25, 25)
        assert (run.training.samples, run.training.held_out) == (45_000, 5_000)  # ours: a tenth held out
    assert set(joint) == {"lea-only", "decoder-free"}
    assert all(analysis.seeds == 10 for analysis in study.analyses.values() if analysis.runs)


@pytest.mark.parametrize("scale", SCALES)
def test_smaller_samples_are_trained_as_often_on_the_same_test_set(scale: Scale) -> None:
    runs = read_study({"scale": scale, "analyses": ["samples"]}).analyses["samples"].runs.values()
    assert len({run.dataset.id for run in runs}) == 1
    assert len({(run.training.epochs, run.training.batch_size) for run in runs}) == 1
    assert len({run.training.samples for run in runs}) == 4


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no such factor": (
        {"factors": ["colour"]},
        "equivariance: every_run.probes.factors: found 'colour'; expected a label of 'dsprites'",
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
    with pytest.raises(UserError) as found:
        read_study({"equivariance": {"every_run": {"probes": change}}})
    assert message in str(found.value)


def test_one_run_read_in_two_ways_is_refused_in_one_analysis() -> None:
    again = {"network": {"name": "classic"}, "probes": {"hidden": 3}}
    with pytest.raises(
        UserError, match=r"runs\.again: the same run as 'classic', with other probes; put one"
    ):
        read_study({"equivariance": {"runs": {"again": again}}})


def held_out(count: int, samples: int | None = None) -> dict[str, Any]:
    return {"regularisation": {"every_run": {"training": {"held_out": count, "samples": samples}}}}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda: held_out(1001, 1000),
            "training.samples: found 1000 and 1001 held out; data set 'cifar-10' has 2000",
        ),
        (
            lambda: held_out(2000),
            "training.held_out: found the rest and 2000 held out; data set 'cifar-10' has 2000",
        ),
        (
            lambda: {"accuracy": {"figures": ["fig-5.4"]}, "analyses": ["accuracy"]},
            "fig-5.4 shows probes, and 'classic', 'cnn-lea' has none",
        ),
    ],
)
def test_what_cannot_be_held_out_or_drawn_is_refused_on_reading(
    change: Callable[[], dict[str, Any]], message: str
) -> None:
    with pytest.raises(UserError) as found:
        read_study(change())
    assert message in str(found.value)


def test_one_sample_may_be_left_of_those_held_out() -> None:
    study = read_study(held_out(1999))
    assert {run.training.held_out for run in study.analyses["regularisation"].runs.values()} == {1999}


def test_probes_of_a_run_that_two_analyses_read_alike_are_made_once() -> None:
    study = read_study({})
    probings = study.probings
    assert len(probings) == 2
    assert {seeds for _, seeds in probings.values()} == {study.analyses["equivariance"].seeds}
    assert len(set(Workflow({}).probe_targets())) == 4
