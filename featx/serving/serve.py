"""`featx.serve`: a run offered to people and programs over HTTP."""

import errno
import logging
import os
import socket
from collections.abc import Sequence
from contextlib import closing
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, PositiveInt

from classifiers.settings import PositiveFinite
from featx.errors import FeatxError
from featx.inference.load import load
from featx.serving.limits import Limits
from featx.utils.arguments import checked
from featx.utils.files import AnyPath, as_paths
from featx.utils.progress import hidden_progress

if TYPE_CHECKING:
    from starlette.types import ASGIApp

Port = Annotated[int, Field(ge=0, le=65_535)]
NEEDED = ("fastapi", "uvicorn", "python_multipart")
GRACE = 10  # seconds that requests under way have when the server ends
log = logging.getLogger("featx")


@checked
def serve(
    run: AnyPath,
    *,
    host: str = "127.0.0.1",
    port: Port = 8000,
    encoder: str | Path | Sequence[str | Path] = (),
    device: str = "auto",
    calibrated: bool = False,
    max_megabytes: PositiveFinite = 50.0,
    max_seconds: PositiveFinite = 600.0,
    requests_per_minute: PositiveInt = 60,
    waiting: PositiveInt = 32,
    batch: PositiveInt = 8,
) -> None:
    """Offer a run as a page on which people record or drop speech, and as `POST /predict`.

    Recordings stay on this machine and are deleted as soon as they are answered. The page loads
    nothing from elsewhere. Requests that arrive while the encoder is busy go through it together.
    The function returns after Ctrl-C, or when the process is asked to end.

    Args:
        run: a finished fit or fine-tuning, or its folder; or the folder of one saved fine-tuned
            model.
        host: the address to listen at. The default can be reached from this machine alone.
        port: the port to listen at; 0 for any that is free.
        encoder: the folder of the encoder's checkpoint, as for `featx.predict`.
        device: where the encoder computes: "auto", "cpu", "cuda" or "cuda:<number>".
        calibrated: divide logits by the models' temperatures, as for `featx.predict`.
        max_megabytes: the largest recording taken, in millions of bytes.
        max_seconds: the longest recording taken.
        requests_per_minute: how many recordings a client may send in any 60 seconds.
        waiting: how many requests may be worked on or wait; more are asked to come again.
        batch: how many recordings go through the encoder together.

    Returns:
        Nothing, when the server has ended.

    Raises:
        FeatxError: if the run can't be loaded or its encoder is not here, what serving needs is
            not installed, or the address can't be listened at.

    Example:
        >>> import featx
        >>> featx.serve("runs/manifest-encoder-dense", port=8080)  # doctest: +SKIP
        Listening at http://127.0.0.1:8080. Ctrl-C ends the server.
    """
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise FeatxError(
            f"Serving needs {', '.join(missing)}: install it with pip install 'featx[serve]'."
        )
    limits = Limits(max_megabytes, max_seconds, requests_per_minute, waiting)
    with closing(_listen(host, port)) as listening, hidden_progress():
        from featx.serving.offer import offered, predicting

        model = load(run)
        predict = predicting(model, as_paths(encoder), device, calibrated)
        with offered(Path(run), model, predict, limits, batch, host) as app:
            _run(app, listening)
    log.info("The server has ended.")


def _listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises:
        FeatxError: if that is not possible.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise FeatxError(f"`host={host!r}`: no address here ({reason}).") from None
    try:
        if os.name != "nt":  # where it would let two servers share a port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen()
    except OSError as error:
        listening.close()
        raise _unavailable(host, port, error) from None
    return listening


def _unavailable(host: str, port: int, error: OSError) -> FeatxError:
    if error.errno == errno.EADDRINUSE:
        return FeatxError(
            f"`port={port}`: another program listens there. Choose another port, or 0 for any "
            "that is free."
        )
    if error.errno == errno.EACCES:
        return FeatxError(f"`port={port}`: not allowed. Choose a port from 1024 upwards.")
    return FeatxError(f"`host={host!r}`: can't listen there ({error.strerror}).")


def _run(app: "ASGIApp", listening: socket.socket) -> None:
    """Answer requests until Ctrl-C or SIGTERM; a second one does not wait for what is under way."""
    import uvicorn

    class Server(uvicorn.Server):
        """Ends without passing the signal on, so that what is temporary is removed."""

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            self.force_exit = self.should_exit
            self.should_exit = True

    host, port = listening.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    log.info("Listening at http://%s:%d. Ctrl-C ends the server.", shown, port)
    if not ip_address(host).is_loopback:
        log.warning(
            "`host=%s`: whoever reaches this machine can use the server. It has neither passwords "
            "nor encryption: put it behind a proxy that has both.",
            host,
        )
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE,
    )
    Server(config).run(sockets=[listening])
