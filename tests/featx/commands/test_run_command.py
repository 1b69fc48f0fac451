"""`featx run` runs an experiment, and tells problems without a traceback."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer

from featx.cli import app
from featx.commands.run import run
from featx.commands.validate import validate

EXPERIMENT = """
[corpora.tones]
path = "manifest.csv"

[heads.plain]
head = "linear"
features = ["egemaps-functionals"]
"""


@pytest.fixture
def experiment(write_corpus, monkeypatch) -> Path:
    """A file with one quick system, and a stand-in for the report."""

    def write(runs, out):
        out.parent.mkdir(exist_ok=True)
        out.write_text("page")

    page = SimpleNamespace(write_report=write)
    monkeypatch.setitem(sys.modules, "featx.reporting.page", page)
    write_corpus(speakers=3, takes=1)
    path = Path("one.toml")
    path.write_text(EXPERIMENT)
    return path


@pytest.fixture
def run_command(monkeypatch, run_featx):
    """Run a command line, with both commands whether featx has registered them or not."""
    own = typer.Typer(pretty_exceptions_enable=False)
    own.registered_commands = [
        one for one in app.registered_commands if one.callback not in (run, validate)
    ]
    for command in (run, validate):
        own.command()(command)
    monkeypatch.setattr("featx.cli.app", own)
    return run_featx


def test_an_experiment_runs_and_ends_with_its_report(experiment, run_command):
    outcome = run_command("run", experiment)
    assert outcome.code == 0, outcome.err
    assert "System 1 of 1: one-plain" in outcome.out
    assert outcome.out.rstrip().endswith("Report: reports/one.html")
    assert "done before" in run_command("run", experiment).out


def test_nothing_runs_if_something_is_wrong(experiment, run_command):
    experiment.write_text(EXPERIMENT.replace("linear", "linaer"))
    outcome = run_command("run", experiment)
    assert outcome.code == 1
    assert "Did you mean linear" in outcome.err
    assert "Nothing was run" in outcome.err
    assert not Path("features").exists()


def test_a_file_that_is_not_there_is_named(workplace, run_command):
    assert "none.toml: can't be read" in run_command("run", "none.toml").err
