import errno

import pytest

from featx.utils.remote.problems import RemoteError, explained, is_transient

URL = "s3://bucket/a.wav"


def caused(error, cause):
    error.__cause__ = cause
    return error


class NoCredentialsError(Exception):
    """As botocore names it."""


class ClientConnectorError(OSError):
    """As aiohttp names it."""


class ClientResponseError(Exception):
    """As aiohttp names it."""

    def __init__(self, status):
        super().__init__(f"{status}, message=''")
        self.status = status


@pytest.mark.parametrize(
    ("url", "error", "said"),
    [
        (URL, ImportError("Install s3fs", name="s3fs"), r"pip install 'featx\[remote\]'"),
        ("gs://b/a", ImportError("Please install gcsfs"), "Please install gcsfs"),
        ("zork://b/a", ValueError("Protocol not known: zork"), "no protocol that fsspec knows"),
        (URL, NoCredentialsError("Unable to locate credentials"), "AWS_ACCESS_KEY_ID"),
        (URL, PermissionError("InvalidAccessKeyId: unknown"), "refuses the credentials"),
        (URL, caused(FileNotFoundError(URL), ClientConnectorError("no")), "can't be reached"),
        (URL, TimeoutError(), "did not answer in time"),
    ],
)
def test_what_concerns_the_server_stops_the_work(url, error, said):
    problem = explained(error, url)
    assert isinstance(problem, RemoteError)
    assert str(problem).startswith(f"{url}: ")
    with pytest.raises(RemoteError, match=said):
        raise problem


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (FileNotFoundError(URL), FileNotFoundError, "no such file on the server"),
        (ClientResponseError(403), PermissionError, "the server refuses access to it"),
        (PermissionError("Forbidden"), PermissionError, "the server refuses access to it"),
        (ClientResponseError(503), OSError, "the server answers 503"),
        (caused(FileNotFoundError(URL), ClientResponseError(500)), OSError, "the server answers"),
        (RuntimeError("what?"), OSError, r"what\?"),
    ],
)
def test_what_concerns_one_file_is_an_error_of_the_system(error, kind, said):
    problem = explained(error, URL)
    assert type(problem) is kind
    with pytest.raises(kind, match=said):
        raise problem


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (TimeoutError(), True),
        (ConnectionResetError(), True),
        (OSError(errno.EBUSY, "SlowDown"), True),
        (ClientResponseError(429), True),
        (ClientResponseError(502), True),
        (ClientResponseError(404), False),
        (FileNotFoundError(), False),
        (PermissionError(), False),
        (NoCredentialsError(), False),
    ],
)
def test_what_passes_is_tried_again(error, passes):
    assert is_transient(error) is passes
