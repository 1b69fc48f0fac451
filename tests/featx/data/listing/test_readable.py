"""New manifests list what can be read, and say what can't."""

import logging
from pathlib import Path

import numpy as np
import pytest
import soundfile

import featx
from featx.data.listing.files import CorpusError


@pytest.fixture
def root(fill, monkeypatch) -> Path:
    folder = fill(*(f"corpus/{label}/{n}.wav" for label in ("sad", "happy") for n in range(4)))
    monkeypatch.chdir(folder)
    return Path("corpus")


def write_floats(path: Path, full: float) -> None:
    samples = 0.3 * np.random.default_rng(0).standard_normal(1600).clip(-3, 3)
    soundfile.write(path, np.round(samples * full), 16_000, "FLOAT")


def test_a_name_that_is_not_text_is_left_out_and_named(root, caplog):
    caplog.set_level(logging.INFO, "featx")
    try:
        (root / "sad/0.wav").rename(root / "sad/caf\udce9.wav")  # as Latin-1 writes café
    except (OSError, UnicodeEncodeError):
        pytest.skip("the file system takes only UTF-8")
    assert len(featx.build_manifest("folder", root).utterances) == 7
    assert r"sad/caf\udce9.wav': its name is not UTF-8, rename it" in "".join(caplog.messages)


def test_files_that_can_not_be_read_are_left_out_with_the_reason(root, caplog):
    caplog.set_level(logging.INFO, "featx")
    (root / "sad/0.wav").write_text("version https://git-lfs.github.com/spec/v1\n")
    (root / "sad/1.wav").write_text("<html>")
    (root / "happy/2.wav").write_bytes((root / "happy/2.wav").read_bytes()[:500])
    (root / "sad/4.wav").symlink_to("gone.wav")
    built = featx.build_manifest("folder", root)
    kept = ["happy/0", "happy/1", "happy/3", "sad/2", "sad/3"]
    assert [u.utterance for u in built.utterances] == kept
    [said] = [text for text in caplog.messages if "can't be read" in text]
    assert said.startswith("Warning: Left out 4 utterances whose audio can't be read:\n")
    for words in ("0.wav: not a readable audio file but a Git LFS pointer", "a web page",
                  "2.wav: truncated, 456 bytes"):  # fmt: skip
        assert words in said


def test_a_corpus_of_pointers_alone_is_refused(root):
    for path in root.rglob("*.wav"):
        path.write_text("version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(CorpusError, match=r"none of 8 utterances can be read:\n.*git lfs pull"):
        featx.build_manifest("folder", root)
    assert not Path("manifest.csv").exists()


def test_a_scale_is_written_for_files_of_floating_point_numbers(root, caplog):
    caplog.set_level(logging.INFO, "featx")
    write_floats(root / "sad/0.wav", 32_768)
    write_floats(root / "sad/1.wav", 32_768)
    built = featx.build_manifest("folder", root, scale=32_768)
    scales = {u.utterance: u.scale for u in built.utterances if u.scale is not None}
    assert scales == {"sad/0": 32_768, "sad/1": 32_768}
    assert any("2 of 8 utterances are in files of floating-point" in m for m in caplog.messages)


def test_a_scale_that_nothing_needs_is_refused(root):
    with pytest.raises(CorpusError, match=r"`scale=128`: no file here holds floating-point"):
        featx.build_manifest("folder", root, scale=128)


@pytest.mark.parametrize("scale", [0, -1.0, float("inf"), "loud"])
def test_a_scale_is_a_number_above_0(root, scale):
    with pytest.raises(featx.FeatxError, match="`scale"):
        featx.build_manifest("folder", root, scale=scale)


def test_the_command_takes_a_scale(root, run_featx):
    write_floats(root / "sad/0.wav", 8_388_608)
    assert run_featx("manifest", "folder", root, "--scale", "8388608").code == 0
    assert ",8388608\n" in Path("manifest.csv").read_text()
