"""A Hub on this machine: repositories are folders, answers are those of the real one."""

import hashlib
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

import huggingface_hub.constants as constants
import pytest

import featx

COMMIT = "c" * 40


class _Answers(BaseHTTPRequestHandler):
    """Answers what a client asks before and while it downloads."""

    root: Path

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def _answer(self, with_body: bool) -> None:
        self.server.asked.append((self.command, self.path))
        parts = unquote(self.path.partition("?")[0]).strip("/").split("/")
        if parts[:2] == ["api", "models"]:
            body, kind = self._listing(parts[2:]), "application/json"
        else:  # OWNER/NAME/resolve/COMMIT/FILE
            file = self.root.joinpath(*parts[:2], *parts[4:])
            body = file.read_bytes() if file.is_file() else None
            kind = "application/octet-stream"
        self.send_response(404 if body is None else 200)
        body = body or b""
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", kind)
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("ETag", f'"{hashlib.sha256(body).hexdigest()}"')
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def _listing(self, parts: list[str]) -> bytes | None:
        folder = self.root.joinpath(*parts[:2])
        if not folder.is_dir() or (parts[2:3] == ["revision"] and parts[3] not in ("v1", COMMIT)):
            return None
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        siblings = [
            {"rfilename": path.relative_to(folder).as_posix(), "size": path.stat().st_size}
            for path in files
        ]
        siblings += getattr(self.server, "claimed", [])
        described = {"id": "/".join(parts[:2]), "sha": COMMIT, "siblings": siblings}
        return json.dumps(described).encode()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def local_hub(tmp_path_factory, monkeypatch) -> Iterator[ThreadingHTTPServer]:
    """A server of the folder `server.root`, whose OWNER/NAME are repositories."""
    root = tmp_path_factory.mktemp("hub")
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Answers", (_Answers,), {"root": root}))
    server.root, server.asked, server.claimed = root, [], []
    often = {"poll_interval": 0.01}  # seconds that the end of a test waits for it
    threading.Thread(target=server.serve_forever, kwargs=often, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(constants, "ENDPOINT", address)
    template = address + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setenv("HF_TOKEN", "hf_token")
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def slim(save_model_of: Callable[..., Path], tiny: dict[str, object]) -> Path:
    """A tiny encoder of a single block: each layer takes half a second to be traced for ONNX."""
    few = {"conv_dim": (8, 8, 8), "conv_kernel": (10, 8, 4), "conv_stride": (5, 8, 8)}
    return save_model_of("wav2vec2", **{**tiny, **few, "num_hidden_layers": 1})


@pytest.fixture
def extracted_slim(workplace: Path, write_corpus: Callable[..., Path], slim: Path) -> None:
    """A working folder with a manifest, that encoder as `tiny`, and its features."""
    write_corpus(speakers=6)
    shutil.copytree(slim, workplace / "tiny")
    assert not featx.extract("tiny").failures
