"""Others' arrays as features: (layers, frames, dim), checked before any is stored."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from cache import Layout
from featx.data.manifest import Manifest
from featx.errors import FeatxError
from featx.features.choices import Dtype
from featx.stores.exchange.formats.source import Source
from featx.stores.exchange.match import Names, describe_unknown, refuse_absent
from featx.utils.progress import progress
from featx.utils.text import counted, first_lines

_SHOWN = 5  # problems in a message


def as_features(array: np.ndarray, vectors: bool) -> np.ndarray:
    """Return an array as features.

    Args:
        array: with one vector an utterance: (dim,), or (layers, dim). With frames: (frames, dim)
            or (layers, frames, dim). A batch of one utterance, as models of transformers give it,
            may stand before the frames.
        vectors: whether each utterance has one vector.

    Returns:
        (layers, frames, dim).

    Raises:
        ValueError: if it has another number of axes.
    """
    if array.ndim == 4 and array.shape[1] == 1:
        array = array[:, 0]
    if vectors and array.ndim < 3:
        array = array[None, None] if array.ndim == 1 else array[:, None]
    elif not vectors and array.ndim == 2:
        array = array[None]
    if array.ndim != 3:
        wanted = "(dim,) or (layers, dim)" if vectors else "(frames, dim) or (layers, frames, dim)"
        raise ValueError(f"has the shape {array.shape}, and {wanted} is wanted")
    if vectors and array.shape[1] != 1:
        raise ValueError(f"has {array.shape[1]} frames, and one vector an utterance is wanted")
    if not array.size:
        raise ValueError(f"is empty: its shape is {array.shape}")
    return array


@dataclass
class Survey:
    """What was found in a source, before anything is stored.

    Attributes:
        frames: utterance id to the length of its features.
        layout: what all of them share.
        surplus: names that belong to no utterance.
        digest: SHA-256 of all features, in the manifest's order.
    """

    frames: dict[str, int]
    layout: Layout
    surplus: list[str]
    digest: str


@dataclass
class _Looking:
    """What is known while arrays are looked through."""

    frames: dict[str, int] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    digests: dict[str, bytes] = field(default_factory=dict)
    surplus: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    shape: tuple[int, int] | None = None
    first: str = ""
    single: bool = True  # float16 throughout


def survey(
    source: Source,
    manifest: Manifest,
    vectors: bool,
    dtype: Dtype | None,
    layers: tuple[str, ...] | None,
    skip_missing: bool,
) -> Survey:
    """Look through all arrays of a source and check them.

    Args:
        source: the arrays.
        manifest: the utterances that they are to be of.
        vectors: whether each utterance has one vector.
        dtype: the type to store; by default float16 if all arrays are, else float32.
        layers: the names of the layers; by default 0, 1, ...
        skip_missing: whether utterances may lack features.

    Raises:
        FeatxError: naming arrays that can't be used, utterances without features, or two arrays
            of one utterance.
    """
    found, names = _Looking(), Names(manifest)
    with progress("Checking", len(manifest.utterances), "utterances") as advance:
        for name, array in source.arrays():
            utterance = names.find(name)
            if utterance is None:
                found.surplus.append(name)
                continue
            _look(found, name, utterance, array, vectors, dtype)
            advance(1)
    _refuse(found, source, manifest, skip_missing)
    assert found.shape is not None, "some utterance has features"
    stored: Dtype = dtype or ("float16" if found.single else "float32")
    count, dim = found.shape
    layout = Layout(_names(layers, count, source), dim, stored)
    digest = hashlib.sha256(repr((layout, vectors)).encode())
    for utterance in sorted(found.digests):
        digest.update(f"{utterance}\n".encode() + found.digests[utterance])
    return Survey(found.frames, layout, found.surplus, digest.hexdigest())


def _look(
    found: _Looking,
    name: str,
    utterance: str,
    array: np.ndarray,
    vectors: bool,
    dtype: Dtype | None,
) -> None:
    """Check an array and keep what is to be known of it."""
    if utterance in found.names:
        found.problems.append(f"{name!r} and {found.names[utterance]!r} are both of {utterance!r}")
        return
    found.names[utterance] = name
    try:
        features = as_features(_as_numbers(array), vectors)
        layers, frames, dim = features.shape
        found.single &= features.dtype == np.float16
        found.shape, found.first = found.shape or (layers, dim), found.first or name
        if (layers, dim) != found.shape:
            raise ValueError(
                f"has {counted(layers, 'layer')} of {dim} features, and {found.first!r} has "
                f"{counted(found.shape[0], 'layer')} of {found.shape[1]}"
            )
        _check_finite(features, dtype)
        found.frames[utterance] = frames
        found.digests[utterance] = hashlib.sha256(np.ascontiguousarray(features).data).digest()
    except ValueError as error:
        found.problems.append(f"{name!r} {error}")


def _as_numbers(array: np.ndarray) -> np.ndarray:
    """Return an array in the system's order of bytes, double precision as single."""
    if array.dtype.kind != "f":
        kind = "Python objects" if array.dtype.hasobject else str(array.dtype)
        raise ValueError(f"holds {kind}, and numbers with a point are wanted")
    wanted = np.float16 if array.dtype.itemsize == 2 else np.float32
    with np.errstate(over="ignore"):
        return array.astype(wanted, copy=False)


def _check_finite(features: np.ndarray, dtype: Dtype | None) -> None:
    with np.errstate(over="ignore"):
        stored = features.astype("float16" if dtype == "float16" else features.dtype, copy=False)
    if np.isfinite(stored).all():
        return
    if np.isfinite(features).all():
        raise ValueError("overflows float16; leave `dtype` out to store float32")
    raise ValueError("has values that are not finite")


def _refuse(found: _Looking, source: Source, manifest: Manifest, skip_missing: bool) -> None:
    """Raise a FeatxError if anything is wrong with what was found."""
    if found.problems:
        lines = "\n".join(first_lines(found.problems, _SHOWN, "arrays"))
        raise FeatxError(f"{source.path} can't be imported:\n{lines}")
    ids = [utterance.utterance for utterance in manifest.utterances]
    if not found.frames and not found.surplus:
        raise FeatxError(f"{source.path}: holds no arrays.")
    absent = [name for name in ids if name not in found.frames]
    if absent and (not skip_missing or not found.frames):
        refuse_absent(source.path, absent, found.surplus, len(ids))


def _names(layers: tuple[str, ...] | None, count: int, source: Source) -> tuple[str, ...]:
    """Return the names of layers: those given, or of featx's export, or their places."""
    if layers is not None and len(layers) != count:
        raise FeatxError(
            f"`layers={','.join(layers)!r}`: names {counted(len(layers), 'layer')}, and the arrays "
            f"of {source.path} have {count}."
        )
    known = source.description.layers if source.description else ()
    if layers is None and len(known) == count and all(name.isdecimal() for name in known):
        return known
    return layers or tuple(map(str, range(count)))


def stored_arrays(
    source: Source, manifest: Manifest, vectors: bool, wanted: Mapping[str, int]
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the id and features of each utterance, once more, as they are to be stored."""
    names = Names(manifest)
    for name, array in source.arrays():
        utterance = names.find(name)
        if utterance is not None and utterance in wanted:
            yield utterance, as_features(_as_numbers(array), vectors)


def describe_surplus(surplus: list[str], frames: Mapping[str, int]) -> str:
    """Return a note on names that belong to no utterance; empty if there are none."""
    return f"Left out {describe_unknown(surplus, frames)}." if surplus else ""
