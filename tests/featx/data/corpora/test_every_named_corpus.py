"""What holds for every corpus whose files' names say it all: complete lists of names, made up."""

from collections import Counter
from itertools import product
from pathlib import Path

import pytest

from featx.data.corpora import (
    CORPORA,
    asvp_esd,
    crema_d,
    emodb,
    jl_corpus,
    mesd,
    nemo,
    savee,
    subesco,
    tess,
)
from featx.data.listing.files import CorpusError

ROOT = Path("/corpus")


def crema_names():
    """Give every actor all sentences and emotions, then cut to the published counts."""
    once = product(range(1001, 1092), crema_d.SENTENCES, crema_d.EMOTIONS, ["lo", "md", "hi", "xx"])
    names = [
        f"{actor}_{sentence}_{emotion}_{level}".upper()
        for actor, sentence, emotion, level in once
        if (level == "xx") != (sentence == "ieo" and emotion != "neu")
    ]
    left = Counter({code: crema_d.FULL[word] for code, word in crema_d.EMOTIONS.items()})
    kept = []
    for name in reversed(names):  # the actors of the faulty files are whole
        code = name.split("_")[2].lower()
        left[code] -= 1
        kept += [name] if left[code] >= 0 else []
    return kept


def by_label(naming, full, write):
    """Name as many utterances of each label as are published."""
    codes = {word: code for code, word in naming.words["emotion"].items()}
    return [write(codes[word], number) for word, n in full.items() for number in range(n)]


LISTS = {
    "crema-d": crema_names(),
    "tess": [
        f"{speaker}_{word}_{code}"
        for speaker, word, code in product(
            tess.AGES, map("".join, product("abcdefghij", "abcdefghijklmnopqrst")), tess.EMOTIONS
        )
    ],
    "savee": [
        f"{speaker}_{code}{number:02}"
        for speaker, code in product(savee.SPEAKERS, savee.EMOTIONS)
        for number in range(1, 31 if code == "n" else 16)
    ],
    "emovo": [
        f"{code}-{sex}{number}-{sentence}"
        for code, sex, number, sentence in product(
            ("dis", "gio", "neu", "pau", "rab", "sor", "tri"), "fm", (1, 2, 3),
            ("b1", "b2", "b3", "l1", "l2", "l3", "l4", "n1", "n2", "n3", "n4", "n5", "d1", "d2"),
        )
    ],
    "shemo": [
        f"{speaker}{letter}{number:02}"
        for number, letter, speaker in product(
            range(1, 7), "AFHNSW", [f"{'FM'[n > 30]}{n:02}" for n in range(87)]
        )
    ][:3_000],
    "jl-corpus": [
        f"{speaker}_{emotion}_{number}{letter}_{repetition}"
        for speaker, emotion, number, letter, repetition in product(
            jl_corpus.SPEAKERS, jl_corpus.KINDS, range(1, 16), "ab", "12"
        )
    ],
    "aesdd": [
        f"{letter}{number:02} ({speaker})"
        for letter, number, speaker in product("adfhs", range(1, 21), "123456")
        if f"{letter}{number:02} ({speaker})" not in ("d18 (5)", "f02 (4)", "h11 (3)")
    ],
    "cafe": [
        f"{speaker:02}-{code}-{intensity}-{sentence}"
        for speaker, code, intensity, sentence in product(
            range(1, 13), "CDJNPST", "12", range(1, 7)
        )
        if (code, intensity) != ("N", "2")
    ],
    "nemo": by_label(
        nemo.NAMING, nemo.FULL, lambda code, n: f"{list(nemo.SPEAKERS)[n % 9]}_{code}_{n // 9 + 1}"
    ),
    "asvp-esd": by_label(
        asvp_esd.NAMING, asvp_esd.FULL,
        lambda code, n: f"03-01-{code}-01-{n}-{n % 131 + 1}-02-01-01",
    ),
    "urdu": [
        f"S{'FM'[n % 2]}{n % 38}_F{n}_{letter}0{n}" for letter, n in product("AHNS", range(1, 101))
    ],
    "subesco": [
        f"{speaker}_NAME_S_{sentence}_{code.upper()}_{take}"
        for speaker, sentence, code, take in product(
            subesco.SPEAKERS, range(1, 11), subesco.EMOTIONS, range(1, 6)
        )
    ],
    "mesd": by_label(
        mesd.NAMING, mesd.FULL, lambda code, n: f"{code.title()}_{'FMC'[n % 3]}_{'AB'[n % 2]}_w{n}ñ"
    ),
    "emouerj": [
        f"{speaker}{letter}{take:02}"
        for take, letter, speaker in product(
            range(1, 20), "ahns", ("m01", "m02", "m03", "m04", "w01", "w02", "w03", "w04")
        )
    ][:377],
    "emodb": by_label(
        emodb.NAMING, emodb.FULL,
        lambda code, n: f"{list(emodb.SPEAKERS)[n % 10]}{'ab'[n % 2]}0{n // 10 % 10}"
        f"{code.upper()}{'abcdefghijklmnopq'[n // 10]}",
    ),
}  # fmt: skip
every = pytest.mark.parametrize("name", LISTS)


