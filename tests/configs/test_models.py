"""The encoders with a short name: sizes are those of the published configs."""

import re
from functools import cache

import pytest
import torch
from transformers import AutoModel
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

from featx.features.encoders.checkpoints.registry import read_registry

REGISTRY = read_registry()
LARGE = (
    ("hidden_size", 1024), ("intermediate_size", 4096),
    ("num_attention_heads", 16), ("num_hidden_layers", 24),
)  # fmt: skip
XLARGE = (
    ("hidden_size", 1280), ("intermediate_size", 5120),
    ("num_attention_heads", 16), ("num_hidden_layers", 48),
)  # fmt: skip
LAYER_NORM = (("feat_extract_norm", "layer"), ("do_stable_layer_norm", True), ("conv_bias", True))
WITHOUT_BIAS = (*LAYER_NORM[:2], ("conv_bias", False))


def whisper(dim, layers, bands=80):
    """Radford et al. (2023), table 1: heads are 64 wide, the feed-forward part four times dim."""
    return (
        ("d_model", dim), ("encoder_layers", layers), ("encoder_attention_heads", dim // 64),
        ("encoder_ffn_dim", 4 * dim), ("num_mel_bins", bands),
        ("decoder_attention_heads", dim // 64), ("decoder_layers", 1),
    )  # fmt: skip


# What config.json on the Hub sets that changes sizes; the rest is transformers' defaults. Sources:
# - the config.json at https://huggingface.co/ID of wav2vec2-large-960h-lv60,
#   wav2vec2-large-960h-lv60-self, hubert-xlarge-ll60k, unispeech-large-multi-lingual-1500h-cv and
#   wavlm-large;
# - for the others, that of a checkpoint fine-tuned from them, which names them in `_name_or_path`:
#   jonatasgrosman/wav2vec2-large-english (wav2vec2-large: group norm, post-norm, no bias),
#   yifine0459/wav2vec2-timit (wav2vec2-large-960h: the same),
#   jonatasgrosman/wav2vec2-large-xlsr-53-dutch, Pinwheel/wav2vec2-large-xls-r-300m-tr-colab,
#   akmalmasud96/wav2vec2-xls-r-1b-ur, hts98/mms-300m-paper, speech31/hubert-base-english-ipa,
#   jonatasgrosman/exp_w2v2t_zh-cn_hubert_s449 (hubert-large-ll60k),
#   nrshoudi/hubert_arabic_mdd (hubert-large-ls960-ft),
#   jonatasgrosman/exp_w2v2t_it_unispeech_s626 (unispeech-large-1500h-cv),
#   patrickvonplaten/sat-base, patrickvonplaten/wavlm-libri-clean-100h-base,
#   abdusah/aradia-ctc-data2vec-ft (data2vec-audio-base).
# Not found, and so taken to be as what they were trained from, or with: xls-r-1b-cv-tr as xls-r-1b,
# hubert-xlarge-ft as hubert-xlarge, wavlm-base-plus as wavlm-base, data2vec-audio-large as its
# fine-tuned data2vec-audio-large-960h (FarziBuilder/my_awesome_asr_mind_model2).
PUBLISHED = {
    "wav2vec2-base": ("wav2vec2", ()),
    "wav2vec2-base-960h": ("wav2vec2", ()),
    "wav2vec2-large": ("wav2vec2", LARGE),
    "wav2vec2-large-960h": ("wav2vec2", LARGE),
    "wav2vec2-large-960h-lv60": ("wav2vec2", LARGE + LAYER_NORM),
    "wav2vec2-large-960h-lv60-self": ("wav2vec2", LARGE + LAYER_NORM),
    "xlsr53": ("wav2vec2", LARGE + LAYER_NORM),
    "xls-r-300m": ("wav2vec2", LARGE + LAYER_NORM),
    "xls-r-1b": ("wav2vec2", XLARGE + LAYER_NORM),
    "xls-r-1b-cv-tr": ("wav2vec2", XLARGE + LAYER_NORM),
    "mms-300m": ("wav2vec2", LARGE + LAYER_NORM),
    "hubert-base": ("hubert", ()),
    "hubert-large": ("hubert", LARGE + LAYER_NORM),
    "hubert-large-ft": ("hubert", LARGE + LAYER_NORM),
    "hubert-xlarge": ("hubert", XLARGE + LAYER_NORM),
    "hubert-xlarge-ft": ("hubert", XLARGE + LAYER_NORM),
    "unispeech-large": ("unispeech", LARGE + LAYER_NORM),
    "unispeech-large-ml": ("unispeech", LARGE + LAYER_NORM),
    "unispeech-sat-base": ("unispeech-sat", ()),
    "wavlm-base": ("wavlm", ()),
    "wavlm-base-plus": ("wavlm", ()),
    "wavlm-large": ("wavlm", LARGE + WITHOUT_BIAS),
    "data2vec-audio-base": ("data2vec-audio", ()),
    "data2vec-audio-large": ("data2vec-audio", LARGE),
    "whisper-tiny": ("whisper", whisper(384, 4)),
    "whisper-tiny.en": ("whisper", whisper(384, 4)),
    "whisper-base": ("whisper", whisper(512, 6)),
    "whisper-small": ("whisper", whisper(768, 12)),
    "whisper-medium": ("whisper", whisper(1024, 24)),
    "whisper-large-v3": ("whisper", whisper(1280, 32, bands=128)),
    "distil-large-v3": ("whisper", whisper(1280, 32, bands=128)),
}


@cache
def sizes(family: str, options: tuple[tuple[str, object], ...]) -> tuple[int, int, int]:
    """Return the blocks, dim and weights of transformers' encoder, built without memory."""
    config = CONFIG_MAPPING[family](**dict(options))
    with torch.device("meta"):
        whole = AutoModel.from_config(config)
    model = whole.encoder if family == "whisper" else whole
    weights = sum(weight.numel() for weight in model.parameters())
    return len(whole.encoder.layers), config.hidden_size, weights


def test_every_short_name_has_its_published_config():
    assert set(REGISTRY) == set(PUBLISHED)


@pytest.mark.parametrize("name", PUBLISHED)
def test_sizes_are_those_of_the_published_config(name):
    entry = REGISTRY[name]
    assert (entry.layers, entry.dim, entry.parameters) == sizes(*PUBLISHED[name])


def test_a_checkpoint_has_a_single_short_name():
    identifiers = [entry.hub_id for entry in REGISTRY.values()]
    assert len(set(identifiers)) == len(identifiers)


@pytest.mark.parametrize(
    ("name", "identifier"),
    [
        ("hubert-xlarge", "facebook/hubert-xlarge-ll60k"),
        ("hubert-xlarge-ft", "facebook/hubert-xlarge-ls960-ft"),
        ("wav2vec2-large", "facebook/wav2vec2-large"),
        ("wav2vec2-large-960h", "facebook/wav2vec2-large-960h"),
        ("wav2vec2-large-960h-lv60", "facebook/wav2vec2-large-960h-lv60"),
        ("wav2vec2-large-960h-lv60-self", "facebook/wav2vec2-large-960h-lv60-self"),
    ],
)
def test_names_that_are_easily_confused_mean_their_own_checkpoint(name, identifier):
    assert REGISTRY[name].hub_id == identifier


@pytest.mark.parametrize("name", PUBLISHED)
def test_pretraining_says_hours_and_languages_by_itself(name):
    """Model cards put "pretrained on" before it: it can't refer to another entry."""
    corpora, hours, languages = re.fullmatch(
        r"([^;]+?), (?:about )?([\d,]+) h(?: with phoneme labels)?, ([^;]+)"
        r"(?:; fine-tuned for ASR .+|; trained for ASR(?: and translation)?)?",
        REGISTRY[name].pretraining,
    ).groups()
    assert corpora
    assert int(hours.replace(",", "")) >= 960
    assert re.search(r"[A-Z]|\d+ languages", languages)
