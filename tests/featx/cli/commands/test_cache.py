"""`featx cache`: its help, its outputs, its exit codes, and errors in its options' names."""

import json
from pathlib import Path

import numpy as np
import pytest

import featx

COMMANDS = ("ls", "info", "verify", "prune", "rm", "export", "import")


@pytest.fixture
def imported(write_corpus) -> Path:
    """A manifest, and a store of vectors that were imported."""
    write_corpus(speakers=3, takes=1)
    names = [utterance.utterance for utterance in featx.load_manifest("manifest.csv").utterances]
    np.savez("theirs.npz", **{name: np.ones(4, np.float32) for name in names})
    return featx.import_features("theirs.npz", name="theirs").folder


def test_help_lists_the_commands(run_featx):
    outcome = run_featx("cache", "--help")
    assert outcome.code == 0
    for name in COMMANDS:
        assert f"\n  {name} " in outcome.out
    assert "..." not in outcome.out.split("Commands:")[1]
    assert "\n  cache " in run_featx("--help").out


@pytest.mark.parametrize("name", COMMANDS)
def test_each_has_help_and_can_be_quiet(run_featx, name):
    outcome = run_featx("cache", name, "--help")
    assert outcome.code == 0
    assert "--quiet" in outcome.out


def test_results_are_words_or_json(run_featx, imported):
    assert str(imported) in run_featx("cache", "ls").out
    stores = json.loads(run_featx("cache", "ls", "--json").out)["stores"]
    assert [store["done"] for store in stores] == [9]
    assert "9 done, 0 not" in run_featx("cache", "info", imported).out
    assert json.loads(run_featx("cache", "verify", imported, "--json").out)["damaged"] is False
    outcome = run_featx("cache", "export", imported, "--to", "h5", "--json")
    assert json.loads(outcome.out)["utterances"] == 9
    outcome = run_featx("cache", "import", "theirs.h5", "--name", "again")
    assert "9 utterances imported" in outcome.out
    assert "Next: featx fit --head linear --manifest manifest.csv --model again" in outcome.out


def test_damage_ends_with_a_code_and_a_repair_with_none(run_featx, imported):
    path = next(imported.glob("shard-*.h5"))
    values = np.ones(4, np.float32).tobytes()
    path.write_bytes(path.read_bytes().replace(values, values[::-1], 1))
    outcome = run_featx("cache", "verify")
    assert outcome.code == 1
    assert "1 of 9 utterances damaged" in outcome.out
    assert "--repair" in outcome.out
    assert run_featx("cache", "verify", "--repair").code == 0
    assert run_featx("cache", "import", "theirs.npz", "--name", "theirs").code == 0
    assert run_featx("cache", "verify").code == 0


def test_after_a_repair_the_extraction_is_named(run_featx, extracted):
    (path,) = Path("features/manifest/tiny").glob("*.h5")
    before = path.read_bytes()
    changed = bytearray(before)
    with_features = before.index(featx.FeatureStore(path.parent).read("sad-0-0")[0].tobytes())
    changed[with_features] ^= 1
    path.write_bytes(changed)
    outcome = run_featx("cache", "verify", "--repair")
    assert outcome.code == 0
    assert "\nNext: featx extract --model tiny --manifest manifest.csv" in outcome.out


def test_errors_name_the_options_of_the_inner_command(run_featx, imported, workplace):
    np.savez("frames.npz", **{"sad-0-0": np.ones((3, 4), np.float32)})
    outcome = run_featx("cache", "import", "frames.npz", "--name", "x")
    assert outcome.code == 1
    assert "--frame-step 0.02" in outcome.err
    outcome = run_featx("cache", "export", imported, "--to", "audformat")
    assert "--to audformat needs a --manifest" in outcome.err
    assert run_featx("cache", "export", imported, "--to", "csv").code == 2


def test_removing_asks_first(run_featx, imported, monkeypatch):
    monkeypatch.setattr("sys.stdin", open("/dev/null"))  # noqa: SIM115, PTH123
    outcome = run_featx("cache", "rm", imported)
    assert outcome.code == 1
    assert "nothing was removed" in outcome.err
    assert imported.exists()
    outcome = run_featx("cache", "rm", imported, "--yes")
    assert "Removed" in outcome.out
    assert not imported.exists()


def test_pruning_says_what_it_would_free(run_featx, imported):
    lines = Path("manifest.csv").read_text().splitlines()
    Path("few.csv").write_text("\n".join(lines[:4]))
    outcome = run_featx("cache", "prune", imported, "--manifest", "few.csv", "--dry-run")
    assert "6 utterances of no manifest" in outcome.out
    assert "3 stay" in outcome.out
    assert len(featx.FeatureStore(imported).utterances) == 9
    run_featx("cache", "prune", imported, "--manifest", "few.csv")
    assert len(featx.FeatureStore(imported).utterances) == 3
