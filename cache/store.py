"""A folder of shards as one store of features by utterance."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from cache.checks import all_finite, differences
from cache.errors import StoreError
from cache.identity import FeatureIdentity
from cache.layout import SHARD_BYTES, Layout, PlannedUtterance, split_into_shards
from cache.shard import Shard, create_shard
from cache.space import check_disk

SHARDS = "shard-*.h5"


class FeatureStore:
    """The features of a corpus from one encoder: the one door to the files that hold them.

    Args:
        folder: where the shards are.

    Raises:
        StoreError: if the folder holds no store, or shards that do not belong together.

    Attributes:
        folder: where the shards are.
        layout: layers, dim and dtype.
        identity: what the features are: encoder, weights, settings, precision and so on.
        software: the versions that computed them.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = folder = Path(folder)
        self._shards = [Shard(path) for path in sorted(folder.glob(SHARDS))]
        if not self._shards:
            raise StoreError(f"{folder}: no feature store is here. Extract features into it.")
        first = self._shards[0]
        self.layout, self.identity, self.software = first.layout, first.identity, first.software
        for shard in self._shards[1:]:
            self._check(shard.path, shard.identity, shard.layout)
        self._places: dict[str, tuple[Shard, int]] = {}
        for shard in self._shards:
            for index, utterance in enumerate(shard.utterances):
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
    ) -> "FeatureStore":
        """Open the store for these features, allocating what it does not yet have room for.

        Utterances that the store holds beside the planned ones stay.

        Args:
            folder: where the store is or will be.
            plan: the utterances it is to hold.
            layout: layers, dim and dtype.
            identity: what the features are.
            software: the versions that compute them.
            shard_bytes: the size above which a new shard is started.

        Raises:
            StoreError: if the folder holds other features than these, or the disk is too small.
        """
        folder.mkdir(parents=True, exist_ok=True)
        for leftover in folder.glob("*.h5.*.tmp"):
            leftover.unlink()
        names = [path.stem for path in folder.glob(SHARDS)]
        store = cls(folder) if names else None
        if store:
            store._check_continues(plan, layout, identity, software)
        missing = [p for p in plan if not (store and p.utterance in store)]
        to_write = [p for p in plan if not (store and store.is_done(p.utterance))]
        check_disk(folder, sum(layout.nbytes(planned.frames) for planned in to_write))
        first = 1 + max((int(name.removeprefix("shard-")) for name in names), default=-1)
        for number, part in enumerate(split_into_shards(missing, layout, shard_bytes), first):
            create_shard(folder / f"shard-{number:04}.h5", part, layout, identity, software)
        return cls(folder) if missing or not store else store

    @property
    def utterances(self) -> list[str]:
        """Every utterance the store has room for, in the order of its shards."""
        return list(self._places)

    @property
    def nbytes(self) -> int:
        """Bytes of all features, done or not."""
        return sum(shard.features.nbytes for shard in self._shards)

    def __contains__(self, utterance: str) -> bool:
        return utterance in self._places

    def is_done(self, utterance: str) -> bool:
        """Tell whether an utterance's features are there."""
        shard, index = self._places.get(utterance, (None, 0))
        return shard is not None and bool(shard.done[index])

    def frames(self, utterance: str) -> int:
        """Return the number of frames of an utterance."""
        shard, index = self._places[utterance]
        return int(shard.frame_offset[index + 1] - shard.frame_offset[index])

    def samples(self, utterance: str) -> int:
        """Return the length of the audio that an utterance's features were made from."""
        shard, index = self._places[utterance]
        return int(shard.samples[index])

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

    def checksum(self, utterance: str) -> int:
        """Return the CRC-32 of an utterance's features."""
        shard, index = self._place(utterance)
        return int(shard.checksum[index])

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
        """Mark utterances as not done."""
        for utterance in utterances:
            shard, index = self._places[utterance]
            shard.forget(index)

    def damaged(self) -> list[str]:
        """Return the done utterances whose features no longer match their checksum."""
        return [
            utterance
            for utterance, (shard, index) in self._places.items()
            if shard.done[index] and not shard.matches_checksum(index)
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
        for planned in plan:
            if planned.utterance not in self:
                continue
            shard, index = self._places[planned.utterance]
            same = not shard.done[index] or shard.source[index] == planned.source
            if shard.samples[index] != planned.samples or not same:
                raise StoreError(
                    f"{self.folder}: the audio of {planned.utterance!r} has changed since the "
                    f"store was made ({shard.samples[index]} samples then, {planned.samples} now),"
                    " or the length at which utterances are cut has. Delete the folder to extract "
                    "all features again, or choose another folder."
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
