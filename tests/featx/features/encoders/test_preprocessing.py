"""Waveforms are prepared as transformers would, from the file that it would take."""

import json
import logging
import shutil

import numpy as np
import pytest
from transformers import (
    AutoFeatureExtractor,
    AutoProcessor,
    Wav2Vec2CTCTokenizer,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2Processor,
    WhisperFeatureExtractor,
)

import featx
from featx.errors import FeatxError
from featx.features.encoders.checkpoints.find import find_checkpoint
from featx.features.encoders.encoder import Encoder
from featx.features.encoders.preprocessing import load_extractor, load_preprocessing

OLD, NEW = "preprocessor_config.json", "processor_config.json"
SETTINGS = {"feature_extractor_type": "Wav2Vec2FeatureExtractor", "sampling_rate": 16_000}
YES, NO = ({**SETTINGS, "do_normalize": value} for value in (True, False))
FILES = {  # what files there are, and whether waveforms are normalised then
    "the old one": ({OLD: NO}, False),
    "the new one": ({NEW: {"feature_extractor": NO, "processor_class": "P"}}, False),
    "both, the new says no": ({NEW: {"feature_extractor": NO}, OLD: YES}, False),
    "both, the new says yes": ({NEW: {"feature_extractor": YES}, OLD: NO}, True),
    "both, the new has no extractor": ({NEW: {"processor_class": "P"}, OLD: NO}, False),
    "both, the new has an empty place": ({NEW: {"feature_extractor": None}, OLD: NO}, False),
    "another name of the place": ({NEW: {"audio_processor": NO}, OLD: YES}, False),
    "no type": ({OLD: {"do_normalize": False}}, False),
}


@pytest.fixture
def folder(checkpoint_folder, tmp_path):
    """The tiny checkpoint without what prepares waveforms."""
    folder = shutil.copytree(checkpoint_folder, tmp_path / "model")
    (folder / OLD).unlink()
    return folder


def write(folder, files):
    for name, settings in files.items():
        (folder / name).write_text(json.dumps(settings))


@pytest.mark.parametrize("name", FILES)
def test_the_file_that_transformers_takes_decides(name, folder):
    files, normalised = FILES[name]
    write(folder, files)
    extractor = load_extractor(folder)
    assert extractor.do_normalize is normalised
    theirs = AutoFeatureExtractor.from_pretrained(folder)
    assert extractor.to_dict() == theirs.to_dict()


def test_a_processor_that_transformers_5_saves_is_read_as_it_reads_it(folder, tmp_path):
    words = ["<pad>", "<s>", "</s>", "<unk>", "|", "a"]
    (tmp_path / "vocab.json").write_text(json.dumps({word: n for n, word in enumerate(words)}))
    tokenizer = Wav2Vec2CTCTokenizer(str(tmp_path / "vocab.json"))
    extractor = Wav2Vec2FeatureExtractor(do_normalize=False, return_attention_mask=True)
    Wav2Vec2Processor(feature_extractor=extractor, tokenizer=tokenizer).save_pretrained(folder)
    assert not (folder / OLD).exists()
    theirs = AutoProcessor.from_pretrained(folder).feature_extractor
    assert load_extractor(folder).to_dict() == theirs.to_dict() == extractor.to_dict()
    Wav2Vec2FeatureExtractor(do_normalize=True).save_pretrained(folder)  # an older one, left over
    theirs = AutoProcessor.from_pretrained(folder).feature_extractor
    assert load_extractor(folder).to_dict() == theirs.to_dict() == extractor.to_dict()


def test_it_is_said_which_file_decided_and_what_the_other_has(folder, caplog):
    write(folder, {NEW: {"feature_extractor": NO}, OLD: YES})
    with caplog.at_level(logging.INFO, "featx"):
        Encoder(find_checkpoint(str(folder)))
    (said,) = caplog.messages
    assert f"{folder / NEW} says how waveforms are prepared: not normalised" in said
    assert f"{OLD}, which transformers doesn't read then, has do_normalize True" in said


@pytest.mark.parametrize("both", [True, False])
def test_what_is_usual_is_not_said(folder, caplog, both):
    write(folder, {OLD: NO, **({NEW: {"feature_extractor": NO}} if both else {})})
    with caplog.at_level(logging.INFO, "featx"):
        Encoder(find_checkpoint(str(folder)))
    assert not caplog.messages


@pytest.mark.parametrize(
    ("family", "norm", "normalised"),
    [
        ("wav2vec2", "group", True),
        ("wav2vec2", "layer", True),
        ("hubert", "group", True),
        ("unispeech", "layer", True),
        ("unispeech-sat", "layer", True),
        ("wavlm", "group", False),
        ("wavlm", "layer", True),
        ("data2vec-audio", None, True),  # whose config has no such setting
    ],
)
def test_without_a_file_the_family_is_as_it_was_published(
    family, norm, normalised, tiny, save_model_of, caplog
):
    folder = save_model_of(family, **tiny, **({"feat_extract_norm": norm} if norm else {}))
    (folder / OLD).unlink()
    preprocessing = load_preprocessing(folder)
    assert preprocessing.extractor.do_normalize is normalised
    assert preprocessing.unusual
    assert f"neither {NEW} nor {OLD}" in preprocessing.source
    assert f"{'' if normalised else 'not '}normalised" in preprocessing.source


