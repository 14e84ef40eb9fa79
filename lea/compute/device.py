"""Where and how a training computes: device, threads, and the fastest arithmetic that is still float32."""

import ctypes
import functools
import os
import platform
from pathlib import Path

import torch

from lea.errors import UserError
from lea.study.spec import Precision

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4  # glibc's malloc.h
FLOAT32_ERROR = 3e-6  # relative; products in bfloat16 or TF32 are off by 1e-3


def choose_device(name: str) -> torch.device:
    """The device that `auto`, `cpu` or `cuda` means here."""
    found = torch.cuda.is_available()
    if name == "cuda" and not found:
        raise UserError(
            "device: found no CUDA GPU; expected one; choose `--config device=cpu`, or run where there is one"
        )
    return torch.device("cuda" if name != "cpu" and found else "cpu")


def machine_name(device: torch.device) -> str:
    """What computes: the GPU's name, or the processor's."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    cpuinfo = Path("/proc/cpuinfo")  # Linux; `platform` knows the architecture only
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def arithmetic_of(precision: Precision, type_: str) -> Precision:
    """What a precision comes to on a type of device: TF32 is a GPU's alone, and so is float32 elsewhere;
    bfloat16 is where the device multiplies in it. Where it does not, PyTorch's own loops take nine times as
    long as float32 (a network with LEAs, on an AMD EPYC with AVX2), and float32 is what is computed in.
    """
    if precision == "bfloat16":
        return "bfloat16" if _multiplies_bfloat16(type_) else "float32"
    return precision if type_ == "cuda" else "float32"


@functools.cache
def _multiplies_bfloat16(type_: str) -> bool:
    if type_ == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.backends.mkldnn.is_available() and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def prepare_device(device: torch.device, threads: int, precision: Precision = "float32") -> None:
    """Set this process up: its threads, the same bits every time, fast products. TF32 is a GPU's: its tensor
    cores round the factors to 10 bits, and add in float32; elsewhere it is float32.
    """
    torch.set_num_threads(threads)
    if device.type == "cuda":
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS asks for it to repeat its bits
        # `use_deterministic_algorithms` sets the same, and imports PyTorch's compiler, 1 s of a short job.
        torch.set_deterministic_debug_mode("warn")
        torch.backends.cudnn.benchmark = False
        coarse = precision == "tf32"
        torch.set_float32_matmul_precision("high" if coarse else "highest")
        torch.backends.cudnn.allow_tf32 = coarse  # PyTorch allows it otherwise too, and it rounds to 1e-3
    else:
        use_fast_float32()
        keep_memory()


def use_fast_float32() -> bool:
    """On a CPU, let oneDNN multiply matrices if it keeps float32's accuracy here.

    PyTorch's "medium" allows it; measured on an AMD EPYC, up to twice as fast as the default with the same
    error. On a processor with AMX the same setting computes in bfloat16: so the error of one product decides.
    """
    generator = torch.Generator().manual_seed(0)
    a, b = torch.randn(256, 1024, generator=generator), torch.randn(1024, 256, generator=generator)
    exact = a.double() @ b.double()
    torch.set_float32_matmul_precision("medium")
    error = ((a @ b).double() - exact).abs().max() / exact.abs().max()
    if error > FLOAT32_ERROR:
        torch.set_float32_matmul_precision("highest")
    return bool(error <= FLOAT32_ERROR)


def keep_memory() -> bool:
    """Let glibc keep freed memory instead of giving it back to the system.

    Each step frees its gradients and takes as much again; at 64 pixels that is 67 MB whose every page the
    system would clear anew. Measured on one core: 1.4 times the samples per second.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:  # not glibc
        return False
    return bool(mallopt(M_MMAP_MAX, 0) and mallopt(M_TRIM_THRESHOLD, 2**31 - 1))
