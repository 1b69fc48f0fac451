"""Whisper is fine-tuned as other families are: exact in batches, true to features, saved whole."""

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from safetensors.torch import load_file
from transformers import AutoModel

import featx
from classifiers.pooled import PooledSettings
from featx.errors import Interrupted
from featx.features.encoders.checkpoints.find import find_checkpoint, is_here
from featx.features.encoders.encoder import Encoder
from featx.features.encoders.preprocessing import load_extractor
from featx.finetuning.model import build_model
from featx.finetuning.saving.load import load_tuned
from featx.finetuning.saving.save import save_model
from featx.finetuning.training.watch import Watch
from featx.finetuning.training.waveforms import collate
from featx.runs.outputs import Outputs

FRAMES = 30  # of a window
WINDOW = FRAMES * 320  # samples
LENGTHS = (4_000, WINDOW + 1, 1, WINDOW, 320, 2 * WINDOW + 777, WINDOW - 1)
CLASSES = ("sad", "happy", "angry")
MODES = ("full", "partial", "frozen")


@pytest.fixture
def waveforms():
    draw = np.random.default_rng(0)
    loudness = draw.uniform(0.01, 1, len(LENGTHS))
    return [
        (loud * draw.standard_normal(length)).astype(np.float32)
        for loud, length in zip(loudness, LENGTHS, strict=True)
    ]


@pytest.fixture(params=[1, 3], ids=["one window at a time", "as on a GPU"])
def at_once(request, monkeypatch):
    monkeypatch.setattr("featx.finetuning.encoding.whisper.at_once", lambda _: request.param)


@pytest.fixture
def make(save_whisper, tmp_path):
    """Put a classifier on a tiny Whisper of short windows."""

    def build(mode="full", pooling="mean", kind="linear", checkpointing=False, **options):
        save_whisper(positions=FRAMES, encoder_layers=2, **options)
        settings = PooledSettings(kind=kind, pooling=pooling)
        return build_model(tmp_path / "model", settings, 3, mode, checkpointing)

    return build


def batch_of(waveforms):
    return collate([{"waveform": wave, "label": n % 3} for n, wave in enumerate(waveforms)])


def gradients(model, *batches):
    """Return the gradient of the utterances' summed losses by name."""
    model.zero_grad()
    for batch in batches:
        (len(batch["samples"]) * model(**batch)["loss"]).backward()
    return {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("pooling", ["mean", "sum", "max"])
def test_a_ragged_batch_gives_each_utterance_the_logits_it_gets_alone(
    pooling, make, waveforms, at_once
):
    model = make(pooling=pooling).eval()
    with torch.no_grad():
        together = model(**batch_of(waveforms))["logits"]
        alone = torch.cat([model(**batch_of([wave]))["logits"] for wave in waveforms])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=2e-5 * float(alone.abs().max()))
    assert (alone - alone[0]).abs().sum(1)[1:].min() > 1e-4  # utterances do differ


def test_training_on_a_batch_has_the_gradient_of_its_utterances(make, waveforms, at_once):
    model = make().train()
    together = gradients(model, batch_of(waveforms))
    singly = [
        {**batch_of([wave]), "labels": torch.tensor([n % 3])} for n, wave in enumerate(waveforms)
    ]
    alone = gradients(model, *singly)
    largest = max(float(value.abs().max()) for value in together.values())
    assert together.keys() == alone.keys()
    for name, value in together.items():
        torch.testing.assert_close(value, alone[name], rtol=2e-3, atol=1e-5 * largest, msg=name)


