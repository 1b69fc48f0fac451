"""The manifest: a CSV with one row an utterance, which every command starts from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Utterance:
    """One row of a manifest.

    Attributes:
        utterance: unique id.
        path: the audio file, absolute.
        speaker: who speaks; empty if unknown.
        label: the emotion.
        session: recording session, empty if the corpus has none.
        split: "train", "validation", "test", or empty.
        start: where the utterance begins in the file, in seconds; None for its beginning.
        end: where it ends, in seconds; None for the file's end.
        extra: the corpus's own columns, as text.
    """

    utterance: str
    path: Path
    speaker: str
    label: str
    session: str = ""
    split: str = ""
    start: float | None = None
    end: float | None = None
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Manifest:
    """The utterances of a corpus, in the order of their file."""

    path: Path
    utterances: tuple[Utterance, ...]

    @property
    def name(self) -> str:
        """The file's name without its ending: what features and runs are filed under."""
        return self.path.stem
