"""What is asked of servers, through fsspec: again a few times, where that may help."""

import errno
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from cache import check_disk
from featx.utils.remote.problems import RemoteError, explained, is_transient

_WAITS = (0.5, 2.0)  # seconds before a request is made again
_KNOWN_FOR = 300.0  # seconds for which what a server said of a file is believed
_BLOCK = 1 << 16  # bytes that are read at once from a file that is not fetched
_VERSIONS = ("ETag", "etag", "md5Hash", "Content-MD5", "blob_id", "xet_hash")  # say what it holds
_TIMES = ("LastModified", "Last-Modified", "last_modified", "mtime", "created", "updated")
_EXACT = ("s3://", "s3a://", "hf://")  # where those are digests of it, and no times
_MOST_KNOWN = 1 << 17  # files of which is remembered what a server said
Result = TypeVar("Result")
Advance = Callable[[float], None]


@dataclass(frozen=True)
class Entry:
    """What a server says of a file.

    Attributes:
        size: bytes.
        version: changes with what it holds: its ETag or, of servers without, the time of its
            last change; "" if the server tells neither.
        folder: whether it is a folder.
        parts: whether parts of it can be read.
        exact: whether the version is a digest of what the file holds, wherever it lies.
    """

    size: int
    version: str
    folder: bool = False
    parts: bool = True
    exact: bool = False


_known: dict[str, tuple[float, Entry]] = {}  # by URL, and when it was asked


def look_up(url: str, fresh: bool = False) -> Entry:
    """Ask for a file's size and version, unless the server was asked a few minutes ago.

    Raises:
        OSError: if it is not there, or can't be read.
        RemoteError: if the server can't be used at all.
    """
    asked, entry = _known.get(url, (-_KNOWN_FOR, None))
    if fresh or entry is None or time.monotonic() - asked > _KNOWN_FOR:
        entry = ask(url, lambda system, path: _find(system, path, url))
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        _known[url] = time.monotonic(), entry
    return entry


def _find(system: Any, path: str, url: str) -> Entry:
    system.invalidate_cache(path)
    info = system.info(path)
    if info.get("size") is None and info.get("type") != "directory":
        raise OSError(errno.ENOTSUP, "the server does not tell its size", url)
    return _entry_of(info, url)


def _entry_of(info: dict[str, Any], url: str) -> Entry:
    """Return what a file system of fsspec says of a file."""
    folder = info.get("type") == "directory"
    known = (str(info[name]).strip('"') for name in (*_VERSIONS, *_TIMES) if info.get(name))
    version = next(known, "")
    exact = url.startswith(_EXACT) and any(info.get(name) for name in _VERSIONS)
    parts = info.get("partial", True)
    return Entry(int(info.get("size") or 0), version, folder, parts, exact)


def ask(url: str, request: Callable[[Any, str], Result]) -> Result:
    """Make a request, and again if it fails in a way that passes.

    Args:
        url: where.
        request: takes fsspec's file system and the path in it.

    Raises:
        OSError: if it fails for this file alone.
        RemoteError: if the server can't be used at all, or has no such bucket.
    """
    for wait in (*_WAITS, None):
        try:
            from fsspec.core import url_to_fs

            system, path = url_to_fs(url)
            return request(system, path)
        except Exception as error:  # of whatever package
            if wait is None or not is_transient(error):
                problem = explained(error, url)
                if isinstance(problem, FileNotFoundError):
                    _require_bucket(url)
                raise problem from error
            time.sleep(wait)
    raise AssertionError  # the last try returns or raises


def _require_bucket(url: str) -> None:
    """Raise a RemoteError if a file is missing because its bucket is.

    A server that does not say so is believed to have it.
    """
    scheme, _, rest = url.partition("://")
    bucket = rest.partition("/")[0]
    if scheme in ("s3", "s3a") and not _has_bucket(f"{scheme}://{bucket}"):
        raise RemoteError(f"{url}: there is no bucket {bucket}.")


