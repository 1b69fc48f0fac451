"""What an extraction will write, known before anything is decoded."""

import typing
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from cache import Layout, PlannedUtterance, describe_bytes
from featx.data.audio import SAMPLE_RATE, TIME_SLACK, AudioError, Waveform, read_audio
from featx.data.manifest import Manifest, Utterance
from featx.data.sources import find_sources
from featx.errors import FeatxError
from featx.features.planning.length import USUAL_LIMIT, LengthLimit
from featx.features.writing.failures import Failure, Stage, describe_failures
from featx.utils.progress import passing
from featx.utils.text import counted


class Shape(typing.Protocol):
    """The shape of a model's features."""

    @property
    def layers(self) -> Sequence[object]:
        """The names of all layers."""

    @property
    def dim(self) -> int:
        """Features a frame."""

    @property
    def hop(self) -> int:
        """Samples from one frame to the next; 0 for one frame an utterance."""

    def frames(self, samples: int) -> int:
        """Return the number of frames that so many samples give; 0 if they are too few."""


@dataclass(frozen=True)
class ExtractionPlan:
    """What an extraction will write.

    Attributes:
        utterances: the utterances that can be extracted, in the manifest's order.
        planned: the same utterances, as the store sees them.
        layout: the stored layers' names, dim and dtype.
        limit: how long an utterance may be.
        trimmed: how many utterances the limit shortens.
        failures: utterance id to why it can't be extracted.
        window: the samples that the model sees at once; None if it sees any utterance as a whole.
        short: whether a window ends where the utterance does; else it is filled up with silence.
    """

    utterances: tuple[Utterance, ...]
    planned: tuple[PlannedUtterance, ...]
    layout: Layout
    limit: LengthLimit
    trimmed: int
    failures: dict[str, Failure]
    window: int | None = None
    short: bool = False

    @property
    def augmentation(self) -> str | None:
        """What utterances are changed by before; None if they are not."""
        return None

    @property
    def names(self) -> list[str]:
        """The ids of the utterances that can be extracted."""
        return [planned.utterance for planned in self.planned]

    @property
    def asked(self) -> int:
        """How many utterances the manifest has."""
        return len(self.utterances) + len(self.failures)

    @property
    def seconds(self) -> float:
        """Seconds of audio."""
        return sum(planned.samples for planned in self.planned) / SAMPLE_RATE

    @property
    def unit(self) -> str:
        """What work is counted in: seconds of audio, or windows that all take as long."""
        return "s of audio" if self.window is None or self.short else "windows"

    def work(self, planned: Sequence[PlannedUtterance]) -> float:
        """Return how much work some utterances are, in `unit`."""
        if self.window is None or self.short:
            return sum(utterance.samples for utterance in planned) / SAMPLE_RATE
        return sum(-(-utterance.samples // self.window) for utterance in planned)

    @property
    def frames(self) -> int:
        """Frames of all utterances together, in each layer."""
        return sum(planned.frames for planned in self.planned)

    @property
    def nbytes(self) -> int:
        """Bytes of all features."""
        return self.layout.nbytes(self.frames, len(self.planned))

    def failed(self, planned: PlannedUtterance, stage: Stage, error: FeatxError) -> Failure:
        """Return why one of the planned utterances failed."""
        return Failure.of(self._by_name[planned.utterance].path, stage, error)

    def read(self, planned: PlannedUtterance) -> Waveform:
        """Decode one of the planned utterances, as far as the limit allows.

        Raises:
            AudioError: if that is not possible, or gives another length than was planned.
        """
        utterance = self._by_name[planned.utterance]
        end = utterance.end
        if planned.samples == self.limit.samples:  # perhaps trimmed: don't decode what is cut
            reach = (utterance.start or 0) + self.limit.seconds + TIME_SLACK / 2
            end = reach if end is None else min(end, reach)
        waveform: Waveform = read_audio(utterance.path, utterance.start, end, utterance.scale)
        waveform = waveform[: planned.samples]
        if len(waveform) != planned.samples:
            raise AudioError(f"{utterance.path}: has changed while featx was at work")
        return waveform

    @cached_property
    def _by_name(self) -> dict[str, Utterance]:
        return {utterance.utterance: utterance for utterance in self.utterances}

    def describe(self) -> str:
        """Say in words what will be written, and what can't be."""
        layers = counted(len(self.layout.layers), "layer")
        dim, dtype = self.layout.dim, self.layout.dtype
        trimmed = (
            f"\n{self.trimmed:,} utterances keep only their first {self.limit.seconds:g} s"
            if self.trimmed
            else ""
        )
        return (
            f"{len(self.planned):,} utterances, {self.seconds / 3600:.2f} h of audio; "
            f"{self.frames:,} frames × {layers} × {dim} features in {dtype}: "
            f"{describe_bytes(self.nbytes)}{trimmed}{self._windows()}"
            f"{describe_failures(self.failures)}"
        )

    def _windows(self) -> str:
        """Say in words if windows are short, and which utterances the model sees in several."""
        if self.window is None:
            return ""
        longest = f"{self.window / SAMPLE_RATE:g} s"
        longer = sum(planned.samples > self.window for planned in self.planned)
        said = f"\nShort windows, without silence up to {longest}" if self.short else ""
        if longer:
            said += (
                f"\n{counted(longer, 'utterance')} longer than {longest}, which is what the "
                "model sees at once: encoded in consecutive windows"
            )
        return said


def plan_extraction(
    manifest: Manifest,
    shape: Shape,
    dtype: str,
    layers: Sequence[int] | None = None,
    limit: LengthLimit = USUAL_LIMIT,
) -> ExtractionPlan:
    """Work out frames and bytes from a manifest's audio files, without decoding them.

    Args:
        manifest: the utterances.
        shape: the shape of the features.
        dtype: the type to store them in, "float16" or "float32".
        layers: the layers to store, ascending; all by default.
        limit: how long an utterance may be.

    Raises:
        FeatxError: if no utterance at all can be extracted.
    """
    samples, digests, unusable = find_sources(manifest.utterances)
    draft = _Draft(shape, limit, unusable)
    facts = zip(manifest.utterances, samples.tolist(), digests.tolist(), strict=True)
    for utterance, length, source in passing(
        facts, len(manifest.utterances), "Planning", "utterances"
    ):
        if length:
            draft.add(utterance, length, source)
    failures = {
        u.utterance: Failure.of(u.path, "header", draft.failures[u.utterance])
        for u in manifest.utterances
        if u.utterance in draft.failures
    }
    if not draft.planned:
        first = next(iter(failures.values()))
        raise FeatxError(f"{manifest.path}: no utterance can be extracted; the first: {first}")
    kept = shape.layers if layers is None else layers
    return ExtractionPlan(
        tuple(draft.utterances),
        tuple(draft.planned),
        Layout(tuple(str(layer) for layer in kept), shape.dim, dtype),
        limit,
        draft.trimmed,
        failures,
        getattr(shape, "window", None),
        getattr(shape, "short", False),
    )


@dataclass
class _Draft:
    """A plan in the making."""

    shape: Shape
    limit: LengthLimit
    failures: dict[str, str]
    utterances: list[Utterance] = field(default_factory=list)
    planned: list[PlannedUtterance] = field(default_factory=list)
    trimmed: int = 0

    def add(self, utterance: Utterance, samples: int, source: int) -> None:
        """Plan one utterance, or note why it can't be extracted."""
        too_long = samples > self.limit.samples
        kept = min(samples, self.limit.samples)
        frames = self.shape.frames(kept)
        if too_long and not self.limit.trim:
            self.failures[utterance.utterance] = (
                f"{utterance.path}: {samples / SAMPLE_RATE:.1f} s, more than "
                f"`max_seconds={self.limit.seconds:g}` (`too_long='trim'` keeps the beginning)"
            )
        elif not frames:
            self.failures[utterance.utterance] = (
                f"{utterance.path}: too short for one frame, {kept} samples at 16 kHz"
            )
        else:
            self.trimmed += too_long
            self.utterances.append(utterance)
            self.planned.append(PlannedUtterance(utterance.utterance, kept, frames, source))
