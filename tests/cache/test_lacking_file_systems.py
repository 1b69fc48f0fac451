"""A file system without locks, reserving or mapping is written to and read all the same."""

import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

from cache import (
    FeatureStore,
    Layout,
    PlannedUtterance,
    StoreError,
    writing,
)
from tests.cache import small

# What NFS without its lock server, and file systems in user space, may answer.
LACKING = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
int flock(int file, int operation) { errno = ENOLCK; return -1; }
int posix_fallocate(int file, off_t offset, off_t length) { return EOPNOTSUPP; }
int posix_fallocate64(int file, off_t offset, off_t length) { return EOPNOTSUPP; }
static void *map(const char *name, void *at, size_t length, int protection, int flags, int file,
                 off_t offset) {
    void *(*real)(void *, size_t, int, int, int, off_t) = dlsym(RTLD_NEXT, name);
    if (file >= 0 && (flags & MAP_SHARED)) { errno = ENODEV; return MAP_FAILED; }
    return real(at, length, protection, flags, file, offset);
}
void *mmap(void *at, size_t length, int protection, int flags, int file, off_t offset) {
    return map("mmap", at, length, protection, flags, file, offset);
}
void *mmap64(void *at, size_t length, int protection, int flags, int file, off_t offset) {
    return map("mmap64", at, length, protection, flags, file, offset);
}
"""
WRITE = """
import fcntl, mmap, os, sys
from pathlib import Path
import pytest
from tests.cache.test_lacking_file_systems import PLAN, features, prepare
from cache import FeatureStore, InUseError, writing
folder = Path(sys.argv[1])
with open(__import__("cache").__file__, "rb") as file:
    for lacking in (lambda: fcntl.flock(file, fcntl.LOCK_SH),
                    lambda: mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)):
        with pytest.raises(OSError):
            lacking()
with writing(folder):
    store = prepare(folder)
    for planned in PLAN:
        store.write(planned.utterance, features(planned))
    store.flush()
    if os.fork() == 0:
        with pytest.raises(InUseError, match=f"process {os.getppid()} on host"), writing(folder):
            pass
        os._exit(0)
    assert os.wait()[1] == 0
store = FeatureStore(folder)
assert store.damaged() == []
assert all((store.read(planned.utterance) == features(planned)).all() for planned in PLAN)
assert [path.suffix for path in folder.iterdir()] == [".h5"]
"""
PLAN = [PlannedUtterance(f"u{n}", 400, 5 + n) for n in range(8)]


def prepare(folder):
    return small.prepare(folder, PLAN, Layout(("0", "1"), 3))


def features(planned):
    return np.full((2, planned.frames, 3), planned.frames, np.float16)


@pytest.mark.skipif(sys.platform != "linux" or not shutil.which("cc"), reason="needs a C compiler")
def test_without_locks_reserving_and_mapping(tmp_path):
    (tmp_path / "lacking.c").write_text(LACKING)
    library = tmp_path / "lacking.so"
    command = ["cc", "-shared", "-fPIC", "-o", library, tmp_path / "lacking.c", "-ldl"]
    subprocess.run(command, check=True, capture_output=True)
    store = tmp_path / "store"
    environment = {**os.environ, "LD_PRELOAD": str(library)}
    subprocess.run([sys.executable, "-c", WRITE, store], check=True, env=environment)
    assert FeatureStore(store).damaged() == []  # whose files are those of any other


def test_a_full_disk_is_no_folder_that_can_t_be_written_to(tmp_path, monkeypatch):
    def open_nothing(*_):
        raise OSError(28, os.strerror(28), str(tmp_path / ".lock"))

    monkeypatch.setattr(os, "open", open_nothing)
    with pytest.raises(Exception, match="the disk is full") as raised, writing(tmp_path):
        pass
    assert not isinstance(raised.value, StoreError)
