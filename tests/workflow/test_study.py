"""Oracle: the files of one real run of the small study, read by other libraries; the messages that the design
asks for."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from tests.project import REPOSITORY
from tests.workflow.conftest import TWO_CORES, Project, copy_project

pytestmark = pytest.mark.xdist_group("study")


def test_all_metrics_of_all_runs_open_with_the_line_in_the_docs(built: Project):
    text = (REPOSITORY / "docs/files.md").read_text()
    example = re.search(r"```python\n(.*?)```", text, re.DOTALL).group(1)
    done = subprocess.run(
        [sys.executable, "-c", f"{example}\nmetrics.to_csv('metrics.csv')"], cwd=built.root, check=False
    )
    assert done.returncode == 0
    metrics = pd.read_csv(built.root / "metrics.csv")
    network = metrics[metrics["part"] == "network"]
    assert len(network) == 3 * 2 * 2 * 4  # trainings, epochs, splits, metrics
    assert len(metrics) - len(network) == 2 * (3 + 4)  # splits, metrics of the ae and the vae
    assert network.groupby("run")["seed"].nunique().sort_values().tolist() == [1, 2]


def test_hive_partitioned_reading_agrees_with_the_columns(built: Project):
    import pyarrow.dataset as ds

    files = sorted(map(str, (built.root / "results/quick/runs").rglob("metrics.parquet")))
    table = ds.dataset(files, partitioning="hive").to_table().to_pandas()
    assert set(table["seed"]) == {0, 1}
    assert set(table["run"].str.rsplit("-", n=1).str[0]) == {
        "classic-dsprites",
        "lea-alone-ae-fc-mnist",
        "lea-alone-vae-fc-mnist",
    }


def test_a_training_says_how_it_goes(built: Project):
    log = next((built.root / "results/quick/logs/train").glob("classic*.0.log")).read_text()
    assert re.search(r"epoch 2/2: loss of network \d\.\d+; \d+ samples/s, 0 s left", log)
    assert "on cpu, 1 threads" in log


def test_a_training_uses_the_threads_that_snakemake_gives_it(project: Project):
    next(project.root.glob("results/quick/runs/*/seed=1/metrics.parquet")).unlink()
    project.build("--set-threads", "train=2")
    log = next((project.root / "results/quick/logs/train").glob("*.1.log")).read_text()
    assert "2 threads" in log


def test_each_job_has_a_gpu_of_its_own(project: Project, monkeypatch: pytest.MonkeyPatch):
    """As many at once as `--resources gpu` says; there need not be a GPU to see which they are given."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,6")
    shutil.rmtree(project.root / "results/quick/logs/train")
    long = ("analyses=[accuracy]", "lea={accuracy: {every_run: {fit: {epochs: 200}}}}")
    project.build("--config", *long, "--resources", "gpu=2", "--until", "train")
    logs = [log.read_text() for log in (project.root / "results/quick/logs/train").glob("classic*.log")]
    given = [re.findall(r"CUDA_VISIBLE_DEVICES=(\d), of 4,6", log) for log in logs]
    assert sorted(given) == [["4"], ["6"]]  # of two seeds
    assert not any("waiting" in log for log in logs)


def test_the_cluster_s_profile_finds_the_same_results(built: Project):
    assert built.planned("--workflow-profile", "profiles/slurm") == {}


def test_a_figure_is_a_picture_with_its_table_beside_it(built: Project):
    figures = built.root / "results/quick/lea/figures"
    assert Image.open(figures / "fig-4.2.png").size[0] > 1000
    assert (figures / "fig-4.2.pdf").read_bytes().startswith(b"%PDF")
    curves = pd.read_csv(figures / "fig-4.2.csv")
    assert set(curves["metric"]) == {"accuracy", "loss"}
    assert (curves["seeds"] == 2).all()


def test_the_data_table_counts_what_is_there(built: Project):
    table = pd.read_csv(built.root / "results/quick/lea/tables/table-4.1.csv").set_index("dataset")
    assert table.loc["dSprites (rendered here)", ["train", "test", "image"]].tolist() == [60, 40, "32x32x1"]
    assert (table["source"] == "embedded").all()