def test_a_frozen_encoder_gives_what_is_stored(make, waveforms, at_once, tmp_path):
    """Even in training, and where the config has dropout, LayerDrop and masking."""
    chances = {"dropout": 0.3, "attention_dropout": 0.3, "encoder_layerdrop": 0.5}
    model = make("frozen", **chances, apply_spec_augment=True).train()
    stored = Encoder(find_checkpoint(str(tmp_path / "model"))).encode(waveforms)
    last = [torch.from_numpy(features[-1].copy()) for features in stored]
    taken = []
    model.head.register_forward_pre_hook(lambda _, inputs: taken.extend(inputs))
    model(**batch_of(waveforms))
    (frames,), lengths = taken
    assert lengths.tolist() == [-(-length // 320) for length in LENGTHS]
    torch.testing.assert_close(frames, torch.cat(last), rtol=1e-4, atol=1e-5)
    assert not frames.requires_grad


@pytest.mark.parametrize("mode", MODES)
def test_a_mode_trains_what_it_says(mode, make, waveforms):
    model = make(mode).train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], 1e-2)
    model(**batch_of(waveforms))["loss"].backward()
    optimizer.step()
    changed = {name for name, value in model.state_dict().items() if (value != before[name]).any()}
    names = set(before)
    stem = {name for name in names if name.startswith(("encoder.conv1.", "encoder.conv2."))}
    head = {name for name in names if name.startswith("head.")}
    positions = {"encoder.embed_positions.weight"}
    assert len(stem) == 4
    assert positions < names
    trains = {"full": names - positions, "partial": names - positions - stem, "frozen": head}
    assert {name for name, p in model.named_parameters() if p.requires_grad} == trains[mode]
    assert changed == trains[mode]


def test_no_layer_is_dropped_at_random_and_dropout_follows_the_config(make, waveforms):
    batch = batch_of(waveforms)
    model = make(encoder_layerdrop=0.9).train()
    first = model(**batch)["logits"]
    assert all((model(**batch)["logits"] == first).all() for _ in range(5))
    model = make(dropout=0.3).train()
    assert not torch.equal(model(**batch)["logits"], model(**batch)["logits"])


@pytest.mark.parametrize("option", ["mask_time_prob", "mask_feature_prob"])
def test_spectrograms_are_masked_where_the_config_says_so(option, make, waveforms):
    shares = {"mask_time_prob": 0.0, "mask_feature_prob": 0.0, option: 0.5}
    batch = batch_of(waveforms)
    still = make(**shares).train()  # as published: probabilities, but masking is off
    assert torch.equal(still(**batch)["logits"], still(**batch)["logits"])
    model = make(**shares, apply_spec_augment=True).train()
    masked = [model(**batch)["logits"] for _ in range(2)]
    assert not torch.equal(*masked)
    model.eval()
    assert torch.equal(model(**batch)["logits"], model(**batch)["logits"])


def test_gradient_checkpointing_changes_no_gradient(make, waveforms, save_whisper, tmp_path):
    model = make().train()
    settings = PooledSettings(kind="linear")
    again = build_model(tmp_path / "model", settings, 3, "full", checkpointing=True).train()
    again.load_state_dict(model.state_dict())
    assert again.encoder.is_activation_checkpointing
    batch = batch_of(waveforms)
    expected, actual = gradients(model, batch), gradients(again, batch)
    assert expected.keys() == actual.keys()
    for name, value in expected.items():
        torch.testing.assert_close(actual[name], value, msg=name)


@pytest.mark.parametrize(("kind", "pooling"), [("linear", "mean"), ("pooled", "max")])
def test_a_saved_model_gives_the_same_logits(kind, pooling, make, waveforms, tmp_path):
    model = make("partial", pooling, kind).eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight += 0.1 * torch.randn_like(weight)
    save_model(
        model, load_extractor(tmp_path / "model"), Outputs(classes=CLASSES), tmp_path / "saved", 1.5
    )
    again = load_tuned(tmp_path / "saved")
    assert (list(again.classes), again.seconds) == (list(CLASSES), 1.5)
    assert again.model.mode == "partial"
    batch = batch_of(waveforms)
    with torch.no_grad():
        torch.testing.assert_close(
            again.model(**batch)["logits"], model(**batch)["logits"], rtol=0, atol=0
        )


def test_plain_transformers_and_extraction_load_a_saved_encoder(make, waveforms, tmp_path):
    model = make().eval()
    with torch.no_grad():
        model.encoder.layer_norm.bias += 1
    save_model(
        model, load_extractor(tmp_path / "model"), Outputs(classes=CLASSES), tmp_path / "saved"
    )
    encoder = AutoModel.from_pretrained(tmp_path / "saved", subfolder="encoder").encoder
    for name, weight in model.encoder.state_dict().items():
        assert torch.equal(encoder.state_dict()[name], weight), name
    before, after = (
        Encoder(find_checkpoint(str(tmp_path / name))).encode(waveforms)
        for name in ("model", "saved")
    )
    for old, new in zip(before, after, strict=True):
        np.testing.assert_allclose(new[-1], old[-1] + 1, rtol=1e-4, atol=1e-5)
        np.testing.assert_array_equal(new[:-1], old[:-1])


