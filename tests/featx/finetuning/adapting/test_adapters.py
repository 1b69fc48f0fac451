"""Adapters in a model: they get gradients in every family, and are all that changes."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from classifiers.pooled import PooledSettings
from featx.data.audio import read_audio
from featx.errors import FeatxError
from featx.features.encoders.checkpoints.find import find_checkpoint, is_here
from featx.features.encoders.checkpoints.loading import digest_settings, digest_weights, load_model
from featx.features.encoders.preprocessing import load_extractor
from featx.finetuning.adapting.adapters import adapters_of, merge
from featx.finetuning.adapting.base import Base
from featx.finetuning.adapting.gradients import check_gradients
from featx.finetuning.adapting.settings import BottleneckSettings, LoraSettings
from featx.finetuning.model import build_model
from featx.finetuning.saving.contents import Adapted
from featx.finetuning.saving.load import load_tuned
from featx.finetuning.saving.save import save_model
from featx.finetuning.training.waveforms import collate
from featx.runs.outputs import Outputs
from featx.sharing.graph_encoders import encoder_graph

FAMILIES = [
    ("wav2vec2", {"feat_extract_norm": "group"}),
    ("wav2vec2", {"feat_extract_norm": "layer", "do_stable_layer_norm": True}),
    ("hubert", {"feat_extract_norm": "layer", "conv_pos_batch_norm": True}),
    ("unispeech", {}),
    ("unispeech-sat", {}),
    ("wavlm", {"feat_extract_norm": "group"}),
    ("wavlm", {"feat_extract_norm": "layer", "do_stable_layer_norm": True}),
    ("data2vec-audio", {}),
    ("whisper", {}),
    # MMS models for one language, with attention adapters of their own
    ("wav2vec2", {"do_stable_layer_norm": True, "adapter_attn_dim": 4}),
]
LORA = LoraSettings(r=2, lora_alpha=4)
BOTTLENECK = BottleneckSettings(size=8)
KINDS = pytest.mark.parametrize(
    ("mode", "adapters"), [("lora", LORA), ("adapter", BOTTLENECK)], ids=["lora", "adapter"]
)


@pytest.fixture
def save(tiny, save_model, save_whisper, tmp_path):
    """Save a tiny encoder of a family; return its folder."""

    def make(family, options):
        if family == "whisper":
            save_whisper(positions=50)
        else:
            save_model(family, **tiny, **options)
        return tmp_path / "model"

    return make


def make(folder, adapters=LORA, mode="lora", **head):
    return build_model(folder, PooledSettings(kind="linear", **head), 3, mode, adapters=adapters)


def batch(lengths=(5_000, 7_777, 6_400)):
    draw = np.random.default_rng(0)
    waves = [0.1 * draw.standard_normal(n).astype(np.float32) for n in lengths]
    return collate([{"waveform": wave, "label": n % 3} for n, wave in enumerate(waves)])


def stir(model):
    """Give the adapters weights that change something."""
    with torch.no_grad():
        for weight in adapters_of(model.encoder).values():
            weight.normal_(std=0.2)


@KINDS
@pytest.mark.parametrize(("family", "options"), FAMILIES)
def test_every_adapted_weight_trains_and_no_other_changes(family, options, mode, adapters, save):
    """In every block of every family; batch norms keep their statistics.

    Low-rank adapters are of the attention's four projections and have two factors, bottlenecks
    follow two projections and have two layers with biases.
    """
    model = make(save(family, options), adapters, mode)
    check_gradients(model)  # on noise, with all their weights drawn at random
    names = {f"encoder.{name}" for name in adapters_of(model.encoder)}
    blocks = 3 if family == "whisper" else 2
    assert len(names) == 8 * blocks
    before = {name: value.clone() for name, value in model.state_dict().items()}
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], 1e-2)
    for _ in range(2):  # the first factor has no slope while the second is zero
        optimizer.zero_grad()
        model.train()(**batch())["loss"].backward()
        optimizer.step()
    changed = {name for name, value in model.state_dict().items() if (value != before[name]).any()}
    assert changed == names | {name for name in before if name.startswith("head.")}


@pytest.mark.parametrize(
    ("mode", "adapters"),
    [("lora", LORA), pytest.param("adapter", BOTTLENECK, marks=pytest.mark.thorough)],
    ids=["lora", "adapter"],
)
@pytest.mark.parametrize(("family", "options"), FAMILIES)
def test_new_adapters_change_nothing_and_padding_neither(family, options, mode, adapters, save):
    folder = save(family, options)
    torch.manual_seed(0)
    plain = make(folder, None, "full").eval()
    torch.manual_seed(0)
    adapted = make(folder, adapters, mode).eval()
    with torch.no_grad():
        expected = plain(**batch())["logits"]
        torch.testing.assert_close(adapted(**batch())["logits"], expected, rtol=1e-4, atol=1e-5)
        stir(adapted)
        ragged = adapted(**batch())["logits"]
        alone = adapted(**batch((5_000,)))["logits"]
    torch.testing.assert_close(ragged[:1], alone, rtol=1e-4, atol=1e-5)
    assert (ragged - expected).abs().max() > 1e-3


def test_an_attention_that_bypasses_its_adapters_is_refused(save, monkeypatch):
    """WavLM as transformers has it, whose projections are handed on as bare weights."""
    monkeypatch.setattr("featx.finetuning.encoding.padded._attend", None)
    monkeypatch.setattr("featx.finetuning.encoding.padded._join_masks", lambda attention: None)
    model = make(save("wavlm", {}))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    drawn = torch.get_rng_state()
    with pytest.raises(FeatxError, match=r"16 of 16 adapted weights get no gradient") as caught:
        check_gradients(model)
    assert "encoder.layers.0.attention.k_proj.lora_A.weight" in str(caught.value)
    assert "k_proj, out_proj, q_proj, v_proj" in str(caught.value)
    assert all((value == before[name]).all() for name, value in model.state_dict().items())
    assert torch.equal(torch.get_rng_state(), drawn)


def test_other_layers_can_have_adapters_and_unknown_ones_are_named(save):
    folder = save("wav2vec2", {})
    model = make(folder, LoraSettings(target_modules=("intermediate_dense", "output_dense")))
    check_gradients(model)
    assert all("feed_forward" in name for name in adapters_of(model.encoder))
    with pytest.raises(FeatxError, match=r"no linear layers named query; it has .*q_proj"):
        make(folder, LoraSettings(target_modules=("query", "q_proj")))


@KINDS
@pytest.mark.parametrize(
    ("family", "options"), [FAMILIES[0], FAMILIES[5], FAMILIES[8], FAMILIES[9]]
)
def test_a_graph_of_merged_adapters_computes_the_same(family, options, mode, adapters, save):
    """Low-rank adapters are gone then; bottlenecks, which can't be merged, are in the graph."""
    folder = save(family, options)
    model = make(folder, adapters, mode).eval()
    stir(model)
    extractor, data = load_extractor(folder), batch()
    extractor.do_normalize = False
    with torch.no_grad():
        expected = model(**data)["logits"]
        merge(model.encoder)
        assert bool(adapters_of(model.encoder)) == (mode == "adapter")
        torch.testing.assert_close(model(**data)["logits"], expected, rtol=1e-4, atol=1e-5)
        graph = encoder_graph(model.encoder, extractor, model.shape.blocks)
        layers, frames = graph(data["waveforms"], torch.tensor(data["samples"]))
        logits = model.head([layers[-1][frames.real]], frames.counts)
    torch.testing.assert_close(logits, expected, rtol=1e-4, atol=1e-5)


