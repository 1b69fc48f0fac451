"""Progress says how much, how fast and how long, on a terminal and in a log."""

import sys

import featx.utils.progress
from featx.utils.progress import progress


def test_plain_lines_where_there_is_no_terminal(capsys, monkeypatch):
    clock = iter(range(0, 1000, 6))
    monkeypatch.setattr(featx.utils.progress.time, "monotonic", lambda: float(next(clock)))
    with progress("Extracting", 100, "s of audio", done=40) as advance:
        for _ in range(6):
            advance(10)
    lines = capsys.readouterr().err.splitlines()
    assert lines[-1].startswith("Extracting: 100%, 100 of 100 s of audio, ")
    assert lines[-1].endswith("0:00:00 left")
    assert 2 <= len(lines) <= 6
    assert "s each" in lines[0] or "a second" in lines[0]


def test_what_was_done_before_does_not_count_in_the_rate(capsys, monkeypatch):
    clock = iter([0.0, 0.0, 100.0, 100.0, 100.0])
    monkeypatch.setattr(featx.utils.progress.time, "monotonic", lambda: next(clock))
    with progress("Fitting", 1000, "heads", done=500) as advance:
        advance(200)
    assert "700 of 1,000 heads, 2.0 a second, 0:02:30 left" in capsys.readouterr().err


def test_a_bar_on_a_terminal(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with progress("Extracting", 10, "s of audio", done=5) as advance:
        advance(5)
    assert "10 of 10 s of audio" in capsys.readouterr().err.replace("\n", " ")
