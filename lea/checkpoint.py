"""Weights in and out: safetensors with the run's specification inside; nothing that is loaded can execute
code.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from lea.errors import UserError
from lea.files import whole


def write_weights(path: Path, weights: Mapping[str, Tensor], record: Mapping[str, Any]) -> None:
    """Write named tensors, whole or not at all, with their origin."""
    # Cloned, since safetensors refuses tensors that share memory, as layers may.
    dense = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in weights.items()}
    with whole(path) as aside:
        # Not `save_file`, which writes to a file of a name of its own first, and leaves it when it is killed.
        aside.write_bytes(save(dense, {"lea": json.dumps(record, sort_keys=True)}))


def load_weights(model: nn.Module, path: Path, run: str, seed: int) -> None:
    """Give a network the weights of its run and seed; those of other layers are refused."""
    weights = read_weights(path, run, seed)
    for name, tensor in weights.items():
        if not tensor.isfinite().all():
            found = f"'{name}' holds values that are not finite; expected numbers"
            raise UserError(f"{path}: {found}; delete the file, and rerun")
    try:
        model.load_state_dict(weights)
    except RuntimeError as error:
        raise UserError(f"{path}: {error}; expected the layers of '{run}'; delete it, and rerun") from error


def read_weights(path: Path, run: str, seed: int | None = None) -> dict[str, Tensor]:
    """The tensors of a run, and of a seed if it is given; those of another, and damaged ones, are refused."""
    tensors, record = read_tensors(path, f"the weights of '{run}'")
    if record.get("id") != run or seed not in (None, record.get("seed")):
        its, wanted = ("", "") if seed is None else (f", seed {record.get('seed')}", f", seed {seed}")
        found = f"found weights of '{record.get('id')}'{its}; expected '{run}'{wanted}"
        raise UserError(f"{path}: {found}; delete the file, and rerun")
    return tensors


def digest_of(path: Path) -> str:
    """Of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_tensors(path: Path, wanted: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Whatever was written here, with its origin; a damaged file is refused."""
    try:
        with safe_open(path, framework="pt") as file:
            record = json.loads((file.metadata() or {}).get("lea", "{}"))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (it is no dictionary)
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file; expected {wanted}; run the workflow") from error
    except SafetensorError as error:
        raise UserError(f"{path}: damaged: {error}; expected {wanted}; delete it, and rerun") from error
    return tensors, record