def test_what_is_not_known_to_be_published_is_asked_for(tiny, save_model_of):
    folder = save_model_of("unispeech-sat", **tiny)
    (folder / OLD).unlink()
    with pytest.raises(FeatxError, match=r"neither .* not known .*`normalize_waveform`"):
        load_preprocessing(folder)
    for choice, normalised in (("yes", True), ("no", False)):
        preprocessing = load_preprocessing(folder, choice)
        assert preprocessing.extractor.do_normalize is normalised
        assert "as was asked for" in preprocessing.source


def test_a_whisper_without_a_file_has_the_bands_of_its_config(save_whisper, tmp_path):
    save_whisper(bands=128)
    folder = tmp_path / "model"
    (folder / OLD).unlink()
    extractor = load_extractor(folder)
    assert extractor.to_dict() == WhisperFeatureExtractor(feature_size=128).to_dict()
    with pytest.raises(FeatxError, match="`normalize_waveform='yes'` is for models that take wave"):
        load_extractor(folder, "yes")


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({OLD: {**SETTINGS, "do_normalize": "yes"}}, "do_normalize is 'yes'"),
        ({OLD: SETTINGS}, "lacks do_normalize.*`normalize_waveform`"),
        ({OLD: {**YES, "feature_extractor_type": "Mine"}}, "'Mine', and .* runs no code"),
        ({OLD: {**YES, "feature_extractor_type": "WhisperFeatureExtractor"}}, "models of this"),
        ({OLD: {**YES, "sampling_rate": "16000"}}, "sampling_rate is"),
        ({OLD: {**YES, "sampling_rate": 8_000}}, "expects 8000 Hz"),
        ({OLD: []}, "holds a JSON list"),
        ({NEW: {"feature_extractor": "x"}, OLD: YES}, "feature_extractor is no table"),
        ({NEW: [1], OLD: YES}, "holds a JSON list"),
    ],
)
def test_settings_that_can_not_be_used_are_named(files, said, folder):
    write(folder, files)
    with pytest.raises(FeatxError, match=said):
        load_extractor(folder)


def test_a_choice_stands_in_for_what_a_file_lacks(folder):
    write(folder, {OLD: SETTINGS})
    assert load_extractor(folder, "no").do_normalize is False
    assert load_extractor(folder, "yes").do_normalize is True


def test_a_choice_is_part_of_what_features_are_and_predictions_keep_to_it(
    write_corpus, checkpoint_folder, caplog
):
    write_corpus(speakers=3, takes=1)
    usual = featx.extract(checkpoint_folder, precision="float32").store
    options = {"normalize_waveform": "no", "precision": "float32", "out": "features/no"}
    with caplog.at_level(logging.INFO, "featx"):
        chosen = featx.extract(checkpoint_folder, **options).store
    assert any("As was asked for, they are not normalised" in line for line in caplog.messages)
    assert chosen.identity.normalize_waveform == "no"
    assert chosen.identity.settings_sha256 != usual.identity.settings_sha256
    name = usual.utterances[0]
    assert np.abs(chosen.read(name) - usual.read(name)).max() > 0
    with pytest.raises(featx.FeatxError, match="normalize_waveform"):
        featx.extract(checkpoint_folder, precision="float32", out="features/no")
    run = featx.fit("linear", features="features/no", folds=3)
    stored = featx.predict(run, "features/no")
    heard = featx.predict(run, "manifest.csv", encoder=checkpoint_folder)
    for row, other in zip(stored, heard, strict=True):
        assert list(row.probabilities.values()) == list(other.probabilities.values())
    with pytest.raises(featx.FeatxError, match="normalize_waveform: 'no' in training"):
        featx.predict(run.folder, str(usual.folder))


@pytest.mark.parametrize(("model", "said"), [("egemaps", "no model"), ("whisper-tiny", "spectro")])
def test_a_choice_is_refused_for_what_takes_no_waveforms(model, said, write_corpus):
    write_corpus(speakers=1, takes=1)
    with pytest.raises(FeatxError, match=said):
        featx.extract(model, normalize_waveform="yes", dry_run=True)


@pytest.mark.thorough
@pytest.mark.thorough
def test_a_fine_tuned_model_is_saved_with_the_choice(write_corpus, checkpoint_folder):
    write_corpus(speakers=3, takes=1)
    run = featx.finetune(
        checkpoint_folder, mode="frozen", folds=3, normalize_waveform="no",
        settings=["training.epochs=1", "training.max_steps=1"],
    )  # fmt: skip
    saved = sorted((run.folder / "models").glob("*/preprocessor_config.json"))
    assert saved
    assert not any(json.loads(path.read_text())["do_normalize"] for path in saved)
    assert 'normalize_waveform = "no"' in (run.folder / "config.toml").read_text()
