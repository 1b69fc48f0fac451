import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from featx.utils.remote import kept
from featx.utils.remote import server as asked
from featx.utils.remote.kept import copies_folder, fetch
from featx.utils.remote.problems import RemoteError


@pytest.fixture
def downloads(monkeypatch):
    """The URLs that were downloaded."""
    urls, download = [], kept.download

    def count(url, file, advance=None):
        urls.append(url)
        download(url, file, advance)

    monkeypatch.setattr(kept, "download", count)
    return urls


def copies():
    return sorted(path.name for path in copies_folder().iterdir() if path.is_file())


def test_a_file_is_fetched_once_by_many_threads(server, downloads):
    server.pipe("memory://b/a.bin", os.urandom(1000))
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(fetch, ["memory://b/a.bin"] * 20))
    assert len(found) == len(downloads) == len(copies()) == 1


def test_copies_that_were_not_asked_for_longest_make_room(server, monkeypatch):
    monkeypatch.setenv(kept.LIMIT, "0.000005")  # 5,000 bytes
    for name in "abcd":
        server.pipe(f"memory://b/{name}", os.urandom(1500))
    old = time.time() - 3600
    found = {name: fetch(f"memory://b/{name}") for name in "abc"}
    for age, copy in enumerate(found.values()):
        os.utime(copy, (old + age, old + age))
    fetch("memory://b/a")  # asked for again
    fetch("memory://b/d")
    assert {name for name, copy in found.items() if copy.exists()} == {"a", "c"}


def test_what_was_asked_for_just_now_stays_however_much_it_is(server, monkeypatch):
    monkeypatch.setenv(kept.LIMIT, "0")
    for name in "abc":
        server.pipe(f"memory://b/{name}", b"x")
        fetch(f"memory://b/{name}")
    assert len(copies()) == 3


def test_a_download_that_breaks_off_leaves_nothing(server, monkeypatch):
    server.pipe("memory://b/a", b"whole")
    monkeypatch.setattr(type(server), "get_file", lambda self, path, file, **_: cut(file))
    with pytest.raises(OSError, match="3 of 5 bytes came"):
        fetch("memory://b/a")
    assert copies() == []


def cut(file):
    with open(file, "wb") as written:  # noqa: PTH123
        written.write(b"who")


def test_a_request_is_made_again_if_the_error_passes(server, monkeypatch):
    server.pipe("memory://b/a", b"whole")
    info, failures = type(server).info, [TimeoutError("slow")]

    def fail_first(self, path, **kwargs):
        if failures:
            raise failures.pop()
        return info(self, path, **kwargs)

    monkeypatch.setattr(type(server), "info", fail_first)
    assert asked.look_up("memory://b/a").size == 5


def test_a_limit_that_is_no_number_is_said(server, monkeypatch):
    monkeypatch.setenv(kept.LIMIT, "much")
    server.pipe("memory://b/a", b"x")
    with pytest.raises(RemoteError, match="FEATX_REMOTE_GB is 'much'"):
        fetch("memory://b/a")


def test_a_cache_that_is_too_small_is_said(server, monkeypatch):
    server.pipe("memory://b/a", b"x" * 10)
    monkeypatch.setattr("cache.disk.space.free_bytes", lambda folder: 3)
    with pytest.raises(Exception, match=r"memory://b/a: needs 10 B, 3 B free.*FEATX_CACHE"):
        fetch("memory://b/a")
