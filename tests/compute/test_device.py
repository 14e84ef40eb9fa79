"""Oracle: what PyTorch says that it may do, and products in double precision."""

import os
from collections.abc import Iterator

import pytest
import torch
from torch import nn

from lea.compute import device
from lea.compute.device import FLOAT32_ERROR, choose_device, prepare_device, use_fast_float32
from lea.compute.network import Network
from lea.errors import UserError
from lea.study.spec import Precision


@pytest.mark.parametrize(
    ("name", "available", "expected"),
    [("auto", True, "cuda"), ("auto", False, "cpu"), ("cuda", True, "cuda"), ("cpu", True, "cpu")],
)
def test_the_device_is_the_gpu_if_there_is_one_and_it_is_wanted(
    monkeypatch: pytest.MonkeyPatch, name: str, available: bool, expected: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: available)
    assert choose_device(name).type == expected


def test_a_missing_gpu_is_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(UserError) as caught:
        choose_device("cuda")
    assert str(caught.value) == (
        "device: found no CUDA GPU; expected one; choose `--config device=cpu`, or run where there is one"
    )


def test_fast_products_are_kept_only_if_they_are_still_float32() -> None:
    kept = use_fast_float32()
    assert (torch.get_float32_matmul_precision() == "medium") == kept
    a, b = torch.randn(300, 700), torch.randn(700, 300)
    exact = a.double() @ b.double()
    assert ((a @ b - exact).abs().max() / exact.abs().max()).item() < 2 * FLOAT32_ERROR < 1e-5


@pytest.fixture
def _careless(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Everything as a GPU must not do it; behind the test as it was."""
    convolutions = torch.backends.cudnn
    before = convolutions.allow_tf32, convolutions.benchmark
    convolutions.allow_tf32 = convolutions.benchmark = True
    torch.set_float32_matmul_precision("medium")
    torch.use_deterministic_algorithms(False)
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", "")  # so that it is as it was
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG")
    yield
    convolutions.allow_tf32, convolutions.benchmark = before


@pytest.mark.usefixtures("_careless")
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_as_many_threads_are_used_as_were_given(device: str, threads: int) -> None:
    torch.set_num_threads(3 - threads)
    prepare_device(torch.device(device), threads)
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize(
    ("precision", "type_", "has", "known"),
    [
        ("float32", "cpu", True, "float32"),
        ("float32", "cuda", True, "float32"),
        ("tf32", "cpu", True, "float32"),
        ("tf32", "cuda", False, "tf32"),
        ("bfloat16", "cpu", True, "bfloat16"),
        ("bfloat16", "cuda", True, "bfloat16"),
        ("bfloat16", "cpu", False, "float32"),
        ("bfloat16", "cuda", False, "float32"),
    ],
)
def test_a_precision_that_a_device_is_slow_at_is_float32_there(
    precision: Precision, type_: str, has: bool, known: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    device._multiplies_bfloat16.cache_clear()
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: has)
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: has, raising=False)
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: True)
    assert device.arithmetic_of(precision, type_) == known
    if type_ == "cpu":
        out = Network(nn.Linear(3, 2), precision=precision).forward(torch.ones(1, 3))
        assert out.dtype == {"float32": torch.float32, "bfloat16": torch.bfloat16}[known]
    device._multiplies_bfloat16.cache_clear()


def test_a_processor_without_onednn_computes_in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    device._multiplies_bfloat16.cache_clear()
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    assert device.arithmetic_of("bfloat16", "cpu") == "float32"
    device._multiplies_bfloat16.cache_clear()


def test_pytorch_says_what_its_products_are_made_for() -> None:
    """The name that is asked is none of its public ones: it may move."""
    assert torch.ops.mkldnn._is_mkldnn_bf16_supported() in (True, False)


@pytest.mark.usefixtures("_careless")
def test_a_gpu_repeats_its_bits() -> None:
    prepare_device(torch.device("cuda"), 1)
    assert torch.are_deterministic_algorithms_enabled()
    assert torch.is_deterministic_algorithms_warn_only_enabled()
    assert not torch.backends.cudnn.benchmark  # which takes whatever was fastest this time
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] in (":4096:8", ":16:8")


@pytest.mark.usefixtures("_careless")
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_gpu_rounds_only_where_a_run_asks_for_it(precision: Precision) -> None:
    prepare_device(torch.device("cuda"), 1, "tf32")
    assert torch.backends.cudnn.allow_tf32
    assert torch.backends.cuda.matmul.allow_tf32
    prepare_device(torch.device("cuda"), 1, precision)
    assert not torch.backends.cudnn.allow_tf32
    assert not torch.backends.cuda.matmul.allow_tf32


@pytest.mark.usefixtures("_careless")
def test_a_gpu_multiplies_in_float32() -> None:
    prepare_device(torch.device("cuda"), 1)
    assert not torch.backends.cudnn.allow_tf32
    assert torch.get_float32_matmul_precision() == "highest"  # and not by TF32
    assert not torch.backends.cuda.matmul.allow_tf32
