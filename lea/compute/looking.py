"""A closer look at what a model gives: whether autoencoders keep to their face, and where the first value
that is no number comes from. It costs time: the first is done with a first batch, the second where all is
lost.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from lea import blame
from lea.nn.layer import leas

# (name of the LEA, its autoencoder, name of the function, what it is given) -> what it gives
Around = Callable[[str, Any, str, tuple[Any, ...]], Any]


class Shown:
    """An autoencoder as its LEA sees it while somebody looks."""

    def __init__(self, inner: nn.Module, around: Callable[[Any, str, tuple[Any, ...]], Any]) -> None:
        self.inner, self.around = inner, around

    def encode(self, *given: Any) -> Any:
        """As it does."""
        return self.around(self.inner, "encode", given)

    def decode(self, *given: Any) -> Any:
        """As it does."""
        return self.around(self.inner, "decode", given)

    def loss(self, *given: Any) -> Any:
        """As it does."""
        return self.around(self.inner, "loss", given)

    def __getattr__(self, name: str) -> Any:
        if name == "inner":  # of a copy that is not made yet
            raise AttributeError(name)
        return getattr(self.inner, name)


@contextmanager
def shown(model: nn.Module, around: Around) -> Iterator[None]:
    """Inside, whatever LEAs ask of their autoencoders goes through `around`. Weights and names stay."""
    layers = leas(model)
    for name, layer in layers.items():
        # In front of the module itself, which stays where modules are kept.
        layer.__dict__["autoencoder"] = Shown(layer.autoencoder, partial(around, name))
    try:
        yield
    finally:
        for layer in layers.values():
            layer.__dict__.pop("autoencoder", None)


# --- what an autoencoder gives ---


@contextmanager
def checking(model: nn.Module) -> Iterator[None]:
    """Inside, an autoencoder that gives something else than it should is refused."""
    with shown(model, _checked):
        yield


def _checked(lea: str, autoencoder: nn.Module, function: str, given: tuple[Any, ...]) -> Any:
    made = getattr(autoencoder, function)(*given)
    whose = f"{lea}, {blame.called('autoencoder', autoencoder, function)}"
    if function == "encode":
        z, wanted = getattr(made, "z", None), (len(given[0]), autoencoder.code_length)
        if not isinstance(z, Tensor) or z.shape != wanted:
            found = blame.gave(made) if z is None else f"{blame.gave(z)} as z"
            raise blame.wrong(whose, f"`encode` {found}", f"a code whose `z` is a tensor of shape {wanted}")
    elif function == "decode":
        wanted = (len(given[0]), *autoencoder.shape)  # type: ignore[misc]
        if not isinstance(made, Tensor) or made.shape != wanted:
            found = f"`decode` {blame.gave(made)}"
            raise blame.wrong(whose, found, f"windows, a tensor of shape {wanted}")
    elif problem := _no_loss(made, autoencoder):
        raise blame.wrong(whose, f"`loss` {problem}", "a lea.nn.losses.Loss, whose losses are scalars")
    return made


def _no_loss(made: Any, autoencoder: nn.Module) -> str | None:
    """What is wrong with a loss."""
    for name in ("total", "reconstruction", "divergence"):
        one = getattr(made, name, made)
        if one is made:
            return f"{blame.gave(made)} without `{name}`"
        if not (isinstance(one, Tensor) and one.ndim == 0) and not (one is None and name == "divergence"):
            return f"{blame.gave(one)} as `{name}`"
    learns = any(one.requires_grad for one in autoencoder.parameters())
    if torch.is_grad_enabled() and learns and not made.total.requires_grad:
        return "gave a `total` that depends on no weight"
    return None


# --- where a value that is no number comes from ---


class Watch:
    """What is running, and where the first value that is no number came from."""

    def __init__(self) -> None:
        self.running: list[str] = []
        self.origin: str | None = None

    def note(self, value: object, origin: str) -> None:
        """Look at a value that came from there."""
        if self.origin is None and not _numbers(value):
            self.origin = origin

    def begin(self, name: str, given: object) -> None:
        """Something is run with this; if that is no number, what runs it has made it so."""
        self.note(given, self.running[-1] if self.running else "the samples")
        self.running.append(name)

    def end(self, made: object) -> None:
        """It gave this."""
        self.note(made, self.running.pop())


@contextmanager
def watching_numbers(model: nn.Module) -> Iterator[Watch]:
    """Inside, every module's and autoencoder's values are looked at, in the order in which they arise."""
    watch = Watch()

    def around(lea: str, autoencoder: nn.Module, function: str, given: tuple[Any, ...]) -> Any:
        watch.begin(_place(f"{lea}.autoencoder".strip("."), autoencoder, function), given)
        made = getattr(autoencoder, function)(*given)
        watch.end(made)
        return made

    with ExitStack() as hooks, shown(model, around):
        for name, module in model.named_modules():
            place = _place(name, module, "forward")
            before = module.register_forward_pre_hook(lambda _, given, place=place: watch.begin(place, given))
            after = module.register_forward_hook(lambda _, __, made: watch.end(made))
            hooks.callback(before.remove)
            hooks.callback(after.remove)
        yield watch


def _place(name: str, module: nn.Module, function: str) -> str:
    return f"`{function}` of {blame.called(name or 'the model', module, function)}"


def _numbers(value: object) -> bool:
    return all(bool(one.isfinite().all()) for one in _floats(value))


def _floats(value: object) -> Iterable[Tensor]:
    """All floating point tensors in something."""
    if isinstance(value, Tensor):
        return [value] if value.is_floating_point() else []
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    return [found for one in inner for found in _floats(one)]


def no_numbers(model: nn.Module) -> list[str]:
    """The weights and buffers that hold a value that is no number, by name."""
    return [name for name, tensor in model.state_dict().items() if not _numbers(tensor)]
