"""Each row of the tables in docs/checkpoints.md: what loads, and what is refused in a sentence.

Architectures are real, sizes tiny and weights random.
"""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import huggingface_hub.constants
import numpy as np
import pytest
import torch
from huggingface_hub._tree_cache import TreeCacheEntry, write_tree_cache
from safetensors.torch import load_file, save_file
from transformers import (
    HubertConfig,
    HubertForCTC,
    Wav2Vec2Config,
    Wav2Vec2ForCTC,
    Wav2Vec2ForSequenceClassification,
    WavLMConfig,
    WavLMForXVector,
    WhisperForAudioClassification,
    WhisperForConditionalGeneration,
    WhisperModel,
)

from featx.errors import FeatxError
from featx.features.encoders.checkpoints.find import find_checkpoint, is_here
from featx.features.encoders.checkpoints.loading import load_model
from featx.features.encoders.encoder import Encoder

PAGE = Path(__file__).parents[5] / "docs" / "checkpoints.md"
WAVEFORM = np.random.default_rng(0).standard_normal(2_000).astype(np.float32)
SAFE, PICKLED = "model.safetensors", "pytorch_model.bin"
OLD, NEW = "preprocessor_config.json", "processor_config.json"
NORMS = {
    ".parametrizations.weight.original0": ".weight_g",
    ".parametrizations.weight.original1": ".weight_v",
}
Weights = dict[str, torch.Tensor]


class Folder:
    """A copy of the tiny wav2vec 2.0, to be saved in another way."""

    def __init__(self, checkpoint: Path, parent: Path) -> None:
        self.path = Path(shutil.copytree(checkpoint, parent / "model"))
        self.parent = parent
        self.config = json.loads((self.path / "config.json").read_text())

    @property
    def weights(self) -> Weights:
        return load_file(self.path / SAFE)

    def rewrite(self, change: Callable[[Weights], Weights]) -> Path:
        weights = {name: value.clone() for name, value in change(self.weights).items()}
        save_file(weights, self.path / SAFE, {"format": "pt"})
        return self.path

    def rename(self, prefix: str) -> Path:
        return self.rewrite(lambda own: {f"{prefix}{name}": own[name] for name in own})

    def pickle(self, **options: object) -> Path:
        weights = self.weights
        (self.path / SAFE).unlink()
        torch.save(weights, self.path / PICKLED, **options)
        return self.path

    def shard(self, whole: str) -> Path:
        weights = self.weights
        (self.path / SAFE).unlink()
        stem, ending = whole.rsplit(".", 1)
        names, files = sorted(weights), {}
        for part in range(3):
            own = {name: weights[name] for name in names[part::3]}
            file = f"{stem}-{part + 1:05}-of-00003.{ending}"
            if ending == "bin":
                torch.save(own, self.path / file)
            else:
                save_file(own, self.path / file, {"format": "pt"})
            files |= dict.fromkeys(own, file)
        index = {"metadata": {"total_size": 1}, "weight_map": files}
        (self.path / f"{whole}.index.json").write_text(json.dumps(index))
        return self.path

    def nest(self) -> Path:
        """Write what prepares waveforms as transformers 5 saves a processor."""
        settings = json.loads((self.path / OLD).read_text())
        (self.path / NEW).write_text(json.dumps({"feature_extractor": settings}))
        (self.path / OLD).unlink()
        return self.path

    def set(self, name: str, **values: object) -> Path:
        path = self.path / name
        path.write_text(json.dumps({**json.loads(path.read_text()), **values}))
        return self.path

    def cached(self) -> Path:
        """Move it to where the Hub's cache has a snapshot; return the cache."""
        repository = self.parent / "hub" / "models--facebook--wav2vec2-base"
        (repository / "refs").mkdir(parents=True)
        (repository / "refs" / "main").write_text("a" * 40)
        (repository / "snapshots" / ("b" * 40)).mkdir(parents=True)  # an older one
        self.path.rename(repository / "snapshots" / ("a" * 40))
        return repository.parent

    def copies(self, *names: str) -> Path:
        """Copy it several times into a folder, which is returned."""
        for name in names:
            shutil.copytree(self.path, self.parent / "out" / name)
        return self.parent / "out"

    def delete(self, *names: str) -> Path:
        for name in names:
            (self.path / name).unlink()
        return self.path


def old_norms(weights: Weights) -> Weights:
    for new, old in NORMS.items():
        weights = {name.replace(new, old): value for name, value in weights.items()}
    return weights


def without_mask(weights: Weights) -> Weights:
    return {name: value for name, value in weights.items() if "masked_spec" not in name}


def with_both_files(folder: Folder) -> Path:
    settings = json.loads((folder.path / OLD).read_text())
    folder.nest()
    (folder.path / OLD).write_text(json.dumps({**settings, "do_normalize": False}))
    return folder.path


def with_both_formats(folder: Folder) -> Path:
    torch.save({name: value + 1 for name, value in folder.weights.items()}, folder.path / PICKLED)
    return folder.path


