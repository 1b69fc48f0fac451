"""`featx probe` on the command line."""

from pathlib import Path

import featx


def test_scores_by_layer_beside_a_run(extracted, run_featx):
    run = featx.fit(folds=3, settings="training.epochs=2").folder
    outcome = run_featx("probe", "--model", "tiny", "--folds", "3", "--weights-of", run)
    assert outcome.code == 0, outcome.err
    assert "0 (local encoder)" in outcome.out
    assert outcome.out.endswith("Probe folder: probes/manifest-tiny\n")
    assert Path("probes/manifest-tiny/probe.csv").is_file()


def test_errors_name_options_and_commands(extracted, run_featx):
    linear = featx.fit("linear", folds=3).folder
    for arguments, part in (
        (["--layers", "1"], ": featx fit --head linear --manifest manifest.csv --features "),
        (["--weights-of", linear], "no average of layers"),
        (["--folds", "5", "--protocol", "p.toml"], "--folds can't be given with --protocol"),
        (["--model", "tiny", "--features", "x"], "--model can't be given with --features"),
    ):
        outcome = run_featx("probe", *arguments)
        assert outcome.code == 1, arguments
        assert part in outcome.err
    assert run_featx("probe", "--normalize", "none").code == 2
    assert not Path("probes").exists()
