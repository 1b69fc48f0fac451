"""What an audit says of the real RAVDESS is true; counted here by other means."""

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

import featx

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif("FEATX_DATA" not in os.environ, reason="FEATX_DATA is unset"),
]
DATA = Path(os.environ.get("FEATX_DATA", "")).absolute()


def loud_parts(samples: np.ndarray) -> float:
    """The 95th percentile of the RMS of 20 ms, in dB."""
    whole = len(samples) // 320
    parts = samples[: 320 * whole].reshape(whole, -1)
    return float(20 * np.log10(np.percentile(np.sqrt(np.mean(parts**2, axis=1)), 95)))


def test_what_is_said_of_ravdess_is_true(workplace):
    manifest = featx.build_manifest("ravdess", DATA / "ravdess", channel="both")
    audit = featx.audit(manifest)
    found = {finding.check: set(finding.utterances) for finding in audit.findings}
    samples = {u.utterance: soundfile.read(u.path)[0] for u in manifest.utterances}
    loud = {name: loud_parts(heard) for name, heard in samples.items()}
    ends = {
        name: 10 * np.log10(1e-20 + np.mean(heard[-640:] ** 2)) for name, heard in samples.items()
    }
    cut = {name for name in loud if ends[name] >= loud[name] - 10}
    counted = {
        "corpus": set(),
        "level": {min(loud, key=loud.get), max(loud, key=loud.get)},
        "quiet speech": {name for name, level in loud.items() if level < -50},
        "length": {name for name, heard in samples.items() if len(heard) == 38_229},
        "cut off": {n for n in cut if len(samples[n]) != 38_229},  # songs are said at "length"
        "full scale": {n for n, x in samples.items() if x.max() > 0.9999 or x.min() == -1},
        "level by speaker": set(),
    }
    assert {check: found[check] for check in counted} == counted
    assert set(found) - set(counted) <= {"duplicates"}
    assert {name[:5] for name in found["length"]} == {"03-02"}  # songs
    counts = [len(found[check]) for check in ("length", "cut off", "quiet speech", "full scale")]
    assert counts == [1009, 3, 37, 14]
    assert len(cut) == 834
