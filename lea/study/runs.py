"""One run of an analysis, from what stands in `every_run` and under its label; models to be counted."""

from collections.abc import Mapping
from typing import Any

from lea import registry
from lea.study.build import KeyPath, Spot, build, known
from lea.study.datasets import Reader, check_target, no_more
from lea.study.entries import DatasetEntry, LeaEntry, ModelsEntry, RunEntry, TrainingEntry
from lea.study.layers import merged
from lea.study.parts import read_part
from lea.study.spec import (
    Dataset,
    Lea,
    Models,
    Part,
    Pictures,
    Precision,
    Regime,
    Run,
    Training,
)
from lea.study.uses import Uses, read_uses


def read_run(
    reader: Reader, every_run: Mapping[str, Any], label: Any, values: Any, spot: Spot
) -> tuple[Run, Uses]:
    """The run of a label, and what is done with it once it is trained."""
    here = spot / "runs" / label
    if not isinstance(label, str):
        raise here.error(f"found the label {label!r}; expected text; write it in quotes")
    known(values, RunEntry.__dataclass_fields__, here)

    def locate(path: KeyPath) -> tuple[str, KeyPath]:
        return spot.locate(path if _stands(values, path[2:]) else ("every_run", *path[2:]))

    own = Spot(locate, here.path)
    entry = build(RunEntry, merged([every_run, values]), own)
    dataset_entry, dataset = reader.dataset(entry.dataset, own / "dataset")
    network = read_part("network", entry.network, own / "network")
    training = own / "training"
    _enough_samples(entry.training, dataset, reader, training)
    run = Run(
        dataset=dataset,
        target=_target(entry, network, dataset_entry, own / "target"),
        network=network,
        lea=_lea(entry.lea, network, own / "lea"),
        training=_training(entry.training, network, dataset_entry, reader.settings.precision, training),
        pictures=_pictures(entry, network, own / "pictures"),
    )
    return run, read_uses(entry, run, dataset_entry, reader, own)


def read_models(entry: ModelsEntry, spot: Spot) -> Models:
    """Autoencoders, coders and inputs, each with each."""
    parts = {
        kind: tuple(read_part(kind, one, spot / f"{kind}s" / str(index)) for index, one in enumerate(named))
        for kind, named in (("autoencoder", entry.autoencoders), ("coder", entry.coders))
    }
    return Models(
        autoencoders=parts["autoencoder"],
        coders=parts["coder"],
        code_length=entry.code_length,
        inputs=entry.inputs,
    )


def _enough_samples(entry: TrainingEntry, dataset: Dataset, reader: Reader, spot: Spot) -> None:
    held_out = f" and {entry.held_out} held out" if entry.held_out else ""
    asked = f"{entry.samples or 'the rest'}{held_out}"
    count = (entry.samples or 1) + (entry.held_out or 0)
    no_more("train", asked, count, dataset, reader, spot / ("samples" if entry.samples else "held_out"))


def _target(entry: RunEntry, network: Part, dataset: DatasetEntry, spot: Spot) -> str | None:
    if not _declared(network, "CLASSIFIES", True):
        if entry.target:
            raise spot.error(
                f"found '{entry.target}'; network '{network.name}' learns without labels; remove it"
            )
        return None
    target = entry.target or dataset.target
    check_target(target, dataset.reader, spot)
    return target


def _lea(entry: LeaEntry | None, network: Part, spot: Spot) -> Lea | None:
    if not _declared(network, "LEAS", False):
        if not _declared(network, "CLASSIFIES", True):
            raise spot.error(f"network '{network.name}' has neither labels nor LEAs: nothing to train")
        if entry:
            raise spot.error(f"network '{network.name}' has no LEAs; remove it, or choose another network")
        return None
    if entry is None:
        raise spot.error(
            f"missing; network '{network.name}' has LEAs; say which autoencoder, coder and window"
        )
    window, stride = entry.window, entry.stride
    if stride and not (window and stride <= window):
        found = f"found {stride}; the window is {window or 'the whole input'}"
        raise (spot / "stride").error(f"{found}; expected no more than a window, so that no value is dropped")
    return Lea(
        autoencoder=read_part("autoencoder", entry.autoencoder, spot / "autoencoder"),
        coder=read_part("coder", entry.coder, spot / "coder"),
        code_length=entry.code_length,
        window=window,
        stride=stride,
    )


def _training(
    entry: TrainingEntry, network: Part, dataset: DatasetEntry, precision: Precision, spot: Spot
) -> Training:
    regime = _regime(entry, network, spot)
    weights = _weights(entry, network, regime, spot)
    return Training(
        samples=entry.samples,
        held_out=entry.held_out,
        epochs=entry.epochs,
        batch_size=entry.batch_size or dataset.batch_size,
        learning_rate=entry.learning_rate,
        precision=entry.precision or precision,
        regime=regime,
        class_weight=weights[0],
        lea_weight=weights[1],
    )


def _regime(entry: TrainingEntry, network: Part, spot: Spot) -> Regime | None:
    """What the network declares, or the configuration says, or the source's."""
    if not (_declared(network, "LEAS", False) and _declared(network, "CLASSIFIES", True)):
        if entry.regime:
            found = f"network '{network.name}' has not both LEAs and labels"
            raise (spot / "regime").error(f"found '{entry.regime}'; {found}; remove it")
        return None
    its: Regime | None = _declared(network, "REGIME", None)
    if its and entry.regime not in (None, its):
        raise (spot / "regime").error(f"found '{entry.regime}'; network '{network.name}' is trained '{its}'")
    return its or entry.regime or "alternate"


def _weights(
    entry: TrainingEntry, network: Part, regime: Regime | None, spot: Spot
) -> tuple[float, float] | tuple[None, None]:
    """Tau and lambda, which joint training alone has."""
    if regime != "joint":
        for key in ("class_weight", "lea_weight"):
            if getattr(entry, key) is not None:
                raise (spot / key).error("found a weight of a loss; regime 'joint' alone has one; remove it")
        return None, None
    its: float | None = _declared(network, "LEA_WEIGHT", None)
    if its is not None and entry.lea_weight not in (None, its):
        raise (spot / "lea_weight").error(
            f"found {entry.lea_weight}; network '{network.name}' is trained with {its}; remove it"
        )
    chosen = (entry.class_weight, entry.lea_weight if its is None else its)
    class_weight, lea_weight = (1.0 if weight is None else weight for weight in chosen)
    return class_weight, lea_weight


def _pictures(entry: RunEntry, network: Part, spot: Spot) -> Pictures | None:
    if entry.pictures is None:
        return None
    if entry.lea is None:
        raise spot.error("pictures show what LEAs do, and there is none; remove it")
    if 0 in (entry.training.lea_weight, _declared(network, "LEA_WEIGHT", None)):
        raise spot.error("pictures show reconstructions, and with LEA weight 0 there are none; remove it")
    late = [epoch for epoch in entry.pictures.epochs if epoch > entry.training.epochs]
    if late or not entry.pictures.epochs:
        found = f"found {list(entry.pictures.epochs)}"
        raise (spot / "epochs").error(f"{found}; expected some of 0 (untrained) to {entry.training.epochs}")
    return Pictures(epochs=tuple(sorted(set(entry.pictures.epochs))), images=entry.pictures.images)


def _declared(network: Part, constant: str, default: Any) -> Any:
    return registry.constant("network", network.name, constant, default)


def _stands(values: Any, path: tuple[str, ...]) -> bool:
    for key in path:
        if not isinstance(values, Mapping):
            return True
        if key not in values:
            return False
        values = values[key]
    return True
