"""Every check of sounds: what it finds, and that it finds nothing where nothing is wrong."""

from dataclasses import replace

import numpy as np
import pytest
import soxr
from scipy import signal

from featx.data.checks.sounds.bandwidth import check_bandwidth
from featx.data.checks.sounds.channels import check_channels
from featx.data.checks.sounds.clipping import check_clipping
from featx.data.checks.sounds.heard import amount
from featx.data.checks.sounds.lengths import check_lengths
from featx.data.checks.sounds.level import check_level
from featx.data.checks.sounds.noise import check_noise
from featx.data.checks.sounds.offset import check_offset
from featx.data.checks.sounds.pauses import check_pauses
from featx.data.checks.sounds.silence import check_silence

CHECKS = (
    check_bandwidth, check_channels, check_clipping, check_lengths, check_level, check_noise,
    check_offset, check_pauses, check_silence,
)  # fmt: skip
NOISE = np.random.default_rng(0).standard_normal(32_000).astype(np.float32)
TIME = np.arange(32_000) / 16_000
BURST = np.where(np.arange(32_000) == 9000, 0.9, 0.0)


@pytest.mark.parametrize("check", CHECKS)
def test_nothing_is_found_in_utterances_as_they_should_be(plain, check):
    assert check(plain) == []
    assert check([]) == []


def found(check, plain, *bad):
    """Return the findings in bad utterances among good ones; they name no good one."""
    findings = check([*plain, *bad])
    names = {item.utterance.utterance for item in bad}
    assert all(set(finding.utterances) <= names for finding in findings)
    return findings


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(32_000),  # CREMA-D's 1076_MTI_SAD_XX
        np.full(32_000, 0.02),  # an offset alone
        BURST,  # a click alone
        np.round(NOISE) / 32768,  # the last bit alone
        1e-4 * NOISE,  # a microphone that was off: -80 dB
    ],
)
def test_silence(hear, plain, samples):
    (finding,) = found(check_silence, plain, hear(samples))
    assert finding.severity == "warning"
    assert finding.text.startswith("No sound in 1 of 13 utterances: ")


def test_quiet_speech_is_no_silence(hear, plain, speak):
    quiet = hear(0.01 * speak())
    assert found(check_silence, plain, quiet) == []
    apart, finding = check_level([*plain, quiet])
    assert (apart.check, finding.check) == ("level", "quiet speech")
    assert finding.utterances == (quiet.utterance.utterance,)


@pytest.mark.parametrize("samples", [0 * NOISE, 1e-5 * NOISE, np.full(32_000, -0.1)])
def test_a_speaker_of_whom_nothing_is_heard_is_an_error(hear, plain, samples):
    silent = [hear(samples, speaker="mute", label=label) for label in "abc"]
    error, warning = found(check_silence, plain, *silent)
    assert (error.severity, warning.severity) == ("error", "warning")
    assert "No sound of 1 speaker at all: mute." in error.text
    assert "3 of 15 utterances, all by speaker mute:" in warning.text
    assert error.utterances == warning.utterances


def test_unknown_speakers_are_not_one_speaker(hear, plain):
    (finding,) = found(check_silence, plain, hear(0 * NOISE, speaker=""))
    assert finding.severity == "warning"


def test_clipping(hear, plain, speak):
    limit = np.quantile(np.abs(speak()), 0.99)
    loud = np.clip(speak() / limit, -1, 1)
    (finding,) = found(check_clipping, plain, hear(loud), hear(0.2 * loud))
    assert (finding.check, finding.severity) == ("clipping", "warning")
    assert "Of 1 file the gain was lowered afterwards." in finding.text
    (finding,) = found(check_clipping, plain, hear(speak(), loud))
    assert "gain" not in finding.text


def test_full_scale_alone_is_a_note(hear, plain, speak):
    highest = speak() / np.abs(speak()).max()
    (finding,) = found(check_clipping, plain, hear(highest))
    assert (finding.check, finding.severity) == ("full scale", "note")


