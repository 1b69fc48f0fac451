"""From a plan to a feature store: compute what is not there yet."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np

from cache import FeatureStore, PlannedUtterance, StoreError, check_disk, writing
from featx.data.audio import SAMPLE_RATE, AudioError
from featx.errors import Interrupted
from featx.features.encoders.workers import use_one_core
from featx.features.plan import ExtractionPlan, Shape, describe_failures, plan_batches
from featx.utils.parallel import map_ahead
from featx.utils.progress import progress

Batch = Sequence[PlannedUtterance]
Key = TypeVar("Key")


class Workers(Protocol):
    """Threads that compute features: those of `encoders` and of `acoustic`.

    Attributes:
        decoders: threads that must read audio to keep them busy.
    """

    decoders: int

    def encode(
        self, batches: Iterable[tuple[Key, Sequence[np.ndarray]]], dtype: str
    ) -> Iterator[tuple[Key, list[np.ndarray]]]:
        """Yield each batch's key and features, (layers, frames, dim) of each utterance."""


@dataclass(frozen=True)
class Work:
    """What computes the features of a store.

    Attributes:
        identity: what the features are; JSON values.
        software: the versions that compute them.
        workers: called for those who compute, if there is anything to compute.
        seconds: of audio in a batch.
    """

    identity: Mapping[str, Any]
    software: Mapping[str, str]
    workers: Callable[[], Workers]
    seconds: float


class Extractor(Protocol):
    """A model as `--model` names it: an encoder, or acoustic features."""

    @property
    def shape(self) -> Shape:
        """The shape of its features."""

    @property
    def layers(self) -> Sequence[int] | None:
        """The layers to store; None for all."""

    @property
    def dtype(self) -> str:
        """What features are stored in, unless asked otherwise."""

    def start(self, plan: ExtractionPlan, folder: Path, say: Callable[[str], None]) -> Work:
        """Load what is needed for a plan's features; `say` is told what was decided."""


@dataclass(frozen=True)
class Extraction:
    """What an extraction did.

    Attributes:
        store: where the features are.
        extracted: utterances extracted now.
        kept: utterances that were there before.
        failures: utterance id to why it has no features.
    """

    store: FeatureStore
    extracted: int
    kept: int
    failures: dict[str, str]

    def describe(self) -> str:
        """Say in words what was done, and what failed."""
        return (
            f"{self.extracted:,} utterances extracted, {self.kept:,} there before: "
            f"{self.store.folder}" + describe_failures(self.failures)
        )


def extract(
    plan: ExtractionPlan,
    extractor: Extractor,
    folder: Path,
    say: Callable[[str], None] = print,
) -> Extraction:
    """Write the features of the planned utterances to a store.

    Utterances that the store already holds are not computed again, so a run that was stopped
    goes on where it was. Utterances whose audio can't be used are reported, the others done.

    Args:
        plan: what to write.
        extractor: what computes it.
        folder: the store's.
        say: told what was decided on the way.

    Raises:
        FeatxError: if the model can't be loaded, or can't be computed with as asked.
        StoreError: if the folder holds other features, or the disk is too small.
        Interrupted: on Ctrl-C.
    """
    with writing(folder):
        if not FeatureStore.exists(folder):
            check_disk(folder, plan.nbytes)
        work = extractor.start(plan, folder, say)
        trimmed = {"trimmed_to": plan.limit.seconds} if plan.trimmed else {}  # `fit` must know
        identity = {**work.identity, **trimmed}
        store = FeatureStore.prepare(folder, plan.planned, plan.layout, identity, work.software)
        return fill(store, plan, work.workers, work.seconds)


def fill(
    store: FeatureStore, plan: ExtractionPlan, workers: Callable[[], Workers], seconds: float
) -> Extraction:
    """Compute what a store lacks.

    Args:
        store: with room for the plan.
        plan: what to write.
        workers: called for those who compute, if there is anything to compute.
        seconds: of audio in a batch.

    Raises:
        FeatxError: if memory runs out.
        Interrupted: on Ctrl-C.
    """
    failures = dict(plan.failures)
    waiting = _waiting(store, plan)
    try:
        if waiting:
            failures |= _encode(store, plan, workers(), seconds, waiting)
    except KeyboardInterrupt:
        done = sum(store.is_done(planned.utterance) for planned in plan.planned)
        raise Interrupted(
            f"Interrupted with {done} of {len(plan.planned)} utterances done. "
            "The same command goes on from there."
        ) from None
    finally:
        store.flush()
    extracted = sum(map(store.is_done, waiting))
    return Extraction(store, extracted, len(plan.planned) - len(waiting), failures)


def _waiting(store: FeatureStore, plan: ExtractionPlan) -> set[str]:
    """Return the utterances to compute: those not done, and those damaged since."""
    names = [planned.utterance for planned in plan.planned]
    if not all(map(store.is_done, names)):
        # An interrupted machine may have lost writes that an interrupted process does not lose.
        store.forget(store.damaged())
    return {name for name in names if not store.is_done(name)}


def _encode(
    store: FeatureStore, plan: ExtractionPlan, workers: Workers, seconds: float, waiting: set[str]
) -> dict[str, str]:
    """Decode, encode and write batches, each in threads of its own; return the failures."""
    to_do = _batches_to_do(store, plan, seconds, waiting)
    missing = sum(one.samples for one in plan.planned if one.utterance in waiting) / SAMPLE_RATE
    failures: dict[str, str] = {}
    decoded = map_ahead(partial(_decode, plan), to_do, workers.decoders, use_one_core)
    with progress("Extracting", plan.seconds, "s of audio", plan.seconds - missing) as advance:
        for (batch, unread), encoded in workers.encode(decoded, store.layout.dtype):
            failures |= unread
            readable = [one for one in batch if one.utterance not in unread]
            for one, features in zip(readable, encoded, strict=True):
                if one.utterance not in waiting:
                    continue
                try:
                    store.write(one.utterance, features, one.source)
                except StoreError as error:
                    failures[one.utterance] = str(error)
            advance(sum(one.samples for one in batch if one.utterance in waiting) / SAMPLE_RATE)
    return failures


def _batches_to_do(
    store: FeatureStore, plan: ExtractionPlan, seconds: float, waiting: set[str]
) -> list[Batch]:
    """Return the batches with something to compute in them.

    They are made of what was planned together, so that one which was begun before a stop is
    computed as it was then: other company would mean other last bits.
    """
    return [
        batch
        for shard in store.by_shard(plan.planned)
        for batch in plan_batches(shard, seconds)
        if any(one.utterance in waiting for one in batch)
    ]


def _decode(
    plan: ExtractionPlan, batch: Batch
) -> tuple[tuple[Batch, dict[str, str]], list[np.ndarray]]:
    """Return a batch, why some of it can't be read, and the others' waveforms."""
    waveforms: list[np.ndarray] = []
    unread = {}
    for one in batch:
        try:
            waveforms.append(plan.read(one))
        except AudioError as error:
            unread[one.utterance] = str(error)
    return (batch, unread), waveforms
