"""A diagnosis says what is wrong and how to mend it, above all where packages are broken."""

import json
import os
import shutil
import socket
import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from types import SimpleNamespace

import filelock
import psutil
import pytest
import soundfile
import torch

import featx
import featx.diagnosis.packages as packages
from cache import describe_bytes
from featx.diagnosis import disk, hub, machine, sound
from featx.diagnosis.check import Check, guarded
from featx.diagnosis.packages import check_extras, check_packages, check_python

ROOT = Path(__file__).parents[3]


def by_name(checks) -> dict[str, Check]:
    return {check.name: check for check in checks}


@pytest.mark.thorough
def test_a_machine_on_which_the_tests_run_has_no_problem(workplace, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    diagnosis = featx.doctor()
    assert diagnosis.problems == []
    found = by_name(diagnosis.checks)
    assert found["torch"].found == packages.version("torch")
    assert found["audio"].found == "WAV, FLAC, OGG, MP3 can be read"
    assert found["Hub"].state == "warning"  # the tests are offline
    assert "HF_HUB_OFFLINE" in found["Hub"].cure
    assert not list(workplace.iterdir())
    assert diagnosis.to_text().endswith("warnings.")


@pytest.mark.thorough
def test_it_works_where_packages_do_not_load(workplace):
    broken = ("torch", "torchaudio", "transformers")
    code = (
        "import sys, json\n"
        f"sys.modules.update(dict.fromkeys({broken!r}))\n"
        "import featx\n"
        "print(json.dumps(featx.doctor().to_json()))\n"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    for name in broken:
        assert checks[name]["state"] == "problem"
        assert "does not load" in checks[name]["found"]
        assert checks[name]["cure"].startswith("pip install")
    for name in ("memory", "audio", "disk, features: locks"):
        assert checks[name]["state"] == "ok"


def test_a_missing_or_other_version_is_a_problem_with_the_command(monkeypatch):
    versions = {"torch": "2.12.0", "torchaudio": "2.11.0+cpu"}
    original = packages.version

    def version(name):
        if name == "h5py":
            raise PackageNotFoundError(name)
        return versions.get(name) or original(name)

    monkeypatch.setattr(packages, "version", version)
    monkeypatch.setattr(packages, "import_module", lambda _: None)
    found = by_name(check_packages())
    assert found["torch"].found == "2.12.0, featx needs ==2.11.*"
    assert found["torch"].cure == "pip install 'torch==2.11.*' 'torchaudio==2.11.*'"
    assert found["h5py"].cure == "pip install 'h5py>=3.10'"
    assert found["torch and torchaudio"].state == "problem"
    versions["torch"] = "2.11.1+cu128"
    assert by_name(check_packages())["torch and torchaudio"].state == "problem"
    versions["torch"] = "2.11.1+cpu"
    assert by_name(check_packages())["torch and torchaudio"].state == "ok"


def test_an_old_python_is_a_problem(monkeypatch):
    monkeypatch.setattr(packages.platform, "python_version", lambda: "3.9.1")
    (found,) = check_python()
    assert (found.state, found.cure) == ("problem", "Install a Python >=3.11.")


def test_an_extra_is_there_or_gets_its_command(monkeypatch):
    original = packages.version

    def version(name):
        if name in ("sounddevice", "onnx"):
            raise PackageNotFoundError(name)
        return original(name)

    def load(name):
        if name == "uvicorn":
            raise OSError("a library is missing")

    monkeypatch.setattr(packages, "version", version)
    monkeypatch.setattr(packages, "import_module", load)
    lines = ("live:sounddevice>=0.5", "onnx:onnx>=1.18", "serve:uvicorn>=0.30", "serve:fastapi")
    extras = (line.split(":") for line in lines)
    needed = [f'{name}; extra == "{extra}"' for extra, name in extras]
    monkeypatch.setattr(packages, "requires", lambda _: needed)
    found = by_name(check_extras())
    live, onnx, serve = (found[f"featx[{name}]"] for name in ("live", "onnx", "serve"))
    assert (live.state, live.cure) == ("ok", "pip install 'featx[live]'")
    assert onnx.found == "not installed (export to ONNX)"
    assert serve.state == "warning"
    assert "uvicorn" in serve.found
    assert "a library is missing" in serve.found


@pytest.mark.parametrize(("free", "state"), [(20e9, "ok"), (5e9, "warning"), (0.5e9, "problem")])
def test_a_disk_needs_room(tmp_path, monkeypatch, free, state):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    monkeypatch.setattr(disk, "TRIED", 1)
    (first, *_) = disk.check_disk(tmp_path / "not" / "there")
    assert first.state == state
    assert bool(first.cure) == (state != "ok")
    assert not list(tmp_path.iterdir())


def test_a_slow_disk_is_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(disk, "PATIENCE", -1.0)  # over at once
    _, writing, _ = disk.check_disk(tmp_path)
    assert writing.state == "warning"
    assert writing.found == "0 B a second"


def test_locks_that_do_not_lock_are_a_problem(tmp_path, monkeypatch):
    monkeypatch.setattr(disk, "TRIED", 1)
    monkeypatch.setattr(filelock, "FileLock", filelock.SoftFileLock)
    assert by_name(disk.check_disk(tmp_path))[f"disk, {tmp_path}: locks"].found == "work"

    class Never(filelock.FileLock):
        def _acquire(self):
            raise OSError(95, "Operation not supported")

    monkeypatch.setattr(filelock, "FileLock", Never)
    locks = by_name(disk.check_disk(tmp_path))[f"disk, {tmp_path}: locks"]
    assert locks.state == "problem"
    assert "Operation not supported" in locks.found


def test_a_place_that_takes_no_files_is_a_problem(tmp_path, monkeypatch):
    def refuse(**_):
        raise PermissionError(13, "Permission denied", str(tmp_path))

    monkeypatch.setattr(disk, "TemporaryDirectory", refuse)
    _, writing = disk.check_disk(tmp_path)
    assert writing.state == "problem"
    assert "can't be written to" in writing.found


def test_a_format_that_can_not_be_read_is_named(monkeypatch):
    original = soundfile.write

    def write(file, data, rate, *, format, subtype):
        if format in ("MP3", "FLAC"):
            raise soundfile.LibsndfileError(1, prefix="no codec: ")
        original(file, data, rate, format=format, subtype=subtype)

    monkeypatch.setattr(soundfile, "write", write)
    states = {check.name: check.state for check in sound.check_codecs()}
    assert states == {"audio": "ok", "audio, FLAC": "problem", "audio, MP3": "warning"}


@pytest.mark.parametrize(
    ("threads", "cores", "given", "state"),
    [(2, 2.0, "", "ok"), (8, 1.5, "", "warning"), (1, 4.0, "1", "warning"), (4, 4.0, "4", "ok")],
)
def test_threads_should_be_as_many_as_cores(monkeypatch, threads, cores, given, state):
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    monkeypatch.setattr("featx.utils.machine.usable_cores", lambda: cores)
    monkeypatch.setenv("OMP_NUM_THREADS", given)
    (found,) = machine.check_threads()
    assert found.state == state
    assert bool(found.cure) == (state != "ok")


def test_little_memory_is_a_warning(monkeypatch):
    monkeypatch.setattr("featx.utils.machine.available_memory", lambda: 10**9)
    (found,) = machine.check_memory()
    assert found.state == "warning"
    assert describe_bytes(psutil.virtual_memory().total) in found.found


def test_a_gpu_is_tried(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    described = SimpleNamespace(name="Big", total_memory=80e9)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: described)

    def fail(*_, **__):
        raise RuntimeError("CUDA error: no kernel image is available\nmore")

    monkeypatch.setattr(torch, "ones", fail)
    (found,) = machine.check_gpu()
    assert found.state == "problem"
    assert found.found == "Big, 80 GB: CUDA error: no kernel image is available"


def test_a_driver_without_a_torch_for_it_is_a_warning(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(machine, "has_driver", lambda: True)
    (found,) = machine.check_gpu()
    assert found.state == "warning"
    assert "nvidia-smi" in found.cure


def test_a_hub_that_does_not_answer_is_not_waited_for(monkeypatch):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()  # takes connections, and says nothing
        monkeypatch.setattr(hub, "PATIENCE", 0.1)
        place = f"http://127.0.0.1:{silent.getsockname()[1]}"
        assert hub._ask(place)
    assert "refused" in hub._ask(place)


def test_whatever_a_check_raises_is_found():
    def look():
        raise ZeroDivisionError("first\nsecond")

    (found,) = guarded("it", look)
    assert found == Check("it", "can't be told: first", "warning")
