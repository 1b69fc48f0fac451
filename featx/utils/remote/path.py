"""URLs where paths are wanted."""

import hashlib
import os
import re
import stat
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, cast
from urllib.parse import quote

from featx.utils.remote.kept import fetch, is_kept
from featx.utils.remote.problems import RemoteError
from featx.utils.remote.server import Entry, look_up, open_parts

_URL = re.compile(r"\s*(?P<scheme>[a-z][a-z0-9+.-]+):(?P<slashes>//?)(?P<rest>.+)", re.DOTALL)
SMALL = 1 << 20  # bytes; of larger files, no more is fetched for a header than it takes

if TYPE_CHECKING:
    _SystemPath = Path
else:
    _SystemPath = type(Path())  # PosixPath or WindowsPath, as Path itself can't be subclassed


def is_url(text: str) -> bool:
    """Tell whether a text is the URL of a remote file: not `file://`, which is a path."""
    found = _URL.match(text)
    return found is not None and found["slashes"] == "//" and found["scheme"] != "file"


def to_path(given: str | os.PathLike[str]) -> Path:
    """Return a path, or a `RemotePath` of a URL.

    `Path("s3://bucket/a")` has lost a slash, which it gets back here.
    """
    if isinstance(given, Path) and not isinstance(given, RemotePath):
        found = _URL.match(str(given))
        if not found or found["scheme"] == "file" or given.exists():
            return given
        return RemotePath(f"{found['scheme']}://{found['rest']}")
    if isinstance(given, RemotePath):
        return given
    text = os.fspath(given)
    return RemotePath(text.strip()) if is_url(text) else Path(text)


class _Stat(NamedTuple):
    """What `os.stat` says of a file, as far as it is asked for here.

    The times are a number that changes with the file's version.
    """

    st_mode: int
    st_size: int
    st_mtime_ns: int

    @property
    def st_ctime_ns(self) -> int:
        """The same as `st_mtime_ns`."""
        return self.st_mtime_ns


class RemotePath(_SystemPath):
    """A URL that can be used like the path of a file that is read.

    As text it is its URL. The system, which opens files by `os.fspath`, gets the copy in featx's
    cache, fetched if it is not there; so do `open` and whatever reads by it.
    """

    url: str

    def __new__(cls, url: str) -> "RemotePath":  # noqa: D102  # as __init__
        path = super().__new__(cls, url)
        path.url = url
        return path

    def __str__(self) -> str:
        return self.url

    def __fspath__(self) -> str:
        return str(fetch(self.url))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RemotePath) and other.url == self.url

    def __hash__(self) -> int:
        return hash(self.url)

    def __reduce__(self) -> Any:
        return RemotePath, (self.url,)

    def __truediv__(self, other: str | os.PathLike[str]) -> "RemotePath":
        return self.joinpath(other)

    def joinpath(self, *others: str | os.PathLike[str]) -> "RemotePath":
        """Return the URL of what lies below; another URL stays itself."""
        url = self.url
        for other in others:
            text = str(other) if isinstance(other, RemotePath) else os.fspath(other)
            url = text if is_url(text) else _below(url, text)
        return RemotePath(url)

    @property
    def scheme(self) -> str:
        """The protocol, such as "s3"."""
        return self.url.partition("://")[0]

    @property
    def name(self) -> str:
        """The last part, without an http address's question."""
        url = self.url
        if self.scheme in ("http", "https"):
            url = url.partition("?")[0].partition("#")[0]
        return url.partition("://")[2].rstrip("/").rpartition("/")[2]

    @property
    def parent(self) -> "RemotePath":
        """The folder."""
        scheme, _, rest = self.url.partition("?" if "http" in self.scheme else "\0")[0].partition(
            "://"
        )
        above = rest.rstrip("/").rpartition("/")[0]
        return RemotePath(f"{scheme}://{above or rest}")

    @property
    def parents(self) -> tuple["RemotePath", ...]:
        """The folders around it, the nearest first."""
        above = self.parent
        return () if above == self or self == above.parent else (above, *above.parents)

    def with_name(self, name: str) -> "RemotePath":
        """Return the URL of another file of its folder."""
        return self.parent / name

    def with_suffix(self, suffix: str) -> "RemotePath":
        """Return the URL with another suffix, or none if it is empty."""
        return self.with_name(self.stem + suffix)

    def with_segments(self, *segments: str | os.PathLike[str]) -> Path:
        """Return another path, as Python 3.12 and later make those that come of this one."""
        return to_path(Path(*segments))

    def is_absolute(self) -> bool:
        """Return True: a URL depends on no working folder."""
        return True

    def absolute(self) -> "RemotePath":
        """Return the URL itself."""
        return self

    def resolve(self, strict: bool = False) -> "RemotePath":
        """Return the URL itself."""
        return self

    def stat(self, *, follow_symlinks: bool = True) -> Any:
        """Ask the server for the file's size and version.

        Raises:
            OSError: if it is not there, or can't be read.
            RemoteError: if the server can't be used at all.
        """
        entry = self.entry
        mode = stat.S_IFDIR if entry.folder else stat.S_IFREG
        digest = hashlib.sha256(entry.version.encode()).digest()
        return _Stat(mode | 0o444, entry.size, int.from_bytes(digest[:8]) >> 4)

    @property
    def entry(self) -> Entry:
        """What the server says of the file; the errors are those of `stat`."""
        return look_up(self.url)

    def exists(self, **_: Any) -> bool:
        """Tell whether there is such a file or folder, as far as the server lets it be seen."""
        return self._kind() is not None

    def is_file(self, **_: Any) -> bool:
        """Tell whether there is such a file, as far as the server lets it be seen."""
        return self._kind() is False

    def is_dir(self, **_: Any) -> bool:
        """Tell whether there is such a folder."""
        return self._kind() is True

    def _kind(self) -> bool | None:
        """Tell whether it is a folder; None if there is no such file."""
        try:
            return self.entry.folder
        except FileNotFoundError:
            return None
        except OSError:
            return False  # why it can't be read is said when it is read

    def is_symlink(self) -> bool:
        """Return False: servers have no links."""
        return False

    def open(self, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        """Open the copy in featx's cache for reading, fetched if it is not there."""
        if set(mode) & set("wax+"):
            raise RemoteError(f"{self}: can't be written to. Choose a file on this machine.")
        return fetch(self.url).open(mode, *args, **kwargs)

    def open_parts(self) -> BinaryIO:
        """Open a file of which little will be read: a large one is not fetched as a whole."""
        entry = self.entry
        if entry.size <= SMALL or is_kept(self.url) or not entry.parts:
            return cast(BinaryIO, self.open("rb"))
        return open_parts(self.url)


def _below(url: str, text: str) -> str:
    """Return the URL that a relative path means; a path from the root is below the server."""
    scheme, _, rest = url.partition("://")
    server, _, folder = rest.partition("/")
    parts: list[str] = [] if text.startswith("/") else [part for part in folder.split("/") if part]
    for part in PurePosixPath(text.strip()).parts:
        if part == "..":
            parts = parts[:-1]
        elif part not in ("/", "."):
            parts.append(quote(part, safe="%:@!$&'()*+,;=~") if "http" in scheme else part)
    return f"{scheme}://{'/'.join([server, *parts])}"
