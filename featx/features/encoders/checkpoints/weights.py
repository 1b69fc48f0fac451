"""The weights of a checkpoint as transformers saves them: safetensors or torch's, in parts or not.

Nothing is run that a file names: torch's files are pickles, of which only tensors are read.
"""

import re
import warnings
import zipfile
from collections.abc import Callable, Collection, Mapping
from pathlib import Path, PurePath
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from featx.errors import FeatxError
from featx.features.encoders.checkpoints.folders import INDEX, SAFETENSORS, WEIGHTS, mistaken_for
from featx.features.encoders.checkpoints.model_config import read_settings
from featx.utils.text import counted, first_line, listed, shorten

_REFUSAL = "Weights only load failed"
_CODE = re.compile(r"(?:GLOBAL |class )([\w.]+)")  # in torch's refusal of a pickle
_DIGITS = re.compile(r"\d+")
_RENAMED = {  # of the positional convolution's weight norm, before torch 2.0 and since
    ".weight_g": ".parametrizations.weight.original0",
    ".weight_v": ".parametrizations.weight.original1",
}


def find_weights(folder: Path) -> Path:
    """Return the file with a checkpoint's weights, or the index of several.

    Where there are several, transformers' order decides: safetensors before torch's.

    Raises:
        FeatxError: if there is none.
    """
    for name in WEIGHTS:
        if (folder / name).is_file():
            return folder / name
    raise FeatxError(f"{folder}: holds no weights, which would be {listed(WEIGHTS, 4)}.")


def read_weights(path: Path) -> dict[str, Tensor]:
    """Read the weights of a file, or of all the files that an index names.

    Args:
        path: what `find_weights` returned.

    Returns:
        Each tensor by its name. They may be views of the file, whose pages are read when they are
        needed; what changes in a tensor does not change the file.

    Raises:
        FeatxError: if a file is missing, damaged, something else altogether, or names code.
    """
    if not path.name.endswith(INDEX):
        return _read_file(path)
    weights: dict[str, Tensor] = {}
    for name, file in _read_index(path).items():
        if name not in weights:
            weights |= _read_file(path.with_name(file))
        if name not in weights:
            raise FeatxError(f"{path}: {name} should be in {file}, which does not have it.")
    return weights


def _read_index(path: Path) -> dict[str, str]:
    """Return in which file each weight is; all of them are there."""
    files = read_settings(path).get("weight_map")
    if not isinstance(files, dict) or not files:
        raise FeatxError(f"{path}: has no weight_map, which says where each weight is.")
    for file in files.values():
        if not isinstance(file, str) or PurePath(file).name != file:
            shown = shorten(repr(file), 80)
            raise FeatxError(f"{path}: weight_map names {shown}, no file of this folder.")
    absent = sorted({file for file in files.values() if not path.with_name(file).is_file()})
    if absent:
        parts = len(set(files.values()))
        raise FeatxError(
            f"{path.parent}: of its {counted(parts, 'file')} of weights {listed(absent)} "
            f"{'is' if len(absent) == 1 else 'are'} missing. Fetch the checkpoint again."
        )
    return files


def _read_file(path: Path) -> dict[str, Tensor]:
    try:
        mistaken = mistaken_for(path)
    except OSError as error:
        raise FeatxError(f"{path}: can't be read ({error.strerror}).") from error
    if mistaken:
        raise FeatxError(f"{path}: {mistaken}, no weights.")
    read: Callable[[Path], Any] = _read_safe if path.suffix == ".safetensors" else _read_pickled
    weights = read(path)
    if not isinstance(weights, dict) or not all(isinstance(name, str) for name in weights):
        raise FeatxError(f"{path}: holds no table of weights by their names.")
    others = [name for name, value in weights.items() if not isinstance(value, Tensor)]
    if others:
        raise FeatxError(
            f"{path}: {others[0]} is no tensor, so this is not what transformers saves; a "
            "training's checkpoint, perhaps. Save its model with save_pretrained."
        )
    return weights