def one_level_above(folder: Folder) -> Path:
    (folder.parent / "unpacked").mkdir()
    folder.path.rename(folder.parent / "unpacked" / "model")
    return folder.parent / "unpacked"


LOADS = {  # of the same weights, so that the features are the same
    "safetensors": lambda f: f.path,
    "nested-preprocessor": Folder.nest,
    "both-preprocessors": with_both_files,
    "old-processor": lambda f: (
        (f.path / NEW).write_text('{"processor_class": "Wav2Vec2Processor"}'), f.path)[1],
    "no-preprocessor": lambda f: f.delete(OLD),
    "torch": Folder.pickle,
    "torch-before-1.6": lambda f: f.pickle(_use_new_zipfile_serialization=False),
    "both-formats": with_both_formats,
    "shards": lambda f: f.shard(SAFE),
    "torch-shards": lambda f: f.shard(PICKLED),
    "prefix-wav2vec2": lambda f: f.rename("wav2vec2."),
    "prefix-model": lambda f: f.rename("model."),
    "prefix-encoder": lambda f: f.rename("encoder."),
    "prefix-wav2vec2_model": lambda f: f.rename("wav2vec2_model."),
    "prefix-module": lambda f: f.rename("module.wav2vec2."),
    "old-weight-norm": lambda f: f.rewrite(old_norms),
    "no-mask-embedding": lambda f: f.rewrite(without_mask),
    "cache-repository": lambda f: f.cached() / "models--facebook--wav2vec2-base",
    "cache": Folder.cached,
    "one-level-above": one_level_above,
}  # fmt: skip
HALF = {"float16": torch.float16, "bfloat16": torch.bfloat16}
TASKS = {
    "ctc-head": (Wav2Vec2ForCTC, Wav2Vec2Config, {"vocab_size": 12}),
    "classification-head": (Wav2Vec2ForSequenceClassification, Wav2Vec2Config, {}),
    "hubert-ctc-head": (HubertForCTC, HubertConfig, {"vocab_size": 12}),
    "wavlm-xvector-head": (WavLMForXVector, WavLMConfig, {"tdnn_dim": (8,) * 5}),
}
WHISPERS = {
    "whisper": WhisperModel,
    "whisper-speech-recognition": WhisperForConditionalGeneration,
    "whisper-classification": WhisperForAudioClassification,
}
HUB = {"hub-torch-only": (True, PICKLED), "hub-safetensors-only": (False, SAFE)}
ELSEWHERE = ("ctranslate2",)  # tested in test_ctranslate2.py

REFUSED = {
    "no-config": (lambda f: f.delete("config.json"), r"lacks config\.json"),
    "no-weights": (lambda f: f.delete(SAFE), r"lacks model\.safetensors or pytorch_model\.bin"),
    "tensorflow": (lambda f: (f.path / SAFE).rename(f.path / "tf_model.h5").parent,
        r"holds tf_model\.h5, weights of TensorFlow"),
    "flax": (lambda f: (f.path / SAFE).rename(f.path / "flax_model.msgpack").parent,
        "weights of Flax"),
    "adapter": (lambda f: (f.path / SAFE).rename(f.path / "adapter_model.safetensors").parent,
        "a PEFT adapter without its encoder"),
    "variant": (lambda f: (f.path / SAFE).rename(f.path / "model.fp16.safetensors").parent,
        r"model\.fp16\.safetensors, a variant"),
    "missing-shard": (lambda f: (f.shard(SAFE) / "model-00002-of-00003.safetensors").unlink()
        or f.path, r"of its 3 files of weights model-00002-of-00003\.safetensors is missing"),
    "no-index": (lambda f: (f.shard(SAFE) / f"{SAFE}.index.json").unlink() or f.path,
        r"parts of weights without model\.safetensors\.index\.json"),
    "index-elsewhere": (lambda f: (f.shard(SAFE) / f"{SAFE}.index.json").write_text(
        '{"weight_map": {"a": "../other.safetensors"}}') and f.path, "no file of this folder"),
    "git-lfs-pointer": (lambda f: (f.path / SAFE).write_text(
        "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n") and f.path,
        "a Git LFS pointer .*git lfs pull"),
    "cut-short": (lambda f: (f.path / SAFE).write_bytes((f.path / SAFE).read_bytes()[:900])
        and f.path, r"model\.safetensors: damaged"),
    "torch-cut-short": (lambda f: (f.pickle() / PICKLED).write_bytes(
        (f.path / PICKLED).read_bytes()[:900]) and f.path, r"pytorch_model\.bin: damaged"),
    "training-checkpoint": (lambda f: (torch.save({"epoch": 3, "model": f.weights},
        f.path / PICKLED), f.delete(SAFE))[1], "epoch is no tensor"),
    "two-encoders": (lambda f: f.rewrite(lambda w: {f"{p}.{n}": w[n] for n in w
        for p in ("student", "teacher")}), "holds 2 encoders.*'student.' and 'teacher.'"),
    "missing-weights": (lambda f: f.rewrite(lambda w: {n: w[n] for n in w if "q_proj" not in n}),
        "4 weights are missing, among them encoder"),
    "more-blocks-than-config": (lambda f: f.set("config.json", num_hidden_layers=1),
        "fewer blocks or parts than its weights"),
    "quantised": (lambda f: f.rewrite(lambda w: {n: w[n].to(torch.int8) for n in w}),
        "is of int8: quantised"),
    "other-family": (lambda f: f.set("config.json", model_type="seamless_m4t"),
        "model_type is 'seamless_m4t'; featx knows"),
    "other-rate": (lambda f: f.set(OLD, sampling_rate=8_000), "expects 8000 Hz"),
    "own-extractor": (lambda f: f.set(OLD, feature_extractor_type="Mine"), "runs no code"),
    "several-checkpoints": (lambda f: f.copies("step-1", "step-2"),
        "holds 2 checkpoints, step-1, step-2"),
}  # fmt: skip


