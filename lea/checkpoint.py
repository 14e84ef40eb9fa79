"""Weights in and out: safetensors with the run's specification inside; nothing that is loaded can execute
code.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from lea.errors import UserError
from lea.store import whole


def write_weights(path: Path, weights: Mapping[str, Tensor], record: Mapping[str, Any]) -> None:
    """Write named tensors, whole or not at all, with their origin."""
    dense = {name: tensor.detach().cpu().contiguous() for name, tensor in weights.items()}
    with whole(path) as aside:
        save_file(dense, aside, {"lea": json.dumps(record, sort_keys=True)})


def read_weights(path: Path, run: str) -> dict[str, Tensor]:
    """The tensors of a run; those of another run are refused."""
    with safe_open(path, framework="pt") as file:
        record = json.loads((file.metadata() or {}).get("lea", "{}"))
        if record.get("id") != run:
            raise UserError(
                f"{path}: found weights of '{record.get('id')}'; expected '{run}'; delete the file, and rerun"
            )
        return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (it is no dictionary)
