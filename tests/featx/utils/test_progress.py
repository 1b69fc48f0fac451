"""Progress says how much, how fast and how long, on a terminal and in a log."""

import sys
from contextlib import contextmanager
from types import ModuleType, SimpleNamespace

import pytest

import featx.utils.progress
from featx.utils.progress import STEP, hidden_progress, passing, progress


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


def test_hidden_progress_shows_nothing_until_it_is_shown_again(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with hidden_progress(), progress("Extracting", 10, "s of audio") as advance:
        advance(10)
    assert capsys.readouterr().err == ""
    with progress("Extracting", 10, "s of audio") as advance:
        advance(10)
    assert "10 of 10 s of audio" in capsys.readouterr().err.replace("\n", " ")


@pytest.fixture
def notebook(monkeypatch) -> list[str]:
    """The pages that a Jupyter kernel is asked to show, first and as they change."""
    pages: list[str] = []

    def show(page, display_id):
        assert display_id
        pages.append(page)
        return SimpleNamespace(update=pages.append)

    display = ModuleType("IPython.display")
    display.HTML, display.display = str, show
    ipython = ModuleType("IPython")
    ipython.display, ipython.get_ipython = display, lambda: SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    return pages


def test_a_bar_in_a_notebook(notebook, capsys):
    with progress("Fit <1>", 10, "heads", done=4) as advance:
        advance(1)
        advance(5)
    assert notebook[0] == 'Fit &lt;1&gt; <progress value="0.4000"></progress> 40% '
    assert "100% 10 of 10 heads" in notebook[-1]
    assert len(notebook) == 2  # it changes now and then only, and at the end
    assert capsys.readouterr().err == ""


def test_ipython_without_a_kernel_is_a_terminal(notebook, monkeypatch, capsys):
    monkeypatch.setattr(sys.modules["IPython"], "get_ipython", SimpleNamespace)
    with progress("Fitting", 10, "heads") as advance:
        advance(5)
    assert notebook == []


@pytest.mark.parametrize("count", [0, 999, 1_000, 1_777])
def test_many_quick_items_pass_with_progress(monkeypatch, count):
    shown = []

    @contextmanager
    def lines(title, total):
        yield shown.append

    monkeypatch.setattr(featx.utils.progress, "_lines", lines)
    monkeypatch.setattr(featx.utils.progress, "MANY", 1_000)
    assert list(passing(iter(range(count)), count, "Going", "items")) == [*range(count)]
    assert sum(shown) == (count if count >= 1_000 else 0)
    assert len(shown) <= -(-count // STEP)
