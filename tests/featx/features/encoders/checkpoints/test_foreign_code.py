"""Nothing is run that a checkpoint names, even if the user would say yes to it."""

import io
import json
import os
import pickle
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import featx
from featx.errors import FeatxError
from featx.features.encoders.checkpoints.find import find_checkpoint
from featx.features.encoders.encoder import Encoder

WAVEFORM = np.random.default_rng(0).standard_normal(1_000).astype(np.float32)
CODE = """
from pathlib import Path
Path({proof!r}).write_text("run")
from transformers import Wav2Vec2Config, Wav2Vec2FeatureExtractor, Wav2Vec2Model
class EvilConfig(Wav2Vec2Config): pass
class EvilModel(Wav2Vec2Model): pass
class EvilExtractor(Wav2Vec2FeatureExtractor): pass
class EvilProcessor: pass
"""
MAP = {
    "AutoConfig": "evil.EvilConfig",
    "AutoModel": "evil.EvilModel",
    "AutoFeatureExtractor": "evil.EvilExtractor",
    "AutoProcessor": "evil.EvilProcessor",
}
EXTRACTOR = {"do_normalize": True, "sampling_rate": 16_000}  # of no type


@pytest.fixture
def folder(checkpoint_folder, tmp_path, monkeypatch):
    """The tiny checkpoint with code that would leave a file; who is asked says yes."""
    folder = shutil.copytree(checkpoint_folder, tmp_path / "model")
    (folder / "evil.py").write_text(CODE.format(proof=str(tmp_path / "proof")))
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n" * 20))
    monkeypatch.setattr("builtins.input", lambda *_: "y")
    monkeypatch.setenv("HF_MODULES_CACHE", str(tmp_path / "modules"))
    return folder


def plant(path, **values):
    known = json.loads(path.read_text()) if path.is_file() else {}
    path.write_text(json.dumps({**known, **values}))


def untouched(folder):
    return not (folder.parent / "proof").exists()


LOADS = {
    "config": lambda f: plant(f / "config.json", auto_map=MAP),
    "preprocessor": lambda f: plant(f / "preprocessor_config.json", auto_map=MAP),
    "preprocessor of no type, where transformers asks": lambda f: (
        f / "preprocessor_config.json").write_text(json.dumps({**EXTRACTOR, "auto_map": MAP})),
    "processor": lambda f: plant(f / "processor_config.json", auto_map=MAP,
        processor_class="EvilProcessor", feature_extractor={**EXTRACTOR, "auto_map": MAP}),
    "trust in the files": lambda f: plant(f / "config.json", auto_map=MAP, trust_remote_code=True),
    "a kernel for the attention": lambda f: plant(
        f / "config.json", attn_implementation="someone/evil-kernel"),
    "the same under its inner name": lambda f: plant(
        f / "config.json", _attn_implementation="someone/evil-kernel"),
    "an adapter of another model": lambda f: plant(
        f / "adapter_config.json", base_model_name_or_path="someone/else", peft_type="LORA"),
}  # fmt: skip
REFUSED = {
    "an extractor of its own": (lambda f: plant(f / "preprocessor_config.json", auto_map=MAP,
        feature_extractor_type="EvilExtractor"), "'EvilExtractor', .* runs no code"),
    "the same, nested": (lambda f: plant(f / "processor_config.json", feature_extractor={
        **EXTRACTOR, "auto_map": MAP, "feature_extractor_type": "EvilExtractor"}),
        "'EvilExtractor', .* runs no code"),
    "a family of its own": (lambda f: plant(f / "config.json", auto_map=MAP, model_type="evil"),
        "model_type is 'evil'; featx knows"),
}  # fmt: skip


@pytest.mark.parametrize("name", LOADS)
def test_code_is_left_out_and_the_features_are_the_same(name, folder, checkpoint_folder):
    LOADS[name](folder)
    (features,) = Encoder(find_checkpoint(str(folder))).encode([WAVEFORM])
    (expected,) = Encoder(find_checkpoint(str(checkpoint_folder))).encode([WAVEFORM])
    np.testing.assert_array_equal(features, expected)
    assert untouched(folder)


@pytest.mark.parametrize("name", REFUSED)
def test_what_needs_code_is_refused(name, folder):
    plant_it, said = REFUSED[name]
    plant_it(folder)
    with pytest.raises(FeatxError, match=said):
        Encoder(find_checkpoint(str(folder)))
    assert untouched(folder)


@pytest.mark.thorough
def test_finetuning_runs_none_either(folder, write_corpus):
    write_corpus(speakers=3, takes=1)
    for plant_it in LOADS.values():
        plant_it(folder)
    quick = ["training.epochs=1", "training.max_steps=1"]
    run = featx.finetune(folder, mode="frozen", folds=3, settings=quick, save="none")
    assert run.results
    assert untouched(folder)


class Bomb:
    def __init__(self, proof):
        self.proof = str(proof)

    def __reduce__(self):
        return (open, (self.proof, "w"))


def system(proof):
    """A pickle as an attacker writes it: protocol 0, a call of os.system."""
    return f"cos\nsystem\n(S'touch {proof}'\ntR.".encode()


PICKLES = {
    "among tensors": lambda path, proof: torch.save(
        {**load_file(path.with_name("model.safetensors")), "x": Bomb(proof)}, path),
    "alone": lambda path, proof: path.write_bytes(system(proof)),
    "of Python itself": lambda path, proof: path.write_bytes(pickle.dumps({"a": Bomb(proof)})),
    "in torch's old format": lambda path, proof: torch.save(
        Bomb(proof), path, _use_new_zipfile_serialization=False),
}  # fmt: skip


@pytest.mark.parametrize("name", PICKLES)
def test_a_pickle_is_not_run(name, folder):
    proof = folder.parent / "proof"
    PICKLES[name](folder / "pytorch_model.bin", proof)
    (folder / "model.safetensors").unlink()
    with pytest.raises(FeatxError, match=r"pytorch_model\.bin: ") as error:
        Encoder(find_checkpoint(str(folder)))
    assert "safetensors" in str(error.value) or "damaged" in str(error.value)
    assert untouched(folder)


@pytest.mark.thorough
def test_the_command_line_does_not_ask(folder, write_corpus):
    manifest = write_corpus(speakers=1, takes=1)
    for plant_it in LOADS.values():
        plant_it(folder)
    done = subprocess.run(
        [sys.executable, "-m", "featx", "extract", "--model", folder, "--manifest", manifest],
        input="y\n" * 20, capture_output=True, text=True, cwd=folder.parent,
        env={**os.environ, "PYTHONPATH": str(Path(featx.__file__).parents[1])},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "[y/N]" not in done.stdout + done.stderr
    assert untouched(folder)


def test_no_module_lets_transformers_read_a_folder():
    """Everything is read by featx itself, so that nothing can ask whether to trust code."""
    root = Path(featx.__file__).parent
    asking = re.compile(r"(?<!nn\.Embedding)\.from_pretrained\(")
    found = [path.name for path in root.rglob("*.py") if asking.search(path.read_text("utf-8"))]
    assert found == ["usage.py"], "which writes examples into model cards"
