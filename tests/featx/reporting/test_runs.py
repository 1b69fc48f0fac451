"""Where runs come from."""

from collections.abc import Callable
from pathlib import Path

import pytest

from featx.reporting.runs import Repeat, Reported, protocol, read_runs, repeat
from featx.runs.sources import manifests


def found(run: Reported) -> list[Path]:
    """Return the manifests that are found for a run."""
    return [path.resolve() for path in manifests(run.folder, run.config)]


def test_a_fit_is_repeated_where_its_paths_lead(
    write_run: Callable[..., Path], workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = write_run("a run")
    (workplace / "manifest.csv").write_text("utterance,path\n")
    again = "featx fit --config 'runs/a run/config.toml' --name 'a run-again'"
    assert [repeat(found).command for found in read_runs([Path("runs/a run")])] == [again]
    other = workplace / "other place"
    other.mkdir()
    monkeypatch.chdir(other)
    for given in (run, Path("../runs/a run")):
        assert [repeat(found).command for found in read_runs([given])] == [f"cd .. && {again}"]
    monkeypatch.chdir(workplace.parent)
    (found,) = read_runs([run])
    assert repeat(found).command == f"cd {workplace.name} && {again}"


def test_a_run_that_was_put_elsewhere_is_repeated_here(
    write_run: Callable[..., Path], workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_run("one")
    project = workplace / "project"
    project.mkdir()
    (project / "manifest.csv").write_text("utterance,path\n")
    monkeypatch.chdir(project)
    (run,) = read_runs([Path("../runs/one")])
    assert repeat(run) == Repeat("featx fit --config ../runs/one/config.toml --name one-again")


def test_what_is_not_at_hand_is_said(write_run: Callable[..., Path]) -> None:
    (run,) = read_runs([write_run("one")])
    assert repeat(run).command == ""
    assert repeat(run).lacking.startswith("Its corpus is not at hand")
    (run.folder / "config.toml").write_text('systems = ["runs/gone"]\nrule = "hard"\n')
    (run,) = read_runs([run.folder])
    assert repeat(run).command == ""
    assert repeat(run).lacking.startswith("The runs that it joins are not at hand")


def test_a_vote_has_manifest_and_protocol_of_what_it_joins(write_run: Callable[..., Path]) -> None:
    member, vote = write_run("one"), write_run("vote")
    (vote / "config.toml").write_text('systems = ["runs/one/predictions.csv"]\nrule = "hard"\n')
    (member.parent.parent / "manifest.csv").write_text("utterance,path\n")
    (run,) = read_runs([vote])
    assert protocol(run) == "4 folds"
    assert found(run) == [member.parent.parent / "manifest.csv"]
    assert repeat(run).command == "featx vote --config runs/vote/config.toml --name vote-again"


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
    assert manifests(run.folder, run.config) == []


def test_another_projects_files_are_not_taken_for_a_runs_own(
    write_run: Callable[..., Path], workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    member, vote = write_run("one"), write_run("vote")
    (vote / "config.toml").write_text('systems = ["runs/one"]\nrule = "hard"\n')
    other = workplace / "other"
    (other / "runs" / "one").mkdir(parents=True)
    (other / "runs" / "one" / "config.toml").write_text('[protocol]\ntitle = "theirs"\n')
    for project in (workplace, other):
        (project / "manifest.csv").write_text("utterance,path\n")
    monkeypatch.chdir(other)
    (run,) = read_runs([vote])
    assert protocol(run) == "4 folds"
    assert found(run) == [workplace / "manifest.csv"]
    (workplace / "manifest.csv").unlink()  # as of a run that was put elsewhere
    assert found(run) == [other / "manifest.csv"]
    (run,) = read_runs([member])
    assert found(run) == [other / "manifest.csv"]