@pytest.mark.parametrize(
    ("offset", "gain"), [(0.05, 1.0), (-0.011, 1.0), (0.5, 1.0), (0.002, 0.02), (-0.0015, 0.02)]
)
def test_offset(hear, plain, speak, offset, gain):
    (finding,) = found(check_offset, plain, hear(gain * speak() + offset))
    assert f"{offset:+.3f}"[:5] in finding.text


@pytest.mark.parametrize("offset", [0.0, 0.001, -0.005])
def test_small_offsets_of_loud_speech_are_nothing(hear, plain, speak, offset):
    assert found(check_offset, plain, hear(speak() + offset)) == []


@pytest.mark.parametrize(
    ("others", "lost"),
    [
        ([0 * NOISE], 6),
        ([1e-4 * NOISE], 6),  # hum of a cable
        ([0 * NOISE + 0.1], 6),  # an offset alone
        ([0 * NOISE] * 3, 12),
    ],
)
def test_dead_channels(hear, plain, speak, others, lost):
    (finding,) = found(check_channels, plain, hear(speak(), *others))
    assert "A dead channel in 1 of 13 utterances" in finding.text
    assert f"speech is {lost}\u00a0dB too quiet" in finding.text


@pytest.mark.parametrize("gain", [-1.0, -0.7, -1.3])
def test_channels_that_cancel(hear, plain, speak, gain):
    (finding,) = found(check_channels, plain, hear(speak(), gain * speak()))
    assert finding.text.startswith("Channels cancel in 1 of 13 utterances")
    assert ("nothing is left of 1" in finding.text) == (gain == -1)


@pytest.mark.parametrize("other", [lambda x: x, lambda x: 0.2 * x, lambda x: x[::-1]])
def test_two_live_channels_are_fine(hear, plain, speak, other):
    assert found(check_channels, plain, hear(speak(), other(speak()))) == []


def test_levels_far_apart(hear, plain, speak):
    quiet = hear(0.02 * speak(), speaker="far")
    apart, speakers = check_level([*plain, quiet])[:2]
    assert apart.text.startswith("Levels are ")
    assert apart.utterances[0] == quiet.utterance.utterance
    assert (speakers.severity, speakers.utterances) == ("note", ())
    assert "the loud parts of far are at " in speakers.text


@pytest.mark.parametrize(
    ("samples", "text"),
    [
        (0.1 * NOISE, "A single level throughout"),
        (0.3 * np.sin(2 * np.pi * 440 * TIME), "A single level throughout"),  # a beep
        (0.3 * signal.chirp(TIME, 100, 2, 4000), "A single level throughout"),
    ],
)
def test_what_is_no_speech(hear, plain, samples, text):
    (finding,) = found(check_noise, plain, hear(samples))
    assert finding.text.startswith(text)


def smooth(samples):
    return np.convolve(samples, np.ones(20), "same")


@pytest.mark.parametrize("kind", ["white", "hum", "low"])
def test_noisy_speech(hear, plain, speak, kind):
    noises = {"white": NOISE, "hum": np.sin(2 * np.pi * 50 * TIME), "low": smooth(NOISE)}
    noise = noises[kind] - noises[kind].mean()
    noise = noise / noise.std()
    (finding,) = found(check_noise, plain, hear(speak() + 0.05 * noise))
    assert finding.text.startswith("Noise in 1 of 13 utterances")
    assert found(check_noise, plain, hear(speak() + 0.002 * noise)) == []


def narrow(samples):
    return soxr.resample(soxr.resample(samples, 16_000, 8000), 8000, 16_000)


def test_narrow_bandwidth(hear, plain, speak):
    upsampled = [hear(narrow(speak(seed=n)), label="calm") for n in range(3)]
    (finding,) = found(check_bandwidth, plain, *upsampled)
    assert finding.severity == "warning"
    assert finding.text.startswith("Nothing above 4")
    assert "in 3 of 15 utterances, all labelled calm." in finding.text
    assert "The sample rate of 3 files promises more." in finding.text


@pytest.mark.parametrize("seconds", [0.1, 0.3, 0.9])
def test_the_upper_band_of_a_syllable_is_not_looked_for(hear, plain, speak, seconds):
    samples = narrow(speak())[: int(seconds * 16_000)]
    assert found(check_bandwidth, plain, hear(samples)) == []