def test_a_single_place_needs_no_list():
    assert BottleneckSettings.model_validate({"places": "attention"}).places == ("attention",)
    assert LoraSettings.model_validate({"target_modules": "fc1"}).target_modules == ("fc1",)


@KINDS
@pytest.mark.parametrize(("family", "options"), [FAMILIES[0], FAMILIES[5], FAMILIES[8]])
def test_a_loaded_model_is_the_saved_to_the_bit(family, options, mode, adapters, save, workplace):
    folder = save(family, options)
    encoder, extractor = load_model(folder), load_extractor(folder)
    base = Base(
        encoder="model",
        revision="",
        weights_sha256=digest_weights(encoder),
        settings_sha256=digest_settings(encoder.config, extractor),
    )
    model = make(folder, adapters, mode, average="softmax").eval()
    stir(model)
    adapted = Adapted.of(adapters, base)
    save_model(model, extractor, Outputs(classes=tuple("abc")), Path("saved"), adapted=adapted)
    again = load_tuned(Path("saved")).model
    with torch.no_grad():
        assert torch.equal(again(**batch())["logits"], model(**batch())["logits"])


@pytest.mark.corpus
def test_adapters_of_the_real_whisper_train_alone_and_come_back(workplace):
    """whisper-tiny.en, where it is here, on RAVDESS: found again by its name and commit."""
    if not is_here("whisper-tiny.en"):
        pytest.skip("featx models --fetch whisper-tiny.en")
    checkpoint = find_checkpoint("whisper-tiny.en")
    files = sorted(Path(os.environ["FEATX_DATA"]).glob("ravdess/speech/Actor_*/*"))[::480]
    waves = [read_audio(path) for path in files]
    data = collate([{"waveform": wave, "label": n} for n, wave in enumerate(waves)])
    model = make(checkpoint.folder, LoraSettings())
    check_gradients(model)
    encoder, extractor = load_model(checkpoint.folder), load_extractor(checkpoint.folder)
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], 1e-3)
    losses = []
    for _ in range(2):
        optimizer.zero_grad()
        loss = model.train()(**data)["loss"]
        loss.backward()
        optimizer.step()
        losses.append(float(loss))
    assert losses[-1] < losses[0]
    own = model.encoder.state_dict()
    adapters = adapters_of(model.encoder)
    found = {name.replace(".base_layer", ""): v for name, v in own.items() if name not in adapters}
    assert all(torch.equal(found[name], value) for name, value in encoder.state_dict().items())
    assert all(bool(weight.any()) for weight in adapters.values())
    base = Base(
        encoder=checkpoint.source,
        revision=checkpoint.revision,
        weights_sha256=digest_weights(encoder),
        settings_sha256=digest_settings(encoder.config, extractor),
    )
    adapted = Adapted.of(LoraSettings(), base)
    save_model(
        model.eval(), extractor, Outputs(classes=("a", "b", "c")), Path("saved"), adapted=adapted
    )
    again, single = load_tuned(Path("saved")).model, collate([{"waveform": waves[0], "label": 0}])
    with torch.no_grad():
        assert torch.equal(again(**single)["logits"], model(**single)["logits"])
    size = sum(path.stat().st_size for path in Path("saved").rglob("*") if path.is_file())
    assert size < encoder.num_parameters() * 4 / 50
