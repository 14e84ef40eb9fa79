"""How the benchmarks train: by Adam, without anything else that a run can ask for."""

from lea.study.spec import Fit, Part, Precision


def adam(rate: float, batch_size: int, *, precision: Precision = "float32", epochs: int = 1) -> Fit:
    """So many epochs."""
    return Fit(
        epochs=epochs,
        passes=None,
        batch_size=batch_size,
        optimizer=Part(name="adam", options={"rate": rate}),
        optimizers={},
        precision=precision,
        frozen=None,
        snapshots=(),
    )
