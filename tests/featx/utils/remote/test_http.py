"""Files of a plain web server."""

import re
import threading
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import unquote

import numpy as np
import pytest
import soundfile

from cache import FeatureStore
from featx.data.audio import duration, read_audio
from featx.features.stores.folders import open_store
from featx.utils.remote.path import SMALL, to_path
from featx.utils.remote.problems import RemoteError


class Handler(BaseHTTPRequestHandler):
    """Serves `files` with ranges, and lists folders; counts the bytes it sends."""

    files: ClassVar[dict[str, bytes]] = {}
    sent = 0
    broken = 0  # requests that are answered by 503

    def do_HEAD(self):
        self.answer(body=False)

    def do_GET(self):
        self.answer(body=True)

    def answer(self, body):
        if Handler.broken:
            Handler.broken -= 1
            self.send_error(503)
            return
        name = unquote(self.path.partition("?")[0])
        below = [file for file in self.files if file.startswith(name.rstrip("/") + "/")]
        if name not in self.files and below:
            content = "".join(f'<a href="{file}">x</a>' for file in below).encode()
        elif name in self.files:
            content = self.files[name]
        else:
            self.send_error(404)
            return
        span = re.match(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
        begin, end = (int(span[1]), int(span[2] or len(content) - 1)) if span else (0, len(content))
        part = content[begin : end + 1]
        self.send_response(206 if span else 200)
        self.send_header("Content-Length", str(len(part)))
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Last-Modified", formatdate(0, usegmt=True))
        if span:
            self.send_header(
                "Content-Range", f"bytes {begin}-{begin + len(part) - 1}/{len(content)}"
            )
        self.end_headers()
        if body:
            Handler.sent += len(part)
            self.wfile.write(part)

    def log_message(self, *_):
        pass


@pytest.fixture
def web(server, monkeypatch):
    """The address of a web server without files."""
    monkeypatch.setattr(Handler, "files", {})
    monkeypatch.setattr(Handler, "sent", 0)
    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{http.server_port}"
    http.shutdown()
    thread.join()
    http.server_close()


def test_audio_of_a_web_server(web, tmp_path):
    soundfile.write(
        tmp_path / "a.wav", 0.1 * np.random.default_rng(0).standard_normal(900_000), 16_000
    )
    Handler.files["/x/a b.wav"] = (tmp_path / "a.wav").read_bytes()
    path = to_path(web) / "x" / "a b.wav"
    assert path.stat().st_size > SMALL
    assert duration(path) == 56.25
    assert Handler.sent < SMALL / 4
    np.testing.assert_array_equal(read_audio(path), read_audio(tmp_path / "a.wav"))
    np.testing.assert_array_equal(
        read_audio(to_path(f"{path}?token=1")), read_audio(tmp_path / "a.wav")
    )


def test_a_store_of_a_web_server(web, extracted):
    shard = FeatureStore("features/manifest/tiny").shards[0]
    Handler.files[f"/stores/tiny/{shard.name}"] = shard.read_bytes()
    store = open_store(f"{web}/stores/tiny")
    assert store.utterances == FeatureStore("features/manifest/tiny").utterances


def test_what_is_wrong_with_a_web_server_is_said(web):
    with pytest.raises(FileNotFoundError, match="no such file on the server"):
        to_path(f"{web}/none.wav").read_bytes()
    Handler.files["/a"] = b"hello"
    Handler.broken = 1
    assert to_path(f"{web}/a").read_bytes() == b"hello"  # asked again
    Handler.broken = 9
    with pytest.raises(OSError, match="the server answers 503"):
        to_path(f"{web}/a").stat()
    Handler.broken = 0
    with pytest.raises(RemoteError, match="the server can't be reached"):
        to_path("http://127.0.0.1:9/a").read_bytes()
