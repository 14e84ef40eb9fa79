"""The attack stage: a run's weights and its data table in; what attacks make of each image out."""

import logging
from collections import Counter
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import torch

from lea import registry
from lea.attacks.evaluation import Target, evaluate
from lea.attacks.search import Attack
from lea.checkpoint import load_weights
from lea.compute.building import build_network
from lea.compute.device import choose_device, prepare_device
from lea.compute.keeping import Keeper, Kept, conditions
from lea.data.tensors import Data, data_of
from lea.errors import UserError
from lea.provenance import origin
from lea.store import ATTACKS, read_table, write_table
from lea.study.seeds import derive
from lea.study.spec import Attacking, Attacks, Part, described, parse

log = logging.getLogger(__name__)

BOUNDS = (0.0, 1.0)  # of all images


def attack(
    spec: str,
    seed: int,
    *,
    weights: Path,
    data: Path,
    output: Path,
    device: str,
    threads: int,
    code: str = "",
) -> None:
    """Attack one seed of a run, or go on with it; in float32, whatever it was trained in."""
    asked = parse(Attacking, spec)
    run, attacks = asked.run, asked.attacks
    place = choose_device(device)
    prepare_device(place, threads)
    torch.backends.cudnn.allow_tf32 = False  # rounds to 1e-3: near a boundary that would decide
    shown = read_table(data)
    images = data_of(shown, run.target)
    made = {part.name: _made(part, seed) for part in attacks.which}
    log.info("run %s, seed %d: attacks %s, on %s", run.id, seed, ", ".join(made), place)
    model = build_network(run, images, seed).model
    load_weights(model, weights, run.id, seed)
    model = model.eval().requires_grad_(False).to(place).to(memory_format=torch.channels_last)
    rows = chosen(attacks, images, data)
    x, y = images.test.to(place).batch(rows.to(place))
    target = Target(model, BOUNDS, x, y, rows)
    facts = {"id": run.id, "run": described(run), "attacks": described(attacks), "seed": seed}
    labels = torch.bincount(images.test.labels, minlength=images.classes).tolist()  # of the whole test set
    record = origin(facts | {"labels": labels}, ("torch", "numpy", "scipy", "foolbox"))
    with Keeper(output, record | conditions(code, shown, place, threads, weights)) as keeper:
        with keeper.naming(f"{weights}: run {run.id}, seed {seed}"):
            table = _attacked(made, target, keeper)
        _tell(table)
        key = {"run": run.id, "seed": seed, "family": attacks.family}
        table = [key | {"protocol": made[row["attack"]].PROTOCOL} | row for row in table]
        write_table(output, pa.Table.from_pylist(table, ATTACKS), ATTACKS, record)


def _attacked(made: Mapping[str, Attack], target: Target, keeper: Keeper) -> list[dict[str, Any]]:
    """The rows of the table, those among them that an earlier job finished."""
    kept = keeper.read() or Kept({}, {"finished": 0, "rows": []})
    finished, rows = kept.facts["finished"], kept.facts["rows"]
    for outcomes in evaluate(made, target, finished):
        rows += [one.row() for one in outcomes]
        finished += 1
        keeper.pause(partial(Kept, {}, {"finished": finished, "rows": rows}), ended=True)
    return rows


def chosen(attacks: Attacks, images: Data, data: Path) -> torch.Tensor:
    """The first images of each of the first batches of the test set, in its order."""
    first = torch.arange(attacks.batches)[:, None] * attacks.batch_size
    rows = (first + torch.arange(attacks.images)).flatten()
    if rows[-1] >= len(images.test):
        found = f"found {len(images.test):,} test images; the attacks ask for number {rows[-1] + 1:,}"
        raise UserError(f"{data}: {found}; ask for fewer batches")
    return rows


def _made(part: Part, seed: int) -> Attack:
    made: Attack = registry.load("attack", part.name)(**part.options)
    made.seed = derive(seed, "attack", made.seed)
    return made


def _tell(rows: list[dict[str, Any]]) -> None:
    for name in dict.fromkeys(row["attack"] for row in rows):
        counts = Counter(row["status"] for row in rows if row["attack"] == name)
        log.info("%s: %s", name, ", ".join(f"{count} {status}" for status, count in counts.items()))
