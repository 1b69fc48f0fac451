"""Utterances that have no features: why, the file that lists them, and how many are too many."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from featx.errors import FeatxError
from featx.utils.files import csv_line, write_text
from featx.utils.text import counted, first_lines

FAILURES = "failures.csv"
OF_PARTS = "failures-*of*.csv"
HEADER = ("utterance", "path", "stage", "reason")
Stage = Literal["header", "decode", "store"]
_SHOWN = 5  # on the terminal


@dataclass(frozen=True)
class Failure:
    """Why an utterance has no features.

    Attributes:
        path: its audio file.
        stage: where it failed: in the file's "header", which says what can't be or can't be read;
            when the audio was to be "decode"d; or when the features were to be "store"d.
        reason: what is wrong.
    """

    path: Path
    stage: Stage
    reason: str

    @classmethod
    def of(cls, path: Path, stage: Stage, error: FeatxError | str) -> "Failure":
        """Return what an error says, whose message may begin with the file's name."""
        return cls(path, stage, str(error).removeprefix(f"{path}: "))

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"

    def to_json(self) -> dict[str, str]:
        """Return it as JSON values."""
        return {"path": str(self.path), "stage": self.stage, "reason": self.reason}


Failures = Mapping[str, Failure]  # by utterance


def write_failures(path: Path, failures: Failures) -> None:
    """Write which utterances have no features to a file, sorted by their ids.

    What was there of an earlier extraction is replaced; a file that is right already is not
    touched, and where nothing failed none is left.

    Args:
        path: the file.
        failures: what failed.
    """
    if not failures:
        if path.exists():  # nothing is asked of a disk that can only be read
            path.unlink()
        return
    rows = ((name, *failures[name].to_json().values()) for name in sorted(failures))
    text = "".join(map(csv_line, [HEADER, *rows]))
    if not path.is_file() or path.read_bytes() != text.encode():
        write_text(path, text)


def describe_failures(failures: Failures, file: Path | None = None) -> str:
    """Say in words how many utterances can't be used, and of a few why; nothing if all can.

    Args:
        failures: what failed.
        file: where all are listed; None if they are not.
    """
    if not failures:
        return ""
    listed = f", listed in {file}" if file else ""
    reasons = [str(failures[name]) for name in sorted(failures)]
    lines = "\n".join(first_lines(reasons, _SHOWN))
    return f"\n{counted(len(failures), 'utterance')} can't be used{listed}:\n{lines}"


@dataclass(frozen=True)
class MostFailures:
    """How many utterances may fail before an extraction stops.

    Args:
        text: a count such as 10, or a share of all utterances such as "5%".

    Raises:
        FeatxError: if it is neither.
    """

    text: str

    def __post_init__(self) -> None:
        share = re.fullmatch(r"(\d+(?:\.\d+)?)%", self.text)
        if not (share and float(share[1]) <= 100) and not re.fullmatch(r"\d+", self.text):
            raise FeatxError(
                f"`max_failures={self.text!r}`: give a count such as 10, or a share of the "
                "utterances such as 5%."
            )

    def of(self, utterances: int) -> float:
        """Return the most of so many utterances that may fail."""
        if self.text.endswith("%"):
            return float(self.text[:-1]) / 100 * utterances
        return int(self.text)


@dataclass(frozen=True)
class FailureList:
    """The list of utterances without features in a store's folder, and how many there may be.

    Attributes:
        folder: the store's.
        name: what the file is called: each part of a job array has its own.
        most: how many utterances may fail; any number if None.
        ours: whether the file may be written: not by whoever only finds everything done, in a
            folder that others write to or that can't be written to.
    """

    folder: Path
    name: str = FAILURES
    most: MostFailures | None = None
    ours: bool = True

    @property
    def file(self) -> Path | None:
        """The file; None if it is not written."""
        return self.folder / self.name if self.ours else None

    def write(self, failures: Failures) -> None:
        """List these failures and no others; of all, parts are not listed any more."""
        if not self.ours:
            return
        write_failures(self.folder / self.name, failures)
        if self.name == FAILURES:
            for path in self.folder.glob(OF_PARTS):
                path.unlink()

    def check(self, failures: Failures, utterances: int) -> None:
        """Stop if too many failed.

        Args:
            failures: those so far.
            utterances: how many there are, those that failed among them.

        Raises:
            FeatxError: if more failed than may.
        """
        if self.most and len(failures) > self.most.of(utterances):
            raise FeatxError(
                f"{self.folder}: stopped, as more of {counted(utterances, 'utterance')} failed "
                f"than `max_failures={self.most.text}` allows. What is extracted stays: mend the "
                "others, or allow more, and extract again to go on from there."
                f"{describe_failures(failures, self.file)}"
            )
