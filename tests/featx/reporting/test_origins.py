"""Where runs come from."""

from collections.abc import Callable
from pathlib import Path

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
