"""Oracle: what the design promises to run again after an edit, by rule and count, asked of the real
Snakefile."""

import pytest

from tests.workflow.conftest import Project

pytestmark = pytest.mark.xdist_group("reruns")

# Two analyses share a run: accuracy trains it with seeds 0 and 1, second needs its seed 0 and one more run.
DRAWN = {"summarise": 1, "draw_figure": 1}
USED = {"probe": 2, "attack": 4}
AFTER_TRAINING = {"train": 3} | USED | DRAWN
# A third analysis trains two autoencoders and takes pictures of them, which is a stage of its own; a fourth
# counts one that is as it was built.
SHOWN = {"show": 2} | DRAWN
COUNTED = {"measure": 1, "summarise": 1, "write_table": 1}
ALL = USED | SHOWN | {"train": 5, "summarise": 2, "draw_figure": 2}
TABLES = ("metrics", "times")


def test_nothing_runs_when_nothing_changed(built: Project):
    assert built.planned() == {}


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (
            "lea/training/loop.py",
            "            learner.mode()\n",
            "            # a comment\n            learner.mode( )\n\n",
        ),
        (
            "lea/studies/lea/networks/classic.py",
            '    """(b, c, h, w) -> (b, classes) logits."""',
            '    """Other words."""',
        ),
        ("lea/figures/panels.py", '"""Several metrics', '"""Some metrics'),
        ("lea/data/dsprites.py", '"""dSprites, from', '"""Sprites, from'),
        (
            "lea/registry.py",
            '    "model": {',
            '    "model": {\n        "another": "lea.studies.lea.networks.classic:Classic",',
        ),
        ("lea/seals.py", "ZEROS = b", "ANOTHER = 1\nZEROS = b"),
        ("lea/attacks/stage.py", "found none; expected names of attacks", "found nothing"),
        ("lea/probes/stage.py", "memory=16000", "memory=32000"),
        ("lea/training/stage.py", "minutes=240", "minutes=480"),
        ("workflow/rules/job.smk", "threads: 1", "threads: 2"),
        ("lea/__init__.py", "0.1.0", "0.2.0"),
        ("lea/study/build.py", "YAML reads 1e-4 as text", "1e-4 is text to YAML"),
        ("profiles/default/config.yaml", "cores: all", "cores: 1\nset-threads: {train: 2}"),
        ("config/config.yaml", "device: auto", "device: cpu"),
        ("config/config.yaml", "data_folder: data", "data_folder: elsewhere"),
        ("config/config.yaml", "# What a user edits.", "# Another comment."),
        ("config/config.yaml", "studies: all", "studies: [lea]"),
        ("config/config.yaml", "analyses: all", "analyses: [accuracy, codes, examples]"),
        ("config/lea/study.yaml", "A small study", "A study"),
        ("config/lea/accuracy.yaml", "1.0e-3", "0.0010"),
    ],
)
def test_what_changes_no_result_runs_nothing(project: Project, file: str, old: str, new: str):
    project.edit(file, old, new)
    assert project.planned() == {}


def test_an_edited_figure_draws_that_figure(project: Project):
    project.edit("lea/figures/panels.py", "squeeze=False)[0]", "squeeze=False)[0, :]")
    assert project.outputs() == {"fig-4.2.png", "fig-4.2.pdf", "fig-4.2.csv"}


def test_the_style_sheet_draws_every_figure(project: Project):
    project.append("lea/figures/lea.mplstyle", "xtick.labelsize: 6\n")
    assert project.planned() == {"draw_figure": 3}


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("lea/training/loop.py", "= 5.0", "= 6.0"),
        ("lea/data/tensors.py", "if low:", "if low != 0:"),
        ("lea/study/seeds.py", "digest_size=8", "digest_size=7"),
    ],
)
def test_an_edited_training_trains_again_and_draws_what_follows(
    project: Project, file: str, old: str, new: str
):
    project.edit(file, old, new)
    planned = project.planned()
    data = planned.pop("prepare_data", 0)  # seeds order the data too, where there are samples
    assert data == (4 if "seeds" in file else 0)
    assert planned["train"] == 5
    assert planned["draw_figure"] == (3 if data else 2)


