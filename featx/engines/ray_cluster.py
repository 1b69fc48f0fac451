"""The machines of a Ray cluster."""

import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from featx.engines.host import Host
from featx.engines.tasks import ActorLost, Answer, Do, Share
from featx.errors import FeatxError
from featx.utils.machine import usable_cores

MOST_CORES = 8  # of an actor that computes on all its cores: models are loaded once for each
OBJECT_STORE = 256 * 2**20  # bytes, of a cluster of our own: what passes through is small
ANSWERS = 10.0  # seconds in which a machine takes a connection, or is not there
FRESH = 2.0  # seconds for which a list of machines is taken for true
LOST = (
    "ActorDiedError", "ActorUnavailableError", "ActorUnschedulableError", "NodeDiedError",
    "WorkerCrashedError", "OutOfMemoryError", "ObjectLostError",
)  # fmt: skip
log = logging.getLogger("featx")


class RayCluster:
    """A Ray cluster that is there, or of this machine alone, for as long as it is not closed.

    Args:
        address: where the cluster is; None for that of Ray's RAY_ADDRESS, which its jobs have, or
            else for this machine's cores and GPUs.

    Raises:
        FeatxError: if Ray is not installed, or there is no cluster at the address.
    """

    def __init__(self, address: str | None) -> None:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it would report to its makers
        os.environ.setdefault("RAY_worker_niceness", "0")  # else actors yield to all others
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # else it warns of it
        try:
            import ray
        except ImportError:
            raise FeatxError(
                "`engine='ray'` needs Ray. Install it: pip install 'featx[ray]'"
            ) from None
        self._ray = ray
        self._lost = tuple(getattr(ray.exceptions, name) for name in LOST)
        self._nodes: list[dict[str, Any]] = []
        self._seen = -FRESH
        self._own = not ray.is_initialized()
        if self._own:
            _connect(ray, address or os.environ.get("RAY_ADDRESS"))

    def close(self) -> None:
        """Leave the cluster, which ends if it was of this process alone."""
        if self._own:
            self._ray.shutdown()

    def share(self, gpu: bool, most_cores: int = MOST_CORES) -> Share:
        """Return what an actor gets: a GPU with its part of the cores, or a group of cores.

        The smallest machine is divided into equal groups, as large as possible.

        Args:
            gpu: whether each actor needs a GPU.
            most_cores: that an actor can make use of.

        Raises:
            FeatxError: if there are no such machines.
        """
        kind = "GPU" if gpu else "CPU"
        machines = [node for node in self._machines() if node.get(kind, 0) >= 1]
        if not machines:
            what = "GPUs" if gpu else "cores"
            raise FeatxError(f"`engine='ray'`: no machine of the Ray cluster has {what} to offer.")
        smallest = min(machines, key=lambda node: node.get("CPU", 0))
        cores = int(smallest.get("CPU", 0))
        if gpu:
            gpus = int(smallest["GPU"])
            return Share(max(1, min(cores // gpus, most_cores)), 1, gpus)
        groups = -(-cores // most_cores)
        return Share(cores // groups, 0, groups)

    @property
    def has_gpus(self) -> bool:
        """Whether a machine has a GPU."""
        return any(node.get("GPU", 0) >= 1 for node in self._machines())

    def room(self, share: Share) -> int:
        """Return how many actors the machines that are there now have room for."""
        rooms = 0
        for node in self._machines():
            fit = node.get("CPU", 0) // share.cores
            rooms += int(min(fit, node.get("GPU", 0)) if share.gpus else fit)
        return rooms

    def _machines(self) -> list[dict[str, Any]]:
        """Return what each machine has."""
        if time.monotonic() - self._seen > FRESH:
            self._nodes = [node["Resources"] for node in self._ray.nodes() if node["Alive"]]
            self._seen = time.monotonic()
        return self._nodes

    def start(self, make: Callable[[Share], Do], share: Share) -> Any:
        """Return an actor, which may have to wait for room."""
        host = self._ray.remote(Host)
        options = {"num_cpus": share.cores, "num_gpus": share.gpus}
        return host.options(**options, max_restarts=0).remote(make, share, str(Path.cwd()))

    def stop(self, actor: Any) -> None:
        """End an actor at once."""
        with suppress(Exception):  # it may have ended, and the cluster too
            self._ray.kill(actor)

    def ask(self, actor: Any, method: str, *arguments: Any) -> Any:
        """Have an actor do something; return the call."""
        return getattr(actor, method).remote(*arguments)

    def wait(self, calls: Sequence[Any], seconds: float) -> Sequence[Any]:
        """Return the calls that are answered, after so many seconds at most."""
        answered, _ = self._ray.wait(list(calls), num_returns=len(calls), timeout=0)
        if not answered:
            answered, _ = self._ray.wait(list(calls), timeout=seconds)
        return list(answered)

    def answer(self, call: Any) -> Answer:
        """Return what an actor answered.

        Raises:
            ActorLost: if it can answer no more.
        """
        try:
            return self._ray.get(call)  # type: ignore[no-any-return]
        except self._lost as error:
            raise ActorLost(str(error).strip().splitlines()[0]) from None
        except self._ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, OSError | MemoryError):  # which commands know
                raise error.cause from error
            raise

    def put(self, value: Any) -> "Shared":
        """Return a value that many tasks need, which each machine gets once."""
        return Shared(self._ray.put(value))


@dataclass(frozen=True, eq=False)
class Shared:
    """A value in Ray's object store, for as long as this process holds on to it."""

    _reference: Any

    def get(self) -> Any:
        """Return the value."""
        import ray

        return ray.get(self._reference)


def _connect(ray: Any, address: str | None) -> None:
    """Join a cluster, or start one of this machine; Ray says nothing of it."""
    logging.getLogger("ray").setLevel(logging.ERROR)
    if address:
        _check_address(address)
    alone = {"num_cpus": max(1, int(usable_cores())), "include_dashboard": False}
    options = {} if address else {**alone, "object_store_memory": OBJECT_STORE}
    try:
        with _own_signals():
            ray.init(
                address or "local",
                log_to_driver=False,
                logging_level=logging.ERROR,
                configure_logging=False,
                **options,
            )
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        if not address:
            raise FeatxError(f"`engine='ray'`: Ray can't be started here: {error}") from error
        raise _not_there(address, str(error).strip().splitlines()[0]) from error
    _silence()


def _check_address(address: str) -> None:
    """Refuse an address where nothing answers: Ray itself would try for minutes."""
    host, _, port = address.rpartition("://")[2].partition("/")[0].rpartition(":")
    if not host or not port.isdecimal():  # such as "auto"
        return
    try:
        with socket.create_connection((host.strip("[]"), int(port)), ANSWERS):
            pass
    except (OSError, OverflowError, UnicodeError) as error:
        raise _not_there(address, str(getattr(error, "strerror", None) or error)) from error


def _not_there(address: str, why: str) -> FeatxError:
    return FeatxError(
        f"`address={address!r}`: no Ray cluster can be joined there ({why}). "
        "`ray start --head` starts a cluster and says its address."
    )


def _silence() -> None:
    """Have what Ray prints of lost processes on standard output logged instead."""

    def note(data: dict[str, Any], ignore_prefix: bool = True) -> None:
        log.debug("Ray: %s", " ".join(map(str, data.get("lines", ()))))

    with suppress(ImportError):  # nowhere documented, so it may move
        from ray._private import worker

        worker.print_to_stdstream = note


@contextmanager
def _own_signals() -> Iterator[None]:
    """Take SIGTERM back, which Ray handles otherwise once it runs."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
