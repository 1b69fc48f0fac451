"""Corpora in small, and how they are divided."""

from pathlib import Path

from featx.data.manifest import Manifest, Utterance
from featx.protocols.divisions.division import Division
from featx.protocols.folds import make_folds
from featx.utils.config import check_config

TEXTS = 5


def manifest(rows) -> Manifest:
    """Make a manifest of (speaker, label, split, sex) rows."""
    utterances = (
        Utterance(
            f"u{n:03}",
            Path("x.wav"),
            speaker,
            label,
            session=f"{int(speaker or 0) % 3}",
            split=split,
            extra={"sex": sex, "text": f"text {n % TEXTS}"},
        )
        for n, (speaker, label, split, sex) in enumerate(rows)
    )
    return Manifest(Path("m.csv"), tuple(utterances))


def divide(corpus: Manifest, kind: str, **keys):
    return make_folds(corpus, check_config({"kind": kind, **keys}, Division, "test"))


def balanced(speakers: int, takes: int = 2, split=lambda speaker: "") -> Manifest:
    return manifest(
        (f"{s}", label, split(s), "male" if s % 2 else "female")
        for s in range(1, speakers + 1)
        for label in ("sad", "happy")
        for _ in range(takes)
    )


def ids(utterances) -> list[str]:
    return sorted(u.utterance for u in utterances)


def spoken(speakers: int, texts: int, takes: int = 2) -> Manifest:
    """Make a manifest in which everyone says each text with each label."""
    rows = [(f"{s}", label) for s in range(speakers) for label in ("sad", "happy")]
    utterances = (
        Utterance(f"{s}-{t}-{label}-{take}", Path("x.wav"), s, label, extra={"text": f"{t}"})
        for s, label in rows
        for t in range(texts)
        for take in range(takes)
    )
    return Manifest(Path("m.csv"), tuple(utterances))


def values(utterances, column: str) -> set[str]:
    return {u.column(column) for u in utterances}
