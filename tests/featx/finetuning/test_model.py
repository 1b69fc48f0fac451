"""A batch changes nothing, a mode trains what it says, and frozen is what is stored."""

import numpy as np
import pytest
import torch

from classifiers.pooled import PooledClassifier, PooledSettings
from featx.features.encoders.checkpoints.find import find_checkpoint
from featx.features.encoders.encoder import Encoder
from featx.features.encoders.preprocessing import load_extractor
from featx.finetuning.model import build_model
from featx.finetuning.training.waveforms import collate

LENGTHS = (5_000, 7_777, 1_000, 6_400)
FAMILIES = [
    ("wav2vec2", {"feat_extract_norm": "group"}),
    ("wav2vec2", {"feat_extract_norm": "layer", "do_stable_layer_norm": True}),
    ("hubert", {"feat_extract_norm": "group"}),
    ("hubert", {"feat_extract_norm": "layer", "do_stable_layer_norm": True}),
    ("hubert", {"feat_extract_norm": "layer", "conv_pos_batch_norm": True}),
    ("unispeech", {"feat_extract_norm": "group"}),
    ("unispeech-sat", {"feat_extract_norm": "layer", "do_stable_layer_norm": True}),
    ("wavlm", {"feat_extract_norm": "group"}),
    ("wavlm", {"feat_extract_norm": "layer", "do_stable_layer_norm": True}),
    ("data2vec-audio", {}),
]
WITHOUT_CHANCE = {
    "hidden_dropout": 0.0, "attention_dropout": 0.0, "activation_dropout": 0.0,
    "feat_proj_dropout": 0.0, "mask_time_prob": 0.0,
}  # fmt: skip


@pytest.fixture
def waveforms(rng):
    return [0.1 * rng.standard_normal(n).astype(np.float32) + 0.02 for n in LENGTHS]


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def batch_of(waveforms):
    return collate([{"waveform": wave, "label": n % 3} for n, wave in enumerate(waveforms)])


def make(folder, mode="full", pooling="mean", kind="linear", **options):
    settings = PooledSettings(kind=kind, pooling=pooling)
    return build_model(folder, settings, 3, mode, **options)


@pytest.mark.parametrize("pooling", ["mean", "sum", "max"])
@pytest.mark.parametrize(("family", "options"), FAMILIES)
def test_a_ragged_batch_gives_each_utterance_the_logits_it_gets_alone(
    family, options, pooling, tiny, save_model, waveforms, tmp_path
):
    save_model(family, **tiny, **options)
    model = make(tmp_path / "model", pooling=pooling).eval()
    with torch.no_grad():
        together = model(**batch_of(waveforms))["logits"]
        alone = torch.cat([model(**batch_of([wave]))["logits"] for wave in waveforms])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=2e-5 * float(alone.abs().max()))
    assert (alone - alone[0]).abs().max() > 1e-4  # utterances do differ


@pytest.mark.parametrize(("family", "options"), FAMILIES[:4] + FAMILIES[-2:])
def test_training_on_a_batch_has_the_gradient_of_its_utterances(
    family, options, tiny, save_model, waveforms, tmp_path
):
    save_model(family, **tiny, **options, **WITHOUT_CHANCE)
    model = make(tmp_path / "model").train()

    def gradient(*batches):
        model.zero_grad()
        for batch in batches:
            (len(batch["samples"]) * model(**batch)["loss"]).backward()
        return [(n, p.grad.clone()) for n, p in model.named_parameters() if p.grad is not None]

    together = gradient(batch_of(waveforms))
    singly = [
        {**batch_of([wave]), "labels": torch.tensor([n % 3])} for n, wave in enumerate(waveforms)
    ]
    largest = max(float(value.abs().max()) for _, value in together)
    for (name, value), (_, alone) in zip(together, gradient(*singly), strict=True):
        torch.testing.assert_close(value, alone, rtol=2e-3, atol=1e-5 * largest, msg=name)


