"""A folder of shards as one store of features by utterance."""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from cache.checks import check_finite, differences
from cache.errors import StoreError
from cache.folder import SHARDS, find_shards, no_store_at
from cache.identity import FeatureIdentity
from cache.layout import Layout, PlannedUtterance
from cache.places import Places
from cache.shards.compress import compress_shard
from cache.shards.marks import RETIRED, UNFINISHED
from cache.shards.shard import Shard


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
        aliases: the stored utterance of each id that was adopted.
        replaced: the utterances whose features were given up when it was prepared, as their audio
            had changed.
    """

    def __init__(self, folder: str | Path, names: str = SHARDS) -> None:
        self.folder = folder = Path(folder)
        self._shards = [Shard(path) for path in find_shards(folder, names)]
        if not self._shards:
            raise StoreError(no_store_at(folder))
        first = self._shards[0]
        self.layout, self.identity, self.software = first.layout, first.identity, first.software
        for shard in self._shards[1:]:
            self.check_same(shard.path, shard.identity, shard.layout)
        self.aliases: dict[str, str] = {}
        self.replaced: tuple[str, ...] = ()
        self._places = Places(self._shards)

    def _at(self, utterance: str) -> tuple[Shard, int]:
        """Return the shard that has an utterance's place, and the place in it."""
        number, index = self._places.at(utterance)
        return self._shards[number], index

    @staticmethod
    def exists(folder: Path) -> bool:
        """Tell whether a folder holds a store."""
        return any(folder.glob(SHARDS))

    @property
    def utterances(self) -> list[str]:
        """Every utterance the store has room for, in the order of its shards."""
        return list(self._places)

    @property
    def nbytes(self) -> int:
        """Bytes of all features, done or not."""
        return sum(shard.nbytes for shard in self._shards)

    @property
    def holes(self) -> int:
        """Bytes of its files that the disk has not been asked for yet, as it could not reserve."""
        return sum(shard.holes for shard in self._shards)

    @property
    def shards(self) -> list[Path]:
        """The files that hold the features."""
        return [shard.path for shard in self._shards]

    def __contains__(self, utterance: str) -> bool:
        return utterance in self._places

    def is_done(self, utterance: str) -> bool:
        """Tell whether an utterance's features are there."""
        if utterance not in self._places:
            return False
        shard, index = self._at(utterance)
        return shard.is_done(index)

    def frames(self, utterance: str) -> int:
        """Return the number of frames of an utterance."""
        shard, index = self._at(utterance)
        return int(shard.frames[index])

    def samples(self, utterance: str) -> int:
        """Return the length of the audio that features were made from; 0 if it is not known."""
        shard, index = self._at(utterance)
        return int(shard.samples[index])

    def source(self, utterance: str) -> int:
        """Return the digest of the audio that features were made from; 0 if it is not known."""
        shard, index = self._at(utterance)
        return int(shard.source[index])

    def read(self, utterance: str, rows: Sequence[int] | None = None) -> np.ndarray:
        """Return the features of one utterance, read-only.

        They are mapped memory, and nothing is copied, unless they are compressed or in 8 bits or
        layers do not follow one another.

        Args:
            utterance: its id.
            rows: places in `layout.layers`, ascending; all by default. No others are read.

        Returns:
            (layers, frames, dim) in the store's dtype, float32 of "int8".

        Raises:
            StoreError: if it is not in the store, or not extracted yet.
        """
        shard, index = self._place(utterance)
        return shard.read(index, rows)

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
        shard, _ = self._at(utterance)
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
        return self._at(utterance)

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
            stored = features.astype(self.layout.computed, copy=False)
        check_finite(utterance, self.layout, stored)
        shard, index = self._at(utterance)
        shard.write(index, stored, source)

    def flush(self) -> None:
        """Wait until the disk holds all that was written."""
        for shard in self._shards:
            shard.flush()

    @property
    def is_copied(self) -> bool:
        """Whether features are copied when they are read, not mapped."""
        return self.layout.dtype == "int8" or self.compressed > 0

    @property
    def compressed(self) -> int:
        """How many of its files are compressed."""
        return sum(shard.is_compressed for shard in self._shards)

    def is_fixed(self, utterance: str) -> bool:
        """Tell whether an utterance's features are compressed: others need another place."""
        shard, _ = self._at(utterance)
        return shard.is_compressed

    def compress(self, utterances: Iterable[str]) -> None:
        """Compress the shards that hold some utterances, unless they are.

        An utterance of these shards that is not done gets another place when it is extracted.

        Raises:
            DamagedStore: if features are not those that were written.
            StoreError: if the disk is too small, or fails.
        """
        holding = {self._at(utterance)[0] for utterance in utterances}
        for number, shard in enumerate(self._shards):
            if shard in holding and not shard.is_compressed:
                compress_shard(shard)
                self._shards[number] = Shard(shard.path)

    def by_shard(self, plan: Iterable[PlannedUtterance]) -> list[list[PlannedUtterance]]:
        """Group utterances by the shard that holds them; those that were adopted are in none."""
        groups: dict[Path, list[PlannedUtterance]] = {}
        for planned in plan:
            if planned.utterance not in self.aliases:
                groups.setdefault(self._at(planned.utterance)[0].path, []).append(planned)
        return list(groups.values())

    def forget(self, utterances: Iterable[str]) -> None:
        """Mark utterances as not done: their features are to be computed again."""
        for utterance in utterances:
            shard, index = self._at(utterance)
            shard.mark(index, "done", UNFINISHED)

    def retire(self, utterances: Iterable[str]) -> None:
        """Give up the places of utterances, which are then not in the store any more."""
        for utterance in utterances:
            shard, index = self._at(utterance)
            self._places.remove(utterance)
            shard.mark(index, "done", RETIRED)

    def adopt(self, names: Mapping[str, str]) -> None:
        """Let features be known under other ids too, as long as this store is open.

        Args:
            names: the id of a stored utterance by the other id.
        """
        for other, utterance in names.items():
            self._places.share(utterance, other)
        self.aliases |= names

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

    def check_same(self, where: Path, identity: FeatureIdentity, layout: Layout) -> None:
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
