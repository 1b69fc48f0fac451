"""From a request to an answer."""

import asyncio
import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from classifiers.choices import THRESHOLD
from featx.errors import DiskFull, FeatxError
from featx.inference.label_predictions import LabelPredictions
from featx.inference.number_predictions import NumberPredictions, PredictedNumbers
from featx.inference.predictions import Predictions
from featx.scoring.predictions import rounded
from featx.serving.answers import Answer, Facts, Stretch
from featx.serving.batches import Batches
from featx.serving.limits import Limits, Rate, Refused, Room, no_room
from featx.serving.uploads import OVERHEAD, Body, Ready, in_words, prepare, receive

DECODERS = 2  # recordings that are decoded at a time
OVERLAP = 10  # windows that hear a moment at most


class Service:
    """A model that answers requests."""

    def __init__(self, facts: Facts, limits: Limits, batches: Batches, folder: Path) -> None:
        """Offer a model.

        Args:
            facts: what is known of it.
            limits: what is taken of each client.
            batches: asks the model.
            folder: where recordings lie until they are answered.
        """
        self.facts, self.limits, self._batches, self._folder = facts, limits, batches, folder
        self._rate, self.room = Rate(limits.requests_per_minute), Room(limits.waiting)
        self._decoding = asyncio.Semaphore(DECODERS)

    async def predict(
        self, request: Request, window: float | None, hop: float | None, abstain: float
    ) -> Answer:
        """Predict what a request sends.

        Args:
            request: a form with the field `file`, or audio as the body.
            window: seconds of a window; None for the recording as a whole.
            hop: seconds from one window to the next; by default they follow one another.
            abstain: give no label where the most probable class is less probable.

        Raises:
            Refused: if there is no prediction.
        """
        body = Body(request, self.limits.max_bytes + OVERHEAD)
        try:
            _check(window, hop)
            if abstain and (self.facts.dimensions or self.facts.labels):
                several = "numbers" if self.facts.dimensions else "several labels at once"
                raise Refused(422, f"abstain withholds a class, and this model predicts {several}.")
            self._rate.count(request.client.host if request.client else "")
            with self.room.take():
                folder = Path(mkdtemp(dir=self._folder))
                try:
                    return await self._answer(request, body, folder, window, hop, abstain)
                finally:
                    shutil.rmtree(folder, ignore_errors=True)
        except Refused:
            await body.drain()
            raise

    async def _answer(
        self,
        request: Request,
        body: Body,
        folder: Path,
        window: float | None,
        hop: float | None,
        abstain: float,
    ) -> Answer:
        path = folder / "received-audio"
        name = await receive(request, body, self.limits, path)
        async with self._decoding:
            ready = await run_in_threadpool(prepare, path, name, window, self.limits)
        waiting = asyncio.wrap_future(self._batches.submit(ready.path, window, hop))
        try:
            predictions = await waiting
        except DiskFull as error:
            raise no_room() from error
        except FeatxError as error:
            raise Refused(422, in_words(error, ready.path, name)) from None
        return _written(predictions.abstaining(abstain), ready, name, abstain)


def _check(window: float | None, hop: float | None) -> None:
    """Raise a Refused if windows would cost too much, or leave parts unheard."""
    if hop is None:
        return
    if window is None:
        raise Refused(422, "hop is the step between windows: give window too, such as window=4.")
    if not window / OVERLAP <= hop <= window:
        raise Refused(
            422,
            f"hop={hop:g} does not go with window={window:g}: give a tenth of the window at "
            "least, and at most the window.",
        )


def _written(predictions: Predictions, ready: Ready, name: str, abstain: float) -> Answer:
    rows = predictions.rows
    each = [row.numbers if isinstance(row, PredictedNumbers) else row.probabilities for row in rows]
    means = {key: sum(own[key] for own in each) / len(each) for key in each[0]}
    windows = [
        Stretch(start=row.start, end=row.end, **_said(predictions, own, row.label))
        for row, own in zip(rows, each, strict=True)
        if row.start is not None and row.end is not None
    ]
    label = rows[0].label  # of a vote, ties are decided by its rule
    if windows:
        first = max(means, key=means.__getitem__)
        label = first if means[first] >= abstain else ""
    return Answer(
        utterance=name,
        seconds=round(ready.seconds, 3),
        windows=windows,
        **_said(predictions, means, label),
    )


def _said(predictions: Predictions, values: Mapping[str, float], label: str) -> dict[str, Any]:
    """Return what is predicted, from the value of each class or number."""
    shown = dict(zip(values, rounded(list(values.values())), strict=True))
    if isinstance(predictions, NumberPredictions):
        return {"label": None, "probabilities": {}, "numbers": shown}
    if isinstance(predictions, LabelPredictions):
        labels = [name for name, share in values.items() if share >= THRESHOLD]
        return {"label": None, "labels": labels, "probabilities": shown}
    return {"label": label or None, "probabilities": shown}