def _read_safe(path: Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise FeatxError(f"{path}: damaged, or no safetensors ({first_line(error)}).") from error


def _read_pickled(path: Path) -> Any:
    try:  # only archives can be mapped, which torch has written since version 1.6
        mapped = zipfile.is_zipfile(path)
        with warnings.catch_warnings():  # of protocols that torch itself does not write
            warnings.simplefilter("ignore", UserWarning)
            return torch.load(path, map_location="cpu", weights_only=True, mmap=mapped)
    except Exception as error:  # whatever reading a damaged or hostile pickle raises
        code = _CODE.search(str(error))
        if code:
            raise FeatxError(
                f"{path}: a pickle that would run {code[1]} when it is read. featx reads nothing "
                f"but tensors; nothing was run. Get the checkpoint as {SAFETENSORS}."
            ) from None
        reason = first_line(error)
        if reason.startswith(_REFUSAL):  # and goes on with how to run it all the same
            reason = "it has more than tensors"
        raise FeatxError(f"{path}: damaged, or no file of torch ({reason}).") from error


def fit_weights(
    weights: Mapping[str, Tensor],
    expected: Mapping[str, Tensor],
    anchor: str,
    path: Path,
    optional: Collection[str] = (),
) -> dict[str, Tensor]:
    """Return weights as a model takes them: its names and shapes, those of numbers in float32.

    What stands before all of an encoder's names, as in models with a head, is left out, and so
    are weights that are not the encoder's.

    Args:
        weights: as they are in the file.
        expected: a tensor of the right shape for each of the model's weights, perhaps without
            memory.
        anchor: a name that is in every such encoder, and nowhere else.
        path: where the weights are from, for messages.
        optional: ends of the names that may be missing; these weights are zero.

    Raises:
        FeatxError: if a weight is missing, of another shape or quantised, or the file holds
            several such encoders.
    """
    named = _without_prefix(weights, anchor, path)
    for name, like in expected.items():
        if name.endswith(tuple(optional)):
            named.setdefault(name, torch.zeros(like.shape, dtype=like.dtype))
    _check_names(named, expected, path)
    return {name: _fitted(named[name], like, f"{path}: {name}") for name, like in expected.items()}


def _check_names(named: Collection[str], expected: Collection[str], path: Path) -> None:
    missing = [name for name in expected if name not in named]
    if missing:
        raise FeatxError(
            f"{path}: {len(missing)} weights are missing, among them {min(missing)}; "
            "they would be random. The checkpoint is of another architecture or incomplete."
        )
    kinds = {_DIGITS.sub("N", name) for name in expected}  # names whatever the block
    alike = [n for n in named if n not in expected and _DIGITS.sub("N", n) in kinds]
    if alike:
        raise FeatxError(
            f"{path}: holds {min(alike)}, which is of no block of this encoder: config.json has "
            "fewer blocks or parts than its weights. Take the config.json that belongs to them; "
            "to compute fewer layers, `layers` says which."
        )


def _without_prefix(weights: Mapping[str, Tensor], anchor: str, path: Path) -> dict[str, Tensor]:
    """Return an encoder's weights under transformers' names of today."""
    prefixes = [n.removesuffix(anchor) for n in weights if f".{n}".endswith(f".{anchor}")]
    if len(prefixes) > 1:
        shown = " and ".join(repr(prefix) for prefix in sorted(prefixes)[:3])
        raise FeatxError(
            f"{path}: holds {len(prefixes)} encoders, whose names begin with {shown}. Save the "
            "one that is meant alone."
        )
    prefix = prefixes[0] if prefixes else ""
    own = {name.removeprefix(prefix): n for name, n in weights.items() if name.startswith(prefix)}
    renamed = {}
    for name, value in own.items():
        for old, new in _RENAMED.items():
            name = name.removesuffix(old) + new if name.endswith(old) else name
        renamed[name] = value
    return renamed


def _fitted(weight: Tensor, like: Tensor, what: str) -> Tensor:
    if weight.shape != like.shape:
        given, wanted = (" × ".join(map(str, t.shape)) or "a number" for t in (weight, like))
        raise FeatxError(f"{what} has the shape {given}, and config.json calls for {wanted}.")
    if weight.is_floating_point() != like.is_floating_point():
        raise FeatxError(f"{what} is of {str(weight.dtype).removeprefix('torch.')}: quantised?")
    dtype = torch.float32 if like.is_floating_point() else like.dtype
    return weight.to(dtype)
