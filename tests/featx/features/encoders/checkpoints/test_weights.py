"""Files of weights that are damaged anywhere are read or refused, and never a traceback."""

import shutil

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file

from featx.errors import FeatxError
from featx.features.encoders.checkpoints.loading import load_model

KINDS = ("safetensors", "torch", "torch before 1.6")
PLACES = st.integers(0, 8_000)  # where names, shapes and a pickle's opcodes are


@pytest.fixture(scope="session")
def saved(checkpoint_folder, tmp_path_factory):
    """A folder with a config alone, and each kind of file as name and bytes."""
    folder = tmp_path_factory.mktemp("damaged")
    shutil.copy(checkpoint_folder / "config.json", folder)
    weights, pickled = load_file(checkpoint_folder / "model.safetensors"), folder / "weights"
    files = {"safetensors": (checkpoint_folder / "model.safetensors").read_bytes()}
    for kind, archive in (("torch", True), ("torch before 1.6", False)):
        torch.save(weights, pickled, _use_new_zipfile_serialization=archive)
        files[kind] = pickled.read_bytes()
    return folder, files


@settings(max_examples=25)
@given(
    kind=st.sampled_from(KINDS),
    flips=st.lists(st.tuples(PLACES, st.integers(0, 255)), max_size=4),
    lost=st.tuples(PLACES, st.integers(0, 40)),
    kept=st.none() | st.integers(0, 30_000),
)
def test_whatever_is_damaged_is_read_or_refused(saved, kind, flips, lost, kept):
    folder, files = saved
    content = bytearray(files[kind])
    for place, value in flips:
        content[place] = value
    del content[lost[0] : sum(lost)]
    names = {"safetensors": "model.safetensors"}
    path = folder / names.get(kind, "pytorch_model.bin")
    path.write_bytes(content[:kept])
    refused = ""
    try:
        model = load_model(folder)
    except FeatxError as error:
        refused = str(error)
    finally:
        path.unlink()
    assert refused.startswith(str(path)) if refused else model.config.num_hidden_layers == 2
    assert "weights_only" not in refused