@pytest.mark.parametrize("seconds", [0.1, 0.3, 0.45])
def test_a_syllable_without_a_pause_is_not_called_noisy(hear, plain, speak, seconds):
    noise = NOISE[: int(seconds * 16_000)]
    swelling = noise * np.linspace(0.05, 0.2, len(noise))
    assert found(check_noise, plain, hear(swelling)) == []


def test_files_of_another_rate(hear, plain, speak):
    finding, note = found(check_bandwidth, plain, hear(speak(2.0, 8000), rate=8000))
    assert finding.text.startswith("Nothing above 4 kHz in 1 of 13 utterances. Models")
    assert note.text.startswith("Files have 2 sample rates: 16,000 Hz (12), 8,000 Hz (1)")


def test_narrowband_everywhere_is_a_note(hear, speak):
    (finding,) = check_bandwidth([hear(narrow(speak(seed=n))) for n in range(4)])
    assert (finding.severity, finding.utterances) == ("note", ())


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (30.0, "An unusual length in 1 of 13 utterances: 30.0 s"),
        (0.3, "An unusual length in 1 of 13 utterances: 0.3 s"),
        (0.1, "Hardly a syllable in 1 of 13 utterances"),
    ],
)
def test_lengths_that_stand_out(hear, plain, speak, seconds, text):
    (finding,) = found(check_lengths, plain, hear(speak(seconds)))
    assert finding.text.startswith(text)


def test_equal_lengths(hear, plain, speak):
    samples = speak(3.0)
    loud = 24_000 + np.argmax(samples[24_000:])
    cut, whole = hear(samples[: loud + 300]), hear(samples)
    (finding,) = found(check_lengths, plain, *[cut] * 20)
    assert finding.severity == "warning"
    assert finding.text.endswith("20 of them end in mid-sound: they were cut.")
    assert found(check_pauses, plain, *[cut] * 20) == []  # which is said once
    (finding,) = found(check_lengths, plain, *[whole] * 20)
    assert (finding.severity, len(finding.utterances)) == ("note", 20)
    assert finding.text.startswith("Exactly 3.000 s in 20 of 32 utterances")
    assert found(check_lengths, plain, *[whole] * 19) == []


@pytest.mark.parametrize(
    ("cut", "text"),
    [
        (lambda x: x[: np.argmax(x) + 300], "A sudden end in 1 of 13"),
        (lambda x: x[np.argmax(x) - 300 :], "A sudden beginning in 1 of 13"),
        (lambda x: np.concatenate([np.zeros(60_000), x]), "Long pauses at the ends of 1 of 13"),
        (lambda x: np.concatenate([np.zeros(30_000), x[4000:16_000], np.zeros(30_000)]), "Long pa"),
    ],
)
def test_ends(hear, plain, speak, cut, text):
    (finding,) = found(check_pauses, plain, hear(cut(speak())))
    assert finding.text.startswith(text)


@pytest.mark.parametrize("samples", [0.1 * NOISE, 1e-5 * NOISE, 0.3 * np.sin(2000 * TIME)])
def test_noise_and_silence_are_not_cut_off(hear, plain, samples):
    assert found(check_pauses, plain, hear(samples)) == []


@pytest.mark.parametrize("count", [1, 2])
def test_few_utterances_share_nothing_worth_a_word(plain, count):
    assert amount(plain[:count], plain) == f"{count} of 12 utterances"


def test_what_utterances_share_is_said(hear, plain, speak):
    sung = [hear(speak(), speaker=f"s{n}", label="abc"[n], channel="song") for n in range(3)]
    spoken = [
        item._replace(utterance=replace(item.utterance, extra={"channel": "speech"}))
        for item in plain
    ]
    assert amount(sung, [*spoken, *sung]) == "3 of 15 utterances, all with channel song"
    sung = [hear(speak(), speaker=f"s{n}", label="x", channel="song") for n in range(3)]
    assert amount(sung, [*plain, *sung]) == "3 of 15 utterances, all labelled x"
    assert amount(sung, sung) == "3 of 3 utterances"
