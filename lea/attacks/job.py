"""The attack stage: a run's weights and its data table in; what attacks make of each image out."""

import logging
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from lea.attacks.evaluation import BATCH, Target, evaluate
from lea.attacks.search import Attack
from lea.attacks.stage import Attacks
from lea.compute.keeping import Keeper, Kept, pauses
from lea.compute.memory import Do
from lea.compute.network import Network
from lea.compute.opening import Job
from lea.errors import UserError
from lea.store import read_record
from lea.study.seeds import derive
from lea.study.spec import Part

log = logging.getLogger(__name__)

BOUNDS = (0.0, 1.0)  # of all samples, as networks see them
Rows = list[dict[str, Any]]


def compute(job: Job) -> dict[str, Rows]:
    """Attack one seed of a run, or go on with it; in float32, whatever it was trained in."""
    torch.backends.cudnn.allow_tf32 = False  # rounds to 1e-3: near a boundary that would decide
    attacks: Attacks = job.asked
    made = {part.name: _made(job, part) for part in attacks.which}
    job.weigh(_gradients, min(BATCH, attacks.batches * attacks.images))
    target = _target(job, attacks)
    labels = job.data.test.labels
    assert labels is not None, "a run without labels is refused when the configuration is read"
    job.facts["labels"] = torch.bincount(labels, minlength=job.data.classes).tolist()  # of the whole test set
    table = _attacked(made, target, job.keeper)
    _tell(table)
    key = {"family": attacks.family}
    return {"attacks": [key | {"protocol": made[row["attack"]].PROTOCOL} | row for row in table]}


def _gradients(job: Job, network: Network) -> tuple[nn.Module, Do]:
    """What attacks ask for, and more than their other questions."""
    network.model.eval().requires_grad_(False)

    def do(few: int) -> Mapping[str, Any]:
        x = torch.zeros(few, *job.data.shape, requires_grad=True)
        network.model(x).sum().backward()
        return {}

    return network.model, do


def _target(job: Job, attacks: Attacks) -> Target:
    """The model itself, without the arithmetic that it was trained in, and the images that are attacked."""
    where, test = job.paths["data"], job.data.test
    if read_record(job.tables["data"])["range"] is None:
        found = "found samples without a range, and attacks stay within one"
        raise UserError(f"{where}: {found}; remove `attacks`, or choose another data set")
    rows = chosen(attacks, len(test), where)
    x, y = test.to(job.device).batch(rows.to(job.device))
    assert y is not None
    network = job.network()
    with torch.no_grad():
        network.logits(x[:1])  # refuses what gives none
    return Target(network.model, BOUNDS, x, y, rows)


def _attacked(made: Mapping[str, Attack], target: Target, keeper: Keeper | None) -> Rows:
    """The rows of the table, those among them that an earlier job finished."""
    kept = keeper.read() if keeper else None
    finished, rows = (kept.facts["finished"], kept.facts["rows"]) if kept else (0, [])
    pause = pauses(keeper, lambda: Kept({}, {"finished": finished, "rows": rows}))
    for outcomes in evaluate(made, target, finished):
        rows += [one.row() for one in outcomes]
        finished += 1
        pause(ended=True)
    return rows


def chosen(attacks: Attacks, count: int, data: Path) -> Tensor:
    """The first images of each of the first batches of the test set, in its order."""
    first = torch.arange(attacks.batches)[:, None] * attacks.batch_size
    rows = (first + torch.arange(attacks.images)).flatten()
    if rows[-1] >= count:
        found = f"found {count:,} test images; the attacks ask for number {rows[-1] + 1:,}"
        raise UserError(f"{data}: {found}; ask for fewer batches")
    return rows


def _made(job: Job, part: Part) -> Attack:
    made: Attack = job.part("attack", part)
    made.seed = derive(job.seed, "attack", made.seed)
    return made


def _tell(rows: Rows) -> None:
    for name in dict.fromkeys(row["attack"] for row in rows):
        counts = Counter(row["status"] for row in rows if row["attack"] == name)
        log.info("%s: %s", name, ", ".join(f"{count} {status}" for status, count in counts.items()))
