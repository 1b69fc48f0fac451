"""Nothing in a checkpoint of fairseq is run, and what does not fit is refused in words."""

import argparse
import collections
import zipfile

import pytest
import torch

from featx.errors import FeatxError
from featx.features.encoders.checkpoints.fairseq.config import read_convolutions
from featx.features.encoders.checkpoints.find import find_checkpoint
from featx.features.encoders.checkpoints.loading import load_model
from featx.features.encoders.checkpoints.model_config import read_model_config
from featx.features.encoders.checkpoints.registry import is_model
from tests.featx.features.encoders.checkpoints.fairseq_files import (
    LAYERS,
    as_published,
    fairseq_weights,
    settings_of,
)


class Planted:
    """Runs a function when it is read as pickles usually are."""

    def __init__(self, function, *arguments):
        self.made = function, arguments

    def __reduce__(self):
        return self.made


def touch(path):
    path.write_text("ran")


@pytest.mark.parametrize(
    "function",
    [exec, eval, __import__, collections.defaultdict, touch, torch.hub.load],
    ids=lambda function: function.__qualname__,
)
@pytest.mark.parametrize("new", [True, False])
def test_code_in_a_file_is_never_run(function, new, tiny, save_model, write, tmp_path):
    model, _ = save_model("wav2vec2", **tiny)
    trace = tmp_path / "trace"
    argument = trace if function is touch else f"open({str(trace)!r}, 'w')"
    planted = {
        **as_published(model, "wav2vec2", True, "fairseq-args"),
        "extra": Planted(function, argument),
    }
    path = write(planted, _use_new_zipfile_serialization=new)
    with pytest.raises(FeatxError, match=r"(?s)checkpoint\.pt: .*weights_only=False"):
        read_model_config(path)
    assert not trace.exists()


def test_what_is_called_like_settings_is_not_run_either(
    foreign_class, monkeypatch, tiny, save_model, write, tmp_path
):
    model, _ = save_model("wav2vec2", **tiny)
    evil = foreign_class("fairseq.evil.Evil")
    evil.__setstate__ = lambda self, state: touch(tmp_path / "trace")
    made = evil()
    made.state = 1
    path = write({**as_published(model, "wav2vec2", True, "fairseq-args"), "extra": made})
    assert read_model_config(path).num_hidden_layers == 2
    assert not (tmp_path / "trace").exists()


def without(name):
    return lambda weights: weights.pop(name)


def added(name, *shape):
    return lambda weights: weights.update({name: torch.zeros(shape)})


REFUSED = {
    "fairseq-wav2vec-1.0": (added("feature_aggregator.conv_layers.0.1.weight", 2), "a wav2vec 1.0"),
    "fairseq-vq-wav2vec": (added("vector_quantizer.vars", 2), "a vq-wav2vec"),
    "fairseq-data2vec-2.0": (added("modality_encoders.AUDIO.x", 2), "a data2vec 2.0"),
    "fairseq-conformer-blocks": (added("encoder.layers.0.conv_module.x", 2), "conformer"),
    "fairseq-no-speech-encoder": (lambda weights: (
        weights.clear(), weights.update(a=torch.zeros(2))), "no speech encoder"),
    "fairseq-unknown-weight": (added("encoder.layers.0.adapter.weight", 2), r"layers\.0\.adapter"),
    "fairseq-block-in-part": (added("encoder.layers.2.fc1.bias", 2), r"missing.*layers\.2"),
    "fairseq-missing-weight": (without("encoder.layers.1.fc2.bias"),
        r"1 weights are missing.*encoder\.layers\.1\.feed_forward\.output_dense\.bias"),
    "fairseq-missing-norm": (without("encoder.layer_norm.weight"),
        r"without .*encoder\.layer_norm"),
    "fairseq-other-shape": (added("encoder.layers.1.fc2.bias", 3), r"shape \(3,\), not \(16,\)"),
    "fairseq-missing-block": (added("encoder.layers.999999999.fc1.bias", 2),
        r"without the weights .* encoder\.layers\.2"),
    "fairseq-claimed-values": (lambda weights: weights.update(
        {"encoder.layer_norm.weight": torch.zeros(1).expand(10**12)}), "claims more values"),
    "fairseq-no-values": (lambda weights: weights.update(
        {"encoder.layer_norm.weight": torch.zeros(10**12, device="meta")}), "claims more values"),
    "fairseq-not-finite": (lambda weights: weights["mask_emb"].fill_(torch.nan),
        "no finite numbers"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_other_weights_are_refused_by_name(name, tiny, save_model, write):
    change, said = REFUSED[name]
    model, _ = save_model("wav2vec2", **tiny)
    weights = fairseq_weights(model)
    change(weights)
    state = {"model": weights, "args": argparse.Namespace(**settings_of(model))}
    with pytest.raises(FeatxError, match=rf"checkpoint\.pt: .*{said}"):
        load_model(write(state))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"conv_feature_layers": "[(8, 10, 5)]"}, "convolutions are not those"),
        ({"encoder_attention_heads": 3}, "3 attention heads do not divide 16"),
        ({"activation_fn": "maxout"}, "maxout"),
    ],
)
def test_settings_that_do_not_fit_are_refused(changes, said, tiny, save_model, write):
    model, _ = save_model("wav2vec2", **tiny)
    settings = argparse.Namespace(**settings_of(model, **changes))
    with pytest.raises(FeatxError, match=said):
        read_model_config(write({"model": fairseq_weights(model), "args": settings}))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"version https://git-lfs.github.com/spec/v1\n", "can't be read"),
        (b"<html></html>", "can't be read"),
        (b"", "can't be read"),
        (b"PK\x05\x06" + bytes(18), "can't be read"),
    ],
)
def test_what_is_no_checkpoint_is_refused(content, said, tmp_path):
    path = tmp_path / "model.pt"
    path.write_bytes(content)
    with pytest.raises(FeatxError, match=said):
        read_model_config(path)


