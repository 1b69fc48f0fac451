"""What goes wrong with servers, in sentences."""

import errno
from collections.abc import Iterator

from cache import as_disk_full
from featx.errors import FeatxError
from featx.utils.text import first_line

_OF_EXTRA = ("s3", "s3a", "http", "https")  # which the extra `remote` has packages for
_UNREACHED = {
    "ClientConnectorError", "EndpointConnectionError", "ConnectionError", "ConnectError",
    "gaierror", "OfflineModeIsEnabled", "ProxyConnectionError", "ConnectionClosedError",
}  # fmt: skip
_SLOW = {"TimeoutError", "ConnectTimeoutError", "ReadTimeoutError", "ConnectTimeout", "ReadTimeout"}
_CUT = {"ServerDisconnectedError", "ClientPayloadError", "IncompleteRead", "IncompleteReadError"}
_STRANGERS = {
    "NoCredentialsError",
    "PartialCredentialsError",
    "NoAuthTokenError",
    "ProfileNotFound",
}
_WRONG_KEYS = ("InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken")
_BUSY = {errno.EBUSY, getattr(errno, "EREMOTEIO", errno.EIO)}  # as s3fs has "SlowDown" and 500


class RemoteError(FeatxError):
    """A server that can't be used as asked, which concerns all of its files."""


def is_transient(error: BaseException) -> bool:
    """Tell whether the same request may do better in a moment."""
    status = _status(error)
    if status:
        return status == 429 or status >= 500
    names = _names(error)
    if "EndpointConnectionError" in names:  # after five tries of botocore
        return False
    busy = isinstance(error, OSError) and error.errno in _BUSY
    return busy or bool(names & (_SLOW | _CUT | _UNREACHED))


def explained(error: Exception, url: str) -> Exception:
    """Return what to raise in place of an error of fsspec or of a file system's package.

    Returns:
        An OSError if it is about this file alone, else a RemoteError.
    """
    scheme, names = url.partition("://")[0], _names(error)
    if isinstance(error, FeatxError):
        return error
    if isinstance(error, ImportError):
        extra = scheme in _OF_EXTRA or error.name == "fsspec"
        cure = "Install it: pip install 'featx[remote]'" if extra else "Install it with pip."
        return RemoteError(
            f"{url}: {scheme}:// needs a package that is not here ({first_line(error)}). {cure}"
        )
    if isinstance(error, ValueError) and "Protocol not known" in str(error):
        return RemoteError(f"{url}: {scheme}:// is no protocol that fsspec knows.")
    if names & _STRANGERS:
        return RemoteError(
            f"{url}: there are no credentials ({first_line(error)}). Set AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY, or AWS_PROFILE; for a public bucket, FSSPEC_S3_ANON=true."
        )
    if any(word in str(cause) for cause in _chain(error) for word in _WRONG_KEYS):
        return RemoteError(f"{url}: the server refuses the credentials ({first_line(error)}).")
    return _of_file(error, url, names)


def _of_file(error: Exception, url: str, names: set[str]) -> Exception:
    status = _status(error)
    number = error.errno if isinstance(error, OSError) else None
    if full := as_disk_full(error):
        return full
    refused = any("PreconditionFailed" in str(cause) for cause in _chain(error))
    if isinstance(error, FileExistsError) or refused:
        return FileExistsError(errno.EEXIST, "is there already", url)
    if isinstance(error, PermissionError) or status in (401, 403):
        return PermissionError(errno.EACCES, "the server refuses access to it", url)
    if names & _UNREACHED:  # which fsspec has as a missing file too
        return RemoteError(
            f"{url}: the server can't be reached ({first_line(error)}). Is there a network, and is "
            "the address right?"
        )
    if names & _SLOW:
        return RemoteError(f"{url}: the server did not answer in time.")
    if status and status != 404:
        return OSError(errno.EIO, f"the server answers {status}", url)
    if isinstance(error, FileNotFoundError):
        return FileNotFoundError(errno.ENOENT, "no such file on the server", url)
    return OSError(number or errno.EIO, first_line(error), url)


def _status(error: BaseException) -> int | None:
    """Return the status of an answer over HTTP; None if there was none."""
    found = (getattr(cause, "status", None) for cause in _chain(error))
    return next((status for status in found if isinstance(status, int)), None)


def _names(error: BaseException) -> set[str]:
    """Return the names of an error's classes, and of its causes': no package is imported."""
    return {kind.__name__ for cause in _chain(error) for kind in type(cause).__mro__}


def _chain(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__
