"""Weights in and out: safetensors with the run's specification and a digest inside; nothing that is loaded
can execute code.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors.torch import load, save
from torch import Tensor, nn

from lea.errors import MachineError
from lea.files import whole
from lea.seals import header_of, read_content, sealed


def write_weights(path: Path, weights: Mapping[str, Tensor], record: Mapping[str, Any]) -> None:
    """Write named tensors, whole or not at all, with their origin."""
    # Cloned, since safetensors refuses tensors that share memory, as layers may.
    dense = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in weights.items()}
    with whole(path) as aside:
        # Not `save_file`, which writes to a file of a name of its own first, and leaves it when it is killed.
        pieces = sealed(save(dense), json.dumps(record, sort_keys=True))
        with aside.open("wb") as file:
            file.writelines(pieces)


def load_weights(model: nn.Module, path: Path, run: str, seed: int) -> None:
    """Give a network the weights of its run and seed; those of other layers are refused."""
    fill(model, read_weights(path, run, seed), path, run)


def fill(model: nn.Module, weights: Mapping[str, Tensor], path: Path, run: str) -> None:
    """Give a network the weights that a file held."""
    for problem in not_finite(weights):
        raise MachineError(f"{path}: {problem}; delete the file, and rerun")
    try:
        model.load_state_dict(weights)
    except RuntimeError as error:
        found = f"{error}; expected the layers of '{run}'"
        raise MachineError(f"{path}: {found}; delete it, and rerun") from error


def not_finite(weights: Mapping[str, Tensor]) -> list[str]:
    """Which tensors hold what is no number, in words."""
    wrong = [name for name, tensor in weights.items() if not tensor.isfinite().all()]
    return [f"'{name}' holds values that are not finite; expected numbers" for name in wrong]


def read_weights(path: Path, run: str, seed: int | None = None) -> dict[str, Tensor]:
    """The tensors of a run, and of a seed if it is given; those of another, and damaged ones, are refused."""
    tensors, record = read_tensors(path, f"the weights of '{run}'")
    if record.get("id") != run or seed not in (None, record.get("seed")):
        its, wanted = ("", "") if seed is None else (f", seed {record.get('seed')}", f", seed {seed}")
        found = f"found weights of '{record.get('id')}'{its}; expected '{run}'{wanted}"
        raise MachineError(f"{path}: {found}; delete the file, and rerun")
    return tensors


def read_tensors(path: Path, wanted: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Whatever was written here, with its origin; a damaged file is refused."""
    content = read_content(path, wanted)
    return load(content), header_of(content).record
