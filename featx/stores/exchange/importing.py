"""Features that another program made, as a store that everything here can work on."""

import itertools
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from cache import FeatureIdentity, FeatureStore, PlannedUtterance, prepare_store, writing
from featx.data.manifest import Manifest, load_without_audio
from featx.errors import FeatxError, Interrupted
from featx.features.choices import Dtype
from featx.features.planning.layers import join_layers, parse_layers
from featx.features.stores.folders import store_folder
from featx.stores.exchange.arrays import Survey, describe_surplus, stored_arrays, survey
from featx.stores.exchange.formats.source import Source
from featx.stores.exchange.open_source import open_source
from featx.stores.find import refuse_url
from featx.utils.arguments import checked
from featx.utils.files import portable_name
from featx.utils.progress import progress
from featx.utils.text import counted

log = logging.getLogger("featx")
Step = Annotated[float, Field(ge=0, lt=float("inf"))]


@dataclass(frozen=True)
class Import:
    """What was imported.

    Attributes:
        folder: the store's folder.
        imported: how many utterances were imported now.
        kept: how many were there before.
        absent: the manifest's utterances that have no features.
        surplus: names of features that belong to no utterance.
    """

    folder: Path
    imported: int
    kept: int
    absent: tuple[str, ...]
    surplus: tuple[str, ...]

    @property
    def store(self) -> FeatureStore:
        """The features."""
        return FeatureStore(self.folder)

    def to_text(self) -> str:
        """Say in words what was imported."""
        layout, step = self.store.layout, self.store.identity.frame_step
        shape = f"{counted(len(layout.layers), 'layer')} × {layout.dim} features in {layout.dtype}"
        often = f"a frame every {1000 * step:g} ms" if step else "one vector an utterance"
        lacking = f"\n{counted(len(self.absent), 'utterance')} without" if self.absent else ""
        return (
            f"{counted(self.imported, 'utterance')} imported, {self.kept:,} there before: "
            f"{self.folder}\n{shape}, {often}{lacking}"
        )

    def to_json(self) -> dict[str, Any]:
        """Return what was imported as JSON values."""
        layout = self.store.layout
        return {
            "store": str(self.folder),
            "imported": self.imported,
            "kept": self.kept,
            "absent": list(self.absent),
            "surplus": list(self.surplus),
            "layers": list(layout.layers),
            "dim": layout.dim,
            "dtype": layout.dtype,
            "frame_step": self.store.identity.frame_step,
        }


@checked
def import_features(
    source: str | Path,
    manifest: str | Path | Manifest = "manifest.csv",
    *,
    name: str,
    frame_step: Step | None = None,
    layers: str | int | Sequence[int] | None = None,
    dtype: Dtype | None = None,
    skip_missing: bool = False,
    out: str | Path | None = None,
) -> Import:
    """Make a store of features that another program made, so that heads can be trained on them.

    All arrays are checked before any is stored. The manifest's audio need not be here.

    Args:
        source: a folder of .npy files, one .npz, HDF5, Parquet, Kaldi's .scp or .ark, or the folder
            of an audformat database. Arrays go by the utterances' ids, or by their audio files.
        manifest: the utterances, with their labels.
        name: what the features are called, as a model is.
        frame_step: seconds from one frame to the next, such as 0.02; 0 for one vector an utterance.
            It may be left out if all arrays are vectors, or featx exported them. Arrays with frames
            are (frames, dim) or (layers, frames, dim), those without (dim,) or (layers, dim).
        layers: which layers they are, such as "12" or "0,4-12"; by default 0 and up.
        dtype: the type to store; by default float16 if all arrays are, else float32.
        skip_missing: leave out utterances that have no features.
        out: the store's folder; by default features/MANIFEST/NAME.

    Returns:
        What was imported; `store` has the features.

    Raises:
        FeatxError: naming arrays that can't be used, or utterances without features.
        StoreError: if the folder holds other features.
        DiskFull: if the disk is too small.
        Interrupted: on Ctrl-C; the same import goes on from there.

    Example:
        >>> import numpy
        >>> utterances = featx.load_manifest("manifest.csv").utterances
        >>> numpy.savez("theirs.npz", **{u.utterance: numpy.ones(8, "f4") for u in utterances})
        >>> print(featx.import_features("theirs.npz", name="theirs").to_text())
        18 utterances imported, 0 there before: features/manifest/theirs
        1 layer × 8 features in float32, one vector an utterance
    """
    if name != portable_name(name) or name in ("", ".", ".."):
        raise FeatxError(f"`name={name!r}`: must be a plain name, which every system takes.")
    corpus = manifest if isinstance(manifest, Manifest) else load_without_audio(manifest)
    for argument, given in (("source", source), ("out", out or "")):
        refuse_url(argument, given)
    opened = open_source(Path(source), corpus)
    step = _frame_step(opened, frame_step)
    chosen = None if layers is None else _layer_names(join_layers(layers))
    found = survey(opened, corpus, step == 0, dtype, chosen, skip_missing)
    identity = FeatureIdentity(
        encoder=name,
        precision="unknown",
        frame_step=step,
        blocks=max(map(int, found.layout.layers)),
        imported_sha256=found.digest,
    )
    folder = Path(out) if out is not None else store_folder(corpus.path, name)
    return _store(opened, corpus, found, identity, folder)


def _layer_names(text: str) -> tuple[str, ...]:
    return tuple(map(str, parse_layers(text, _MOST_LAYERS)))


_MOST_LAYERS = 9_999


def _frame_step(source: Source, given: float | None) -> float:
    """Return the seconds between frames: as given, or as featx exported them, or 0 of vectors."""
    if given is not None:
        return given
    if source.description is not None:
        return source.description.frame_step
    some = itertools.islice(source.arrays(), 1)
    if all(array.ndim == 1 for _, array in some):
        return 0.0
    raise FeatxError(
        f"{source.path}: give with `frame_step` the seconds from one frame to the next, such as "
        "`frame_step=0.02`, which most speech models have, or `frame_step=0` if each utterance has "
        "one vector a layer."
    )


def _store(
    source: Source, manifest: Manifest, found: Survey, identity: FeatureIdentity, folder: Path
) -> Import:
    if note := describe_surplus(found.surplus, found.frames):
        log.info("%s", note)
    ids = [u.utterance for u in manifest.utterances if u.utterance in found.frames]
    plan = [PlannedUtterance(name, samples=0, frames=found.frames[name]) for name in ids]
    with writing(folder, "importing features"):
        # no batches depend on how imported features are shared out
        store = prepare_store(folder, plan, found.layout, identity, {}, block_samples=0)
        waiting = {name: found.frames[name] for name in ids if not store.is_done(name)}
        try:
            _fill(store, source, manifest, waiting, identity.frame_step == 0)
        except KeyboardInterrupt:
            raise Interrupted(
                f"Interrupted with {sum(map(store.is_done, ids)):,} of {len(ids):,} utterances "
                "done. Import the features again to go on from there."
            ) from None
        finally:
            store.flush()
    absent = tuple(u.utterance for u in manifest.utterances if u.utterance not in found.frames)
    kept = len(ids) - len(waiting)
    return Import(folder, len(waiting), kept, absent, tuple(found.surplus))


def _fill(
    store: FeatureStore,
    source: Source,
    manifest: Manifest,
    waiting: dict[str, int],
    vectors: bool,
) -> None:
    if not waiting:
        return
    with progress("Importing", len(waiting), "utterances") as advance:
        for utterance, features in stored_arrays(source, manifest, vectors, waiting):
            store.write(utterance, features)
            advance(1)
