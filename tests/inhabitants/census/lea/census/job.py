"""The census stage: test samples through a trained model; the share of zeros in what each layer gives."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from lea.compute.opening import Job


@torch.inference_mode()
def compute(job: Job) -> Mapping[str, Any]:
    """Listen to the model's children while samples pass."""
    network, samples = job.network(), job.data.test.first(job.asked.samples).to(job.device)
    rows: list[dict[str, object]] = []

    def listen(name: str) -> Any:
        def hear(_module: nn.Module, _given: object, made: Tensor) -> None:
            rows.append({"layer": name, "zeros": (made == 0).float().mean().item()})

        return hear

    for name, module in network.model.named_children():
        module.register_forward_hook(listen(name))
    network.forward(samples.batch(torch.arange(len(samples), device=job.device))[0])
    return {"census": rows}
