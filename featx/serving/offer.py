"""A loaded model as an application that answers requests."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import soundfile
from starlette.types import ASGIApp

from cache import filling
from featx.data.audio import SAMPLE_RATE
from featx.inference.model import Model
from featx.inference.predictions import Predictions
from featx.serving.app import build_app
from featx.serving.batches import Batches, Predict
from featx.serving.facts import read_facts
from featx.serving.guard import LOOPBACK, Guard
from featx.serving.limits import Limits
from featx.serving.service import Service


def predicting(
    model: Model, encoders: Sequence[Path] = (), device: str = "auto", calibrated: bool = False
) -> Predict:
    """Return a function that predicts audio files, each that of a speaker of its own.

    Args:
        model: a loaded run.
        encoders: the folders of its encoders, where they are not found by name.
        device: where they compute.
        calibrated: whether logits are divided by temperatures.
    """

    def predict(paths: Sequence[Path], window: float | None, hop: float | None) -> Predictions:
        names = [str(path) for path in paths]
        return model.predict(
            names,
            # Without this, a run that standardises by speaker would take all clients for one.
            speaker_of={name: name for name in names},
            encoder=encoders,
            device=device,
            window=window,
            hop=hop,
            calibrated=calibrated,
        )

    return predict


@contextmanager
def offered(
    run: Path, model: Model, predict: Predict, limits: Limits, batch: int, host: str
) -> Iterator[ASGIApp]:
    """Return the application that offers a model, which lasts as long as the context.

    Args:
        run: the run's folder.
        model: what was loaded from it.
        predict: asks the model.
        limits: what is taken.
        batch: how many recordings are predicted together.
        host: the address that is listened at; where it is this machine's own, requests under
            other names are refused.

    Raises:
        FeatxError: if the encoder is not here, or a file of the run is damaged.
    """
    facts = read_facts(run, model, limits)
    with TemporaryDirectory(prefix="featx-serve-", ignore_cleanup_errors=True) as place:
        folder = Path(place)
        _warm_up(predict, folder)
        with closing(Batches(predict, batch)) as batches:
            app = build_app(Service(facts, limits, batches, folder))
            yield Guard(app, LOOPBACK if host in LOOPBACK else ())


def _warm_up(predict: Predict, folder: Path) -> None:
    """Predict once, so that problems show now and the first client need not wait."""
    path = folder / "warm-up.wav"
    noise = 0.1 * np.random.default_rng(0).standard_normal(2 * SAMPLE_RATE)
    with filling(path):
        soundfile.write(path, noise.clip(-1, 1), SAMPLE_RATE)
    predict([path], None, None)
    path.unlink()