@pytest.fixture
def listed(monkeypatch):
    """Return a function that lists a corpus with the given files, none of which exists."""

    def find(name, files):
        paths = [ROOT / file for file in files]
        monkeypatch.setattr("featx.data.listing.named.find_files", lambda root, suffixes: paths)
        monkeypatch.setattr("featx.data.listing.files.contents", lambda folder: "")
        monkeypatch.setattr("featx.data.corpora.crema_d.tables.find_files", lambda root, _: [])
        return CORPORA[name].find(ROOT)

    return find


@every
def test_a_complete_corpus_has_what_is_published_and_lacks_nothing(listed, name):
    corpus = CORPORA[name]
    found = listed(name, [f"some/folder/{file}.wav" for file in LISTS[name]])
    assert len({u.utterance for u in found.utterances}) == len(LISTS[name])
    assert {u.label for u in found.utterances} == set(corpus.facts.labels)
    assert len(corpus.facts.labels) == len(set(corpus.facts.labels))
    assert corpus.facts.utterances in (None, len(LISTS[name]))
    if name != "mesd":
        assert len({u.speaker for u in found.utterances}) == corpus.facts.speakers
    assert {u.column("emotion") for u in found.utterances} == set(corpus.facts.labels)
    gaps = corpus.gaps(found.utterances)
    assert [gap for gap in gaps if "known to be faulty" not in gap] == []


@every
def test_what_is_missing_is_named_and_nothing_at_all_too(listed, name):
    corpus = CORPORA[name]
    assert corpus.gaps([])
    found = listed(name, [f"{file}.wav" for file in LISTS[name][1:]]).utterances
    [gap, *_] = corpus.gaps(found)
    size = len(LISTS[name])
    assert gap.startswith(f"{size - 1:,} of {size:,} utterances are here")
    lost = listed(name, [f"{LISTS[name][0]}.wav"]).utterances[0]
    assert name in ("shemo", "emouerj") or lost.label in gap


@pytest.mark.parametrize("name", [name for name in LISTS if name not in ("shemo", "emouerj")])
def test_capitals_change_neither_speakers_nor_labels(listed, name):
    samples = LISTS[name][:: len(LISTS[name]) // 20]
    usual = listed(name, [f"{file}.wav" for file in samples]).utterances
    for change in (str.lower, str.upper):
        changed = listed(name, [change(f"{file}.wav") for file in samples]).utterances
        who = sorted((u.speaker, u.label, u.column("sex")) for u in changed)
        assert who == sorted((u.speaker, u.label, u.column("sex")) for u in usual)


@pytest.mark.parametrize(
    ("name", "other", "wrong"), [("shemo", "emouerj", str.lower), ("emouerj", "shemo", str.upper)]
)
def test_shemo_and_emouerj_differ_in_the_case_of_the_first_letter(listed, name, other, wrong):
    files = [f"{stem[0]}{stem[1:].swapcase()}.wav" for stem in LISTS[name][:16]]
    assert len(listed(name, files).utterances) == 16
    with pytest.raises(CorpusError, match=r"found no "):
        listed(other, files)
    with pytest.raises(CorpusError, match=r"found no "):
        listed(name, [wrong(file) for file in files])


@every
@pytest.mark.parametrize("inner", ["", "the same again/", "UPPER/case/"])
def test_a_corpus_inside_itself_is_listed_once(fill, name, inner):
    samples = LISTS[name][:: len(LISTS[name]) // 3]
    copies = [f"{inner}deeper/{file}.{'WAV' if inner else 'flac'}" for file in samples]
    found = CORPORA[name].find(fill(*(f"{file}.wav" for file in samples), *copies))
    assert {str(u.path.parent) for u in found.utterances} == {str(found.utterances[0].path.parent)}
    assert len(found.utterances) == len(samples)
    assert f"left out {len(samples)} duplicates by name" in "".join(found.notes)


@every
def test_nothing_found_says_what_was_looked_for(fill, name):
    with pytest.raises(CorpusError, match=rf"(?s)found no {CORPORA[name].title}, .*named like"):
        CORPORA[name].find(fill("notes.wav"))


@pytest.mark.parametrize("name", [name for name, corpus in CORPORA.items() if corpus.gaps])
def test_gaps_of_nothing_are_sentences(name):
    assert all(isinstance(gap, str) and gap for gap in CORPORA[name].gaps([]))
