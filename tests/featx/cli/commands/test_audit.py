import json
from pathlib import Path

import pytest
import soundfile


@pytest.fixture
def spoken(workplace, speak):
    """Write a manifest of six utterances by three speakers."""
    rows = ["utterance,path,speaker,label"]
    for n in range(6):
        soundfile.write(f"u{n}.wav", speak(1.2 + 0.1 * n, seed=n), 16_000)
        rows.append(f"u{n},u{n}.wav,s{n % 3},{('sad', 'happy')[n // 3]}")
    Path("manifest.csv").write_text("\n".join(rows) + "\n")


def test_nothing_found(spoken, run_featx):
    outcome = run_featx("audit")
    assert outcome.code == 0
    assert (
        "Nothing was found.\n\n0 errors, 0 warnings, 0 notes.\nWritten: audit.html" in outcome.out
    )


def test_warnings_leave_the_exit_code(spoken, run_featx, speak):
    soundfile.write("u0.wav", speak(2.0) + 0.05, 16_000)
    outcome = run_featx("audit", "manifest.csv", "--out", "a.html", "--sounds", "s.csv")
    assert outcome.code == 0
    assert "warning  offset  1  A constant offset in 1 of 6 utterances" in outcome.out
    assert outcome.out.endswith("Written: a.html, s.csv\n")


def test_errors_set_it(spoken, run_featx):
    Path("u0.wav").write_bytes(b"not audio")
    outcome = run_featx("audit", "--json", "--quiet")
    assert outcome.code == 1
    value = json.loads(outcome.out)
    assert value["findings"][0]["check"] == "unreadable"
    assert value["page"] == "audit.html"


def test_a_manifest_that_is_not_there(workplace, run_featx):
    outcome = run_featx("audit")
    assert outcome.code == 1
    assert outcome.err.startswith("error: manifest.csv: no such manifest.")


def test_a_file_that_is_in_the_way_is_named_with_its_option(spoken, run_featx):
    Path("audit.html").write_text("mine")
    assert "another name with --out" in run_featx("audit").err
    assert (
        "another name with --sounds"
        in run_featx("audit", "--out", "b.html", "--sounds", "manifest.csv").err
    )
