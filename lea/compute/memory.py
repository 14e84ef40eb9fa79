"""What a job will need of memory, worked out before it takes it, and how much there is.

Weights are counted on PyTorch's meta device, whose tensors have a shape and no values. What a batch takes is
counted of two small ones, by a model of the same shapes, and grows by the sample from there. (A whole batch
on the meta device would ask for PyTorch's compiler, two seconds of each job.)
"""

import logging
import os
import resource
import weakref
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from lea.errors import MachineError

log = logging.getLogger(__name__)
META = torch.device("meta")
# Times what its tensors take: what glibc keeps, whose holes do not always fit the next tensor of the same
# size (it asks for room to align), and oneDNN's workspaces. Measured 1.4 to 2.3: the same step of a large
# convolution takes five, six or seven of its largest tensors, by how the heap of the process happens to lie.
BESIDES = 1.8
FEW = (2, 4)  # samples; of one alone a normalisation has no statistics
NO_LIMIT = 2**60  # cgroup v1 says its largest page count where there is none
MEND = "choose a smaller batch_size, fewer kernels or windows, or force it: --config memory=forced"
Do = Callable[[int], Mapping[str, Any]]  # with so many samples; the optimizers that took part


class Counting(TorchDispatchMode):
    """Inside, what becomes of the memory of tensors: each storage as it comes and as it goes."""

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """To be shielded from PyTorch's compiler this would import it; nothing is compiled here."""
        return False

    def __init__(self, held: Collection[int]) -> None:
        """`held`: the storages, by `id`, that were there before."""
        super().__init__()
        self._held = held
        self._alive: dict[int, tuple[int, weakref.ref[Any]]] = {}  # by `id`, which is given again: a number
        self._known = 0
        self._events: list[tuple[int, int]] = []  # number, bytes that come or go

    def __torch_dispatch__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        made = function(*args, **(kwargs or {}))
        for one in made if isinstance(made, tuple | list) else (made,):
            if isinstance(one, Tensor):
                self._count(one.untyped_storage())
        return made

    def _count(self, storage: torch.UntypedStorage) -> None:
        key, size, number = id(storage), storage.nbytes(), self._known
        if key in self._alive or key in self._held:  # a view, or changed in place
            return

        def gone(_: object) -> None:
            del self._alive[key]
            self._events.append((number, -size))

        self._alive[key] = number, weakref.ref(storage, gone)
        self._known += 1
        self._events.append((number, size))

    def most(self, but: Iterable[Tensor]) -> int:
        """The most bytes at once, without those of tensors that are there to stay."""
        keys = [id(one.untyped_storage()) for one in but]
        stay = {self._alive[key][0] for key in keys if key in self._alive}
        live = most = 0
        for number, size in self._events:
            if number not in stay:
                live += size
                most = max(most, live)
        return most


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """What the model of a job takes, in bytes."""

    parameters: int = 0  # how many
    weights: int = 0  # with buffers
    gradients: int = 0
    moments: int = 0
    batch: int | None = None  # what comes to these at once; None: it is not known
    samples: int = 0  # in it

    @property
    def total(self) -> int:
        """All of it; while a state is written there is a copy of weights and moments in place of a batch."""
        kept = self.weights + self.moments if self.gradients else self.weights
        return self.weights + self.gradients + self.moments + max(self.batch or 0, kept)

    def __str__(self) -> str:
        parts = {"weights": self.weights, "gradients": self.gradients, "moments": self.moments}
        words = [f"{name} {said(size)}" for name, size in parts.items() if size]
        batch = [] if self.batch is None else [f"a batch of {self.samples} {said(self.batch)}"]
        return ", ".join([*words, *batch])


def count_weights(model: nn.Module) -> Weight:
    """Of a model on the meta device."""
    weights = sum(one.nbytes() for one in storages(model).values())
    return Weight(parameters=sum(one.numel() for one in model.parameters()), weights=weights)


def weigh(model: nn.Module, do: Do, count: int) -> Weight:
    """A model, and what is done with so many samples at once, worked out of what is done with few."""
    held = storages(model)
    taken: list[int] = []
    for few in FEW:
        with Counting(held) as counting:
            optimizers = do(few)
        gradients = [one.grad for one in model.parameters() if one.grad is not None]
        moments = [one for optimizer in optimizers.values() for one in optimizer.kept().values()]
        taken.append(counting.most([*gradients, *moments]))
    each = max(0, taken[1] - taken[0]) / (FEW[1] - FEW[0])
    return replace(
        count_weights(model),
        gradients=sum(one.nbytes for one in gradients),
        moments=sum(one.nbytes for one in moments),
        batch=max(0, int(BESIDES * (taken[0] + each * (count - FEW[0])))),
        samples=count,
    )


