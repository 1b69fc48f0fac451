"""A store's features in the files of other tools."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from cache import FeatureStore, check_disk, describe_bytes
from featx.data.manifest import Manifest, load_without_audio
from featx.errors import FeatxError, Interrupted
from featx.features.planning.layers import choose_layers, join_layers
from featx.features.stores.verified import check_features
from featx.stores.contents import disk_bytes
from featx.stores.exchange.choices import Format
from featx.stores.exchange.formats.audformat import writing_audformat
from featx.stores.exchange.formats.description import Description
from featx.stores.exchange.formats.hdf5 import writing_h5
from featx.stores.exchange.formats.kaldi import writing_kaldi
from featx.stores.exchange.formats.npy import writing_npy
from featx.stores.exchange.formats.parquet import writing_parquet
from featx.stores.find import open_folder, refuse_url
from featx.utils.arguments import checked
from featx.utils.files import replace, replacing
from featx.utils.progress import progress
from featx.utils.text import counted, listed

_MATRICES = ("kaldi", "audformat")  # which hold a single layer
_ENDINGS = {"h5": ".h5", "parquet": ".parquet"}  # the others are folders


@dataclass(frozen=True)
class Export:
    """What was exported.

    Attributes:
        path: the file or folder.
        utterances: how many utterances it holds.
        absent: utterances of the store, or of the manifest, that have no features yet.
        nbytes: its size.
    """

    path: Path
    utterances: int
    absent: tuple[str, ...]
    nbytes: int

    def to_text(self) -> str:
        """Say in words what was exported."""
        lacking = (
            f"\n{counted(len(self.absent), 'utterance')} without features: {listed(self.absent)}"
            if self.absent
            else ""
        )
        return (
            f"{counted(self.utterances, 'utterance')} exported, {describe_bytes(self.nbytes)}: "
            f"{self.path}{lacking}"
        )

    def to_json(self) -> dict[str, Any]:
        """Return what was exported as JSON values."""
        return {
            "path": str(self.path),
            "utterances": self.utterances,
            "absent": list(self.absent),
            "bytes": self.nbytes,
        }


@dataclass(frozen=True)
class _Wanted:
    """What of a store is exported.

    Attributes:
        store: the features.
        rows: the places of the chosen layers.
        average: whether these layers are averaged.
        pool: whether frames are.
    """

    store: FeatureStore
    rows: tuple[int, ...]
    average: bool
    pool: bool

    @property
    def dtype(self) -> str:
        """The type of the values: that of the store, or float32 of means."""
        return "float32" if self.average or self.pool else self.store.layout.computed

    @property
    def description(self) -> Description:
        """What the arrays are."""
        names = tuple(self.store.layout.layers[row] for row in self.rows)
        step = 0.0 if self.pool else self.store.identity.frame_step
        layers = ("mean",) if self.average else names
        return Description(layers, step, self.store.identity.to_json())

    def read(self, utterance: str) -> np.ndarray:
        """Return an array without the axes that say nothing: of a single layer, of one vector."""
        features = self.store.read(utterance, self.rows)
        for axis, averaged in ((0, self.average), (1, self.pool)):
            if averaged:
                mean = features.mean(axis, dtype=np.float64, keepdims=True)
                features = mean.astype(np.float32)
        vectors = self.description.frame_step == 0 and features.shape[1] == 1
        alone = features.shape[0] == 1
        return features[0 if alone else slice(None), 0 if vectors else slice(None)]

    def nbytes(self, utterances: Sequence[str]) -> int:
        """Return the bytes of all values."""
        frames = len(utterances) if self.pool else sum(map(self.store.frames, utterances))
        layers = 1 if self.average else len(self.rows)
        return frames * layers * self.store.layout.dim * np.dtype(self.dtype).itemsize


@checked
def export_features(
    store: str | Path | FeatureStore,
    to: Format,
    out: str | Path | None = None,
    *,
    layers: str | int | Sequence[int] | None = None,
    average_layers: bool = False,
    pool: Literal["mean"] | None = None,
    manifest: str | Path | Manifest | None = None,
    overwrite: bool = False,
) -> Export:
    """Write a store's features in a format that other tools read; complete or not at all.

    An array is (layers, frames, dim), without the first axis if there is one layer, and without
    the second if each utterance has one vector.

    Args:
        store: the store, or its folder.
        to: "npy" (a folder of ID.npy, and index.csv), "h5" (a dataset an utterance), "parquet" (a
            row for each utterance and layer, whose `features` are a list of frames), "kaldi"
            (feats.ark and feats.scp, float32, a single layer), or "audformat" (a database whose
            table has a row for each frame or vector, a single layer; needs `manifest`).
        out: the file or folder; by default named after the store, in the working folder.
        layers: the layers to export, such as "0,4-12"; all by default.
        average_layers: export the mean of these layers.
        pool: "mean" exports the mean of each utterance's frames.
        manifest: export this manifest's utterances alone.
        overwrite: replace what is there.

    Returns:
        What was exported.

    Raises:
        FeatxError: if the store or an argument can't be used, or a package is missing.
        DiskFull: if the disk is too small.
        Interrupted: on Ctrl-C; nothing is left then.

    Example:
        >>> featx.export_features("features/manifest/encoder", "h5", layers=2).utterances
        18
        >>> import h5py
        >>> h5py.File("encoder.h5")["sad-0-0"].shape  # (frames, dim)
        (14, 16)
    """
    opened = open_folder(store)
    text = "all" if layers is None else join_layers(layers)
    rows = choose_layers(text, opened.layout.layers, opened.identity.blocks)
    wanted = _Wanted(opened, rows, average_layers, pool is not None)
    corpus = load_without_audio(manifest) if isinstance(manifest, str | Path) else manifest
    _check_format(wanted, to, corpus)
    refuse_url("out", out or "")
    path = Path(out) if out is not None else Path(_default_name(opened, to))
    _check_place(path, to, overwrite)
    asked = [u.utterance for u in corpus.utterances] if corpus else opened.utterances
    done = [utterance for utterance in asked if opened.is_done(utterance)]
    if not done:
        raise FeatxError(f"{opened.folder}: has features of none of the utterances asked for.")
    check_disk(path.parent, wanted.nbytes(done), "the export", "choose another `out`")
    check_features(opened, rows, done)
    _write(wanted, to, path, corpus, done)
    absent = tuple(utterance for utterance in asked if not opened.is_done(utterance))
    return Export(path, len(done), absent, _size(path))


def _default_name(store: FeatureStore, to: Format) -> str:
    ending = _ENDINGS.get(to, f"-{to}")
    return f"{store.folder.resolve().name}{ending}"


def _check_format(wanted: _Wanted, to: Format, manifest: Manifest | None) -> None:
    """Raise a FeatxError if a format can't hold what is wanted."""
    if to in _MATRICES and len(wanted.rows) > 1 and not wanted.average:
        names = [wanted.store.layout.layers[row] for row in wanted.rows]
        raise FeatxError(
            f"`to={to!r}` takes a single layer, and there are {len(names)}: choose one with "
            f"`layers`, from {names[0]} to {names[-1]}, or take their mean with `average_layers`."
        )
    if to == "audformat" and manifest is None:
        raise FeatxError(
            "`to='audformat'` needs a `manifest`: its table names the audio files of utterances."
        )


