"""Oracle: hand arithmetic on small layers; the peak of real steps as the kernel counts it; cgroup files and
SLURM's variables as their documentation has them.
"""

import resource
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from lea.compute import memory
from lea.compute.memory import BESIDES, Counting, Weight, bounded, count_weights, weigh, weigh_within
from lea.compute.optimizers import SGD, Adam
from lea.errors import UserError

GB = 2**30


def test_weights_are_counted_once_and_without_taking_them():
    with memory.META:
        model = nn.Linear(100_000, 100_000)  # 40 GB
        model.again = model.weight
    assert count_weights(model) == Weight(parameters=10**10 + 10**5, weights=4 * (10**10 + 10**5))


def test_the_memory_of_tensors_is_followed_as_it_comes_and_goes():
    x = torch.zeros(1000)
    with Counting({id(x.untyped_storage())}) as counting:
        y = x + 1
        z = y.view(10, 100).mul_(2)
        del y, z
        x.add_(1)
        torch.zeros(500).add(1)
    assert counting.most([]) == 2 * 500 * 4  # no more than the first 4,000 bytes, which are gone by then
    with Counting(()) as counting:
        a, b = torch.zeros(10), torch.zeros(100)
    assert (counting.most([]), counting.most([b])) == (440, 40)
    assert len(a) == 10


@pytest.mark.parametrize(("make", "moments"), [(Adam, 2), (SGD, 0)])
def test_a_step_of_a_linear_layer_by_hand(make: type, moments: int):
    model = nn.Linear(30, 20, bias=False)
    optimizer = make(model.parameters(), rate=0.1)

    def do(few: int):
        optimizer.zero_grad()
        model(torch.zeros(few, 30)).square().sum().backward()
        optimizer.step()
        return {"main": optimizer}

    found = weigh(model, do, 1000)
    size = 4 * 30 * 20
    assert (found.weights, found.gradients) == (size, size)
    assert size * moments <= found.moments <= size * moments + 8  # Adam's count of steps
    least = 1000 * (30 + 20) * 4  # the input and what it becomes
    assert least <= found.batch / BESIDES <= 3 * least
    assert found.total == found.weights + found.gradients + found.moments + found.batch


def test_what_a_batch_takes_grows_by_the_sample():
    model = nn.Sequential(nn.Linear(64, 512), nn.ReLU(), nn.Linear(512, 8))

    def do(few: int):
        model.zero_grad()
        model(torch.zeros(few, 64)).sum().backward()
        return {}

    sizes = [weigh(model, do, count).batch for count in (100, 200, 400)]
    assert sizes[2] - sizes[1] == pytest.approx(2 * (sizes[1] - sizes[0]), abs=4)
    assert sizes[1] - sizes[0] >= 100 * 4 * (64 + 512 + 8)