@lru_cache
def _has_bucket(url: str) -> bool:
    from fsspec.core import url_to_fs

    system, path = url_to_fs(url)
    try:
        system.call_s3("head_bucket", Bucket=path)
    except FileNotFoundError:
        return False
    except Exception:  # it may be there, and not ours to ask about
        return True
    return True


def list_files(url: str) -> dict[str, Entry]:
    """Return the files in a folder by their names, as they are now; none if there is no folder.

    Raises:
        OSError: if it can't be listed.
        RemoteError: if the server can't be used at all.
    """

    def find(system: Any, path: str) -> dict[str, Entry]:
        system.invalidate_cache(path)
        try:
            listed = system.ls(path, detail=True)
        except FileNotFoundError:
            _require_bucket(url)
            return {}
        files = [info for info in listed if info.get("type") != "directory"]
        return {_name_of(info): _entry_of(info, url) for info in files}

    found = ask(url, find)
    return {  # web servers list names alone
        name: entry if entry.version else look_up(f"{url.rstrip('/')}/{name}", fresh=True)
        for name, entry in sorted(found.items())
    }


def _name_of(info: dict[str, Any]) -> str:
    return str(info["name"]).partition("?")[0].rstrip("/").rpartition("/")[2]


def download(url: str, file: Path, advance: Advance | None = None) -> None:
    """Fetch a file.

    Args:
        url: which.
        file: where it goes; overwritten.
        advance: called with the bytes that have come since its last call.

    Raises:
        OSError: if it is not there, or came in another size than the server said.
        RemoteError: if the server can't be used at all.
        DiskFull: if the disk is too small.
    """
    size = look_up(url).size
    check_room(file.parent, size, url)
    ask(url, lambda system, path: system.get_file(path, str(file), **_watch(advance)))
    if file.stat().st_size != size:
        look_up(url, fresh=True)
        raise OSError(errno.EIO, f"{file.stat().st_size:,} of {size:,} bytes came", url)


def upload(file: Path, url: str, new: bool, advance: Advance | None = None) -> None:
    """Send a file.

    Args:
        file: which.
        url: where it goes.
        new: whether nothing may be there; S3 refuses if there is.
        advance: called with the bytes that have gone since its last call.

    Raises:
        FileExistsError: if it was to be new and is there.
        OSError: if it can't be written.
        RemoteError: if the server can't be used at all.
    """
    own = {"mode": "create"} if new and url.startswith(("s3://", "s3a://")) else {}

    def send(system: Any, path: str) -> None:
        if own:
            system.put_file(str(file), path, **own, **_watch(advance))
        else:
            system.makedirs(path.rpartition("/")[0], exist_ok=True)
            system.put_file(str(file), path, **_watch(advance))

    ask(url, send)
    _known.pop(url, None)


def remove(url: str) -> None:
    """Remove a file; the errors are those of `upload`."""
    ask(url, lambda system, path: system.rm_file(path))


def open_parts(url: str) -> BinaryIO:
    """Open a file of which parts are fetched as they are read.

    Raises:
        OSError: if it is not there, or can't be read.
        RemoteError: if the server can't be used at all.
    """

    def find(system: Any, path: str) -> BinaryIO:
        opened: BinaryIO = system.open(path, "rb", block_size=_BLOCK, cache_type="readahead")
        return opened

    return ask(url, find)


def check_room(folder: Path, needed: int, url: str) -> None:
    """Raise a DiskFull if the disk of featx's cache has no room for so many bytes."""
    check_disk(folder, needed, url, "set FEATX_CACHE to a folder on another disk")


def _watch(advance: Advance | None) -> dict[str, Any]:
    """Return fsspec's argument for a function that hears of progress."""
    if advance is None:
        return {}
    from fsspec.callbacks import Callback

    watch = Callback()
    watch.relative_update = advance
    return {"callback": watch}
