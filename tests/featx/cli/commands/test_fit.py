"""`featx fit`: its options reach the library, and its errors speak of options."""

import signal
import time
from pathlib import Path

RUN = Path("runs/manifest-tiny-dense")
QUICK = ("--folds", "3", "--set", "training.epochs=2", "--set", "training.learning_rate=0.01")


def test_it_prints_the_scores_and_where_the_run_is(extracted, run_featx):
    outcome = run_featx("fit", *QUICK, "--seeds", "2", "--normalize", "speaker", "--layers", "0,2")
    assert outcome.code == 0, outcome.err
    assert "dense head on tiny" in outcome.out
    assert outcome.out.endswith(f"Run folder: {RUN}\n")
    again = run_featx("fit", "--config", RUN / "config.toml", "--set", "seeds=1", "--name", "again")
    assert "1 seed" in again.out


def test_options_are_refused_where_another_overrules_them(extracted, run_featx):
    run_featx("fit", *QUICK)
    with_config = run_featx("fit", "--config", RUN / "config.toml", "--seeds", "1")
    assert with_config.code == 1  # though the value is the default
    assert "--seeds can't be given with --config" in with_config.err
    assert "--set" in with_config.err
    assert "`" not in with_config.err
    with_features = run_featx("fit", "--model", "tiny", "--features", "features/manifest/tiny")
    assert "--model can't be given with --features" in with_features.err
    with_protocol = run_featx("fit", "--protocol", "ravdess-issa2020", "--folds", "5")
    assert "--folds can't be given with --protocol" in with_protocol.err


def test_errors_speak_of_options_and_commands(extracted, run_featx):
    assert "--normalize" in run_featx("fit", "--normalize", "speakers").err
    assert "--head desne: no such head" in run_featx("fit", "--head", "desne").err
    assert "--device tpu" in run_featx("fit", "--device", "tpu").err
    assert "--set: 1 problem" in run_featx("fit", "--set", "seeds=0").err
    same = run_featx("fit", *QUICK, "--name", "../other")
    assert "--name ../other" in same.err
    Path("features").rename("elsewhere")
    assert "featx extract --model wav2vec2-base --manifest manifest.csv" in run_featx("fit").err


def test_ctrl_c_ends_heads_in_training(extracted, fork_featx):
    endless = ("--set", "training.epochs=100000", "--set", "training.patience=100000")
    fit = fork_featx("fit", *endless)
    log = RUN / "run.log"
    while not (log.exists() and "kept in memory" in log.read_text()) and fit.returncode is None:
        time.sleep(0.1)
    time.sleep(1)
    fit.send_signal(signal.SIGINT)
    code, error = fit.wait()
    assert code == 130
    assert "Interrupted with 0 of 5 heads trained" in error
