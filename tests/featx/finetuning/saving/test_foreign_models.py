"""A saved model that somebody else made is read without running anything of it, or refused."""

import json
import os
import pickle
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

import featx
from classifiers.pooled import PooledSettings
from featx.errors import FeatxError
from featx.features.encoders.preprocessing import load_extractor
from featx.finetuning.model import build_model
from featx.finetuning.saving.load import load_tuned
from featx.finetuning.saving.save import save_model
from featx.runs.outputs import Outputs

FOLDER = Path("models/tiny")


@pytest.fixture(scope="module")
def saved(tmp_path_factory, checkpoint_folder):
    """A saved model."""
    folder = tmp_path_factory.mktemp("saved") / "model"
    model = build_model(checkpoint_folder, PooledSettings(kind="linear"), 3, "full").eval()
    save_model(model, load_extractor(checkpoint_folder), Outputs(classes=("a", "b", "c")), folder)
    return folder


@pytest.fixture
def foreign(saved, workplace):
    shutil.copytree(saved, FOLDER)


def set_in(name, **changes):
    def plant():
        path = FOLDER / name
        path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))

    return plant


def weighed(name, change):
    def plant():
        weights = load_file(FOLDER / name)
        change(weights)
        save_file(weights, FOLDER / name)

    return plant


def spoil(weights):
    next(iter(weights.values())).view(-1)[0] = torch.nan


def swap():
    (FOLDER / "pytorch_model.bin").write_bytes(pickle.dumps(print))
    (FOLDER / "model.safetensors").unlink()


REFUSED = {
    "code for the model": (set_in("config.json", auto_map={"AutoModel": "evil.Model"}),
        "config.json: .*auto_map"),
    "code for the preprocessing": (set_in("preprocessor_config.json", auto_map={"A": "evil.B"}),
        "preprocessor_config.json: .*auto_map"),
    "trust": (set_in("config.json", trust_remote_code=True), "config.json: .*trust_remote_code"),
    "code for the attention": (set_in("config.json", attn_implementation="me/evil"),
        "config.json: .*me/evil"),
    "a loader of packed weights": (set_in("config.json", quantization_config={}),
        "config.json: .*quantization_config"),
    "a pickle for the weights": (swap, "pytorch_model.bin: may be a pickle"),
    "a pickle under another name": (lambda: (FOLDER / "model.safetensors").write_bytes(
        pickle.dumps(print)), "model.safetensors: .*a pickle"),
    "no weights": (lambda: (FOLDER / "model.safetensors").unlink(), "model.safetensors: "),
    "weights elsewhere": (lambda: (FOLDER / "model.safetensors.index.json").write_text("{}"),
        "model.safetensors.index.json: "),
    "a preprocessor elsewhere": (lambda: (FOLDER / "processor_config.json").write_text("{}"),
        "processor_config.json: "),
    "an adapter of another model": (lambda: (FOLDER / "adapter_config.json").write_text("{}"),
        "adapter_config.json: "),
    "a link": (lambda: ((FOLDER / "head.json").rename("head.json"),
        (FOLDER / "head.json").symlink_to("../../head.json")), "head.json: .*link"),
    "a wide frame": (set_in("config.json", hidden_size=2**20), "config.json: hidden_size"),
    "a wide encoder": (set_in("config.json", intermediate_size=2**30),
        "config.json: intermediate_size"),
    "an encoder of billions": (set_in("config.json", num_hidden_layers=2**31),
        "config.json: .*num_hidden_layers"),
    "a size in words": (set_in("config.json", num_conv_pos_embeddings="many"),
        "config.json: num_conv_pos_embeddings is \"many\""),
    "more blocks than weights": (set_in("config.json", num_hidden_layers=3),
        "model.safetensors: .*lacks"),
    "sizes that do not fit": (set_in("config.json", num_attention_heads=3), "config.json: "),
    "encoder weights that are no number": (weighed("model.safetensors", spoil),
        "model.safetensors: .*infinite or not a number"),
    "head weights that are no number": (weighed("head.safetensors", spoil),
        "head.safetensors: .*infinite or not a number"),
    "a head for other features": (weighed("head.safetensors", lambda w: w.update(
        {"output.weight": torch.zeros(3, 99)})), "head.safetensors: .*3 × 99, not 3 × 16"),
    "another number of classes": (set_in("head.json", classes=["a", "b"]),
        "head.safetensors: .*shape"),
    "a class twice": (set_in("head.json", classes=["a", "a", "b"]), "head.json: .*two classes"),
    "a kind that names code": (set_in("head.json", kind="os.system"), "head.json: .*os.system"),
    "endless seconds": (set_in("head.json", seconds=1e400), "head.json: .*seconds"),
    "a giant config": (lambda: os.truncate(FOLDER / "config.json", 2**30), "config.json: .*GB"),
    "a config nested deeply": (lambda: (FOLDER / "config.json").write_text("[" * 100_000),
        "config.json: "),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_planted_is_refused_in_a_sentence(name, foreign):
    plant, said = REFUSED[name]
    plant()
    with pytest.raises(FeatxError, match=f"^models/tiny/{said}") as caught:
        load_tuned(FOLDER)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 500
    with pytest.raises(FeatxError):
        featx.load(FOLDER)


def test_a_model_as_it_was_saved_is_read(foreign):
    assert load_tuned(FOLDER).classes == ("a", "b", "c")
