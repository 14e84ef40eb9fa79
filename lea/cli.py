"""The command line: `lea <stage> ...`, one sub-command a stage of the workflow; each imports its work when
called.
"""

import argparse
import gc
import json
import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lea import __version__
from lea.compute.gpus import own_gpu
from lea.errors import UserError
from lea.study.paths import ENDINGS
from lea.study.stages import Stage, stages


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a sub-command; 2 if the user can mend what went wrong."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    try:
        with own_gpu(options.device, options.jobs_per_gpu):
            code: int = options.run(options) or 0
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return code


@contextmanager
def importing() -> Iterator[None]:
    """Nothing that a module defines is garbage: it is not looked through, neither now nor at the end. Of a
    short training that is a fifth. Where `lea` was installed for its layer alone, say what is missing.
    """
    gc.disable()
    try:
        yield
    except ModuleNotFoundError as error:
        needed = "expected the studies' libraries; pip install 'lea[study]'"
        raise UserError(f"{error.name} is not installed; {needed}") from error
    finally:
        gc.freeze()
        gc.enable()


Commands = argparse._SubParsersAction  # what `add_subparsers` returns has no public name


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lea", description="The stages of the studies; `snakemake` calls them in order."
    )
    parser.add_argument("--version", action="version", version=f"lea {__version__}")
    parser.set_defaults(device="cpu", jobs_per_gpu=1)  # of stages that do not ask
    commands = parser.add_subparsers(title="stages", required=True, metavar="stage")
    _add_data(commands)
    record = commands.add_parser("record", help="say where a table, weights or a state comes from, as JSON")
    record.add_argument("file", type=Path)
    record.set_defaults(run=_record)
    for stage in stages():
        _add_stage(commands, stage)
    _add_summary(commands)
    _add_figures(commands)
    return parser


def _add_data(commands: Commands) -> None:
    data = commands.add_parser("data", help="prepare and check data sets").add_subparsers(
        required=True, metavar="action"
    )
    fetch = data.add_parser("fetch", help="download the original files that are missing")
    fetch.add_argument("--kind", default="dataset", help="of the part that reads them")
    fetch.add_argument("--part", required=True, help="that part, as JSON")
    fetch.add_argument("--folder", type=Path, required=True, help="where the files lie")
    fetch.set_defaults(run=_fetch)
    prepare = data.add_parser("prepare", help="make the table of a data set")
    prepare.add_argument("--spec", required=True, help="the data set, as JSON")
    prepare.add_argument("--folder", type=Path, required=True, help="where its original files lie")
    prepare.add_argument("--output", type=Path, required=True)
    prepare.set_defaults(run=_prepare)
    check = data.add_parser(
        "check", help="say what is wrong with a table, weights, an original file or a folder of pictures"
    )
    check.add_argument("file", type=Path)
    check.set_defaults(run=_check)


def _add_stage(commands: Commands, stage: Stage) -> None:
    job = commands.add_parser(stage.name, help=stage.title)
    job.add_argument("--spec", required=True, help="a run and what is asked of it, as JSON")
    job.add_argument("--seed", type=int, required=True)
    for option, what in (("--input", "what it reads"), ("--output", "what it makes")):
        kind: dict[str, Any] = {"type": _named_path, "metavar": "NAME=PATH"}
        job.add_argument(option, action="append", default=[], help=what, **kind)
    job.add_argument("--code", default="", help="the digest of the code: a job goes on from no other's state")
    job.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"])
    job.add_argument("--jobs-per-gpu", type=int, default=1, help="how many jobs may share a GPU")
    job.add_argument("--threads", type=int, default=1)
    what = "forced: go on whatever it takes"
    job.add_argument("--memory", default="checked", choices=["checked", "forced"], help=what)
    job.set_defaults(run=_do_job, stage=stage.name)


def _named_path(text: str) -> tuple[str, Path]:
    name, equals, path = text.partition("=")
    if not (name and equals and path):
        raise argparse.ArgumentTypeError(f"found {text!r}; expected NAME=PATH")
    return name, Path(path)


def _add_summary(commands: Commands) -> None:
    summary = commands.add_parser("summary", help="summarise the tables of many runs or data sets")
    summary.add_argument("--spec", required=True, help="the summary, as JSON")
    summary.add_argument("--output", type=Path, required=True)
    summary.add_argument("inputs", type=_named_path, nargs="+", metavar="NEED=PATH")
    summary.set_defaults(run=_summary)


def _add_figures(commands: Commands) -> None:
    figures = commands.add_parser("figures", help="draw a figure, or write a table").add_subparsers(
        required=True, metavar="kind"
    )
    for kind in ("figure", "table"):
        drawing = figures.add_parser(kind, help=f"one {kind} from its summaries")
        drawing.add_argument("--spec", required=True, help=f"the {kind}, as JSON")
        for ending in ENDINGS[kind]:
            drawing.add_argument(f"--{ending}", type=Path, required=True, help="an output")
        if kind == "figure":
            drawing.add_argument("--style", type=Path, required=True, help="a matplotlib style sheet")
        drawing.add_argument("inputs", type=Path, nargs="*")
        drawing.set_defaults(run=_figure if kind == "figure" else _table)


def _fetch(options: argparse.Namespace) -> None:
    with importing():
        from lea.data.job import fetch

    fetch(options.kind, options.part, options.folder)


def _prepare(options: argparse.Namespace) -> None:
    with importing():
        from lea.data.job import prepare, remember

    prepare(options.spec, options.folder, options.output)
    remember(options.spec, options.output)


def _check(options: argparse.Namespace) -> int:
    with importing():
        from lea.data.check import check, describe

    problems = check(options.file)
    for problem in problems:
        print(problem)
    if not problems:
        print(f"{options.file}: {describe(options.file)}")
    return 2 if problems else 0


def _record(options: argparse.Namespace) -> None:
    with importing():
        from lea.provenance import record_of

        record = record_of(options.file)  # which imports what reads this kind of file
    print(json.dumps(record, indent=1, ensure_ascii=False))


def _do_job(options: argparse.Namespace) -> None:
    with importing():
        from lea.compute.opening import do_job

    do_job(
        options.stage,
        options.spec,
        options.seed,
        inputs=options.input,
        outputs=dict(options.output),
        code=options.code,
        device=options.device,
        threads=options.threads,
        memory=options.memory,
    )


def _summary(options: argparse.Namespace) -> None:
    with importing():
        from lea.summary.job import summarise

    summarise(options.spec, inputs=options.inputs, output=options.output)


def _figure(options: argparse.Namespace) -> None:
    with importing():
        from lea.figures.job import draw_figure

    draw_figure(options.spec, inputs=options.inputs, style=options.style, outputs=_outputs(options, "figure"))


def _table(options: argparse.Namespace) -> None:
    with importing():
        from lea.figures.job import draw_table

    draw_table(options.spec, inputs=options.inputs, outputs=_outputs(options, "table"))


def _outputs(options: argparse.Namespace, kind: str) -> dict[str, Path]:
    return {ending: getattr(options, ending) for ending in ENDINGS[kind]}