def test_other_files_of_this_ending_are_recognised(write, tmp_path):
    for state, said in (
        ({"dims": {}, "model_state_dict": {}}, "OpenAI"),
        ({"a": 1}, "weights under model; this has a"),
        ([1], "a list"),
    ):
        with pytest.raises(FeatxError, match=said):
            read_model_config(write(state))
    write({}, "other.pt")
    with pytest.raises(FeatxError, match="several checkpoints of fairseq"):
        find_checkpoint(str(tmp_path))
    assert not is_model(str(tmp_path / "absent.pt").lstrip("/") + "/x/y")


def test_a_damaged_file_is_refused_wherever_it_ends(tiny, save_model, write):
    model, _ = save_model("wav2vec2", **tiny)
    path = write(as_published(model, "wav2vec2", True, "fairseq-args"))
    whole = path.read_bytes()
    for size in range(0, len(whole), len(whole) // 10):
        path.write_bytes(whole[:size])
        with pytest.raises(FeatxError, match="can't be read"):
            read_model_config(path)


def test_a_compressed_file_is_refused_before_it_is_unpacked(tiny, save_model, write, tmp_path):
    model, _ = save_model("wav2vec2", **tiny)
    path = write(as_published(model, "wav2vec2", True, "fairseq-args"))
    packed = tmp_path / "packed.pt"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            new.writestr(member.filename, old.read(member))
    with pytest.raises(FeatxError, match="compressed, as no checkpoint"):
        read_model_config(packed)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (LAYERS, [(8, 10, 5), *[(8, 3, 2)] * 4, *[(8, 2, 2)] * 2]),
        ("[(512, 10, 5)]", [(512, 10, 5)]),
        ("[(1, 2, 3)] * 10**9", None),
        ("[(1, 2, 3)] * 1000000000", None),
        ("__import__('os').system('true')", None),
        ("[(1, 2)]", None),
        ("[(1, 2, -3)]", None),
        ("(" * 500, None),
        ("", None),
    ],
)
def test_convolutions_are_read_and_not_evaluated(text, expected):
    assert read_convolutions(text) == expected


REFUSED_ROWS = {  # of docs/checkpoints.md, of which test_fairseq.py has the others
    "fairseq-code": test_code_in_a_file_is_never_run,
    "fairseq-other-settings": test_settings_that_do_not_fit_are_refused,
    "fairseq-other-file": test_what_is_no_checkpoint_is_refused,
    "fairseq-openai-whisper": test_other_files_of_this_ending_are_recognised,
    "fairseq-several": test_other_files_of_this_ending_are_recognised,
    "fairseq-cut-short": test_a_damaged_file_is_refused_wherever_it_ends,
    "fairseq-compressed": test_a_compressed_file_is_refused_before_it_is_unpacked,
}
