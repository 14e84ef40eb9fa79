"""Oracle: the twelve numbers of Table 3.1, as they were published."""

import json
from pathlib import Path

import pytest

from lea.store import PARAMETERS, read_record, read_table
from lea.study.reader import read_study
from lea.study.spec import Models, Part, canonical
from lea.training.job import count

CONFIG = Path(__file__).parents[2] / "config"
PUBLISHED = {
    ("vae", "sb", "28x28x1"): 52_053,
    ("vae", "sb", "4x4x32"): 42_196,
    ("ae", "sb", "28x28x1"): 51_723,
    ("ae", "sb", "4x4x32"): 41_866,
    ("vae", "fc", "28x28x1"): 2_509_604,
    ("vae", "fc", "4x4x32"): 1_081_876,
    ("ae", "fc", "28x28x1"): 2_493_914,
    ("ae", "fc", "4x4x32"): 1_071_626,
    ("vae", "conv", "28x28x1"): 25_776_516,
    ("vae", "conv", "4x4x32"): 301_716,
    ("ae", "conv", "28x28x1"): 25_776_186,
    ("ae", "conv", "4x4x32"): 301_386,
}
CHANGES = {  # in percent, published beside them
    ("vae", "sb"): -18.94,
    ("ae", "sb"): -19.06,
    ("vae", "fc"): -56.89,
    ("ae", "fc"): -57.03,
    ("vae", "conv"): -98.83,
    ("ae", "conv"): -98.83,
}
CODERS = {"sb": {"kernels": 32, "kernel_size": 3}, "fc": {}, "conv": {"kernels": 32, "kernel_size": 3}}
VAE = Part(name="vae", options={"beta": 1.0, "warm_up": 0})
MODELS = Models(
    autoencoders=(VAE, Part(name="ae", options={})),
    coders=tuple(Part(name=name, options=options) for name, options in CODERS.items()),
    code_length=10,
    inputs=((28, 28, 1), (4, 4, 32)),
)


def counted(models: Models, path: Path) -> dict[tuple[str, str, str], int]:
    count(canonical(models), path)
    rows = read_table(path, PARAMETERS).to_pylist()
    found = {(row["autoencoder"], row["coder"], row["input"]): row["parameters"] for row in rows}
    assert len(found) == len(rows)
    return found


def test_the_published_changes_are_those_of_the_published_numbers() -> None:
    for model, change in CHANGES.items():
        before, after = PUBLISHED[*model, "28x28x1"], PUBLISHED[*model, "4x4x32"]
        assert 100 * (after / before - 1) == pytest.approx(change, abs=0.005)


def test_autoencoders_have_as_many_parameters_as_were_published(tmp_path: Path) -> None:
    assert counted(MODELS, tmp_path / "parameters.parquet") == PUBLISHED


def test_the_configuration_asks_for_exactly_the_published_models(tmp_path: Path) -> None:
    models = read_study({}, CONFIG).analyses["parameters"].models
    assert models is not None
    assert counted(models, tmp_path / "parameters.parquet") == PUBLISHED


@pytest.mark.parametrize("scale", ["reduced", "thesis"])
def test_every_scale_counts_the_same_models(scale: str) -> None:
    quick, other = (read_study({"scale": one}, CONFIG).analyses["parameters"] for one in ("quick", scale))
    assert quick.models is not None
    assert canonical(other.models) == canonical(quick.models)


def test_the_table_has_four_columns_and_says_what_was_counted(tmp_path: Path) -> None:
    path = tmp_path / "parameters.parquet"
    count(canonical(MODELS), path)
    table = read_table(path)
    assert table.column_names == ["autoencoder", "coder", "input", "parameters"]
    assert read_record(table)["models"] == json.loads(canonical(MODELS))


def test_a_k_sparse_autoencoder_has_the_parameters_of_a_plain_one(tmp_path: Path) -> None:
    sparse = Part(name="ksparse", options={"k": 5, "a": 1.3})
    capacity = Part(name="cvae", options={"gamma": 5.0, "capacity": 20.0, "rising": None})
    models = Models(
        autoencoders=(sparse, capacity), coders=MODELS.coders, code_length=10, inputs=MODELS.inputs
    )
    found = counted(models, tmp_path / "parameters.parquet")
    same = {"ksparse": "ae", "cvae": "vae"}
    assert {(same[name], *rest): number for (name, *rest), number in found.items()} == PUBLISHED
