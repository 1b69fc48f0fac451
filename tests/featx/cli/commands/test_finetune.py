"""`featx finetune` prints its report, and tells problems in options."""

from pathlib import Path

import pytest

RUN = Path("runs/manifest-tiny-frozen")
QUICK = ("--folds", "3", "--device", "cpu", "--set", "training.epochs=1")


@pytest.fixture
def finetune(write_corpus, run_featx, checkpoint_folder):
    """Run `featx finetune` on a corpus of three speakers."""
    write_corpus(speakers=3)

    def run(*options: object):
        return run_featx("finetune", "--model", checkpoint_folder, "--mode", "frozen", *options)

    return run


@pytest.mark.thorough
def test_the_report_is_printed_and_a_config_repeats_the_run(finetune, run_featx):
    outcome = finetune(*QUICK, "--set", "training.every=5")
    assert outcome.code == 0, outcome.err
    assert outcome.out == f"{(RUN / 'report.txt').read_text()}\nRun folder: {RUN}\n"
    repeat = ("--config", RUN / "config.toml", "--name", "again", "--device", "cpu")
    assert run_featx("finetune", *repeat).out.endswith("Run folder: runs/again\n")
    assert Path("runs/again/predictions.csv").read_bytes() == (RUN / "predictions.csv").read_bytes()
    refused = run_featx("finetune", *repeat, "--mode", "full")  # the default, and yet given
    assert refused.code == 1
    assert "--mode can't be given with --config" in refused.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--set", "training.learning_rat=1"), "did you mean 'learning_rate'"),
        (
            ("--set", "training.patience=1.5"),
            "training.patience: must be a whole number from 1, or inf",
        ),
        (("--seconds", "0.01"), "--seconds 0.01: "),
        (("--track", "tensorbord"), "--track tensorbord: "),
        (("--push-to-hub", "me/x", "--save", "none"), "leave out --save none"),
        (("--set", "processes=2"), "--set processes=1"),
        (("--device", "cuda:1"), "--device cuda:1: "),
        (("--protocol", "ravdess-gavali2023", "--folds", "3"), "--folds can't be given with"),
    ],
)
def test_problems_are_told_in_options(options, message, finetune):
    outcome = finetune("--device", "cpu", *options)
    assert outcome.code == 1
    assert outcome.err.startswith("error: ")
    assert message in outcome.err
    assert "`" not in outcome.err


def test_a_model_is_needed(write_corpus, run_featx):
    write_corpus(speakers=3)
    outcome = run_featx("finetune")
    assert outcome.code == 1
    assert "--model is missing" in outcome.err


def test_what_is_none_of_the_choices_is_a_mistake_of_usage(finetune):
    assert finetune("--pooling", "median").code == 2