def test_the_report_shows_each_figure_with_its_caption_and_source(project: Project):
    project.build("--report", "report.html")
    report = (project.root / "report.html").read_text()
    assert "fig-4.2.png" in report
    assert "table-4.1.html" in report
    assert "dSprites (rendered here), source embedded" in report


def test_a_wrong_key_is_refused_before_any_job_with_one_line(project: Project):
    project.edit("config/lea/accuracy.yaml", "epochs: 2", "epoch: 2")
    done = project.run()
    expected = "config/lea/accuracy.yaml: every_run.fit.epoch: no such key; did you mean 'epochs'?"
    assert done.returncode != 0
    assert f"error: {expected}" in (done.stdout + done.stderr).splitlines()
    assert "Traceback" not in done.stdout + done.stderr


def test_a_failed_job_shows_its_log_and_leaves_nothing_half_written(project: Project):
    table = next(project.root.glob("results/quick/data/dsprites-*.parquet"))
    content = bytearray(table.read_bytes())
    content[len(content) // 2] ^= 1
    table.write_bytes(content)
    done = project.run("--forcerun", "train")
    text = done.stdout + done.stderr
    assert done.returncode != 0
    lines = text.splitlines()
    first = next(index for index, line in enumerate(lines) if "error: " in line)
    assert lines[first].startswith(f"error: {table.relative_to(project.root)}: damaged")
    assert lines[first + 1].startswith("log: results/quick/logs/")
    assert "SIGKILL" not in text
    left = [file.name for file in project.root.glob("results/quick/runs/run=classic-*/*/*")]
    assert all(name.startswith(("probes-", "attacks-")) for name in left), (
        left
    )  # whole ones, of the run before


def test_a_loss_that_blows_up_names_run_seed_and_epoch(project: Project):
    override = "lea={accuracy: {every_run: {fit: {epochs: 40, optimizer: {rate: 10.0}}}, seeds: 1}}"
    project.edit(
        "lea/training/methods/classify.py",
        "F.cross_entropy(logits, batch.y)",
        "F.cross_entropy(logits, batch.y) * 1e38 * 1e38",
    )
    done = project.run("--config", override, "analyses=[accuracy]")
    text = done.stdout + done.stderr
    assert re.search(
        r"error: run classic-dsprites-\w{16}, seed 0: epoch 1.*, part network: .* is (inf|nan)", text
    )


def test_a_folder_of_own_pictures_becomes_a_data_set_and_a_new_picture_another(tmp_path: Path):
    project = copy_project(tmp_path / "study")
    for split in ("train", "test"):
        for name, grey in (("dark", 20), ("light", 220)):
            folder = tmp_path / "birds" / split / name
            folder.mkdir(parents=True)
            for index in range(8):
                Image.new("RGB", (40, 30), (grey + index, grey, grey)).save(folder / f"{{{index}}}.png")
    birds = "{reader: folder, options: {path: ../birds, channels: 3}, target: label, batch_size: 4, side: 16}"
    override = (
        "--config",
        f"datasets={{birds: {birds}}}",
        "lea={accuracy: {every_run: {data: {table: birds}}}}",
        "analyses=[accuracy]",
    )
    assert "{0}.png" not in project.build(*override)
    (figure,) = project.root.glob("results/quick/lea-*/figures/fig-4.2.csv")
    curves = pd.read_csv(figure)
    assert curves["run"].str.startswith("classic-birds-").all()
    os.utime(tmp_path / "birds/train/dark/{0}.png")
    assert project.planned(*override) == {}
    Image.new("RGB", (40, 30)).save(tmp_path / "birds/train/dark/new.png")
    assert project.planned(*override) == {
        "prepare_data": 1,
        "train": 2,
        "summarise": 1,
        "draw_figure": 1,
    }


def test_a_change_on_the_command_line_leaves_the_published_figures_alone(project: Project):
    figures = project.root / "results/quick/lea/figures"
    before = {file.name: file.read_bytes() for file in figures.iterdir()}
    change = "lea={accuracy: {title: Mine, every_run: {fit: {epochs: 1}}}}"
    text = project.build("--config", change)
    (folder,) = project.root.glob("results/quick/lea-*")
    assert (
        f"--config changes a study: its figures and tables go to {folder.relative_to(project.root)}" in text
    )
    assert {file.name: file.read_bytes() for file in figures.iterdir()} == before
    assert [file.name for file in (folder / "figures").glob("*.png")] == ["fig-4.2.png"]
    assert project.planned("--configfile", str(folder / "config.yaml")) == {}
    assert project.planned() == {}


def test_another_working_directory_and_a_study_elsewhere(project: Project, tmp_path: Path):
    """Results go to the directory; the code is that beside the Snakefile, though another is installed."""
    mine, elsewhere = tmp_path / "mine", tmp_path / "elsewhere"
    mine.mkdir()
    elsewhere.mkdir()
    for name in ("study", "accuracy"):
        shutil.copy(project.root / f"config/lea/{name}.yaml", mine)
    (mine / "my_classic.py").write_text(
        "from lea.studies.lea.networks.classic import Classic\n\n\nclass Mine(Classic):\n    pass\n"
    )
    text = (mine / "accuracy.yaml").read_text()
    (mine / "accuracy.yaml").write_text(text.replace("name: classic", 'name: "my_classic:Mine"'))
    project.edit("lea/training/job.py", '"%d samples"', '"%d samples of this folder\'s"')
    command = [*TWO_CORES, "--snakefile", str(project.root / "Snakefile"), "--directory", str(elsewhere)]
    done = subprocess.run(
        [*command, "--config", f"studies=[{mine}]"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (elsewhere / "results/quick/mine/figures/fig-4.2.png").exists()
    log = next((elsewhere / "results/quick/logs/train").glob("mine-dsprites-*.0.log")).read_text()
    assert "60 samples of this folder's" in log
    assert not list(tmp_path.glob("results"))


def test_original_files_that_are_missing_are_fetched_and_those_on_disk_never_written(tmp_path: Path):
    project = copy_project(tmp_path / "study")
    override = ("--config", "source=original", "analyses=[examples]")
    assert {"fetch_mnist", "fetch_dsprites"} <= set(project.planned(*override))
    raw = project.root / "data/mnist/MNIST/raw"
    raw.mkdir(parents=True)
    (raw / "train-labels-idx1-ubyte").write_bytes(b"mine")
    text = project.build("--dry-run", "--forceall", *override)
    outputs = [line for line in text.splitlines() if line.strip().startswith("output:")]
    assert any("train-images-idx3-ubyte" in line for line in outputs)
    assert not any("data/mnist/MNIST/raw/train-labels-idx1-ubyte" in line for line in outputs)


@pytest.mark.skipif(
    not (REPOSITORY / "../shared/data/mnist").exists(), reason="the real MNIST is not on this machine"
)
def test_the_real_mnist_trains_from_where_it_lies(tmp_path: Path):
    project = copy_project(tmp_path / "study")
    folder = (REPOSITORY / "../shared/data").resolve()
    project.build(
        "--config",
        "source=original",
        f"data_folder={folder}",
        "analyses=[accuracy]",
        "lea={accuracy: {every_run: {data: {table: mnist}}, seeds: 1}}",
    )
    assert list(project.root.glob("results/quick/data/mnist-original-28px-*.parquet"))


STARTS = {
    ".parquet": b"PAR1",
    ".png": b"\x89PNG",
    ".pdf": b"%PDF",
    ".safetensors": None,  # the length of a JSON text, and the text
    ".csv": None,
    ".html": None,
    ".log": None,
    ".tsv": None,
}


def test_no_result_is_a_pickle(built: Project):
    files = [file for file in (built.root / "results").rglob("*") if file.is_file()]
    assert {file.suffix for file in files} == set(STARTS)
    for file in files:
        content, start = file.read_bytes(), STARTS[file.suffix]
        if start:
            assert content.startswith(start), file
        elif file.suffix == ".safetensors":
            length = int.from_bytes(content[:8], "little")
            assert json.loads(content[8 : 8 + length])
        else:
            content.decode("utf-8")
