"""A server in this process: with a model that tells loudness, or a tiny one that was fitted."""

import io
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import soundfile

import featx
from featx.inference.predictions import PredictedUtterance, Predictions

testclient = pytest.importorskip("starlette.testclient", reason="featx[serve] is not installed")

CLASSES = ("quiet", "loud")


def tone(seconds: float = 0.5, level: float = 0.5, form: str = "WAV", rate: int = 16_000) -> bytes:
    """Return a file with a tone."""
    file = io.BytesIO()
    wave = level * np.sin(np.arange(int(seconds * rate)) / 5)
    soundfile.write(file, wave, rate, format=form)
    return file.getvalue()


@pytest.fixture(scope="session", name="tone")
def make_tone() -> Callable[..., bytes]:
    """Return a file with a tone."""
    return tone


def tell_loudness(paths, window, hop) -> Predictions:
    """Predict as `Model.predict` does, from the loudest sample; by windows if it is asked to."""
    rows = []
    for path in paths:
        wave, rate = soundfile.read(path)
        cuts = [(None, None)]
        if window is not None:
            starts = np.arange(0, len(wave) / rate - window + 0.01, hop or window)
            cuts = [(float(start), float(start + window)) for start in starts]
        for start, end in cuts:
            piece = wave if start is None else wave[int(start * rate) : int(end * rate)]
            loud = float(np.abs(piece).max())
            shares = {"quiet": 1 - loud, "loud": loud}
            label = max(shares, key=shares.__getitem__)
            rows.append(PredictedUtterance(str(path), label, shares, start, end))
    return Predictions(CLASSES, tuple(rows))


@pytest.fixture
def offer(tmp_path) -> Iterator[Callable[..., object]]:
    """Return a client of a server whose model tells loud from quiet."""
    from featx.serving.answers import Facts, Limited
    from featx.serving.app import build_app
    from featx.serving.batches import Batches
    from featx.serving.guard import LOOPBACK, Guard
    from featx.serving.limits import Limits
    from featx.serving.service import Service

    with ExitStack() as stack:

        def start(predict=tell_loudness, loopback=True, place=tmp_path, **changes):
            limits = {"max_megabytes": 1.0, "max_seconds": 90.0, "requests_per_minute": 1000}
            taken = Limits(**{**limits, "waiting": 8, **changes})
            limited = Limited(
                max_megabytes=taken.max_megabytes,
                max_seconds=taken.max_seconds,
                max_whole_seconds=60,
                requests_per_minute=taken.requests_per_minute,
            )
            unknown = dict.fromkeys(
                ("title", "corpus", "utterances", "speakers", "protocol", "uar", "chance")
            )
            facts = Facts(
                name="loudness", featx="0", classes=list(CLASSES), encoders=[], recalls={},
                notes=[], layers=[], limits=limited, **unknown,
            )  # fmt: skip
            batches = Batches(predict, 4)
            stack.callback(batches.close)
            app = Guard(build_app(Service(facts, taken, batches, place)), LOOPBACK * loopback)
            return stack.enter_context(
                testclient.TestClient(app, "http://127.0.0.1:8000", raise_server_exceptions=False)
            )

        yield start


@pytest.fixture
def encoder_here(extracted, checkpoint_folder) -> None:
    """The encoder of the features is where runs look for it."""
    shutil.copytree(checkpoint_folder, "tiny")


@pytest.fixture
def fitted(encoder_here, made_once) -> Path:
    """The folder of a finished fit, whose head weighs layers."""
    folder = Path("runs/tiny")
    fit = partial(featx.fit, "dense", folds=3, settings=["training.epochs=2"], name="tiny")
    made_once("served", fit, folder)
    return folder


@contextmanager
def served(run: Path, port: int = 0, **limits: float) -> Iterator[str]:
    """Offer a run on a port, in a thread; return the address."""
    import uvicorn

    from featx.serving.limits import Limits
    from featx.serving.offer import offered, predicting

    taken = {"max_megabytes": 1.0, "max_seconds": 30.0, "requests_per_minute": 1000, "waiting": 8}
    model = featx.load(run)
    listening = socket.create_server(("127.0.0.1", port))
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    with offered(
        run, model, predicting(model), Limits(**{**taken, **limits}), 8, "127.0.0.1"
    ) as app:
        server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield address
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(name="served")
def make_served():
    """Offer a run on a port, in a thread."""
    return served
