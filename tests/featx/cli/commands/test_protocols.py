import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from featx.protocols.protocol import protocol_names, read_protocol


@pytest.fixture(autouse=True)
def _elsewhere(workplace):
    """Stand in an empty folder."""


def test_lists_every_protocol_within_a_hundred_columns(run_featx):
    outcome = run_featx("protocols")
    lines = outcome.out.splitlines()
    assert outcome.code == 0
    assert max(map(len, lines)) <= 100
    rows = {row[0]: row[1:] for row in map(str.split, lines) if set(row[:1]) & {*protocol_names()}}
    assert sorted(rows) == protocol_names()
    assert rows["ravdess-gavali2023"][:5] == ["ravdess", "8", "1,440", "1", "no"]
    assert rows["ravdess-speakers-6fold"][:5] == ["ravdess", "8", "1,440", "6", "yes"]
    assert rows["iemocap-superb"][:6] == ["iemocap", "4", "5,531", "1/session", "test", "only"]
    assert rows["iemocap-loso"][:5] == ["iemocap", "4", "5,531", "1/session", "yes"]


@pytest.mark.parametrize("name", protocol_names())
def test_shows_one_in_full(run_featx, name):
    outcome = run_featx("protocols", name)
    protocol = read_protocol(name)
    text = " ".join(outcome.out.split())
    assert outcome.code == 0
    assert max(map(len, outcome.out.splitlines())) <= 100
    for part in ("train", "validation", "test"):
        assert f" {part} {protocol.division.describe()[part]}" in text
    for fact in (protocol.source, protocol.manifest, *protocol.labels):
        assert fact in text
    assert f"run featx fit --protocol {name}" in text
    assert ("each in a single part" in text) == protocol.speakers_disjoint


def test_shows_what_is_special_about_one(run_featx):
    text = " ".join(run_featx("protocols", "ravdess-pepino2021").out.split())
    assert "calm counts as neutral" in text
    assert "channel speech or song" in text
    assert "2,452; tested 208: neutral 48, happy 32" in text


def test_shows_ones_own_and_how_to_run_it(run_featx):
    path = Path("my own.toml")
    path.write_text('title = "mine"\n[division]\nkind = "manifest-split"\n')
    outcome = run_featx("protocols", path)
    assert "my own: mine" in outcome.out
    command = outcome.out.splitlines()[-1].removeprefix("run").strip()
    assert shlex.split(command) == ["featx", "fit", "--protocol", "my own.toml"]


def test_an_unknown_one_is_refused(run_featx):
    outcome = run_featx("protocols", "ravdess-pepino")
    assert outcome.code != 0
    assert "did you mean 'ravdess-pepino2021'" in outcome.err


def test_the_list_needs_no_heavy_library():
    code = (
        "import sys; from featx.cli.commands.protocols import protocols; protocols(None)\n"
        "heavy = {'torch', 'transformers', 'sklearn', 'scipy', 'h5py'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    root = Path(__file__).parents[4]
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, cwd=root)
