"""What every test starts from and leaves behind: one seed, and PyTorch's settings as they were."""

import importlib
import sys
from collections.abc import Iterator

import pytest

from lea import fingerprint, registry, sources
from lea.study import pieces


@pytest.fixture(autouse=True)
def settings_as_they_were() -> Iterator[None]:
    """Seed PyTorch, if a test module has imported it, and undo what a test sets for the whole process."""
    torch = sys.modules.get("torch")
    if torch is None:
        yield
        return
    threads, products = torch.get_num_threads(), torch.get_float32_matmul_precision()
    dtype, deterministic = torch.get_default_dtype(), torch.are_deterministic_algorithms_enabled()
    torch.manual_seed(0)
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
    torch.set_float32_matmul_precision(products)
    torch.set_default_dtype(dtype)
    torch.use_deterministic_algorithms(deterministic)


@pytest.fixture
def bfloat16_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compute in bfloat16 where a run asks for it, on a processor too that is slow at it."""
    from lea.compute import device

    monkeypatch.setattr(device, "_multiplies_bfloat16", lambda type_: True)


def forget_sources() -> None:
    """Empty the caches over source files, as a new process would have them."""
    for module in (sources, registry, fingerprint, pieces):
        for cached in vars(module).values():
            if hasattr(cached, "cache_clear"):
                cached.cache_clear()
    importlib.invalidate_caches()


@pytest.fixture
def fresh_sources() -> Iterator[None]:
    """For a test that writes modules of its own."""
    forget_sources()
    yield
    forget_sources()