STEP = """
import resource, sys, torch
from torch import nn
from lea.compute.device import keep_memory
from lea.compute.optimizers import Adam
from lea.nn import LEA, VAE, losses
keep_memory()
torch.set_num_threads(1)
torch.manual_seed(0)
layers = {
    "conv": [nn.Conv2d(1, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()],
    "lea": [nn.Conv2d(1, 8, 5, padding=2), LEA(VAE((8, 4, 4)), stride=2), nn.Flatten()],
}[sys.argv[1]]
model, count = torch.nn.Sequential(*layers), int(sys.argv[2])
optimizer = Adam(model.parameters(), rate=1e-3)
def do(few):
    optimizer.zero_grad()
    loss = model(torch.rand(few, 1, 32, 32)).square().sum()
    for one in losses(model).values():
        loss = loss + one.total
    loss.backward()
    optimizer.step()
    return {"main": optimizer}
if sys.argv[3] == "weigh":
    from lea.compute.memory import weigh
    print(weigh(model, do, count).batch)
else:
    do(2)
    before = int(open("/proc/self/statm").read().split()[1]) * 4096
    for _ in range(3): do(count)
    print(1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.parametrize(("layers", "count"), [("conv", 2048), ("lea", 1024)])
def test_a_batch_takes_what_the_kernel_says_a_real_step_takes(layers: str, count: int):
    def printed(what: str) -> int:
        command = [sys.executable, "-c", STEP, layers, str(count), what]
        return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    assert 0.5 < printed("real") / printed("weigh") < 1.5


# what there is


def groups(folder: Path, lines: str, **files: str) -> list[int]:
    listed = folder / "cgroup"
    listed.write_text(lines)
    for name, text in files.items():
        file = folder / "sys" / name.replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return sorted(memory.of_cgroups(listed, folder / "sys"))


def test_the_limits_of_a_group_and_of_those_around_it_count(tmp_path: Path):
    files = {"a__b__memory.max": "max\n", "a__memory.max": f"{GB}\n", "memory.max": f"{3 * GB}\n"}
    assert groups(tmp_path, "0::/a/b\n", **files) == [GB, 3 * GB]


def test_version_one_has_other_files_and_no_limit_is_a_large_number(tmp_path: Path):
    lines = "7:cpu,cpuacct:/x\n4:memory:/slurm/job_3\n"
    limit = "memory.limit_in_bytes"
    files = {f"memory__slurm__job_3__{limit}": f"{2 * GB}", f"memory__{limit}": "9223372036854771712"}
    assert groups(tmp_path, lines, **files) == [2 * GB]


def test_outside_linux_there_are_no_groups(tmp_path: Path):
    assert list(memory.of_cgroups(tmp_path / "none", tmp_path)) == []


@pytest.mark.parametrize(
    ("variables", "size"),
    [
        ({}, []),
        ({"SLURM_MEM_PER_NODE": "4000"}, [4000 * 2**20]),
        ({"SLURM_MEM_PER_NODE": "0"}, []),
        ({"SLURM_MEM_PER_CPU": "500", "SLURM_CPUS_ON_NODE": "4"}, [2000 * 2**20]),
    ],
)
def test_slurm_says_megabytes(variables: dict[str, str], size: list[int]):
    assert list(memory.of_slurm(variables)) == size


def test_the_least_limit_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(memory, "of_cgroups", lambda: iter([5 * 10**6, 9 * 10**6]))
    monkeypatch.setattr(memory, "of_slurm", lambda environment: iter([7 * 10**6]))
    assert memory.limit(torch.device("cpu")) == (5 * 10**6, "its cgroup")


def test_what_is_not_there_is_refused_with_all_numbers(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(memory, "limit", lambda device: (10**9, "its SLURM allocation"))
    monkeypatch.setattr(memory, "resident", lambda: 300 * 10**6)
    weight = Weight(parameters=10, weights=10**8, gradients=10**8, moments=2 * 10**8, batch=10**9, samples=64)
    with pytest.raises(UserError) as caught:
        memory.check(weight, torch.device("cpu"))
    assert str(caught.value) == (
        "needs 1.7 GB of memory (data and libraries 300 MB, weights 100 MB, gradients 100 MB, "
        "moments 200 MB, a batch of 64 1 GB); expected no more than 1 GB, which its SLURM allocation has; "
        "choose a smaller batch_size, fewer kernels or windows, or force it: --config memory=forced"
    )
    memory.check(Weight(weights=3 * 10**8, batch=0), torch.device("cpu"))


def test_few_samples_take_no_more_than_there_is(monkeypatch: pytest.MonkeyPatch):
    model = nn.Linear(2, 2)
    monkeypatch.setattr(memory, "limit", lambda device: (memory.resident() + 10**8, "the machine"))

    def do(few: int):
        torch.zeros(few, 10**9)  # 8 GB
        return {}

    before = resource.getrlimit(resource.RLIMIT_DATA)
    with pytest.raises(UserError, match="a batch of 4 samples alone needs more memory than the"):
        weigh_within(lambda: (model, do), model, 64)
    assert resource.getrlimit(resource.RLIMIT_DATA) == before
    with bounded(10**8):
        torch.zeros(10**6)


def test_a_model_that_cannot_take_few_samples_is_counted_without_them():
    model = nn.Linear(2, 2)

    def do(few: int):
        raise ValueError("expected 5 samples")

    assert weigh_within(lambda: (model, do), model, 64) == count_weights(model)
