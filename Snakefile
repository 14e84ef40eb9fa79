"""The studies: data -> a rule a stage (training, what is done with what was trained) -> summaries -> figures; config/ says of what."""

from snakemake.utils import min_version

from lea.errors import UserError
from lea.study.paths import STYLE
from lea.study.workflow import Workflow

min_version("9.27")


try:
    house = Workflow(config)
except UserError as error:
    raise SystemExit(f"error: {error}") from None
paths = house.paths

# Asked to end (SIGTERM, as all processes of a SLURM job are), a job keeps its state, and its shell waits for it; a killed
# process cannot say so itself.
shell.prefix(
    "set -euo pipefail; trap : TERM; trap '[ $? != 137 ] || echo \"error: the job was killed (SIGKILL), as when memory runs out;"
    " give it more, or run fewer at once (--cores), and rerun: it goes on from where it was\" >&2' EXIT; "
)


onstart:
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
