"""`featx probe` on the command line."""

from pathlib import Path

import pytest


@pytest.mark.figures
def test_a_folder_with_scores_by_layer_beside_a_run(extracted, run_featx):
    run_featx("fit", "--folds", "3", "--set", "training.epochs=2")
    arguments = ("probe", "--model", "tiny", "--folds", "3", "--beside")
    outcome = run_featx(*arguments, "runs/manifest-tiny-dense")
    assert outcome.code == 0, outcome.err
    folder = Path("probes/manifest-tiny")
    assert {path.name for path in folder.iterdir()} == {
        "config.toml", "environment.json", "figures", "layers", "metrics.json", "predictions.csv",
        "probe.csv", "run.log",
    }  # fmt: skip
    assert {path.name for path in (folder / "figures").iterdir()} == {
        "probe.csv", "probe.pdf", "probe.png", "weights.csv",
    }  # fmt: skip
    assert "weight × scale" in outcome.out
    assert "0 (local encoder)" in outcome.out
    assert run_featx("evaluate", folder).code == 0


def test_refusals_say_why(extracted, run_featx):
    run_featx("fit", "--folds", "3", "--head", "linear")
    run_featx("extract", "--model", "egemaps")
    for arguments, part in (
        (["--model", "egemaps"], "nothing to compare"),
        (["--model", "tiny", "--layers", "1"], "nothing to compare"),
        (["--model", "tiny", "--layers", "7"], "has no layer 7"),
        (["--model", "tiny", "--seconds", "-1"], "seconds"),
        (["--model", "tiny", "--name", "a/b"], "plain name"),
        (["--model", "tiny", "--beside", "runs/manifest-tiny-linear"], "no average of layers"),
    ):
        outcome = run_featx("probe", *arguments)
        assert outcome.code == 1, arguments
        assert part in outcome.err
        assert "Traceback" not in outcome.err
    assert not Path("probes").exists()
