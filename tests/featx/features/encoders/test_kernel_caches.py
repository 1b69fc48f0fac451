"""Kernels that oneDNN keeps are bounded before the first is made, unless the user says how many."""

import os
import subprocess
import sys

import pytest

from featx.features.encoders.kernel_caches import bound_caches

ONEDNN, TORCH = "ONEDNN_PRIMITIVE_CACHE_CAPACITY", "LRU_CACHE_CAPACITY"


@pytest.mark.parametrize(("cores", "kept"), [(1, "256"), (2, "512"), (64, "1024")])
def test_there_are_more_for_more_cores(monkeypatch, cores, kept):
    for name in (ONEDNN, TORCH):
        monkeypatch.setenv(name, "")  # so that it is as before at the end
        monkeypatch.delenv(name)
    monkeypatch.setattr("featx.features.encoders.kernel_caches.usable_cores", lambda: cores)
    bound_caches()
    assert (os.environ[ONEDNN], os.environ[TORCH]) == (kept, "256")


def test_what_the_user_has_set_stays(monkeypatch):
    for name in (ONEDNN, TORCH):
        monkeypatch.setenv(name, "7")
    bound_caches()
    assert (os.environ[ONEDNN], os.environ[TORCH]) == ("7", "7")


def test_they_are_bounded_when_an_encoder_is_loaded(checkpoint_folder):
    script = (
        "import os, sys\n"
        "from featx.features.encoders.checkpoints.find import find_checkpoint\n"
        "from featx.features.encoders.encoder import Encoder\n"
        "Encoder(find_checkpoint(sys.argv[1]))\n"
        f"print(os.environ['{TORCH}'])"
    )
    clean = {name: value for name, value in os.environ.items() if name not in (ONEDNN, TORCH)}
    ran = subprocess.run(
        [sys.executable, "-c", script, str(checkpoint_folder)],
        capture_output=True, text=True, env=clean, check=True,
    )  # fmt: skip
    assert ran.stdout.strip() == "256"
