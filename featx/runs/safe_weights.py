"""Weights of a run that somebody else may have made: checked by their header, then read."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from featx.runs.safe_files import check_file, refused

Shape = tuple[int, ...]
FLOAT32 = ("F32",)  # as safetensors names it
FLOATS = ("F32", "F16", "BF16")
_PICKLED = (b"\x80", b"PK\x03\x04")  # how pickles begin, and the archives that hold them


def shapes_of(module: nn.Module) -> dict[str, Shape]:
    """Return the shape of each weight of a module, which may be on torch's device "meta".

    Integers are left out, which only count the batches of a batch norm.
    """
    weights = module.state_dict().items()
    return {name: tuple(value.shape) for name, value in weights if value.is_floating_point()}


def read_weights(path: Path, expected: Mapping[str, Shape]) -> dict[str, Tensor]:
    """Read weights of known shapes from a file of safetensors.

    The names and shapes that the file claims are compared with those expected before memory is
    taken for any. Other weights in it are not read.

    Args:
        path: the file.
        expected: the shape of each weight.

    Returns:
        The weights by name, float32 and finite.

    Raises:
        FeatxError: if the file is no safetensors or damaged, lacks a weight, or has another shape
            or type of it, or a value that is infinite or no number.
    """
    with _opened(path) as file:
        _compare(path, file, {name: (name, shape) for name, shape in expected.items()}, FLOAT32)
        return {name: _finite(path, name, file.get_tensor(name)) for name in expected}


def check_weights(
    path: Path, expected: Mapping[str, Shape], prefixes: Sequence[str], optional: Collection[str]
) -> None:
    """Do the checks of `read_weights` on a file that something else will read.

    Args:
        path: the file.
        expected: the shape of each weight.
        prefixes: what may stand before all names in the file.
        optional: weights that need not be there.

    Raises:
        FeatxError: as `read_weights`; floats of half the size are taken too.
    """
    with _opened(path) as file:
        names = set(file.keys())
        found = {}
        for name, shape in expected.items():
            there = next((p + name for p in prefixes if p + name in names), name)
            if there in names or name not in optional:
                found[name] = (there, shape)
        _compare(path, file, found, FLOATS)
        for name in sorted(names):
            _finite(path, name, file.get_tensor(name))


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """Open a file whose header safetensors has checked: it fits the file and is not enormous."""
    try:
        check_file(path)
        with safe_open(path, "pt") as opened:
            yield opened
    except OSError as error:
        raise refused(path, f"it can't be read ({error.strerror or error})") from error
    except SafetensorError as error:
        with path.open("rb") as file:
            pickled = file.read(4).startswith(_PICKLED)
        pickle = "it is a pickle, which can run code when it is read"
        raise refused(path, pickle if pickled else f"it can't be read ({error})") from error


def _compare(
    path: Path, file: Any, expected: Mapping[str, tuple[str, Shape]], types: Collection[str]
) -> None:
    names = set(file.keys())
    for name, shape in expected.values():
        if name not in names:
            raise refused(path, f"it lacks {name}")
        claimed = file.get_slice(name)
        given = tuple(claimed.get_shape())
        if given != shape:
            raise refused(path, f"{name} has the shape {_shown(given)}, not {_shown(shape)}")
        if claimed.get_dtype() not in types:
            raise refused(path, f"{name} is of {claimed.get_dtype()}, not {' or '.join(types)}")


def _shown(shape: Shape) -> str:
    return " × ".join(f"{size:,}" for size in shape) or "of a single number"


def _finite(path: Path, name: str, value: Tensor) -> Tensor:
    if not torch.isfinite(value).all():
        raise refused(path, f"{name} has a value that is infinite or not a number")
    return value
