"""What features to extract, as a user asks for them."""

from dataclasses import dataclass
from pathlib import Path

from featx.data.augmentation.copies import Copies
from featx.features.choices import Dtype, NormalizeWaveform, Pool, Window
from featx.features.encoders.devices import Compute
from featx.features.planning.length import LengthLimit
from featx.features.planning.parts import Part
from featx.features.planning.renewal import Renewal
from featx.features.writing.failures import FAILURES, FailureList, MostFailures

SHARD = "shard"  # which names of a store's files begin with
DEFAULT_COMPUTE, DEFAULT_LIMIT, DEFAULT_RENEWAL = Compute(), LengthLimit(), Renewal()


@dataclass(frozen=True)
class WriteOptions:
    """How a store is written to.

    Attributes:
        renewal: which features that are there are computed again.
        max_failures: how many utterances may fail; any number if None.
        part: the part of the corpus that is written, as a job of an array; all of it if None.
        compress: whether features are compressed once they are all written.
    """

    renewal: Renewal = DEFAULT_RENEWAL
    max_failures: MostFailures | None = None
    part: Part | None = None
    compress: bool = False

    @property
    def lock(self) -> str | None:
        """The part of the store that nobody else may write to; None for all of it."""
        return self.part.name if self.part else None

    @property
    def prefix(self) -> str:
        """What the names of new files begin with, to which nobody else writes."""
        return self.part.prefix if self.part else SHARD

    def listing(self, folder: Path, ours: bool) -> FailureList:
        """Return the list of failures in a folder."""
        name = self.part.failures if self.part else FAILURES
        return FailureList(folder, name, self.max_failures, ours)


DEFAULT_WRITE = WriteOptions()


@dataclass(frozen=True)
class ExtractConfig:
    """What features to extract of every utterance.

    Attributes:
        model: the name of acoustic features, or an encoder's short name, Hub id, local
            folder or file of fairseq.
        revision: a branch, tag or commit of the encoder's Hub repository.
        layers: the encoder's layers to store, such as "0,4-12"; all by default.
        dtype: the type to store features in; by default what suits the model.
        compute: what to compute with.
        limit: how long an utterance may be.
        window: what a Whisper sees at once.
        normalize_waveform: whether waveforms are normalised; by default the checkpoint decides.
        pool: what is kept of an utterance where its frames are pooled.
        frames: averages a second that are kept of its frames; all frames if None.
        copies: the augmented copies that are extracted in place of the utterances, if any.
        write: how the store is written to.
    """

    model: str
    revision: str | None = None
    layers: str | None = None
    dtype: Dtype | None = None
    compute: Compute = DEFAULT_COMPUTE
    limit: LengthLimit = DEFAULT_LIMIT
    window: Window = "30"
    normalize_waveform: NormalizeWaveform | None = None
    pool: Pool | None = None
    frames: int | None = None
    copies: Copies | None = None
    write: WriteOptions = DEFAULT_WRITE
