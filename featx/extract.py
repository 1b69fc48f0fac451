"""From a plan to a feature store: encode what is not there yet."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch

from cache import FeatureStore, PlannedUtterance, StoreError, check_disk, writing
from featx.ahead import map_ahead
from featx.audio import SAMPLE_RATE, AudioError
from featx.batching import plan_batches
from featx.encoders.encoder import CPU, Encoder
from featx.encoders.workers import BATCH_SECONDS, Workers, use_one_core
from featx.errors import FeatxError, Interrupted
from featx.extraction_plan import ExtractionPlan, describe_failures
from featx.precision_choice import PRECISION_RECORD, choose_precision
from featx.progress import progress
from featx.registry import Checkpoint

# other versions of these may give other features
COMPUTED_BY = ("torch", "transformers", "torchaudio", "soundfile")
AUTO = "auto"
Batch = Sequence[PlannedUtterance]


@dataclass(frozen=True)
class Computing:
    """How features are computed.

    Attributes:
        precision: "auto", "float32", "bfloat16" or "float16".
        devices: the processor, or GPUs.
        batch_seconds: of audio in a batch; by default what suits the device.
    """

    precision: str = AUTO
    devices: Sequence[torch.device] = (CPU,)
    batch_seconds: float | None = None

    def __post_init__(self) -> None:
        if self.batch_seconds is not None and not 0 < self.batch_seconds < math.inf:
            raise FeatxError(f"--batch-seconds {self.batch_seconds:g}: give a number above 0.")

    @property
    def seconds(self) -> float:
        """Seconds of audio in a batch."""
        return self.batch_seconds or BATCH_SECONDS[self.devices[0].type]


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
    checkpoint: Checkpoint,
    folder: Path,
    computing: Computing = Computing(),
    say: Callable[[str], None] = print,
) -> Extraction:
    """Write the features of the planned utterances to a store.

    Utterances that the store already holds are not encoded again, so a run that was stopped
    goes on where it was. Utterances whose audio can't be used are reported, the others done.

    Args:
        plan: what to write.
        checkpoint: the encoder's weights.
        folder: the store's.
        computing: how to compute them.
        say: told what was decided on the way.

    Raises:
        FeatxError: if the encoder can't be loaded, or can't be computed with as asked.
        StoreError: if the folder holds other features, or the disk is too small.
        Interrupted: on Ctrl-C.
    """
    with writing(folder):
        if not FeatureStore.exists(folder):
            check_disk(folder, plan.nbytes)
            (folder / PRECISION_RECORD).unlink(missing_ok=True)  # of a start that was given up
        encoder = Encoder(checkpoint, plan.layers)
        precision = computing.precision
        if precision == AUTO:
            precision = choose_precision(encoder, computing.devices[0], plan, folder, say)
        identity = _identity(checkpoint, encoder, precision)
        software = {name: version(name) for name in COMPUTED_BY}
        store = FeatureStore.prepare(folder, plan.planned, plan.layout, identity, software)
        workers = partial(Workers, encoder, computing.devices, precision)
        return fill(store, plan, workers, computing.seconds)


def fill(
    store: FeatureStore, plan: ExtractionPlan, workers: Callable[[], Workers], seconds: float
) -> Extraction:
    """Encode what a store lacks.

    Args:
        store: with room for the plan.
        plan: what to write.
        workers: called for those who encode, if there is anything to encode.
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
    """Return the utterances to encode: those not done, and those damaged since."""
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
    """Return the batches with something to encode in them.

    They are made of what was planned together, so that one which was begun before a stop is
    encoded as it was then: other company would mean other last bits.
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


def _identity(checkpoint: Checkpoint, encoder: Encoder, precision: str) -> dict[str, Any]:
    return {
        "encoder": checkpoint.name if checkpoint.source == "local" else checkpoint.source,
        "revision": checkpoint.revision,
        "weights_sha256": encoder.digest,
        "settings_sha256": encoder.settings_digest,
        "precision": precision,
        "sample_rate": SAMPLE_RATE,
        "frame_step": encoder.shape.hop / SAMPLE_RATE,
    }
