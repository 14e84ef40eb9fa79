"""Oracle: a real disk of a few kilobytes that fills up, and one that may not be written to."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import Mock, patch

import pandas as pd
import pytest
import torch
from matplotlib.figure import Figure

from lea.checkpoint import load_weights, write_weights
from lea.compute.keeping import Keeper
from lea.errors import UserError
from lea.figures.job import draw_figure
from lea.store import rows_table, write_table

ROOT = Path(__file__).parents[1]
COLUMNS = {"run": "string", "seconds": "float64"}


def mount(*arguments: str) -> None:
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no file system of its own can be mounted here: {done.stderr.strip()}")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount("-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder))
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def table(path: Path, rows: int) -> None:
    values = torch.rand(rows, generator=torch.Generator().manual_seed(0), dtype=torch.float64).tolist()
    write_table(path, rows_table([{"run": "a", "seconds": one} for one in values], COLUMNS), COLUMNS, {})


def weights(path: Path, rows: int) -> None:
    write_weights(path, {"weight": torch.ones(rows)}, {})


def figure(path: Path, rows: int) -> None:
    """`rows` sets how fine the picture is."""
    drawing = Mock(
        table=Mock(return_value=pd.DataFrame({"a": [1]})),
        draw=Mock(side_effect=lambda _: drawn(rows)),
        frames=Mock(return_value=[]),
    )
    with patch("lea.figures.job.Drawing", return_value=drawing):
        outputs = {"png": path, "pdf": path.with_suffix(".pdf"), "csv": path.with_suffix(".csv")}
        spec = '{"figure": {"name": "panels"}, "needs": [], "note": "A note."}'
        draw_figure(spec, inputs=[], style=ROOT / "lea/figures/lea.mplstyle", outputs=outputs)


def drawn(rows: int) -> Figure:
    made = Figure(figsize=(3, 2), dpi=50 if rows < 100 else 400, layout="constrained")
    pixels = torch.rand(rows, rows, generator=torch.Generator().manual_seed(0))
    made.subplots().imshow(pixels.numpy(), interpolation="nearest")
    return made


WRITERS: dict[str, tuple[Callable[[Path, int], None], int, int]] = {
    "table": (table, 100, 20_000),
    "weights": (weights, 100, 20_000),
    "figure": (figure, 10, 400),
}


@pytest.mark.parametrize("kind", WRITERS)
def test_a_full_disk_is_said_and_nothing_half_written_is_left(kind: str, disk: Path) -> None:
    write, small, large = WRITERS[kind]
    path = disk / "seed=0" / f"the.{'png' if kind == 'figure' else kind}"
    with pytest.raises(UserError) as caught:
        write(path, large)
    assert str(caught.value).startswith(f"{path}: cannot be written: ")
    assert "No space left on device" in str(caught.value)
    assert str(caught.value).endswith("; make room, or let it be written to, and rerun")
    assert list(path.parent.iterdir()) == []
    write(path, small)
    assert path.stat().st_size > 0


def test_a_disk_that_becomes_read_only_does_not_hide_what_a_job_says(disk: Path) -> None:
    def job() -> None:
        with Keeper(disk / "weights", {}) as keeper, keeper.naming("run a"):
            mount("-o", "remount,ro", str(disk))
            raise UserError("the loss is nan")

    with pytest.raises(UserError, match="run a: the loss is nan"):
        job()


@pytest.mark.parametrize("kind", WRITERS)
def test_a_disk_that_may_not_be_written_to_is_said(kind: str, disk: Path) -> None:
    write, small, _ = WRITERS[kind]
    path = disk / "seed=0" / f"the.{'png' if kind == 'figure' else kind}"
    mount("-o", "remount,ro", str(disk))
    with pytest.raises(UserError) as caught:
        write(path, small)
    assert str(caught.value) == (
        f"{path}: cannot be written: Read-only file system; make room, or let it be written to, and rerun"
    )
    mount("-o", "remount,rw", str(disk))
    write(path, small)
    assert path.stat().st_size > 0


def test_a_job_that_cannot_hold_its_output_says_so(disk: Path) -> None:
    output = disk / "seed=0" / "weights.safetensors"
    mount("-o", "remount,ro", str(disk))
    with pytest.raises(UserError, match=r"\.weights\.safetensors\.lock: cannot be written: Read-only file"):
        Keeper(output, {}).__enter__()
    mount("-o", "remount,rw", str(disk))
    with Keeper(output, {}):
        pass


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_refused(value: float, tmp_path: Path) -> None:
    layer, path = torch.nn.Linear(2, 1), tmp_path / "weights.safetensors"
    write_weights(
        path, {"weight": torch.tensor([[1.0, value]]), "bias": torch.zeros(1)}, {"id": "a", "seed": 0}
    )
    before = layer.weight.detach().clone()
    with pytest.raises(UserError) as caught:
        load_weights(layer, path, "a", 0)
    assert str(caught.value) == (
        f"{path}: 'weight' holds values that are not finite; expected numbers; delete the file, and rerun"
    )
    assert torch.equal(layer.weight, before)
