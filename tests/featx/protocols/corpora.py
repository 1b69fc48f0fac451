"""Corpora of protocols: whose utterances they have, in full or in small."""

from dataclasses import replace
from pathlib import Path

from featx.data.corpora import cafe, emovo, esd, jl_corpus, savee, subesco
from featx.data.manifest import Manifest, Utterance
from featx.protocols.apply import apply_protocol
from featx.protocols.protocol import Protocol
from featx.protocols.task import set_task

EMOTIONS = ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised")
SUNG = EMOTIONS[:6]
DECIDED = ("neutral", "happy", "excited", "sad", "angry", "frustrated")
GERMAN = ("neutral", "happy", "sad", "angry", "fearful", "disgust", "bored")


def listed(rows) -> Manifest:
    """Make a manifest of (speaker, label, session, extra) rows."""
    utterances = (
        Utterance(f"u{n:05}", Path("x.wav"), speaker, label, session=session, extra=extra)
        for n, (speaker, label, session, extra) in enumerate(rows)
    )
    return Manifest(Path("m.csv"), tuple(utterances))


def ravdess() -> Manifest:
    """RAVDESS in full: an intensity less of neutral, and no song by actor 18."""
    return listed(
        (
            f"{actor:02}",
            label,
            "",
            {
                "channel": channel,
                "sex": "male" if actor % 2 else "female",
                "statement": f"statement {take % 2}",
            },
        )
        for channel, labels in (("speech", EMOTIONS), ("song", SUNG))
        for actor in range(1, 25)
        if (channel, actor) != ("song", 18)
        for label in labels
        for take in range(4 if label == "neutral" else 8)
    )


def iemocap() -> Manifest:
    """IEMOCAP in small, with two labels that nobody uses."""
    return listed(
        (
            f"Ses0{session}{sex}",
            label,
            f"{session}",
            {"scenario": scenario, "agreement": agreement},
        )
        for session in range(1, 6)
        for sex in "FM"
        for scenario in ("improvised", "scripted")
        for label, agreement in (*((label, "1.00") for label in DECIDED), ("undecided", "0.00"))
    )


def emodb() -> Manifest:
    speakers = ("03", "08", "09", "10", "11", "12", "13", "14", "15", "16")
    return listed((speaker, label, "", {}) for speaker in speakers for label in GERMAN)


def improv() -> Manifest:
    labels = ("neutral", "happy", "sad", "angry", "other", "undecided")
    return listed(
        (f"{sex}{session}", label, f"{session}", {})
        for session in range(1, 7)
        for sex in "FM"
        for label in labels
    )


def spoken(speakers, labels) -> Manifest:
    """Five utterances of each label by each speaker."""
    return listed(
        (speaker, label, "", {}) for speaker in speakers for label in labels for _ in "12345"
    )


def parted(speakers, labels, parts) -> Manifest:
    """The same in the parts of a corpus, which share their speakers."""
    whole = spoken(speakers, labels).utterances
    rows = (
        replace(
            u, utterance=f"{u.utterance}{part}", split=split, extra={"partition": part, **sizes}
        )
        for part, split in parts.items()
        for u in whole
        for sizes in [dict.fromkeys(("activation", "valence", "dominance"), f"{len(u.label)}.5")]
    )
    return Manifest(Path("m.csv"), tuple(rows))


SEVEN = ("neutral", "happy", "sad", "angry", "fearful", "disgust", "surprised")
PARTS = {"train": "train", "validation": "validation", "test": "test"}
PODCAST = {"Train": "train", "Development": "validation", "Test1": "test", "Test2": "test"}
CORPUS = {
    "ravdess": ravdess(),
    "iemocap": iemocap(),
    "msp-improv": improv(),
    "emodb": emodb(),
    "cafe": spoken(cafe.AGES, SEVEN),
    "emovo": spoken(emovo.AGES, SEVEN),
    "savee": spoken(savee.SPEAKERS, SEVEN),
    "subesco": spoken(subesco.SPEAKERS, SEVEN),
    "jl-corpus": spoken(jl_corpus.SPEAKERS, jl_corpus.KINDS),
    "esd": parted(esd.SPEAKERS, esd.EMOTIONS.values(), PARTS),
    "meld": parted(("Monica", "Ross"), SEVEN, PARTS),
    "msp-podcast": parted(("7", ""), (*SEVEN, "contempt", "other", "undecided"), PODCAST),
}


def notes(corpus: Manifest, protocol: Protocol) -> list[str]:
    """Return what a protocol says of a corpus."""
    return list(set_task(apply_protocol(corpus, protocol)).notes)
