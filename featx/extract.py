"""From a manifest to a feature store: plan, then encode what is not there yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cache import FeatureStore, Layout, PlannedUtterance, StoreError, writing
from featx.audio import SAMPLE_RATE, AudioError, count_samples, digest_audio, read_audio
from featx.encoder import Encoder
from featx.encoder_shape import EncoderShape
from featx.errors import FeatxError, Interrupted
from featx.manifest import Manifest, Utterance
from featx.progress import progress
from featx.registry import Checkpoint

# other versions of these may give other features
COMPUTED_BY = ("torch", "transformers", "torchaudio", "soundfile")


@dataclass(frozen=True)
class ExtractionPlan:
    """What an extraction will write, known from the audio files' headers.

    Attributes:
        utterances: those that can be extracted, in the manifest's order.
        planned: the same, as the store sees them.
        failures: utterance id to why it can't be.
        layout: layers, dim and dtype.
    """

    utterances: tuple[Utterance, ...]
    planned: tuple[PlannedUtterance, ...]
    failures: dict[str, str]
    layout: Layout

    @property
    def hours(self) -> float:
        """Hours of audio."""
        return sum(planned.samples for planned in self.planned) / SAMPLE_RATE / 3600

    @property
    def frames(self) -> int:
        """Frames a layer, all utterances together."""
        return sum(planned.frames for planned in self.planned)

    @property
    def nbytes(self) -> int:
        """Bytes of all features."""
        return self.layout.nbytes(self.frames)

    def describe(self) -> str:
        """Say in words what will be written, and what can't be."""
        layers, dim, dtype = len(self.layout.layers), self.layout.dim, self.layout.dtype
        return (
            f"{len(self.planned):,} utterances, {self.hours:.2f} h of audio; "
            f"{self.frames:,} frames × {layers} layers × {dim} features in {dtype}: "
            f"{self.nbytes / 1e9:.2f} GB" + _describe_failures(self.failures)
        )


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
            f"{self.store.folder}" + _describe_failures(self.failures)
        )


def plan_extraction(manifest: Manifest, shape: EncoderShape, dtype: str) -> ExtractionPlan:
    """Work out frames and bytes from a manifest's audio files, without decoding them.

    Args:
        manifest: the utterances.
        shape: of the encoder.
        dtype: "float16" or "float32".

    Raises:
        FeatxError: if no utterance at all can be extracted.
    """
    utterances, planned, failures = [], [], {}
    for utterance in manifest.utterances:
        try:
            part = utterance.path, utterance.start, utterance.end
            samples, source = count_samples(*part), digest_audio(*part)
        except AudioError as error:
            failures[utterance.utterance] = str(error)
            continue
        frames = shape.frames(samples)
        if not frames:
            failures[utterance.utterance] = (
                f"{utterance.path}: too short for one frame, {samples} samples at 16 kHz"
            )
            continue
        utterances.append(utterance)
        planned.append(PlannedUtterance(utterance.utterance, samples, frames, source))
    if not planned:
        first = next(iter(failures.values()))
        raise FeatxError(f"{manifest.path}: no utterance can be extracted; the first: {first}")
    layout = Layout(shape.layers, shape.dim, dtype)
    return ExtractionPlan(tuple(utterances), tuple(planned), failures, layout)


def extract(plan: ExtractionPlan, checkpoint: Checkpoint, folder: Path) -> Extraction:
    """Write every layer's features of the planned utterances to a store.

    Utterances that the store already holds are not encoded again, so a run that was stopped
    goes on where it was. Utterances whose audio can't be used are reported, the others done.

    Args:
        plan: what to write.
        checkpoint: the encoder's weights.
        folder: the store's.

    Raises:
        FeatxError: if the encoder can't be loaded.
        StoreError: if the folder holds other features, or the disk is too small.
        Interrupted: on Ctrl-C.
    """
    with writing(folder):
        encoder = Encoder(checkpoint)
        store = FeatureStore.prepare(
            folder,
            plan.planned,
            plan.layout,
            identity=_identity(checkpoint, encoder),
            software={name: version(name) for name in COMPUTED_BY},
        )
        return _fill(store, encoder, plan)


def _fill(store: FeatureStore, encoder: Encoder, plan: ExtractionPlan) -> Extraction:
    """Encode what the store lacks."""
    failures = dict(plan.failures)
    waiting = _waiting(store, plan.utterances)
    try:
        failures |= _encode(encoder, store, waiting, plan)
    except KeyboardInterrupt:
        done = sum(store.is_done(planned.utterance) for planned in plan.planned)
        raise Interrupted(
            f"Interrupted with {done} of {len(plan.planned)} utterances done. "
            "The same command goes on from there."
        ) from None
    finally:
        store.flush()
    extracted = sum(store.is_done(utterance.utterance) for utterance in waiting)
    return Extraction(store, extracted, len(plan.planned) - len(waiting), failures)


def _waiting(store: FeatureStore, utterances: Sequence[Utterance]) -> list[Utterance]:
    """Return the utterances to encode: those not done, and those damaged since."""
    waiting = [u for u in utterances if not store.is_done(u.utterance)]
    if not waiting:
        return []
    # An interrupted machine may have lost writes that an interrupted process does not lose.
    damaged = set(store.damaged())
    return [u for u in utterances if not store.is_done(u.utterance) or u.utterance in damaged]


def _encode(
    encoder: Encoder, store: FeatureStore, waiting: Sequence[Utterance], plan: ExtractionPlan
) -> dict[str, str]:
    """Encode utterances one by one into the store; return the failures."""
    planned = {place.utterance: place for place in plan.planned}
    seconds = {name: place.samples / SAMPLE_RATE for name, place in planned.items()}
    total = sum(seconds.values())
    to_do = sum(seconds[utterance.utterance] for utterance in waiting)
    failures = {}
    with progress("Extracting", total, "s of audio", total - to_do) as advance:
        for utterance in waiting:
            try:
                waveform = read_audio(utterance.path, utterance.start, utterance.end)
                source = planned[utterance.utterance].source
                store.write(utterance.utterance, encoder.encode(waveform), source)
            except (AudioError, StoreError) as error:
                failures[utterance.utterance] = str(error)
            advance(seconds[utterance.utterance])
    return failures


def _identity(checkpoint: Checkpoint, encoder: Encoder) -> dict[str, Any]:
    return {
        "encoder": checkpoint.name if checkpoint.source == "local" else checkpoint.source,
        "revision": checkpoint.revision,
        "weights_sha256": encoder.digest,
        "settings_sha256": encoder.settings_digest,
        "precision": "float32",
        "sample_rate": SAMPLE_RATE,
        "frame_step": encoder.shape.hop / SAMPLE_RATE,
    }


def _describe_failures(failures: dict[str, str]) -> str:
    if not failures:
        return ""
    lines = "\n  ".join(failures.values())
    return f"\n{len(failures)} utterances can't be used:\n  {lines}"