def storages(model: nn.Module) -> dict[int, torch.UntypedStorage]:
    """Where parameters and buffers lie, by `id`: those that share one once."""
    found = (tensor.untyped_storage() for tensor in (*model.parameters(), *model.buffers()))
    return {id(one): one for one in found}


@contextmanager
def bounded(size: int) -> Iterator[None]:
    """Inside, this process gets no more than so many bytes besides what it has."""
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    most = _status("VmData") + size
    resource.setrlimit(resource.RLIMIT_DATA, (most if soft < 0 else min(soft, most), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def said(size: float) -> str:
    """A number of bytes in words."""
    for unit, of_it in (("GB", 1e9), ("MB", 1e6)):
        if size >= 0.9995 * of_it:
            return f"{size / of_it:.3g} {unit}"
    return f"{size / 1e3:.3g} kB"


# how much there is


def weigh_within(prepare: Callable[[], tuple[nn.Module, Do]], model: nn.Module, count: int) -> Weight:
    """The same of what is prepared here, whereby not even the few samples take more than there is."""
    size, whose = limit(torch.device("cpu"))
    try:
        with bounded(max(0, size - resident())):
            return weigh(*prepare(), count)
    except (MemoryError, RuntimeError) as error:
        if not isinstance(error, MemoryError) and "allocate memory" not in str(error):
            return _unknown(model, error)
        found = f"a batch of {FEW[1]} samples alone needs more memory than the {said(size)} that {whose} has"
        raise MachineError(f"{found}; {MEND}") from error
    except Exception as error:  # of what the few have not, such as enough samples
        return _unknown(model, error)


def _unknown(model: nn.Module, error: Exception) -> Weight:
    log.info("a batch cannot be worked out: %s: %s", type(error).__name__, str(error).partition("\n")[0])
    return count_weights(model)


def check(weight: Weight, device: torch.device) -> None:
    """Say what a job needs, and refuse what its machine does not have."""
    already = resident() if device.type == "cpu" else 0
    needed = already + weight.total
    size, whose = limit(device)
    parts = ([f"data and libraries {said(already)}"] if already else []) + [str(weight)]
    what = f"{said(needed)} of memory ({', '.join(parts)})"
    if needed > size:
        raise MachineError(f"needs {what}; expected no more than {said(size)}, which {whose} has; {MEND}")
    if weight.batch is not None:
        log.info("%s parameters; needs %s; %s has %s", f"{weight.parameters:,}", what, whose, said(size))


def limit(device: torch.device) -> tuple[int, str]:
    """The least of what bounds this process, and what that is."""
    if device.type == "cuda":
        return torch.cuda.get_device_properties(device).total_memory, "the GPU"
    there = [(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), "the machine")]
    there += [(size, "its cgroup") for size in of_cgroups()]
    there += [(size, "its SLURM allocation") for size in of_slurm(os.environ)]
    return min(there)


def of_cgroups(
    listed: Path = Path("/proc/self/cgroup"), root: Path = Path("/sys/fs/cgroup")
) -> Iterator[int]:
    """The limits of the groups that a process is in, and of those around them; of version 1 and 2."""
    lines = listed.read_text().splitlines() if listed.exists() else []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and "memory" not in controllers.split(","):
            continue
        top = root / "memory" if controllers else root
        file = "memory.limit_in_bytes" if controllers else "memory.max"
        group = top / path.lstrip("/")
        for folder in (group, *group.parents):
            if folder != top and top not in folder.parents:
                break
            text = (folder / file).read_text().strip() if (folder / file).exists() else "max"
            if text.isdecimal() and int(text) < NO_LIMIT:
                yield int(text)


def of_slurm(environment: Mapping[str, str]) -> Iterator[int]:
    """What a SLURM job was given on this node; 0 is all that the node has."""
    whole, each = environment.get("SLURM_MEM_PER_NODE"), environment.get("SLURM_MEM_PER_CPU")
    if each:
        whole = str(int(each) * int(environment.get("SLURM_CPUS_ON_NODE", "1")))
    if whole and int(whole):
        yield int(whole) * 2**20


def resident() -> int:
    """What this process has already, without what it maps of files."""
    return _status("RssAnon")


def _status(field: str) -> int:
    """Bytes, as Linux says of this process; 0 elsewhere."""
    status = Path("/proc/self/status")
    text = status.read_text().partition(f"\n{field}:")[2] if status.exists() else ""
    return int(text.split()[0]) * 1024 if text else 0
