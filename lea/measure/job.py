"""The stage that measures: a run's weights and its data table in; one metric of the model out."""

from dataclasses import asdict
from typing import Any

import torch
from torch import nn

from lea.checkpoint import load_weights
from lea.compute.opening import MAIN, Job
from lea.data.tensors import labelled_by
from lea.measure.measurement import Measurement
from lea.measure.stage import Measuring
from lea.study.seeds import derive
from lea.study.stages import WEIGHTS


@torch.no_grad()
def compute(job: Job) -> dict[str, list[dict[str, Any]]]:
    """Measure one seed of a run."""
    asked: Measuring = job.asked
    name, model = asked.what.name, _model(job)
    factors: Any = asked.what.options.get("factors", ())
    data = labelled_by(job.data, job.tables[MAIN], job.run.data, job.seed, factors).to(job.device)
    generator = torch.Generator().manual_seed(derive(job.seed, "measure", name))
    with torch.random.fork_rng(devices=[job.device] if job.device.type == "cuda" else []):
        torch.manual_seed(derive(job.seed, "measure", name, "layers"))  # of samplers within the model
        taken = job.call("metric", asked.what, Measurement, model, data, generator)
    return {"measures": [{"measure": asked.slug} | asdict(one) for one in taken]}


def _model(job: Job) -> nn.Module:
    """The trained model; what was not trained of it requires no gradient, as while it was."""
    model, run = job.network(trained=False).model, job.run
    if not run.as_built:
        load_weights(model, job.paths[WEIGHTS], run.id, job.seed)
    for part in run.fit.frozen.parts if run.fit.frozen else ():
        model.get_submodule(part).requires_grad_(False)
    return model.eval()
