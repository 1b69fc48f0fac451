"""The page on which an augmentation is heard and seen."""

import base64
import io
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

import featx
from featx.data.audio import read_audio
from featx.errors import FeatxError

NAME = "happy-1-0"


def sounds(page) -> list[np.ndarray]:
    """Return the sounds of a page, in their order."""
    found = re.findall(r'src="data:audio/wav;base64,([^"]+)"', page.read_text())
    return [soundfile.read(io.BytesIO(base64.b64decode(data)))[0] for data in found]


def test_it_has_the_sound_as_recorded_every_effect_and_copies(write_corpus):
    write_corpus(speakers=2)
    shown = featx.augment(NAME, preset="mixed", copies=3)
    text = shown.page.read_text()
    heard = sounds(shown.page)
    assert len(heard) == 1 + 2 * 4 + 3
    assert text.count("<img") == text.count("<audio") == len(heard)
    np.testing.assert_allclose(heard[0], read_audio(Path(f"audio/{NAME}.wav")), atol=1e-4)
    assert [len(sound) for sound in heard[1:3]] == [5_334, 4_364]  # of 4,800
    for number, words in enumerate(shown.copies, 1):
        assert f"<b>{NAME}~{number}</b>: {words} " in text
        assert f"{NAME}~{number}: {words}" in shown.to_text()
    assert not re.search(r'(src|href)="(?!data:|#)', text)  # it needs nothing but itself
    assert featx.augment(NAME, preset="mixed", copies=3).page.exists()  # it replaces its own


def test_a_file_needs_no_manifest_and_a_long_one_is_cut(workplace):
    soundfile.write("long.wav", 0.1 * np.random.default_rng(0).standard_normal(17 * 16_000), 16_000)
    shown = featx.augment("long.wav", preset="noise", copies=1, out="other.html")
    assert {len(sound) for sound in sounds(shown.page)} == {15 * 16_000}
    assert "the first 15 s" in shown.page.read_text()
    assert shown.utterance == "long"


def test_quiet_sounds_are_drawn_up_to_the_loudest_of_them(workplace):
    tone = 0.01 * np.sin(np.arange(8_000) / 5)
    soundfile.write("quiet.wav", tone, 16_000, subtype="FLOAT")
    Path("own.toml").write_text("[gain]\nprobability = 1\ndecibels = [-6, 6]")
    text = featx.augment("quiet.wav", preset="own.toml", copies=1).page.read_text()
    assert "up to the loudest sample of this page, 0.02 of full scale" in text
    recorded, softer, louder, *_ = (
        min(float(point.split(",")[1]) for point in path[1:-1].split("L"))
        for path in re.findall(r'<path d="(M[^"]+Z)"', text)
    )
    assert (recorded, softer, louder) == pytest.approx((0.5, 0.75, 0), abs=0.01)


def test_silence_is_shown(workplace):
    soundfile.write("silent.wav", np.zeros(100), 16_000)
    shown = featx.augment("silent.wav", preset="noise", copies=1)
    assert shown.copies == ("as recorded",)
    assert "Noise, which changes nothing here" in shown.page.read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"show": "happy-1-9"}, r"`show='happy-1-9'`: no audio file.* did you mean 'happy-1-\d'"),
        ({"out": "page.htm"}, r"must end in \.html"),
        ({"out": "mine.html"}, "is there and is no page of an augmentation"),
        ({"preset": "nose"}, "did you mean 'noise'"),
    ],
)
def test_what_can_not_be_shown_is_refused(write_corpus, workplace, arguments, message):
    write_corpus(speakers=2)
    (workplace / "mine.html").write_text("mine")
    with pytest.raises(FeatxError, match=message):
        featx.augment(**{"show": NAME, **arguments})
