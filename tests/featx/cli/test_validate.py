"""`featx validate` prints what would run and every finding, and writes nothing."""

from pathlib import Path

import pytest

EXPERIMENT = """
[corpora.tones]
path = "manifest.csv"

[heads.plain]
head = "linear"
features = ["egemaps-functionals"]
"""


@pytest.fixture
def check(run_featx, write_corpus):
    """Validate an experiment on a small corpus."""
    write_corpus(speakers=3, takes=1)

    def validate_text(text: str):
        Path("one.toml").write_text(text)
        return run_featx("validate", "one.toml")

    return validate_text


def test_what_would_run_is_told(check):
    outcome = check(EXPERIMENT)
    assert outcome.code == 0, outcome.err
    assert "run runs/one-plain: 3 folds × 1 seed = 3 models: to do" in outcome.out
    assert "0 errors, 0 warnings." in outcome.out
    assert not Path("features").exists()


def test_all_errors_are_told_with_exit_code_1(check):
    wrong = EXPERIMENT.replace("linear", "linaer").replace("functionals", "functional")
    outcome = check(wrong)
    assert outcome.code == 1
    assert "error: heads.plain: " in outcome.out
    assert "error: features.egemaps-functional of tones: " in outcome.out
    assert "2 errors" in outcome.out


def test_an_unknown_key_gets_the_nearest(check):
    outcome = check(EXPERIMENT.replace("features =", "feature ="))
    assert outcome.code == 1
    assert "heads.plain.feature: unknown key; did you mean 'features'?" in outcome.out


def test_what_overwrite_would_replace_is_a_warning(check, run_featx):
    check(EXPERIMENT)
    Path("runs/one-plain").mkdir(parents=True)
    Path("runs/one-plain/config.toml").write_text("seeds = 1")
    outcome = run_featx("validate", "one.toml")
    assert outcome.code == 1
    assert "--overwrite replaces it" in outcome.out
    outcome = run_featx("validate", "one.toml", "--overwrite")
    assert outcome.code == 0
    assert "warning: heads.plain: runs/one-plain" in outcome.out