def _check_place(path: Path, to: Format, overwrite: bool) -> None:
    """Raise a FeatxError if something is in the export's place that it must not replace."""
    if not path.exists():
        return
    wants_file = to in _ENDINGS
    if path.is_dir() == wants_file:
        kind = "a folder" if path.is_dir() else "a file"
        raise FeatxError(f"`out={str(path)!r}` is {kind}. Choose another `out`.")
    if not overwrite and (wants_file or any(path.iterdir())):
        raise FeatxError(f"{path}: is there already. Choose another `out`, or `overwrite` it.")


def _write(
    wanted: _Wanted, to: Format, path: Path, manifest: Manifest | None, utterances: Sequence[str]
) -> None:
    def fill(place: Path) -> None:
        title = f"Exporting to {to}"
        with (
            _writing(wanted, to, place, path, manifest) as write,
            progress(title, len(utterances), "utterances") as advance,
        ):
            for utterance in utterances:
                write(utterance, wanted.read(utterance))
                advance(1)

    needed = wanted.nbytes(utterances)
    try:
        if to in _ENDINGS:
            replace(path, fill, needed)
        else:
            with replacing(path, needed) as folder:
                fill(folder)
    except KeyboardInterrupt:
        raise Interrupted("Interrupted; nothing was exported.") from None


def _writing(
    wanted: _Wanted, to: Format, place: Path, final: Path, manifest: Manifest | None
) -> AbstractContextManager[Callable[[str, np.ndarray], None]]:
    """Return what writes arrays in a format to a place, whose final name is another."""
    described, dim = wanted.description, wanted.store.layout.dim
    match to:
        case "npy":
            return writing_npy(place, described)
        case "h5":
            return writing_h5(place, described)
        case "parquet":
            return writing_parquet(place, described, dim, wanted.dtype)
        case "kaldi":
            return writing_kaldi(place, described, final)
        case "audformat":
            assert manifest is not None, "`_check_format` has refused that"
            return writing_audformat(place, described, manifest, dim)


def _size(path: Path) -> int:
    return disk_bytes(path) if path.is_dir() else path.stat().st_size
