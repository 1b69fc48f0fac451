"""A folder of shards as one store of features by utterance."""

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path

import numpy as np

from cache.checks import all_finite, differences
from cache.create import create_shard
from cache.errors import StoreError
from cache.identity import FeatureIdentity
from cache.layout import (
    BLOCK_SAMPLES,
    SHARD_BYTES,
    Layout,
    PlannedUtterance,
    split_into_blocks,
    split_into_shards,
)
from cache.marks import RETIRED, UNFINISHED
from cache.shard import Shard
from cache.space import check_disk

SHARDS = "shard-*.h5"


class FeatureStore:
    """The features of a corpus from one encoder: the one door to the files that hold them.

    Args:
        folder: where the shards are.
        names: what the shards are called: all of the store's, or the name of a single file.

    What is done is known as it was when the store was opened.

    Raises:
        DamagedStore: if a shard's tables are not those that were written.
        StoreError: if the folder holds no store, or shards that do not belong together.

    Attributes:
        folder: where the shards are.
        layout: layers, dim and dtype.
        identity: what the features are: encoder, weights, settings, precision and so on.
        software: the versions that computed them.
    """

    def __init__(self, folder: str | Path, names: str = SHARDS) -> None:
        self.folder = folder = Path(folder)
        self._shards = [Shard(path) for path in sorted(folder.glob(names))]
        if not self._shards:
            raise StoreError(f"{folder}: no feature store is here. Extract features into it.")
        first = self._shards[0]
        self.layout, self.identity, self.software = first.layout, first.identity, first.software
        for shard in self._shards[1:]:
            self._check(shard.path, shard.identity, shard.layout)
        self._places: dict[str, tuple[Shard, int]] = {}
        for shard in self._shards:
            for index, utterance in enumerate(shard.utterances):
                if shard.is_retired(index):
                    continue
                if utterance in self._places:
                    raise StoreError(f"{shard.path}: {utterance!r} is in another shard too.")
                self._places[utterance] = shard, index

    @staticmethod
    def exists(folder: Path) -> bool:
        """Tell whether a folder holds a store."""
        return any(folder.glob(SHARDS))

    @classmethod
    def prepare(
        cls,
        folder: Path,
        plan: Sequence[PlannedUtterance],
        layout: Layout,
        identity: FeatureIdentity,
        software: Mapping[str, str],
        shard_bytes: int = SHARD_BYTES,
        block_samples: int = BLOCK_SAMPLES,
        prefix: str = "shard",
    ) -> "FeatureStore":
        """Open the store for these features, allocating what it does not yet have room for.

        Utterances that the store holds beside the planned ones stay. An utterance that is not
        done and of which the audio has changed gets another place.

        Args:
            folder: where the store is or will be.
            plan: the utterances it is to hold.
            layout: layers, dim and dtype.
            identity: what the features are.
            software: the versions that compute them.
            shard_bytes: the size above which a new shard is started.
            block_samples: the length of audio that is computed together, and never divided.
            prefix: what the names of new shards begin with: "shard", or "shard-2of8" for a part
                of a job array, whose parts are written by several processes.

        Raises:
            StoreError: if the folder holds other features than these.
            DiskFull: if the disk is too small.
        """
        store = cls(folder) if cls.exists(folder) else None
        if store:
            store._check_continues(plan, layout, identity, software)
            store.retire(store._misplaced(plan))
        missing = [p for p in plan if not (store and p.utterance in store)]
        if store and all(store.is_done(planned.utterance) for planned in plan):
            return store  # the folder may be for reading only
        folder.mkdir(parents=True, exist_ok=True)
        for leftover in folder.glob(f"{prefix}-*.h5.*.tmp"):
            leftover.unlink()
        holes = sum(shard.holes for shard in store._shards) if store else 0
        check_disk(folder, holes + sum(layout.nbytes(planned.frames) for planned in missing))
        blocks = split_into_blocks(missing, block_samples)
        shards = split_into_shards(blocks, layout, shard_bytes)
        for path, part in zip(_unused(folder, prefix), shards, strict=False):
            create_shard(path, part, layout, identity, software)
        return cls(folder) if missing or not store else store

    @property
    def utterances(self) -> list[str]:
        """Every utterance the store has room for, in the order of its shards."""
        return list(self._places)

    @property
    def nbytes(self) -> int:
        """Bytes of all features, done or not."""
        return sum(shard.nbytes for shard in self._shards)

    @property
    def shards(self) -> list[Path]:
        """The files that hold the features."""
        return [shard.path for shard in self._shards]

    def __contains__(self, utterance: str) -> bool:
        return utterance in self._places

    def is_done(self, utterance: str) -> bool:
        """Tell whether an utterance's features are there."""
        shard, index = self._places.get(utterance, (None, 0))
        return shard is not None and shard.is_done(index)

    def frames(self, utterance: str) -> int:
        """Return the number of frames of an utterance."""
        shard, index = self._places[utterance]
        return int(shard.frames[index])

    def samples(self, utterance: str) -> int:
        """Return the length of the audio that features were made from; 0 if it is not known."""
        shard, index = self._places[utterance]
        return int(shard.samples[index])

    def source(self, utterance: str) -> int:
        """Return the digest of the audio that features were made from; 0 if it is not known."""
        shard, index = self._places[utterance]
        return int(shard.source[index])

    def read(self, utterance: str) -> np.ndarray:
        """Return the features of one utterance as read-only mapped memory; nothing is copied.

        Args:
            utterance: its id.

        Returns:
            (layers, frames, dim) in the store's dtype.

        Raises:
            StoreError: if it is not in the store, or not extracted yet.
        """
        shard, index = self._place(utterance)
        return shard.read(index)

    def expect(self, utterance: str, layers: Sequence[int]) -> None:
        """Have the system read layers of an utterance from the disk, if it must, in advance.

        Args:
            utterance: its id; done.
            layers: places in `layout.layers`.
        """
        shard, index = self._place(utterance)
        shard.advise(index, layers, "MADV_WILLNEED")

    def release(self, utterance: str, layers: Sequence[int]) -> None:
        """Let go of the memory that reading layers of an utterance took; it can be read again.

        Args:
            utterance: its id; done.
            layers: places in `layout.layers`.
        """
        shard, index = self._place(utterance)
        shard.advise(index, layers, "MADV_DONTNEED")

    def checksum(self, utterance: str, layers: Sequence[int] | None = None) -> int:
        """Return a number that changes when layers of an utterance's features do.

        Args:
            utterance: its id; done.
            layers: places in `layout.layers`; all by default.
        """
        shard, index = self._place(utterance)
        sums = shard.checksum[index] if layers is None else shard.checksum[index, list(layers)]
        return zlib.crc32(sums.tobytes())

    def path(self, utterance: str) -> Path:
        """Return the file that has room for an utterance."""
        shard, _ = self._places[utterance]
        return shard.path

    def cell(self, utterance: str) -> tuple[Path, int]:
        """Return the file that holds an utterance's features, and the utterance's place in it."""
        shard, index = self._place(utterance)
        return shard.path, index

    def _place(self, utterance: str) -> tuple[Shard, int]:
        if not self.is_done(utterance):
            state = "not extracted yet" if utterance in self else "not in the store"
            raise StoreError(
                f"{self.folder}: utterance {utterance!r} is {state}. Extract the features again."
            )
        return self._places[utterance]

    def write(self, utterance: str, features: np.ndarray, source: int = 0) -> None:
        """Store the features of one utterance and mark it done.

        Args:
            utterance: its id.
            features: (layers, frames, dim), any float type.
            source: digest of the audio they were made from.

        Raises:
            StoreError: if the shape is not the planned one, or a value is not finite or does
                not fit the store's type.
        """
        shape = (len(self.layout.layers), self.frames(utterance), self.layout.dim)
        if features.shape != shape:
            raise StoreError(
                f"{self.folder}: {utterance!r} has features of shape {features.shape}, "
                f"planned were {shape}."
            )
        with np.errstate(over="ignore"):
            stored = features.astype(self.layout.dtype, copy=False)
        for layer, values in zip(self.layout.layers, stored, strict=True):
            if not all_finite(values):
                raise StoreError(f"{utterance!r}: layer {layer} {self._unfit(values)}")
        shard, index = self._places[utterance]
        shard.write(index, stored, source)

    def _unfit(self, values: np.ndarray) -> str:
        if self.layout.dtype == "float16" and not np.isnan(values).any():
            return (
                "overflows float16. Store the features in float32, and if that fails too, "
                "compute them in float32 as well."
            )
        return (
            "has values that are not finite: the model itself failed on it. Compute the features "
            "in float32, if they were not."
        )

    def flush(self) -> None:
        """Wait until the disk holds all that was written."""
        for shard in self._shards:
            shard.flush()

    def by_shard(self, plan: Iterable[PlannedUtterance]) -> list[list[PlannedUtterance]]:
        """Group utterances by the shard that holds them."""
        groups: dict[Path, list[PlannedUtterance]] = {}
        for planned in plan:
            groups.setdefault(self._places[planned.utterance][0].path, []).append(planned)
        return list(groups.values())

    def forget(self, utterances: Iterable[str]) -> None:
        """Mark utterances as not done: their features are to be computed again."""
        for utterance in utterances:
            shard, index = self._places[utterance]
            shard.mark(index, "done", UNFINISHED)

    def retire(self, utterances: Iterable[str]) -> None:
        """Give up the places of utterances, which are then not in the store any more."""
        for utterance in utterances:
            shard, index = self._places.pop(utterance)
            shard.mark(index, "done", RETIRED)

    def adopt(self, names: Mapping[str, str]) -> None:
        """Let features be known under other ids too, as long as this store is open.

        Args:
            names: the id of a stored utterance by the other id.
        """
        self._places |= {other: self._places[utterance] for other, utterance in names.items()}

    def damaged(self, utterances: Iterable[str] | None = None) -> list[str]:
        """Return the done utterances whose features or marks are not those that were written.

        Args:
            utterances: those to look at; all by default.
        """
        names = self._places if utterances is None else utterances
        return [name for name in names if self.is_done(name) and not self.is_whole(name)]

    def is_whole(self, utterance: str, layers: Sequence[int] | None = None) -> bool:
        """Tell whether a done utterance's features and marks are those that were written.

        Args:
            utterance: its id; done.
            layers: places in `layout.layers`; all by default.
        """
        shard, index = self._place(utterance)
        return shard.is_whole(index, layers)

    def changed(self, plan: Iterable[PlannedUtterance]) -> list[str]:
        """Return the done utterances whose audio is not that of a plan, or is cut elsewhere.

        Features of unknown audio can be of any.
        """
        return [
            planned.utterance
            for planned in plan
            if self.is_done(planned.utterance) and not self._is_of(planned)
        ]

    def _is_of(self, planned: PlannedUtterance) -> bool:
        shard, index = self._places[planned.utterance]
        source, samples = int(shard.source[index]), int(shard.samples[index])
        return source in (0, planned.source) and samples in (0, planned.samples)

    def _misplaced(self, plan: Iterable[PlannedUtterance]) -> list[str]:
        """Return the utterances that are not done and have no room for what is planned."""
        return [
            planned.utterance
            for planned in plan
            if planned.utterance in self
            and not self.is_done(planned.utterance)
            and (self.samples(planned.utterance), self.frames(planned.utterance))
            != (planned.samples, planned.frames)
        ]

    def _check(self, where: Path, identity: FeatureIdentity, layout: Layout) -> None:
        """Raise a StoreError that names every difference from what the store holds."""
        held = {**self.identity.compared(), **vars(self.layout)}
        asked = {**identity.compared(), **vars(layout)}
        found = differences(held, asked)
        if found:
            raise StoreError(
                f"{where}: other features than the store's:\n  "
                + "\n  ".join(found)
                + "\nChoose another folder, or delete this one to extract all features again."
            )

    def _check_continues(
        self,
        plan: Iterable[PlannedUtterance],
        layout: Layout,
        identity: FeatureIdentity,
        software: Mapping[str, str],
    ) -> None:
        self._check(self.folder, identity, layout)
        changed = self.changed(plan)
        if changed:
            raise StoreError(
                f"{self.folder}: the audio of {changed[0]!r} has changed since its features were "
                "computed, or the length at which utterances are cut has"
                + (f"; {len(changed):,} utterances are concerned" if len(changed) > 1 else "")
                + ". Delete the folder to extract all features again, or choose another folder."
            )
        unfinished = not all(self.is_done(planned.utterance) for planned in plan)
        found = differences(self.software, software)
        if unfinished and found:
            raise StoreError(
                f"{self.folder}: this store was begun with other software versions, which can give "
                "other features:\n  "
                + "\n  ".join(found)
                + "\nInstall those versions again, or delete the folder to extract all features."
            )


def _unused(folder: Path, prefix: str) -> Iterator[Path]:
    """Yield the names of shards that are not there, in order."""
    for number in count():
        path = folder / f"{prefix}-{number:04}.h5"
        if not path.exists():
            yield path
