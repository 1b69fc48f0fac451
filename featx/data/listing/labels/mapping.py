"""Mappings from the labels of any corpus to the same few classes, chosen by name."""

from collections import Counter
from dataclasses import replace
from typing import Annotated, Self

from pydantic import Field, model_validator

from featx.data.emotions import emotion_of
from featx.data.label_order import order_labels
from featx.data.listing.corpus import Found
from featx.data.listing.files import CorpusError
from featx.data.listing.labels.ratings import Ratings, rate
from featx.data.listing.labels.votes import merge_votes
from featx.data.words import plain
from featx.utils.config import Schema, find_shipped, read_config, shipped_names
from featx.utils.text import counted, listed


class LabelMapping(Schema):
    """A file of `configs/labels/`.

    Attributes:
        name: what the mapping is called; the file's name where the file gives none.
        title: what the classes are, for tables.
        source: the paper that they are from.
        words: emotions, each with its class. Any known form of an emotion will do, and labels in
            words that are no known emotion are compared without case. Labels that mean another
            emotion are left out.
        ratings: columns with numbers that give the class; instead of words.
    """

    name: Annotated[str, Field(pattern=r"^[\w.-]*$")] = ""
    title: str
    source: str
    words: dict[str, str] = Field(default_factory=dict)
    ratings: Ratings | None = None

    @model_validator(mode="after")
    def _words_or_ratings(self) -> Self:
        if bool(self.words) == bool(self.ratings):
            raise ValueError("give either words or ratings")
        return self

    @property
    def classes(self) -> list[str]:
        """The classes, in the customary order."""
        return order_labels(self.words.values()) if self.words else list(Ratings.classes)


def mapping_names() -> list[str]:
    """Return the names of the mappings that come with featx."""
    return shipped_names("labels")


def read_mapping(name: str) -> LabelMapping:
    """Read a mapping.

    Args:
        name: the name of a shipped mapping, or the path of a TOML.

    Raises:
        FeatxError: if there is no such mapping, or the file can't be used.
    """
    path = find_shipped("mapping", name, "labels")
    mapping = read_config(path, LabelMapping)
    return mapping.model_copy(update={"name": mapping.name or path.stem})


def apply_mapping(found: Found, mapping: LabelMapping) -> Found:
    """Give every utterance its class, and leave out those that have none.

    Args:
        found: what the corpus holds.
        mapping: what counts as what.

    Returns:
        The utterances that have a class; notes count what was renamed and what was left out.

    Raises:
        CorpusError: if a label is no known emotion, or ratings are missing or off their scale.
    """
    if mapping.ratings:
        return rate(found, mapping.ratings, mapping.name)
    classes = _classes(found, mapping)
    before = Counter(utterance.label for utterance in found.utterances)
    notes = [
        f"{mapping.name}: {counted(before[label], f'{label} utterance')} became {classes[label]}"
        for label in order_labels(before)
        if classes[label] not in (None, label)
    ]
    gone = Counter({label: n for label, n in before.items() if classes[label] is None})
    if gone:
        labels = ", ".join(f"{label} ({gone[label]:,})" for label in order_labels(gone))
        count = counted(gone.total(), "utterance")
        notes.append(f"{mapping.name}: left out {count} that it has no class for: {labels}")
    pairs = ((utterance, classes[utterance.label]) for utterance in found.utterances)
    kept = [replace(utterance, label=name) for utterance, name in pairs if name is not None]
    if not kept:
        raise CorpusError(f"`mapping={mapping.name}`: nothing is left. {notes[-1]}.")
    return Found(merge_votes(kept, classes), found.notes + notes)


def _classes(found: Found, mapping: LabelMapping) -> dict[str, str | None]:
    """Return the class of each label, None where it means another emotion."""
    by_emotion = {emotion_of(word) or plain(word): name for word, name in mapping.words.items()}
    labels = {utterance.label for utterance in found.utterances}
    meant = {label: emotion_of(label) or plain(label) for label in labels}
    strange = [x for x in labels if meant[x] not in by_emotion and emotion_of(x) is None]
    if strange:
        known = ", ".join(order_labels(by_emotion))
        raise CorpusError(
            f"`mapping={mapping.name}`: it doesn't know the label {listed(sorted(strange), 8)}. "
            f"Rename it by `merge` to what it means ({known}), or to other, which is left out."
        )
    return {label: by_emotion.get(meant[label]) for label in labels}