@pytest.mark.parametrize(("family", "options"), FAMILIES)
def test_a_frozen_encoder_gives_what_is_stored(
    family, options, tiny, save_model, waveforms, tmp_path
):
    """Up to the head: even in training, where other modes drop and mask."""
    save_model(family, **tiny, **options)
    model = make(tmp_path / "model", mode="frozen").train()
    stored = Encoder(find_checkpoint(str(tmp_path / "model"))).encode(waveforms)
    last = [torch.from_numpy(features[-1].copy()) for features in stored]
    expected = model.head([torch.cat(last)], torch.tensor([len(frames) for frames in last]))
    batch = batch_of([model_input(tmp_path / "model", wave) for wave in waveforms])
    logits = model(**batch)["logits"]
    torch.testing.assert_close(logits, expected, rtol=1e-4, atol=1e-5)


def model_input(folder, waveform):
    return load_extractor(folder)(waveform, sampling_rate=16_000).input_values[0]


@pytest.mark.parametrize("mode", ["full", "partial", "frozen"])
def test_a_mode_trains_what_it_says(mode, tiny, save_model, waveforms, tmp_path):
    save_model("wav2vec2", **tiny, **WITHOUT_CHANCE)
    model = make(tmp_path / "model", mode=mode).train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], 1e-2)
    model(**batch_of(waveforms))["loss"].backward()
    optimizer.step()
    changed = {name for name, value in model.state_dict().items() if (value != before[name]).any()}
    cnn = {name for name in before if name.startswith("encoder.feature_extractor.")}
    rest = {name for name in before if name.startswith("encoder.")} - cnn
    assert bool(changed & cnn) == (mode == "full")
    assert bool(changed & rest) == (mode != "frozen")
    assert any(name.startswith("head.") for name in changed)


def test_no_layer_is_dropped_at_random(tiny, save_model, waveforms, tmp_path):
    save_model("wav2vec2", **tiny, **WITHOUT_CHANCE, layerdrop=0.9)
    model = make(tmp_path / "model").train()
    batch = batch_of(waveforms)
    first = model(**batch)["logits"]
    assert all((model(**batch)["logits"] == first).all() for _ in range(5))


def test_utterances_too_short_to_mask_train_all_the_same(tiny, save_model, waveforms, tmp_path):
    save_model("wav2vec2", **tiny, mask_time_prob=0.5)
    model = make(tmp_path / "model").train()
    assert torch.isfinite(model(**batch_of([wave[:2_000] for wave in waveforms]))["loss"])


def test_gradient_checkpointing_changes_no_gradient(tiny, save_model, waveforms, tmp_path):
    save_model("wav2vec2", **tiny, **WITHOUT_CHANCE)
    gradients = []
    for checkpointing in (False, True):
        torch.manual_seed(0)
        model = make(tmp_path / "model", checkpointing=checkpointing).train()
        model(**batch_of(waveforms))["loss"].backward()
        gradients.append([p.grad for p in model.parameters() if p.grad is not None])
    for stored, again in zip(*gradients, strict=True):
        torch.testing.assert_close(again, stored)


@pytest.mark.parametrize(("kind", "layers"), [("linear", 2), ("pooled", 4)])
def test_the_heads_are_those_of_the_papers(kind, layers):
    """Wang et al.: one linear layer; Gavali and Verma: dense, tanh, dropout, linear."""
    head = PooledClassifier(PooledSettings(kind=kind), 4, 3)
    assert len(list(head.parameters())) == layers
    frames, lengths = torch.arange(24.0).reshape(6, 4), torch.tensor([2, 4])
    mean = torch.stack([frames[:2].mean(0), frames[2:].mean(0)])
    hidden = torch.tanh(head.hidden[0](mean)) if kind == "pooled" else mean
    torch.testing.assert_close(head.eval()([frames], lengths), head.output(hidden))
