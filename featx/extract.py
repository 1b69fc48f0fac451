"""From a plan to a feature store: encode what is not there yet."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch

from cache import FeatureStore, PlannedUtterance, StoreError, writing
from featx.ahead import map_ahead
from featx.audio import SAMPLE_RATE, AudioError, read_audio
from featx.batching import plan_batches
from featx.encoders.devices import find_devices
from featx.encoders.encoder import Encoder
from featx.encoders.precision import check_precisions, fastest
from featx.encoders.workers import BATCH_SECONDS, Workers
from featx.errors import Interrupted
from featx.extraction_plan import ExtractionPlan, describe_failures
from featx.files import write_json
from featx.manifest import Utterance
from featx.progress import progress
from featx.registry import Checkpoint

# other versions of these may give other features
COMPUTED_BY = ("torch", "transformers", "torchaudio", "soundfile")
AUTO = "auto"
DECODERS = 2  # threads that read audio ahead of the encoder
SAMPLE_UTTERANCES, SAMPLE_SECONDS = 6, 20  # on which precisions are compared
Batch = tuple[PlannedUtterance, ...]


@dataclass(frozen=True)
class Computing:
    """How features are computed.

    Attributes:
        precision: "auto", "float32", "bfloat16" or "float16".
        device: "auto", "cpu", "cuda" or "cuda:<number>".
        devices: how many GPUs, or "all".
        batch_seconds: of audio in a batch; by default what suits the device.
    """

    precision: str = AUTO
    device: str = AUTO
    devices: str = "1"
    batch_seconds: float | None = None


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
    devices = find_devices(computing.device, computing.devices)
    with writing(folder):
        encoder = Encoder(checkpoint, plan.layers)
        precision = computing.precision
        if precision == AUTO:
            precision = _choose_precision(encoder, devices[0], plan, folder, say)
        store = FeatureStore.prepare(
            folder,
            plan.planned,
            plan.layout,
            identity=_identity(checkpoint, encoder, precision),
            software={name: version(name) for name in COMPUTED_BY},
        )
        seconds = computing.batch_seconds or BATCH_SECONDS[devices[0].type]
        batches = plan_batches(plan.planned, seconds)
        return fill(store, plan, batches, Workers(encoder, devices, precision, len(batches)))


def _choose_precision(
    encoder: Encoder,
    device: torch.device,
    plan: ExtractionPlan,
    folder: Path,
    say: Callable[[str], None],
) -> str:
    """Return the precision the store was begun in, or else the one that does best here."""
    if any(folder.glob("shard-*.h5")):
        return str(FeatureStore(folder).identity["precision"])
    checks = check_precisions(encoder, device, _sample(plan))
    precision = fastest(checks)
    for check in checks:
        say(check.describe())
    say(f"Computing in {precision} on {device}.")
    record = {"precision": precision, "device": str(device), "checks": [asdict(c) for c in checks]}
    write_json(folder / "precision.json", record)
    return precision


def _sample(plan: ExtractionPlan) -> list[np.ndarray]:
    """Return some seconds of the corpus's speech, from all over it."""
    step = -(-len(plan.utterances) // SAMPLE_UTTERANCES)
    waveforms = []
    for utterance, planned in list(zip(plan.utterances, plan.planned, strict=True))[::step]:
        try:
            waveforms.append(_read(utterance, planned))
        except AudioError:
            continue  # reported when its turn comes
        if sum(map(len, waveforms)) >= SAMPLE_SECONDS * SAMPLE_RATE:
            break
    return waveforms


def fill(
    store: FeatureStore, plan: ExtractionPlan, batches: Sequence[Batch], workers: Workers
) -> Extraction:
    """Encode what a store lacks.

    Args:
        store: with room for the plan.
        plan: what to write.
        batches: all of the plan's utterances.
        workers: encode them.

    Raises:
        FeatxError: if memory runs out.
        Interrupted: on Ctrl-C.
    """
    failures = dict(plan.failures)
    waiting = _waiting(store, plan.planned)
    try:
        failures |= _encode(store, plan, batches, workers, waiting)
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


def _waiting(store: FeatureStore, planned: Sequence[PlannedUtterance]) -> set[str]:
    """Return the utterances to encode: those not done, and those damaged since."""
    waiting = {one.utterance for one in planned if not store.is_done(one.utterance)}
    if waiting:
        # An interrupted machine may have lost writes that an interrupted process does not lose.
        waiting |= set(store.damaged()) & {one.utterance for one in planned}
    return waiting


def _encode(
    store: FeatureStore,
    plan: ExtractionPlan,
    batches: Sequence[Batch],
    workers: Workers,
    waiting: set[str],
) -> dict[str, str]:
    """Decode, encode and write batches, each in threads of its own; return the failures."""
    # A batch is encoded whole, though part of it may be done: other company, other last bits.
    to_do = [batch for batch in batches if any(one.utterance in waiting for one in batch)]
    missing = sum(one.samples for one in plan.planned if one.utterance in waiting) / SAMPLE_RATE
    utterances = {utterance.utterance: utterance for utterance in plan.utterances}
    failures: dict[str, str] = {}
    decoded = map_ahead(
        partial(_decode, utterances), to_do, DECODERS, lambda: torch.set_num_threads(1)
    )
    with progress("Extracting", plan.seconds, "s of audio", plan.seconds - missing) as advance:
        for (batch, unread), encoded in workers.encode(decoded, store.layout.dtype):
            failures |= unread
            readable = [one for one in batch if one.utterance not in unread]
            features = dict(zip(readable, encoded, strict=True))
            for one in batch:
                if one.utterance not in waiting:
                    continue
                try:
                    if one in features:
                        store.write(one.utterance, features[one], one.source)
                except StoreError as error:
                    failures[one.utterance] = str(error)
                advance(one.samples / SAMPLE_RATE)
    return failures


def _decode(
    utterances: dict[str, Utterance], batch: Batch
) -> tuple[tuple[Batch, dict[str, str]], list[np.ndarray]]:
    """Return a batch, why some of it can't be read, and the others' waveforms."""
    waveforms, unread = [], {}
    for one in batch:
        try:
            waveforms.append(_read(utterances[one.utterance], one))
        except AudioError as error:
            unread[one.utterance] = str(error)
    return (batch, unread), waveforms


def _read(utterance: Utterance, planned: PlannedUtterance) -> np.ndarray:
    return read_audio(utterance.path, utterance.start, utterance.end)[: planned.samples]


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
