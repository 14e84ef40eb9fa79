"""The command line: `lea <stage> ...`, one sub-command a stage of the workflow; each imports its stage when
called.
"""

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lea.compute.gpus import own_gpu
from lea.errors import UserError
from lea.study.paths import ENDINGS, OUTPUTS


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


Stages = argparse._SubParsersAction  # what `add_subparsers` returns has no public name


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lea", description="The stages of the LEA study; `snakemake` calls them in order."
    )
    parser.set_defaults(device="cpu", jobs_per_gpu=1)  # of stages that do not ask
    stages = parser.add_subparsers(title="stages", required=True, metavar="stage")
    for add in (_add_data, _add_train, _add_probe, _add_attack, _add_summary, _add_figures):
        add(stages)
    return parser


def _add_data(stages: Stages) -> None:
    data = stages.add_parser("data", help="prepare and check data sets").add_subparsers(
        required=True, metavar="action"
    )
    fetch = data.add_parser("fetch", help="download the original files that are missing")
    fetch.add_argument("--reader", required=True, help="the data set's reader, as JSON")
    fetch.add_argument("--folder", type=Path, required=True, help="where the files lie")
    fetch.set_defaults(run=_fetch)
    prepare = data.add_parser("prepare", help="make the table of a data set")
    prepare.add_argument("--spec", required=True, help="the data set, as JSON")
    prepare.add_argument("--folder", type=Path, required=True, help="where its original files lie")
    prepare.add_argument("--output", type=Path, required=True)
    prepare.set_defaults(run=_prepare)
    check = data.add_parser(
        "check", help="say what is wrong with a table, an original file or a folder of pictures"
    )
    check.add_argument("file", type=Path)
    check.set_defaults(run=_check)


def _add_train(stages: Stages) -> None:
    actions = stages.add_parser("train", help="train networks, count parameters").add_subparsers(
        required=True, metavar="action"
    )
    train = actions.add_parser("seed", help="train one seed of a run")
    train.add_argument("--spec", required=True, help="the run, as JSON")
    train.add_argument("--seed", type=int, required=True)
    train.add_argument("--data", type=Path, required=True)
    for output in OUTPUTS:
        train.add_argument(f"--{output}", type=Path, required=True, help="an output")
    _add_conditions(train)
    train.set_defaults(run=_train)
    count = actions.add_parser("count", help="count the parameters of autoencoders")
    count.add_argument("--spec", required=True, help="the models, as JSON")
    count.add_argument("--output", type=Path, required=True)
    count.set_defaults(run=_count)


def _add_probe(stages: Stages) -> None:
    probe = stages.add_parser("probe", help="read factors from every layer of a trained network")
    probe.add_argument("--spec", required=True, help="the run and its probes, as JSON")
    _add_trained(probe)
    probe.set_defaults(run=_probe)


def _add_attack(stages: Stages) -> None:
    attack = stages.add_parser("attack", help="look for images that a trained network gets wrong")
    attack.add_argument("--spec", required=True, help="the run and a family of attacks, as JSON")
    _add_trained(attack)
    attack.set_defaults(run=_attack)


def _add_trained(stage: argparse.ArgumentParser) -> None:
    stage.add_argument("--seed", type=int, required=True)
    stage.add_argument("--weights", type=Path, required=True)
    stage.add_argument("--data", type=Path, required=True)
    stage.add_argument("--output", type=Path, required=True)
    _add_conditions(stage)


def _add_conditions(stage: argparse.ArgumentParser) -> None:
    stage.add_argument(
        "--code", default="", help="the digest of the code: a job goes on from no other's state"
    )
    stage.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"])
    stage.add_argument("--jobs-per-gpu", type=int, default=1, help="how many jobs may share a GPU")
    stage.add_argument("--threads", type=int, default=1)


def _add_summary(stages: Stages) -> None:
    summary = stages.add_parser("summary", help="summarise the tables of many runs or data sets")
    summary.add_argument("--spec", required=True, help="the summary, as JSON")
    summary.add_argument("--output", type=Path, required=True)
    summary.add_argument("inputs", type=Path, nargs="+")
    summary.set_defaults(run=_summary)


def _add_figures(stages: Stages) -> None:
    figures = stages.add_parser("figures", help="draw a figure, or write a table").add_subparsers(
        required=True, metavar="kind"
    )
    for kind in ("figure", "table"):
        drawing = figures.add_parser(kind, help=f"one {kind} from its summaries")
        drawing.add_argument("--spec", required=True, help=f"the {kind}, as JSON")
        for ending in ENDINGS[kind]:
            drawing.add_argument(f"--{ending}", type=Path, required=True, help="an output")
        if kind == "figure":
            drawing.add_argument("--style", type=Path, required=True, help="a matplotlib style sheet")
        drawing.add_argument("inputs", type=Path, nargs="+")
        drawing.set_defaults(run=_figure if kind == "figure" else _table)


def _fetch(options: argparse.Namespace) -> None:
    from lea.data.job import fetch

    fetch(options.reader, options.folder)


def _prepare(options: argparse.Namespace) -> None:
    from lea.data.job import prepare

    prepare(options.spec, options.folder, options.output)


def _check(options: argparse.Namespace) -> int:
    from lea.data.check import check, describe

    problems = check(options.file)
    for problem in problems:
        print(problem)
    if not problems:
        print(f"{options.file}: {describe(options.file)}")
    return 2 if problems else 0


def _train(options: argparse.Namespace) -> None:
    from lea.training.job import train

    outputs = {name: getattr(options, name) for name in OUTPUTS}
    train(
        options.spec,
        options.seed,
        data=options.data,
        outputs=outputs,
        code=options.code,
        device=options.device,
        threads=options.threads,
    )


def _probe(options: argparse.Namespace) -> None:
    from lea.probes.job import probe

    probe(options.spec, options.seed, **_trained(options))


def _attack(options: argparse.Namespace) -> None:
    from lea.attacks.job import attack

    attack(options.spec, options.seed, **_trained(options))


def _trained(options: argparse.Namespace) -> dict[str, Any]:
    names = ("weights", "data", "output", "code", "device", "threads")
    return {name: getattr(options, name) for name in names}


def _count(options: argparse.Namespace) -> None:
    from lea.training.job import count

    count(options.spec, options.output)


def _summary(options: argparse.Namespace) -> None:
    from lea.summary.job import summarise

    summarise(options.spec, inputs=options.inputs, output=options.output)


def _figure(options: argparse.Namespace) -> None:
    from lea.figures.job import draw_figure

    draw_figure(options.spec, inputs=options.inputs, style=options.style, outputs=_outputs(options, "figure"))


def _table(options: argparse.Namespace) -> None:
    from lea.figures.job import draw_table

    draw_table(options.spec, inputs=options.inputs, outputs=_outputs(options, "table"))


def _outputs(options: argparse.Namespace, kind: str) -> dict[str, Path]:
    return {ending: getattr(options, ending) for ending in ENDINGS[kind]}
