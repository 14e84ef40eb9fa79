"""The studies: data -> a rule a stage (training, what is done with what was trained) -> summaries -> figures; config/ says of what."""

import os
import sys
from contextlib import suppress
from pathlib import Path

import yaml
from snakemake.utils import min_version

from lea.errors import UserError
from lea.study.workflow import Workflow

min_version("9.27")

# Results go to the working directory (--directory); configuration and code stand where this file does.
root = Path(os.path.relpath(workflow.basedir))
try:
    house = Workflow(config, root)
except UserError as error:
    raise SystemExit(f"error: {error}") from None
paths = house.paths
for changes in house.changed() if workflow.is_main_process else ():
    print(
        f"--config changes a study: its figures and tables go to {Path(changes).parent}",
        file=sys.stderr,
    )

# Each job runs under a script that says why it failed, and writes what it says to the log that its command begins with.
os.environ |= house.environment(Path(workflow.basedir))
shell.prefix(f"exec bash {root}/workflow/scripts/job.sh ")


onstart:
    for file, changes in house.changed().items():
        with suppress(
            OSError
        ):  # where results cannot be written, the first job says so
            Path(file).parent.mkdir(parents=True, exist_ok=True)
            Path(file).write_text(yaml.safe_dump(changes))
    # Snakemake's limit of jobs a second starts a thread that starts another each second, one more for each job that has
    # ended (its issue 3804): thousands of jobs end in "can't start new thread". Its default, 100, never binds; yours stays.
    limit = workflow.scheduler.job_rate_limiter
    if limit and (limit.max_jobs, limit.timespan) == (100, 1):
        workflow.scheduler.job_rate_limiter = None


report: "workflow/report/study.rst"


wildcard_constraints:
    dataset=r"[a-z0-9-]+",
    run=r"[a-z0-9-]+",
    seed=r"\d+",
    asked=r"[a-z0-9-]+",
    study=house.drawings.studies(),
    summary=r"[a-z0-9-]+\.[a-z0-9-]+",
    figure=house.drawings.names("figure"),
    table=house.drawings.names("table"),


rule all:
    input:
        house.targets(),


include: "workflow/rules/data.smk"
include: "workflow/rules/job.smk"
include: "workflow/rules/figures.smk"
