"""Requests are predicted together where that can be, and fail alone."""

import logging
import threading
from concurrent.futures import CancelledError
from contextlib import closing
from pathlib import Path

import pytest

from featx.errors import FeatxError
from featx.inference.predictions import PredictedUtterance, Predictions
from featx.serving.batches import Batches

A, B, C, D = (Path(f"{name}.wav") for name in "abcd")


class Slow:
    """A model that begins when it is allowed to, and remembers what it was asked."""

    def __init__(self, bad: tuple[Path, ...] = (), silent: tuple[Path, ...] = ()) -> None:
        self.bad, self.silent = bad, silent
        self.calls: list[tuple[list[Path], float | None]] = []
        self.begun, self.may_end = threading.Event(), threading.Event()

    def __call__(self, paths, window, hop) -> Predictions:
        self.calls.append((list(paths), window))
        self.begun.set()
        assert self.may_end.wait(5)
        if set(paths) & set(self.bad):
            raise FeatxError("No utterance can be used; the first: bad.")
        logging.getLogger("featx").warning("said of a single client")
        rows = [PredictedUtterance(str(p), "x", {"x": 1.0}) for p in paths if p not in self.silent]
        return Predictions(["x"], rows)


def ask(batches: Batches, model: Slow, *asked: tuple[Path, float | None]):
    """Submit the first, and the others while the model is busy with it; let it work."""
    answers = [batches.submit(asked[0][0], asked[0][1], None)]
    assert model.begun.wait(5)
    answers += [batches.submit(path, window, None) for path, window in asked[1:]]
    model.may_end.set()
    return answers


def test_what_waits_goes_together():
    model = Slow()
    with closing(Batches(model, 2)) as batches:
        answers = ask(batches, model, (A, None), (B, None), (C, None), (D, None))
        found = [answer.result(5).rows for answer in answers]
    assert [[row.utterance for row in rows] for rows in found] == [[str(p)] for p in (A, B, C, D)]
    assert [call[0] for call in model.calls] == [[A], [B, C], [D]]


def test_other_options_are_another_batch():
    model = Slow()
    with closing(Batches(model, 8)) as batches:
        for answer in ask(batches, model, (A, None), (B, 4.0), (C, None), (D, 4.0)):
            answer.result(5)
    assert model.calls == [([A], None), ([B, D], 4.0), ([C], None)]


def test_what_is_wrong_with_a_recording_is_not_the_others_problem():
    model = Slow(bad=(C,), silent=(D,))
    with closing(Batches(model, 8)) as batches:
        first, second, third, fourth = ask(batches, model, (A, 1.0), (B, 1.0), (C, 1.0), (D, 1.0))
        assert len(first.result(5)) == len(second.result(5)) == 1
        with pytest.raises(FeatxError, match="bad"):
            third.result(5)
        with pytest.raises(FeatxError, match="No window holds speech"):
            fourth.result(5)


def test_the_end_gives_up_what_waits(caplog):
    model = Slow()
    batches = Batches(model, 1)
    first, second = ask(batches, model, (A, None)), batches
    assert first[0].result(5)
    model.may_end.clear()
    model.begun.clear()
    running = second.submit(B, None, None)
    assert model.begun.wait(5)
    waiting = second.submit(C, None, None)
    threading.Timer(0.05, model.may_end.set).start()
    batches.close()
    assert running.result(5)
    with pytest.raises(CancelledError):
        waiting.result(5)
    assert "single client" not in caplog.text
    logging.getLogger("featx").warning("said of all")
    assert "said of all" in caplog.text