@pytest.fixture
def folder(checkpoint_folder, tmp_path) -> Folder:
    return Folder(checkpoint_folder, tmp_path)


def encode(model: object) -> np.ndarray:
    (features,) = Encoder(find_checkpoint(str(model))).encode([WAVEFORM])
    return features


@pytest.mark.parametrize("name", LOADS)
def test_it_loads_and_gives_the_features_of_its_weights(name, folder, checkpoint_folder):
    expected = Encoder(find_checkpoint(str(checkpoint_folder)))
    loaded = Encoder(find_checkpoint(str(LOADS[name](folder))))
    np.testing.assert_array_equal(loaded.encode([WAVEFORM])[0], expected.encode([WAVEFORM])[0])
    if name != "no-mask-embedding":
        assert loaded.digest == expected.digest


@pytest.mark.parametrize("name", HALF)
def test_half_precision_is_computed_with_as_float32(name, folder):
    rounded = folder.rewrite(lambda w: {n: w[n].to(HALF[name]) for n in w})
    features = encode(rounded)
    folder.rewrite(lambda w: {n: w[n].float() for n in w})
    np.testing.assert_array_equal(features, encode(rounded))


@pytest.mark.parametrize("name", TASKS)
def test_of_a_model_with_a_head_the_encoder_is_taken(name, folder, tiny):
    kind, config, options = TASKS[name]
    model = kind(config(**tiny, **options)).eval()
    model.save_pretrained(folder.path)
    prepared = WAVEFORM - WAVEFORM.mean()
    prepared = torch.from_numpy(prepared / np.sqrt(prepared.var() + 1e-7))
    with torch.inference_mode():
        expected = getattr(model, model.base_model_prefix)(prepared[None]).last_hidden_state[0]
    np.testing.assert_allclose(encode(folder.path)[-1], expected, atol=1e-5)


@pytest.mark.parametrize("name", WHISPERS)
def test_of_a_whisper_the_encoder_is_taken(name, save_whisper, tmp_path):
    encoder, _ = save_whisper(WHISPERS[name], positions=50)
    loaded = load_model(tmp_path / "model").state_dict()
    assert loaded.keys() == encoder.state_dict().keys()
    for weight, expected in encoder.state_dict().items():
        np.testing.assert_array_equal(loaded[weight], expected)
    assert np.isfinite(encode(tmp_path / "model")).all()


@pytest.mark.parametrize("name", HUB)
def test_the_hubs_cache_serves_offline_whichever_format_it_has(
    name, folder, checkpoint_folder, monkeypatch
):
    pickled, there = HUB[name]
    if pickled:
        folder.pickle()
    cache = folder.cached()
    repository = cache / "models--facebook--wav2vec2-base"
    files = ["config.json", OLD, SAFE, PICKLED, "README.md"]  # what the Hub is known to have
    listing = dict.fromkeys(files, TreeCacheEntry(size=1, blob_id="0" * 40))
    write_tree_cache(str(repository), "a" * 40, listing)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    assert is_here("wav2vec2-base")
    checkpoint = find_checkpoint("wav2vec2-base")
    assert (checkpoint.folder / there).is_file()
    expected = encode(checkpoint_folder)
    np.testing.assert_array_equal(Encoder(checkpoint).encode([WAVEFORM])[0], expected)


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_in_a_sentence(name, folder):
    change, said = REFUSED[name]
    given = change(folder)
    with pytest.raises(FeatxError, match=said) as error:
        encode(given)
    assert str(folder.parent) in str(error.value)


def documented(section: str) -> list[str]:
    """Return the names in the first column of a section's table."""
    text = PAGE.read_text("utf-8").split(f"\n## {section}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| `([\w.-]+)` \|", text, re.MULTILINE)


def test_the_table_of_what_loads_lists_what_is_tested():
    tested = [*LOADS, *HALF, *TASKS, *WHISPERS, *HUB, *ELSEWHERE]
    assert sorted(documented("What loads")) == sorted(tested)


def test_the_table_of_what_is_refused_lists_what_is_tested():
    assert sorted(documented("What is refused")) == sorted(REFUSED)
