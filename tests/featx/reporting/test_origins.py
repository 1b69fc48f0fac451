"""Where runs come from."""

from collections.abc import Callable
from pathlib import Path

import pytest

from featx.reporting.origins import command, manifests, protocol
from featx.reporting.runs import read_runs


def test_a_fit_is_repeated_from_its_config(write_run: Callable[..., Path]) -> None:
    (run,) = read_runs([write_run("a run")])
    config = run.folder / "config.toml"
    assert command(run) == f"featx fit --config '{config}' --name 'a run-again'"


def test_a_vote_has_manifest_and_protocol_of_what_it_joins(write_run: Callable[..., Path]) -> None:
    one, vote = write_run("one"), write_run("vote")
    (vote / "config.toml").write_text('systems = ["runs/one/predictions.csv"]\nrule = "hard"\n')
    (one.parent.parent / "manifest.csv").write_text("utterance,path\n")
    (run,) = read_runs([vote])
    assert protocol(run) == "4 folds"
    assert [path.resolve() for path in manifests(run)] == [one.parent.parent / "manifest.csv"]
    assert command(run).startswith("featx vote --config ")


def test_a_vote_that_joins_itself_ends(write_run: Callable[..., Path]) -> None:
    vote = write_run("vote")
    (vote / "config.toml").write_text('systems = ["runs/vote"]\nrule = "hard"\n')
    (run,) = read_runs([vote])
    assert protocol(run) == ""


@pytest.mark.parametrize("systems", ["3", '"runs/one"', "[3, 4]", '["runs/gone"]'])
def test_a_vote_of_what_is_not_there_has_no_protocol(
    write_run: Callable[..., Path], systems: str
) -> None:
    vote = write_run("vote")
    (vote / "config.toml").write_text(f'systems = {systems}\nrule = "hard"\n')
    (run,) = read_runs([vote])
    assert protocol(run) == ""
    assert list(manifests(run)) == []


def test_another_projects_files_are_not_taken_for_a_runs_own(
    write_run: Callable[..., Path], workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, vote = write_run("one"), write_run("vote")
    (vote / "config.toml").write_text('systems = ["runs/one"]\nrule = "hard"\n')
    other = workplace / "other"
    (other / "runs" / "one").mkdir(parents=True)
    (other / "runs" / "one" / "config.toml").write_text('[protocol]\ntitle = "theirs"\n')
    for project in (workplace, other):
        (project / "manifest.csv").write_text("utterance,path\n")
    monkeypatch.chdir(other)
    (run,) = read_runs([vote])
    assert protocol(run) == "4 folds"
    assert [path.resolve() for path in manifests(run)] == [workplace / "manifest.csv"]
    (workplace / "manifest.csv").unlink()  # as of a run that was put elsewhere
    assert [path.resolve() for path in manifests(run)] == [other / "manifest.csv"]
    (run,) = read_runs([one])
    assert [path.resolve() for path in manifests(run)] == [other / "manifest.csv"]
