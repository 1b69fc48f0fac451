"""A fitted run behind a port, until Ctrl-C."""

import json
import logging
import os
import re
import signal
import socket
import tempfile
import threading
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import featx
from featx.errors import FeatxError

AUDIO = Path("audio/sad-0-0.wav")


def get(address: str, path: str = "/", audio: bytes | None = None) -> Any:
    with urllib.request.urlopen(f"{address}{path}", audio, timeout=10) as answer:
        content = answer.read()
        return json.loads(content) if "json" in answer.headers["content-type"] else content


def temporary() -> set[Path]:
    """Return the folders of servers."""
    return set(Path(tempfile.gettempdir()).glob("featx-serve-*"))


@pytest.fixture(autouse=True)
def _apart(tmp_path_factory, monkeypatch) -> None:
    """Other servers of this machine have their folders elsewhere."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("temporary")))


@pytest.fixture
def while_served(caplog) -> Callable[..., Any]:
    """Serve in this thread, let another one ask, and end that by a signal; return its answer."""

    def serve(run: Path, ask: Callable[[str], Any], end: int = signal.SIGINT, **options: Any):
        caplog.set_level(logging.INFO, "featx")
        found: list[Any] = []

        def client() -> None:
            while not (said := re.search(r"http://\S+:\d+", caplog.text)):
                if ended.wait(0.01):
                    return
            try:
                found.append(ask(said[0].replace("0.0.0.0", "127.0.0.1")))
            finally:
                os.kill(os.getpid(), end)

        ended = threading.Event()
        asking = threading.Thread(target=client)
        asking.start()
        try:
            featx.serve(run, port=0, **options)
        finally:
            ended.set()
            asking.join()
        return found[0]

    return serve


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_it_answers_as_predict_does_until_it_is_ended(fitted, while_served, end, caplog):
    before = signal.getsignal(end)
    shown: list[set[Path]] = []

    def ask(address: str) -> Any:
        shown.append(temporary())
        return get(address, "/predict", AUDIO.read_bytes()), get(address, "/health")

    answer, health = while_served(fitted, ask, end)
    wanted = json.loads(next(iter(featx.predict(fitted, AUDIO).json_lines())))
    assert answer["label"] == wanted["label"]
    assert answer["probabilities"] == pytest.approx(wanted["probabilities"], abs=1e-6)
    assert health["status"] == "ok"
    assert "127.0.0.1" in caplog.text
    assert "has neither passwords" not in caplog.text
    assert shown[0]
    assert not temporary()
    assert signal.getsignal(end) == before


def test_it_warns_where_others_can_reach_it(fitted, while_served, caplog):
    page = while_served(fitted, get, host="0.0.0.0")
    assert b"<!doctype html>" in page
    assert "`host=0.0.0.0`: whoever reaches this machine" in caplog.text


def test_it_says_what_the_model_was_trained_on(fitted, served):
    with served(fitted) as address:
        facts = get(address, "/model")
    results = featx.Run(fitted).results
    assert facts["name"] == "tiny"
    assert facts["classes"] == list(results.classes)
    assert (facts["corpus"], facts["encoders"]) == ("manifest", ["tiny"])
    assert (facts["utterances"], facts["speakers"]) == (36, 6)
    score = results.scores["uar"]
    assert facts["uar"] == pytest.approx({"mean": score.mean, "low": score.low, "high": score.high})
    assert facts["chance"] == pytest.approx(100 / 3)
    assert facts["notes"] == results.notes()
    (layers,) = facts["layers"]
    assert layers["layers"] == ["0", "1", "2"]
    assert sum(layers["weights"]) == pytest.approx(1)


def test_clients_are_not_standardised_together(encoder_here):
    from featx.serving.offer import predicting

    run = featx.fit("linear", folds=3, normalize="speaker")
    predict = predicting(featx.load(run))
    paths = sorted(Path("audio").glob("*-0-0.wav"))
    together = predict(paths, None, None)
    alone = [predict([path], None, None)[0].probabilities for path in paths]
    for row, shares in zip(together, alone, strict=True):
        assert row.probabilities == pytest.approx(shares, abs=1e-6)


def test_a_client_that_sends_slowly_is_given_up(fitted, served, monkeypatch):
    monkeypatch.setattr("featx.serving.uploads.PATIENCE", 0.1)
    monkeypatch.setattr("featx.serving.uploads.DRAIN", 0.1)
    with served(fitted) as address:
        place = address.removeprefix("http://").split(":")
        with socket.create_connection((place[0], int(place[1])), timeout=5) as client:
            client.sendall(
                b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nR"
            )
            assert client.recv(1000).startswith(b"HTTP/1.1 408")


def test_what_can_not_be_served_is_said_at_once(fitted, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(FeatxError, match=f"`port={port}`: another program listens there"):
            featx.serve(fitted, port=port)
    with pytest.raises(FeatxError, match="no finished run here"):
        featx.serve("runs/none", port=0)
    with pytest.raises(FeatxError, match=r"`host='192\.0\.2\.1'`: can't listen there"):
        featx.serve(fitted, host="192.0.2.1", port=0)
    with pytest.raises(FeatxError, match=r"`port=70000`"):
        featx.serve(fitted, port=70_000)
    with pytest.raises(FeatxError, match="`encoder` names 2 checkpoints"):
        featx.serve(fitted, port=0, encoder=["a", "b"])


def test_a_missing_extra_is_named(fitted, monkeypatch, run_featx):
    monkeypatch.setattr("featx.serving.serve.NEEDED", ("json", "no_such_package"))
    outcome = run_featx("serve", fitted, "--port", 0)
    assert outcome.code == 1
    assert "needs no_such_package: install it with pip install 'featx[serve]'" in outcome.err


def test_the_command_passes_its_options_on(fitted, run_featx, monkeypatch):
    given: dict[str, Any] = {}
    monkeypatch.setattr(featx, "serve", lambda run, **options: given.update(options, run=run))
    assert run_featx("serve", fitted, "--max-megabytes", 3, "--calibrated").code == 0
    assert given["run"] == fitted
    assert (given["max_megabytes"], given["calibrated"], given["port"]) == (3, True, 8000)
    monkeypatch.undo()
    outcome = run_featx("serve", fitted, "--waiting", 0)
    assert outcome.code == 1
    assert "--waiting 0" in outcome.err
