"""Evaluation protocols: which utterances of a corpus, with which labels, divided how."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from pydantic import Field, NonNegativeInt, ValidationInfo, field_validator

from featx.data.manifest import Manifest
from featx.errors import FeatxError
from featx.protocols.choices import TaskKind
from featx.protocols.divisions.division import Division
from featx.protocols.divisions.drawn import RandomFolds
from featx.protocols.divisions.kind import Names
from featx.protocols.divisions.manifests import ManifestSplit
from featx.protocols.divisions.speakers import SpeakerFolds
from featx.protocols.numbers import decide_task
from featx.protocols.target import Target
from featx.utils.config import Schema, check_config, find_shipped, read_config, shipped_names

log = logging.getLogger("featx")


class Expected(Schema):
    """What a protocol keeps of the complete corpus; it shows when utterances are missing.

    Attributes:
        utterances: how many there are; 0 if that is not known.
        test: how many of each label the test set has; empty if the test set is not fixed.
    """

    utterances: NonNegativeInt = 0
    test: dict[str, int] = Field(default_factory=dict)


class Protocol(Schema):
    """A file of `configs/protocols/`.

    Attributes:
        name: what the protocol is called; the file's name where the file gives none.
        title: what it is, for tables.
        corpus: the corpus's name, as for `build_manifest`; empty for any corpus.
        source: the paper that divides the corpus so.
        manifest: the command that makes a fitting manifest.
        where: manifest columns, each with the values that are kept.
        merge: labels that are renamed, old to new.
        labels: the labels that are kept after merging; all of them if empty.
        target: what is learned of each utterance, in place of its label.
        division: how the utterances are divided into training, validation and test.
        expected: what the complete corpus has.
    """

    name: Annotated[str, Field(pattern=r"^[\w.-]*$")] = ""
    title: str
    corpus: str = ""
    source: str = ""
    manifest: str = ""
    where: dict[str, Names] = Field(default_factory=dict)
    merge: dict[str, str] = Field(default_factory=dict)
    labels: tuple[str, ...] = ()
    target: Target = Target()
    division: Division
    expected: Expected = Expected()

    @field_validator("labels")
    @classmethod
    def _after_merging(cls, labels: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        merge = info.data.get("merge", {})
        gone = [f"{old} is merged into {new}" for old, new in merge.items() if old in labels]
        lost = [f"{old} becomes {new}" for old, new in merge.items() if new not in labels]
        if labels and gone:
            raise ValueError(f"{'; '.join(gone)}, so it can't be kept")
        if labels and lost:
            raise ValueError(f"{'; '.join(lost)}, which is not among them")
        return labels

    @field_validator("expected")
    @classmethod
    def _one_test_set(cls, expected: Expected, info: ValidationInfo) -> Expected:
        division = info.data.get("division")
        if expected.test and division and division.folds != 1:
            raise ValueError("only a division with one fold has a fixed test set")
        return expected

    @property
    def speakers_disjoint(self) -> bool:
        """Whether no speaker may be in two parts."""
        return self.division.speakers_disjoint

    @property
    def tests_new_speakers(self) -> bool:
        """Whether no speaker who is tested may be in another part."""
        return self.division.tests_new_speakers


def protocol_names() -> list[str]:
    """Return the names of the protocols that come with featx."""
    return shipped_names("protocols")


def read_protocol(name: str) -> Protocol:
    """Read a protocol.

    Args:
        name: the name of a shipped protocol, or the path of a TOML.

    Raises:
        FeatxError: if there is no such protocol, or the file can't be used.
    """
    path = find_shipped("protocol", name, "protocols")
    protocol = read_config(path, Protocol)
    return protocol.model_copy(update={"name": protocol.name or path.stem})


def default_protocol(manifest: Manifest, folds: int, speaker_dependent: bool) -> Protocol:
    """Return how a corpus is divided when no protocol is named.

    Args:
        manifest: the corpus. Its `split` column is followed if it has one, otherwise the corpus
            is cross-validated.
        folds: how many folds the cross-validation has; fewer if there are fewer speakers.
        speaker_dependent: let the parts share speakers. Cross-validation then divides utterances,
            stratified by label.

    Raises:
        FeatxError: if there are too few folds.
    """
    if any(u.split for u in manifest.utterances):
        split = ManifestSplit(kind="manifest-split", speaker_dependent=speaker_dependent)
        return Protocol(title="the manifest's split", division=split)
    if folds < 3:
        raise FeatxError(f"`folds={folds}`: training, validation and test need at least 3.")
    if speaker_dependent:
        dealt = RandomFolds(
            kind="random-folds", count=folds, validation="next", stratified=True, random_state=0
        )
        return Protocol(title=f"{folds} folds", division=dealt)
    count = max(3, min(folds, len({u.speaker for u in manifest.utterances})))
    groups = SpeakerFolds(kind="speaker-folds", count=count)
    return Protocol(title=f"{count} folds", division=groups)


def choose_protocol(
    protocol: str | Path | Protocol | None,
    manifest: Manifest,
    folds: int,
    speaker_dependent: bool,
    target: Sequence[str] = (),
    task: TaskKind | None = None,
) -> Protocol:
    """Return the protocol that is asked for, or how the corpus is divided without one.

    Args:
        protocol: itself, the name of a shipped protocol, the path of a TOML, or None.
        manifest: the corpus.
        folds: as for `default_protocol`.
        speaker_dependent: as for `default_protocol`.
        target: the columns that are learned; by default as the protocol says.
        task: how they are learned; by default as the protocol says, or what the columns hold.

    Raises:
        FeatxError: if there is no such protocol, or it can't be used.
    """
    if protocol is None:
        chosen = default_protocol(manifest, folds, speaker_dependent)
    else:
        chosen = protocol if isinstance(protocol, Protocol) else read_protocol(str(protocol))
    before = chosen.target
    table = {
        "columns": tuple(target) or before.columns,
        "task": task or (None if target else before.task),
    }
    wanted = check_config(table, Target, "`target`")
    if wanted.task is None and not wanted.is_label:
        decided, why = decide_task(manifest, wanted)
        log.info("%s: learned by %s, as %s.", ", ".join(wanted.columns), decided, why)
        wanted = wanted.model_copy(update={"task": decided})
    return chosen.model_copy(update={"target": wanted})
