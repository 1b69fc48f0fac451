"""What can't be fitted is refused in words, before or after it was begun."""

from pathlib import Path

import pytest

import featx
from featx.errors import Call

STORE = Path("features/manifest/tiny")


def refuse(message: str):
    return pytest.raises(featx.FeatxError, match=message)


def test_how_many_stores_a_head_takes_is_said(with_egemaps):
    with refuse("`head='fusion'` joins two or more stores"):
        featx.fit("fusion", "tiny")
    with refuse("`head='dense'` takes one store, not 2"):
        featx.fit("dense", ["tiny", "egemaps"])
    with refuse("the same store twice"):
        featx.fit("fusion", features=[STORE, STORE])
    with refuse("egemaps") as error:
        featx.fit()
    assert "`model" in str(error.value)


def test_a_layer_that_is_not_there_is_refused(with_egemaps):
    with refuse("no layer 3"):
        featx.fit(model="tiny", layers="3")
    with refuse("`layers='0'`: egemaps has a single layer"):
        featx.fit(model="egemaps", layers="0")


def test_the_contextual_layer_is_the_encoders_not_the_stores(write_corpus, checkpoint_folder):
    write_corpus(speakers=3)
    featx.extract(checkpoint_folder, layers="0-1")
    with refuse("layer 2"):
        featx.fit(layers="contextual")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"head": "desne"}, "`head='desne'`: .* did you mean 'dense'"),
        ({"model": "tiny", "features": STORE}, "`model` can't be given with `features`"),
        ({"protocol": "ravdess-issa2020", "folds": 3}, "`folds` can't be given with `protocol`"),
        ({"settings": "head.dropout=0.9999999999999"}, "head.dropout: Input should be less than"),
        ({"settings": "training.learning_rate=inf"}, "should be a finite number"),
        ({"head": "svm", "settings": "training.epochs=1"}, r"a svm head takes no \[training\]"),
        (
            {"head": "svm", "settings": "head.strengths=[inf]"},
            "less than or equal to 1000000000000",
        ),
        ({"seconds": 0}, "`seconds=0`: must be greater than 0"),
        ({"seconds": float("nan")}, "`seconds=nan`: must be greater than 0"),
        ({"seeds": 0}, "`seeds=0`: must be greater than 0"),
        ({"normalize": "speakers"}, "`normalize='speakers'`: must be 'speaker'"),
        ({"model": []}, "`model` is empty"),
        ({"features": []}, "`features` is empty"),
        ({"layers": ""}, "neither a layer nor a range"),
        ({"protocol": "ravdess-pepino"}, "did you mean 'ravdess-pepino2021'"),
        ({"protocol": "ravdess-pepino2021"}, "doesn't fit the protocol"),
        ({"device": "tpu"}, "`device='tpu'`"),
        ({"settings": "training.learning_rat=1"}, "did you mean 'learning_rate'"),
        ({"settings": "training.epochs=none"}, "training.epochs: Input should be a valid integer"),
        ({"settings": "training.epochs.x=1"}, "epochs is not a table"),
        ({"settings": "training.epochs=-1"}, "training.epochs: Input should be greater than 0"),
        ({"settings": "head.dropout=1.5"}, "head.dropout"),
    ],
)
def test_what_is_wrong_with_arguments_is_said(extracted, arguments, message):
    with refuse(message):
        featx.fit(**arguments)
    assert not Path("runs").exists()


def test_a_single_label_is_nothing_to_learn(write_corpus):
    write_corpus(speakers=4)
    featx.extract("egemaps")
    text = Path("manifest.csv").read_text()
    Path("manifest.csv").write_text(text.replace(",happy", ",sad").replace(",angry", ",sad"))
    with refuse("all 24 utterances are sad; a head needs two labels"):
        featx.fit()


def test_a_single_frame_can_not_be_standardised_by_speaker(write_corpus):
    write_corpus(speakers=4, takes=1)
    text = Path("manifest.csv").read_text().splitlines()
    Path("manifest.csv").write_text("\n".join(text[:-2]))  # one utterance of the last speaker
    featx.extract("egemaps-functionals")
    with refuse("has a single frame in .*`normalize='global'`"):
        featx.fit(normalize="speaker", folds=3)


def test_which_store_is_meant_must_be_clear(extracted, fit_quickly, checkpoint_folder):
    featx.extract(checkpoint_folder, out="features/manifest/other")
    with refuse("other.*tiny"):
        featx.fit()
    assert fit_quickly(model="tiny").folder.name == "manifest-tiny-dense"
    with refuse("other, tiny"):
        featx.fit(model="xlsr53")


def test_where_there_is_no_store_the_cure_makes_one(write_corpus):
    write_corpus(speakers=3)
    with refuse("no feature store") as error:
        featx.fit()
    cure = error.value.cure
    assert isinstance(cure, Call)
    assert (cure.function, str(cure.arguments["manifest"])) == ("extract", "manifest.csv")


def test_divergence_is_explained(extracted):
    with refuse("a learning rate below 1e\\+30 may help"):
        featx.fit(settings="training.learning_rate=1e30")


def test_a_config_is_changed_by_settings_alone(extracted, fit_quickly):
    run = fit_quickly()
    with refuse("`seeds` can't be given with `config`.*`settings`"):
        featx.fit(config=run.folder / "config.toml", seeds=2, name="b")
    changed = featx.fit(config=run.folder / "config.toml", settings="seeds=2", name="b")
    assert changed.config["seeds"] == 2