QUICK = ("training.every=2", "training.epochs=1", "training.learning_rate=1e-3")


@pytest.fixture
def tune(save_whisper, one_split):
    """Fine-tune a tiny Whisper, whose windows are shorter than the utterances."""
    save_whisper(positions=10, encoder_layers=2)

    def run(*settings, **arguments):
        arguments = {"device": "cpu", "model": "model", **arguments}
        return featx.finetune(settings=[*QUICK, *settings], **arguments)

    return run


def trained(run):
    return load_file(next(run.folder.glob("models/*")) / "encoder/model.safetensors")


@pytest.mark.parametrize(
    ("mode", "settings"),
    [("full", ["training.gradient_checkpointing=true"]), ("partial", []), ("frozen", [])],
)
def test_a_run_trains_saves_and_predicts(mode, settings, tune, read_rows):
    run = tune(*settings, mode=mode)
    assert run.folder == Path(f"runs/manifest-model-{mode}")
    before, after = load_file("model/model.safetensors"), trained(run)
    same = {name: torch.equal(after[name], before[name]) for name in after}
    assert same["encoder.embed_positions.weight"]
    assert all(kept for name, kept in same.items() if "conv" in name) == (mode != "full")
    assert all(same.values()) == (mode == "frozen")
    tested = [row for row in read_rows(run.predictions) if row["split"] == "test"]
    by_folder = featx.load(next(run.folder.glob("models/*")))
    for model in (featx.load(run), by_folder):
        for row in tested[::3]:
            (predicted,) = model.predict(f"audio/{row['utterance']}.wav", device="cpu")
            said = {label: float(row[f"p_{label}"]) for label in model.classes}
            assert predicted.probabilities == pytest.approx(said, abs=1e-5)
    card = (next(run.folder.glob("models/*")) / "README.md").read_text()
    assert "averages over the silence" in card
    assert "AutoModelForAudio" not in card
    assert "library_name" not in card


def test_training_loss_falls(tune, read_rows):
    longer = ("training.epochs=6", "training.every=6", "training.learning_rate=1e-2")
    history = read_rows(tune(*longer).folder / "history.csv")
    losses = [float(row["train_loss"]) for row in history]
    assert losses[-1] < 0.8 * losses[0]


def test_a_stopped_run_goes_on_as_if_it_had_not_been(tune, save_whisper, monkeypatch):
    """With dropout and masking too, which are drawn as they would have been."""
    save_whisper(positions=10, encoder_layers=2, dropout=0.2, apply_spec_augment=True)
    longer = ("training.epochs=2",)
    whole = tune(*longer, name="whole")

    def stop(self, args, state, control, **others):
        if state.global_step == 4:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Watch, "on_save", stop, raising=False)
        with pytest.raises(Interrupted):
            tune(*longer, name="stopped")
    stopped = tune(*longer, name="stopped")
    assert "goes on at step 4" in (stopped.folder / "run.log").read_text()
    assert stopped.predictions.read_bytes() == whole.predictions.read_bytes()


def test_a_fine_tuned_model_is_fine_tuned_again(tune):
    first = next(tune().folder.glob("models/*"))
    again = trained(tune(model=first, mode="frozen", name="again"))
    before = load_file(first / "encoder/model.safetensors")
    assert all(torch.equal(again[name], weight) for name, weight in before.items())


@pytest.mark.corpus
def test_real_weights_are_frozen_as_they_are_stored():
    """whisper-tiny.en, where it is here: fetched, or installed as featx[demo]."""
    if not is_here("whisper-tiny.en"):
        pytest.skip("featx models --fetch whisper-tiny.en")
    checkpoint = find_checkpoint("whisper-tiny.en")
    files = sorted(Path(os.environ["FEATX_DATA"]).glob("ravdess/speech/Actor_*/*"))[::720]
    waveforms = [soundfile.read(file, dtype="float32")[0] for file in files]
    model = build_model(checkpoint.folder, PooledSettings(kind="linear"), 3, "frozen")
    taken = []
    model.head.register_forward_pre_hook(lambda _, inputs: taken.append(inputs[0]))
    model(**batch_of(waveforms))
    stored = np.concatenate([features[-1] for features in Encoder(checkpoint).encode(waveforms)])
    assert np.abs(taken[0][-1].numpy() - stored).max() < 1e-4 * np.abs(stored).max()