@pytest.mark.parametrize(
    ("file", "old", "new", "planned"),
    [
        ("studies/lea/networks/classic.py", "padding=2", "padding=(2, 2)", AFTER_TRAINING),
        ("training/methods/classify.py", "BINS = 15", "BINS = 16", ALL),
        ("compute/optimizers.py", "fused=True", "fused=not False", ALL),
        ("compute/optimizers.py", "alpha=smoothing", "alpha=1 - smoothing", {}),
        ("studies/lea/methods.py", "total.detach()", "total.detach().clone()", SHOWN | {"train": 2}),
        ("nn/losses.py", "spread > 0", "spread > 0.0", SHOWN | {"train": 2}),
        (
            "studies/lea/networks/lea_alone.py",
            "lea(shape)",
            "lea(tuple(shape))",
            SHOWN | COUNTED | {"train": 2, "summarise": 2},
        ),
        (
            "nn/autoencoders/vae.py",
            "chunk(2, dim=1)",
            "chunk(2, 1)",
            SHOWN | {"train": 1, "show": 1},
        ),
        (
            "nn/autoencoders/ae.py",
            "return self.coder.decode(z)",
            "return (self.coder.decode(z))[:]",
            SHOWN | COUNTED | {"train": 1, "show": 1, "summarise": 2},
        ),
        ("nn/coders/fc.py", "relu_()", "relu()", SHOWN | COUNTED | {"train": 2, "summarise": 2}),
        ("nn/coders/conv.py", "relu_()", "relu()", {}),
        ("nn/autoencoders/ksparse.py", "dim=1", "1", {}),
    ],
)
def test_an_edited_part_trains_the_runs_that_use_it(
    project: Project, file: str, old: str, new: str, planned: dict[str, int]
):
    project.edit(f"lea/{file}", old, new)
    assert project.planned() == planned


@pytest.mark.parametrize(
    ("file", "old", "new", "planned"),
    [
        ("show/job.py", 'f"{epoch}/"', 'f"{epoch}" + "/"', SHOWN),
        ("studies/lea/pictures.py", "BINS = 64", "BINS = 63", SHOWN),
        ("measure/job.py", 'job.seed, "measure"', 'job.seed, "measured"', COUNTED),
        ("measure/parameters.py", "one.numel() for", "1 * one.numel() for", COUNTED),
        ("probes/job.py", '"probes of %s"', '"the probes of %s"', {"probe": 2}),
        ("attacks/job.py", '"%s: %s"', '"%s, %s"', {"attack": 4}),
    ],
)
def test_an_edited_stage_does_its_own_jobs_again_and_trains_nothing(
    project: Project, file: str, old: str, new: str, planned: dict[str, int]
):
    project.edit(f"lea/{file}", old, new)
    assert project.planned() == planned


def test_a_picture_more_is_taken_of_what_was_trained(project: Project):
    project.edit("config/lea/codes.yaml", "images: 1", "images: 2")
    assert project.planned() == SHOWN


def test_a_metric_more_is_taken_of_what_was_trained(project: Project):
    project.edit("config/lea/accuracy.yaml", "  fit:", "  measures: [{name: parameters}]\n  fit:")
    assert project.planned() == {"measure": 2}


@pytest.mark.parametrize(
    ("file", "old", "new", "planned"),
    [
        ("contrast_reduction.py", "/ 2", "/ 2.0", {"attack": 2}),
        ("gradient_sign.py", "len(chosen)", "int(len(chosen))", {"attack": 2}),
        ("evaluation.py", "BATCH = 100", "BATCH = 99", {"attack": 4}),
        ("spatial.py", "order=3", "order=2", {}),
    ],
)
def test_an_edited_attack_attacks_again_with_its_family(
    project: Project, file: str, old: str, new: str, planned: dict[str, int]
):
    project.edit(f"lea/attacks/{file}", old, new)
    assert project.planned() == planned


def test_another_attack_is_made_with_its_family(project: Project):
    project.edit("config/lea/second.yaml", "{name: gradient-sign}", "{name: gradient-sign}, {name: deepfool}")
    assert project.planned() == {"attack": 2}


def test_an_edited_summary_summarises_and_draws_again(project: Project):
    project.edit("lea/summary/curves.py", 'maximum="max"', 'maximum="last"')
    assert project.planned() == {"summarise": 1, "draw_figure": 1}


