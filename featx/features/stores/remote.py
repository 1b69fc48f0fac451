"""Stores on servers: whole shards are copied to featx's cache and back, and work is on the copy."""

import hashlib
import logging
import shutil
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from cache import FeatureStore, StoreError, describe_bytes
from featx.features.stores.known_shards import KnownShards
from featx.features.writing.failures import FAILURES
from featx.utils.files import cache_folder
from featx.utils.progress import progress
from featx.utils.remote.path import RemotePath
from featx.utils.remote.problems import RemoteError
from featx.utils.remote.server import (
    Advance,
    Entry,
    check_room,
    download,
    list_files,
    remove,
    upload,
)
from featx.utils.text import counted

_EVERY = 20.0  # seconds between looks for shards that are finished
log = logging.getLogger("featx")


class StoreCopy:
    """The copy of a store of a server: its folder holds the shards, and what comes beside them.

    Args:
        url: the store's folder on the server.

    Attributes:
        folder: where the copy lies, whose name is the store's.
    """

    def __init__(self, url: RemotePath) -> None:
        self.url = url
        key = hashlib.sha256(str(url).rstrip("/").encode()).hexdigest()[:16]
        self.folder = cache_folder() / "remote" / "stores" / key / url.name
        self._known = KnownShards(self.folder, str(url))
        self._lock = threading.Lock()

    def fetch(self, writable: bool = False) -> bool:
        """Bring the shards that the server has and the copy has not.

        A shard is taken in when its checksums are right. Shards that were written here and are not
        on the server yet stay as they are.

        Args:
            writable: whether the store is to be extracted into: it need not be there yet, and
                damaged utterances are marked as not done in place of an error.

        Returns:
            Whether the server has shards.

        Raises:
            StoreError: if there is no store, or it is damaged.
            RemoteError: if the server can't be used.
            DiskFull: if the disk is too small.
        """
        if writable and self.url.scheme in ("http", "https"):
            raise StoreError(
                f"{self.url}: nothing can be written over {self.url.scheme}://. Choose a folder, "
                "or another server's URL."
            )
        with self._alone():
            entries = {name: entry for name, entry in self._list().items() if _is_shard(name)}
            if not entries and not writable:
                raise StoreError(f"{self.url}: no feature store is here. Extract features into it.")
            for name in self._known.names:
                if name not in entries and self._known.is_unchanged(name):
                    if entries:  # else the whole store went, and is sent again
                        self._path(name).unlink()
                    self._known.forget(name)
            missing = [name for name, entry in entries.items() if self._is_missing(name, entry)]
            self._bring({name: entries[name] for name in missing}, writable)
            return bool(entries)

    def _list(self) -> dict[str, Entry]:
        try:
            return list_files(str(self.url))
        except OSError as error:
            raise RemoteError(f"{self.url}: can't be listed ({error.strerror}).") from error

    def _is_missing(self, name: str, entry: Entry) -> bool:
        """Tell whether a shard of the server is to be fetched."""
        is_other = self._known.version(name) != entry.version
        here = self._path(name).is_file()
        if here and not self._known.is_unchanged(name):
            if is_other:
                self._compare(name, entry)
            return False
        return not here or is_other

    def _compare(self, name: str, entry: Entry) -> None:
        """Note that a shard was sent, if a stop came between sending it and noting that.

        Raises:
            StoreError: if the server has another.
        """
        with self._fetched(name) as file:
            state = self._path(name).stat()
            if _digest(file) != _digest(self._path(name)):
                raise StoreError(
                    f"{self.url / name} was written by another machine, and another is in "
                    f"{self.folder}. Delete that folder to go on from what the server has."
                )
        self._known.note(name, entry, state)

    def _bring(self, entries: dict[str, Entry], writable: bool) -> None:
        if not entries:
            return
        size = sum(entry.size for entry in entries.values())
        check_room(self.folder, size, str(self.url))
        log.info("%s: fetching %s into %s.", self.url, describe_bytes(size), self.folder)
        with progress("Fetching", size / 1e6, "MB") as advance:
            for name, entry in entries.items():
                with self._fetched(name, lambda amount: advance(amount / 1e6)) as file:
                    damaged = self._find_damage(name, file.parent, writable)
                    self._known.note(name, entry, file.stat())
                    if damaged:  # which makes it another than the server's
                        FeatureStore(file.parent).forget(damaged)
                    file.replace(self._path(name))

    def _find_damage(self, name: str, folder: Path, writable: bool) -> list[str]:
        """Return the damaged utterances of a shard that lies alone in a folder."""
        try:
            damaged = FeatureStore(folder).damaged()
        except StoreError as error:
            raise StoreError(f"{self.url / name}, as it came from the server: {error}") from error
        said = (
            f"{self.url / name}: the features of {counted(len(damaged), 'utterance')} are damaged"
        )
        if damaged and not writable:
            raise StoreError(f"{said}, such as {damaged[0]}. Extract them again into {self.url}.")
        if damaged:
            log.warning("%s; they are extracted again.", said)
        return damaged

    @contextmanager
    def _fetched(self, name: str, advance: Advance | None = None) -> Iterator[Path]:
        """Fetch a shard to a folder of its own, which goes at the end."""
        folder = self.folder / ".fetching"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        try:
            download(str(self.url / name), folder / name, advance)
            yield folder / name
        except OSError as error:
            raise RemoteError(f"{self.url / name}: can't be fetched ({error.strerror}).") from error
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def send(self, only_finished: bool = False) -> None:
        """Send the shards that the server has not, or not as they are here.

        Args:
            only_finished: leave shards that can still change.

        Raises:
            StoreError: if another machine has written one of them.
            RemoteError: if the server can't be used, or refuses them.
        """
        with self._alone():
            paths = [path for path in self._shards() if not self._known.is_unchanged(path.name)]
            chosen = [path for path in paths if not only_finished or _is_finished(path)]
            if not only_finished and chosen:
                size = sum(path.stat().st_size for path in chosen)
                with progress("Sending", size / 1e6, "MB") as advance:
                    for path in chosen:
                        self._send(path, lambda amount: advance(amount / 1e6))
            else:
                for path in chosen:
                    self._send(path)
            if not only_finished:
                self._send_failures()

    def _send(self, path: Path, advance: Advance | None = None) -> None:
        url, state = str(self.url / path.name), path.stat()
        there = self._list().get(path.name)
        if there and self._known.version(path.name) != there.version:
            self._compare(path.name, there)
            return
        try:
            upload(path, url, there is None, advance)
        except FileExistsError:
            self._compare(path.name, self._list()[path.name])
            return
        except OSError as error:
            raise RemoteError(f"{url}: can't be written ({error.strerror}).") from error
        entry = self._list().get(path.name, Entry(0, ""))
        if entry.size != state.st_size and path.stat().st_mtime_ns == state.st_mtime_ns:
            raise RemoteError(
                f"{url}: {describe_bytes(entry.size)} of {describe_bytes(state.st_size)} arrived."
            )
        # the file differs from that state if it was replaced meanwhile
        self._known.note(path.name, entry, state)
        log.debug("%s: sent, %s", url, describe_bytes(entry.size))

    def _send_failures(self) -> None:
        """Let the list of failures on the server be the one here, or none."""
        file, url = self.folder / FAILURES, str(self.url / FAILURES)
        try:
            if file.is_file():
                upload(file, url, new=False)
            elif FAILURES in self._list():
                remove(url)
        except OSError as error:
            raise RemoteError(f"{url}: can't be written ({error.strerror}).") from error

    def _shards(self) -> Iterable[Path]:
        return sorted(path for path in self.folder.glob("*.h5") if _is_shard(path.name))

    def _path(self, name: str) -> Path:
        return self.folder / name

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other threads and processes from fetching and sending shards of this copy."""
        from filelock import FileLock

        self.folder.mkdir(parents=True, exist_ok=True)
        with self._lock, FileLock(self.folder / ".remote.lock"):
            yield


@contextmanager
def sending(copy: StoreCopy) -> Iterator[None]:
    """Send shards as they are finished, from a thread; at the end also those that are not.

    If the block fails, what is finished then is sent by the next extraction.

    Raises:
        StoreError: if another machine has written one of the shards.
        RemoteError: if the server can't be used, or refuses them.
    """
    stop = threading.Event()

    def work() -> None:
        said = ""
        while not stop.wait(_EVERY):
            try:
                copy.send(only_finished=True)
            except (StoreError, RemoteError) as error:
                if str(error) != said:  # not every time while a server is away
                    said = str(error)
                    log.warning("%s", said)

    thread = threading.Thread(target=work, name="featx-sending", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
    thread.join()  # not after Ctrl-C, as what it sends may be large
    copy.send()


def _is_shard(name: str) -> bool:
    return name.startswith("shard-") and name.endswith(".h5")


def _is_finished(path: Path) -> bool:
    """Tell whether no utterance of a shard is still to be written."""
    shard = FeatureStore(path.parent, path.name)
    return all(map(shard.is_done, shard.utterances))


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, partial(hashlib.blake2b, digest_size=16)).digest()
