"""`featx validate` prints what would run and every finding, and writes nothing."""

from pathlib import Path

import pytest


@pytest.fixture
def check(run_featx, experiment):
    """Validate the experiment with some texts replaced."""

    def validate_changed(**texts: str):
        text = experiment.read_text()
        for old, new in texts.items():
            assert old in text
            text = text.replace(old, new)
        experiment.write_text(text)
        return run_featx("validate", experiment)

    return validate_changed


def test_what_would_run_is_told(check):
    outcome = check()
    assert outcome.code == 0, outcome.err
    assert "run runs/one-plain: 3 folds × 1 seed = 3 models: to do" in outcome.out
    assert "0 errors, 0 warnings." in outcome.out
    assert not Path("features").exists()


def test_all_errors_are_told_with_exit_code_1(check):
    outcome = check(linear="linaer", functionals="functional")
    assert outcome.code == 1
    assert "error: heads.plain: " in outcome.out
    assert "error: features.egemaps-functional of tones: " in outcome.out
    assert "2 errors" in outcome.out


def test_an_unknown_key_gets_the_nearest(check):
    outcome = check(features="feature")
    assert outcome.code == 1
    assert "heads.plain.feature: unknown key; did you mean 'features'?" in outcome.out


def test_what_overwrite_would_replace_is_a_warning(experiment, run_featx):
    Path("runs/one-plain").mkdir(parents=True)
    Path("runs/one-plain/config.toml").write_text("seeds = 1")
    outcome = run_featx("validate", "one.toml")
    assert outcome.code == 1
    assert "--overwrite replaces it" in outcome.out
    outcome = run_featx("validate", "one.toml", "--overwrite")
    assert outcome.code == 0
    assert "warning: heads.plain: runs/one-plain" in outcome.out