def test_an_edited_data_set_prepares_it_and_what_follows(project: Project):
    project.edit("lea/data/dsprites_drawing.py", "SQUARE_SIDE = 21.5", "SQUARE_SIDE = 21.4")
    assert project.planned() == {
        "prepare_data": 1,
        "train": 3,
        **USED,
        "summarise": 3,
        "draw_figure": 2,
        "write_table": 1,
    }


def test_another_number_of_epochs_trains_the_runs_of_that_analysis(project: Project):
    project.edit("config/lea/second.yaml", "epochs: 2", "epochs: 3")
    assert project.planned() == {"train": 2} | USED  # neither is accuracy's any more
    read = {name for name in project.outputs() if name.startswith(("probes-", "attacks-"))}
    assert len(read) == 3
    weights = {f"{one}.safetensors" for one in ("weights", "snapshots")}
    assert project.outputs() - read == {*weights, *(f"{one}.parquet" for one in TABLES)}


def test_an_epoch_more_on_the_command_line_is_the_same_as_in_the_file(project: Project):
    override = ("--config", "lea={accuracy: {every_run: {fit: {epochs: 3}}}}")
    assert project.planned(*override) == {"train": 2, "summarise": 1, "draw_figure": 1}


def test_one_more_seed_trains_one_seed(project: Project):
    project.edit("config/lea/accuracy.yaml", "seeds: 2", "seeds: 3")
    assert project.planned() == {"train": 1, "summarise": 1, "draw_figure": 1}


def test_a_seed_of_a_shared_run_is_trained_once(project: Project):
    project.edit("config/lea/second.yaml", "seeds: 1", "seeds: 2")
    assert project.planned() == {"train": 1} | USED


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("lea/probes/training.py", "self.optimizer.zero_grad()", "self.optimizer.zero_grad(False)"),
        ("lea/probes/readers.py", "F.relu", "F.gelu"),
        ("config/lea/second.yaml", "hidden: 2,", "hidden: 3,"),
        ("config/lea/second.yaml", "factors: [shape, x]", "factors: [shape]"),
    ],
)
def test_edited_probes_read_again_and_train_nothing(project: Project, file: str, old: str, new: str):
    project.edit(file, old, new)
    assert project.planned() == {"probe": 2}


@pytest.mark.parametrize(
    ("deleted", "planned"),
    [
        ("lea/figures/fig-4.2.pdf", {"draw_figure": 1}),
        ("lea/figures/fig-4.6.csv", {"draw_figure": 1}),
        ("lea/tables/table-4.1.html", {"write_table": 1}),
        ("lea/summary/examples.sizes.parquet", {"summarise": 1, "write_table": 1}),
        ("runs/*/seed=1/weights.safetensors", DRAWN | {"train": 1}),
        ("runs/*/seed=0/probes-*.parquet", {"probe": 1}),
        ("runs/*/seed=0/attacks-gradient-*.parquet", {"attack": 1}),
        ("runs/*/seed=0/measures-parameters-*.parquet", COUNTED),
        ("runs/*-ae-*/seed=0/pictures-leas-*.parquet", SHOWN | {"show": 1}),
        ("runs/*-ae-*/seed=0/snapshots.safetensors", SHOWN | {"train": 1, "show": 1}),
        (
            "data/mnist-*.parquet",
            {
                "prepare_data": 1,
                "train": 2,
                "show": 2,
                "summarise": 3,
                "draw_figure": 2,
                "write_table": 1,
            },
        ),
    ],
)
def test_a_deleted_output_is_made_again(project: Project, deleted: str, planned: dict[str, int]):
    file, *_ = sorted(project.root.glob(f"results/quick/{deleted}"))
    file.unlink()
    assert project.planned() == planned


def test_all_asks_for_every_table_weight_file_and_figure(built: Project):
    made = {
        str(file.relative_to(built.root))
        for file in built.root.glob("results/**/*.*")
        if file.is_file() and not {"logs", "benchmarks"} & set(file.parts)
    }
    # data, trainings, probes, attacks, pictures, measures, summaries, figures, tables
    assert len(made) == 5 + 4 * 5 + 2 + 4 + 2 + 1 + 5 + 3 * 3 + 2 * 2
    listed = built.build("--dry-run", "--forceall")
    assert all(file in listed for file in made)
