"""What can't be fitted is refused in words, before or after it was begun."""

import tomllib
from pathlib import Path

import pytest

RUN = Path("runs/manifest-tiny-dense")
QUICK = ("--folds", "3", "--set", "training.epochs=3", "--set", "training.learning_rate=0.01")


def test_how_many_stores_a_head_takes_is_said(with_egemaps, run_featx):
    one = run_featx("fit", "--head", "fusion", "--model", "tiny", *QUICK)
    assert "--head fusion joins two or more stores" in one.err
    two = run_featx("fit", "--head", "dense", "--model", "tiny", "--model", "egemaps", *QUICK)
    assert "--head dense takes one store, not 2" in two.err
    none = run_featx("fit", *QUICK)
    assert "pick one: --model egemaps|tiny" in none.err


def test_a_layer_that_is_not_there_is_refused(with_egemaps, run_featx):
    absent = run_featx("fit", "--model", "tiny", "--layers", "3", *QUICK)
    assert "the encoder has no layer 3" in absent.err
    choice = run_featx("fit", "--model", "egemaps", "--layers", "0", *QUICK)
    assert "egemaps has one layer; leave it out" in choice.err


def test_the_contextual_layer_is_the_encoders_not_the_stores(
    write_corpus, run_featx, checkpoint_folder
):
    write_corpus(speakers=3)
    run_featx("extract", "--model", checkpoint_folder, "--layers", "0-1")
    outcome = run_featx("fit", "--layers", "contextual", *QUICK)
    assert "layer 2 is not in the store, which has 0, 1" in outcome.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--head", "desne"), "--head desne: no such head or file. Did you mean dense?"),
        (
            ("--model", "tiny", "--features", "features/manifest/tiny"),
            "--model can't be given with",
        ),
        (("--set", "head.dropout=0.9999999999999"), "head.dropout: Input should be less than"),
        (("--set", "training.learning_rate=inf"), "should be a finite number"),
        (("--head", "svm", "--set", "training.epochs=1"), "a svm head takes no [training]"),
        (("--head", "svm", "--set", "head.strengths=[inf]"), "should be a finite number"),
        (("--seconds", "0"), "seconds: Input should be greater than 0"),
        (("--seconds", "nan"), "seconds: Input should be greater than 0"),
        (("--layers", ""), "is neither a layer nor a range"),
        (("--protocol", "ravdess-pepino"), "Did you mean ravdess-pepino2021"),
        (("--protocol", "ravdess-pepino2021"), "doesn't fit the protocol"),
    ],
)
def test_what_is_wrong_with_options_is_said(extracted, run_featx, options, message):
    outcome = run_featx("fit", *options)
    assert outcome.code == 1
    assert message in outcome.err


def test_one_label_is_no_task(write_corpus, run_featx):
    write_corpus(speakers=4)
    run_featx("extract", "--model", "egemaps")
    text = Path("manifest.csv").read_text()
    Path("manifest.csv").write_text(text.replace(",happy", ",sad").replace(",angry", ",sad"))
    outcome = run_featx("fit", *QUICK)
    assert outcome.code == 1
    assert "all 24 utterances are sad; a head needs two labels" in outcome.err


def test_a_single_frame_can_not_be_standardised_by_speaker(write_corpus, run_featx):
    write_corpus(speakers=4, takes=1)
    text = Path("manifest.csv").read_text().splitlines()
    Path("manifest.csv").write_text("\n".join(text[:-2]))  # one utterance of the last speaker
    run_featx("extract", "--model", "egemaps-functionals")
    outcome = run_featx("fit", "--normalize", "speaker", *QUICK)
    assert outcome.code == 1
    assert "has a single frame in" in outcome.err


def test_which_store_is_meant_must_be_clear(extracted, run_featx, checkpoint_folder):
    run_featx("extract", "--model", checkpoint_folder, "--out", "features/manifest/other")
    outcome = run_featx("fit", *QUICK)
    assert outcome.code == 1
    assert "--model other|tiny" in outcome.err
    assert run_featx("fit", "--model", "tiny", *QUICK).code == 0
    missing = run_featx("fit", "--model", "xlsr53", *QUICK)
    assert "there: other, tiny" in missing.err


def test_no_store_at_all_says_how_to_make_one(write_corpus, run_featx):
    write_corpus(speakers=3)
    outcome = run_featx("fit")
    assert outcome.code == 1
    assert "featx extract --model wav2vec2-base --manifest manifest.csv" in outcome.err


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("training.learning_rat=1", "did you mean 'learning_rate'?"),
        ("training.epochs=none", "training.epochs: Input should be a valid integer"),
        ("training.epochs.x=1", "epochs is not a table"),
        ("training.epochs=-1", "training.epochs: Input should be greater than 0"),
        ("head.dropout=1.5", "head.dropout"),
    ],
)
def test_a_wrong_setting_is_explained(extracted, run_featx, change, message):
    outcome = run_featx("fit", "--set", change)
    assert outcome.code == 1
    assert message in outcome.err
    assert not Path("runs").exists()


def test_divergence_is_explained(extracted, run_featx):
    outcome = run_featx("fit", "--set", "training.learning_rate=1e30")
    assert outcome.code == 1
    assert "a learning rate below 1e+30 may help" in outcome.err


def test_options_beside_a_config_are_refused_not_ignored(extracted, run_featx):
    run_featx("fit", "--folds", "3", *QUICK)
    outcome = run_featx("fit", "--config", RUN / "config.toml", "--seeds", "2", "--name", "b")
    assert outcome.code == 1
    assert "--seeds can't be given with --config" in outcome.err
    changed = run_featx("fit", "--config", RUN / "config.toml", "--set", "seeds=2", "--name", "b")
    assert changed.code == 0
    assert tomllib.loads(Path("runs/b/config.toml").read_text())["seeds"] == 2
