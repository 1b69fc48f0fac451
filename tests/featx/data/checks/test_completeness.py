from pathlib import Path

import pytest

from featx.data.checks.completeness import check_completeness
from featx.data.checks.unreadable import check_readable
from featx.data.corpora import CORPORA
from featx.data.corpora.ravdess import FULL
from featx.data.manifest import Utterance


def ravdess(*channels: str) -> list[Utterance]:
    """The complete corpus, without its files."""
    return [
        Utterance(
            f"{channel}-{actor}-{n}", Path("x.wav"), actor, "calm", extra=columns(channel, actor)
        )
        for channel in channels
        for actor, count in FULL[channel].items()
        for n in range(count)
    ]


def columns(channel: str, actor: str) -> dict[str, str]:
    return {"corpus": "ravdess", "channel": channel, "actor": actor}


@pytest.mark.parametrize("channels", [["speech"], ["song"], ["speech", "song"]])
def test_a_complete_corpus(channels):
    assert check_completeness(ravdess(*channels)) == []


@pytest.mark.parametrize("missing", [1, 3, 59])
def test_what_is_missing_is_named(missing):
    (finding,) = check_completeness(ravdess("speech")[missing:])
    assert finding.severity == "warning"
    assert finding.text.startswith(f"RAVDESS: {1440 - missing:,} of 1,440 speech utterances are")
    assert f"01 ({60 - missing} of 60)" in finding.text


@pytest.mark.parametrize("corpus", [{}, {"corpus": "mine"}, {"corpus": ""}, {"corpus": "folder"}])
def test_other_corpora_have_no_published_counts(corpus):
    assert check_completeness([Utterance("u", Path("u.wav"), "s", "sad", extra=corpus)]) == []


def test_each_corpus_is_compared_with_its_own_counts():
    others = [Utterance("u", Path("u.wav"), "s", "sad", extra={"corpus": "emodb"})]
    with_others = check_completeness(ravdess("song")[1:] + others)
    assert [f for f in with_others if f.text.startswith("RAVDESS")] == check_completeness(
        ravdess("song")[1:]
    )
    assert set(CORPORA) >= {"ravdess", "emodb"}


@pytest.mark.parametrize("count", [1, 3, 5])
def test_unreadable_audio(count):
    failures = {f"u{n}": f"/c/u{n}.wav: empty, no bytes" for n in range(count)}
    (finding,) = check_readable(failures, 10)
    assert (finding.severity, finding.utterances) == ("error", tuple(failures))
    lines = finding.text.splitlines()
    assert lines[0] == f"Unreadable audio of {count} of 10 utterances:"
    assert lines[1] == "  /c/u0.wav: empty, no bytes"
    assert len(lines) == 1 + count
    assert check_readable({}, 10) == []
