"""Requests that arrive while the encoder is busy go through it together."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path

from featx.errors import FeatxError
from featx.inference.predictions import Predictions

log = logging.getLogger("featx")
PATIENCE = 5.0  # seconds that the end of a server waits for a prediction that is under way

Predict = Callable[[Sequence[Path], float | None, float | None], Predictions]


@dataclass(frozen=True)
class _Asked:
    path: Path
    window: float | None
    hop: float | None
    answer: "Future[Predictions]" = field(default_factory=Future)

    def goes_with(self, other: "_Asked") -> bool:
        return (self.window, self.hop) == (other.window, other.hop)


class Batches:
    """A thread that predicts, with as many recordings at a time as wait for the same options.

    Nobody waits for a batch to fill: what is there when the thread becomes free is taken.
    """

    def __init__(self, predict: Predict, most: int) -> None:
        """Start the thread.

        Args:
            predict: takes audio files, the seconds of a window and those from one to the next.
            most: how many files it is given at a time.
        """
        self._predict, self._most = predict, most
        self._waiting: deque[_Asked] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="featx-predict", daemon=True)
        log.addFilter(self._is_of_the_server)
        self._thread.start()

    def submit(self, path: Path, window: float | None, hop: float | None) -> "Future[Predictions]":
        """Ask for the prediction of one recording.

        Args:
            path: an audio file.
            window: seconds of a window; None for the recording as a whole.
            hop: seconds from one window to the next.

        Returns:
            What becomes the recording's predictions, or a FeatxError.
        """
        asked = _Asked(path, window, hop)
        with self._changed:
            self._waiting.append(asked)
            self._changed.notify()
        return asked.answer

    def close(self) -> None:
        """End the thread after the batch that it predicts; what waits is given up."""
        with self._changed:
            self._closed = True
            for asked in self._waiting:
                asked.answer.cancel()
            self._waiting.clear()
            self._changed.notify()
        self._thread.join(PATIENCE)
        log.removeFilter(self._is_of_the_server)

    def _is_of_the_server(self, record: logging.LogRecord) -> bool:
        """Keep what is said of a single client's recording off the server's terminal."""
        return record.thread != self._thread.ident or record.levelno >= logging.ERROR

    def _work(self) -> None:
        while batch := self._next():
            running = [a for a in batch if a.answer.set_running_or_notify_cancel()]
            self._answer(running)

    def _next(self) -> list[_Asked]:
        """Wait for requests and return those to predict together; none at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._waiting)
            if self._closed:
                return []
            first = self._waiting[0]
            batch = [a for a in self._waiting if a.goes_with(first)][: self._most]
            chosen = set(map(id, batch))
            self._waiting = deque(a for a in self._waiting if id(a) not in chosen)
            return batch

    def _answer(self, batch: Sequence[_Asked]) -> None:
        """Predict; where that fails for several, each alone, as any of them may be the reason."""
        if not batch:
            return
        first = batch[0]
        try:
            predictions = self._predict([a.path for a in batch], first.window, first.hop)
            found = {a: _only(predictions, str(a.path)) for a in batch}
        except Exception as error:
            if len(batch) == 1:
                first.answer.set_exception(error)
                return
            for asked in batch:
                self._answer([asked])
            return
        for asked, own in found.items():
            if own.rows:
                asked.answer.set_result(own)
            else:
                asked.answer.set_exception(FeatxError(_reason(own)))


def _only(predictions: Predictions, utterance: str) -> Predictions:
    """Return what is said of one utterance."""
    rows = tuple(row for row in predictions.rows if row.utterance == utterance)
    failures = {name: why for name, why in predictions.failures.items() if utterance in name}
    return replace(predictions, rows=rows, failures=failures)


def _reason(predictions: Predictions) -> str:
    silent = "No window holds speech: all are silent, or nearly."
    return next(iter(predictions.failures.values()), silent)
