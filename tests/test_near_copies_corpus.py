"""Near copies of real speech: planted ones are found, and RAVDESS's own takes are none."""

import io
import os
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from featx.data.listing.list_corpus import list_corpus
from featx.data.sounds.copies import MOST_BITS, find_copies
from featx.data.sounds.fingerprint import fingerprint
from featx.data.sounds.measure import measure_sounds

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif("FEATX_DATA" not in os.environ, reason="FEATX_DATA is unset"),
]
ROOT = Path(os.environ.get("FEATX_DATA", "")).absolute() / "ravdess"
RATE, CUT = 16_000, 3_200


@pytest.fixture(scope="module")
def ravdess(tmp_path_factory):
    """Every spoken and sung utterance, and its sound."""
    out = tmp_path_factory.mktemp("ravdess") / "manifest.csv"
    utterances = list_corpus("ravdess", ROOT, out, {"channel": "both"}, {}, []).manifest.utterances
    measured = measure_sounds(utterances)
    assert not measured.failures
    return utterances, measured.sounds


def coded(wave, rate=RATE, **options):
    """Return what a file of the samples holds, at 16 kHz, and its bits a second."""
    content = io.BytesIO()
    soundfile.write(content, wave, rate, **options)
    size = content.tell()
    content.seek(0)
    read = soundfile.read(content, dtype="float32")[0]
    bits = 8 * size / (len(wave) / rate)
    return (read if rate == RATE else soxr.resample(read, rate, RATE)), bits


def mp3(wave):
    """Code a sound as MP3 at 64 kbit/s."""
    options = {"format": "MP3", "subtype": "MPEG_LAYER_III", "bitrate_mode": "CONSTANT"}
    read, bits = coded(wave, compression_level=0.65, **options)
    assert 60_000 < bits < 72_000
    return read


def at_44_kHz(wave):
    resampled = soxr.resample(wave, RATE, 44_100)
    return coded(resampled, 44_100, format="WAV", subtype="PCM_16")[0]


def gain(decibel):
    return lambda wave: coded(10 ** (decibel / 20) * wave, format="WAV", subtype="PCM_16")[0]


EDITS = {
    "+6 dB": gain(6),
    "-6 dB": gain(-6),
    "MP3": mp3,
    "44.1 kHz": at_44_kHz,
    "200 ms less at the beginning": lambda wave: wave[CUT:],
    "200 ms less at the end": lambda wave: wave[:-CUT],
    "200 ms less, -6 dB, MP3": lambda wave: mp3(wave[CUT:] / 2),
    "44.1 kHz, 200 ms less, +6 dB": lambda wave: gain(6)(at_44_kHz(wave)[CUT:]),
    "44.1 kHz, MP3": lambda wave: mp3(at_44_kHz(wave)),
    "208 ms less, MP3, 44.1 kHz, -6 dB": lambda wave: gain(-6)(at_44_kHz(mp3(wave[CUT + 128 :]))),
}


def test_planted_copies_are_found_and_nothing_else(ravdess, capsys):
    utterances, sounds = ravdess
    originals = [sounds[utterance.utterance].fingerprint for utterance in utterances]
    chosen = np.random.default_rng(17).choice(len(utterances), 100, replace=False)
    planted = []
    for number, place in enumerate(chosen):
        edit = list(EDITS.values())[number % len(EDITS)]
        wave = soundfile.read(utterances[place].path, dtype="float32")[0]
        planted.append(fingerprint(np.ascontiguousarray(edit(wave), dtype=np.float32)))
    begin = time.perf_counter()
    copies = find_copies([*originals, *planted])
    spent = time.perf_counter() - begin
    own = {copy for copy in copies if copy.second < len(utterances)}
    pairs = {(copy.first, copy.second): copy.differing for copy in copies}
    found = [
        pairs[place, len(utterances) + number]
        for number, place in enumerate(chosen)
        if (place, len(utterances) + number) in pairs
    ]
    # What is identical in the corpus itself has the same digest too.
    for copy in own:
        first, second = (utterances[place].utterance for place in copy[:2])
        assert sounds[first].digest == sounds[second].digest
    twins = {place for copy in own for place in copy[:2]}
    others = [
        copy
        for copy in copies
        if copy not in own and copy.first not in {chosen[copy.second - len(utterances)], *twins}
    ]
    with capsys.disabled():
        differ = f"{np.median(found):.3f} of bits differ, {max(found):.3f} at most"
        print(f"\n{len(found)} of 100 found in {spent:.2f} s; {differ}")
    assert len(found) >= 98
    assert not others
    assert max(found) < MOST_BITS


def test_takes_of_a_statement_by_an_actor_are_no_copies(ravdess):
    utterances, sounds = ravdess
    distinct = {sounds[u.utterance].digest: sounds[u.utterance].fingerprint for u in utterances}
    assert len(distinct) >= len(utterances) - 2
    assert find_copies(list(distinct.values())) == []
