"""`featx run` runs an experiment, and tells problems without a traceback."""

from pathlib import Path


def test_an_experiment_runs_and_ends_with_its_report(experiment, run_featx):
    outcome = run_featx("run", experiment)
    assert outcome.code == 0, outcome.err
    assert "System 1 of 1: one-plain" in outcome.out
    assert outcome.out.rstrip().endswith("Report: reports/one.html")
    assert "one-plain" in Path("reports/one.html").read_text()
    assert "done before" in run_featx("run", experiment).out
    Path("runs/one-plain/config.toml").write_text("damaged")
    outcome = run_featx("run", experiment)
    assert outcome.code == 1
    assert "error: heads.plain: runs/one-plain holds a run of another config" in outcome.err
    assert "done before" not in run_featx("run", experiment, "--overwrite").out.split("System")[1]


def test_nothing_runs_if_something_is_wrong(experiment, run_featx):
    experiment.write_text(experiment.read_text().replace("linear", "linaer"))
    outcome = run_featx("run", experiment)
    assert outcome.code == 1
    assert "did you mean 'linear'" in outcome.err
    assert "Nothing was run" in outcome.err
    assert not Path("features").exists()


def test_a_file_that_is_not_there_is_named(workplace, run_featx):
    assert "none.toml: can't be read" in run_featx("run", "none.toml").err


def test_what_can_not_run_is_named_first(workplace, run_featx):
    Path("runs").mkdir()
    first, second, *_ = run_featx("run", "runs").err.splitlines()
    assert first == "error: runs can't run as it is:"
    assert second == "error: file: runs: can't be read (Is a directory)."
