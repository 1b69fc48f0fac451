"""From audio to a run folder that holds everything, repeats and does not mix."""

import json
import tomllib
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from sklearn.metrics import recall_score

import featx
from featx.data.manifest import load_manifest
from featx.errors import FeatxError
from featx.finetuning.saving.load import load_tuned
from featx.finetuning.training.waveforms import Waveforms
from featx.runs.cost import read_cost

RUN = Path("runs/manifest-tiny-full")


def seen(history):
    names = ("step", "train_loss", "validation_loss", "validation_score")
    return [[row[name] for name in names] for row in history]


def weights(run):
    return load_file(next(run.folder.glob("models/*")) / "model.safetensors")


@pytest.mark.figures
def test_a_run_leaves_everything_and_it_agrees(one_split, finetune, read_rows):
    run = finetune(seeds=2)
    assert run.folder == RUN
    assert {path.name for path in RUN.iterdir()} == {
        "calibration.json", "config.toml", "cost.json", "environment.json", "figures",
        "history.csv", "metrics.json",
        "models", "predictions.csv", "report.txt", "run.log",
    }  # fmt: skip
    assert {path.name for path in (RUN / "figures").iterdir()} == {
        f"{name}.{ending}"
        for name in ("confusion", "confusion_counts", "training")
        for ending in ("pdf", "png")
    }  # fmt: skip
    tested = [row for row in read_rows(run.predictions) if row["split"] == "test"]
    scores = []
    for seed in "01":
        rows = [row for row in tested if row["seed"] == seed]
        assert len(rows) == len({row["utterance"] for row in rows}) == 6
        truth, said = [row["label"] for row in rows], [row["prediction"] for row in rows]
        scores.append(100 * recall_score(truth, said, average="macro"))
    assert run.results.scores["uar"].mean == pytest.approx(sum(scores) / 2)
    history = read_rows(RUN / "history.csv")
    assert {(row["seed"], row["fold"]) for row in history} == {("0", "0"), ("1", "0")}
    cost = read_cost(RUN)
    assert cost.models == 2
    assert cost.parameters_trained > 1_000
    report = (RUN / "report.txt").read_text()
    for figure in ("s / 100 steps", "best step", "time to best", "on disk"):
        assert figure in report
    assert len(list((RUN / "models").iterdir())) == 1


def test_the_saved_model_predicts_what_the_run_says(write_corpus, finetune, read_rows):
    write_corpus(speakers=6)
    run = finetune(save="all", head="pooled", pooling="max")
    assert {path.name for path in (run.folder / "models").iterdir()} == {
        "seed0-fold0", "seed0-fold1", "seed0-fold2"
    }  # fmt: skip
    rows = [row for row in read_rows(run.predictions) if row["fold"] == "1"]
    tuned = load_tuned(run.folder / "models/seed0-fold1")
    known = {u.utterance: u for u in load_manifest(Path("manifest.csv")).utterances}
    for row in rows[::5]:
        data = Waveforms([known[row["utterance"]]], torch.zeros(1).numpy(), tuned.extractor)
        waveform = torch.from_numpy(data[0]["waveform"])[None]
        probabilities = tuned.model(waveform, data.samples)["logits"].softmax(1)[0]
        said = [float(row[f"p_{label}"]) for label in tuned.classes]
        assert probabilities.tolist() == pytest.approx(said, abs=1e-5)


@pytest.mark.parametrize("mode", ["full", "partial", "frozen"])
def test_training_leaves_what_the_mode_freezes_bit_identical(
    mode, one_split, finetune, checkpoint_folder
):
    after = weights(finetune(mode=mode))
    before = load_file(checkpoint_folder / "model.safetensors")
    same = {name: torch.equal(after[f"wav2vec2.{name}"], value) for name, value in before.items()}
    cnn = [kept for name, kept in same.items() if name.startswith("feature_extractor.")]
    blocks = [kept for name, kept in same.items() if name.startswith("encoder.layers.")]
    assert len(cnn) >= 7
    assert all(cnn) if mode != "full" else not any(cnn[:2])
    assert all(blocks) if mode == "frozen" else not all(blocks)
    assert all(same.values()) == (mode == "frozen")


def test_training_loss_falls(one_split, finetune, read_rows):
    longer = ("training.epochs=12", "training.patience=99", "training.every=9")
    history = read_rows(finetune(*longer).folder / "history.csv")
    assert len(history) == 4
    assert float(history[-1]["train_loss"]) < 0.8 * float(history[0]["train_loss"])


def test_a_finished_run_is_not_trained_again_and_repeats(one_split, finetune):
    first = finetune()
    when = (RUN / "metrics.json").stat().st_mtime_ns
    assert finetune().folder == first.folder
    assert (RUN / "metrics.json").stat().st_mtime_ns == when
    again = featx.finetune(config=RUN / "config.toml", name="again", device="cpu")
    assert again.folder == Path("runs/again")
    assert again.predictions.read_bytes() == first.predictions.read_bytes()
    with pytest.raises(FeatxError, match=r"`mode`, `seeds` .* `config`"):
        featx.finetune(mode="frozen", seeds=2, config=RUN / "config.toml")


def test_another_config_or_other_audio_under_the_same_name_is_refused(one_split, finetune):
    finetune()
    with pytest.raises(FeatxError, match="another config"):
        finetune("training.epochs=2")
    audio = next((one_split.parent / "audio").glob("*.wav"))
    audio.write_bytes(audio.read_bytes()[:-4] + b"\1\2\3\4")
    with pytest.raises(FeatxError, match="changed since"):
        finetune()
    before = (RUN / "environment.json").read_bytes()
    finetune(overwrite=True)
    assert (RUN / "environment.json").read_bytes() != before


def test_a_checkpoint_chosen_on_test_is_marked_everywhere(one_split, finetune, read_rows):
    run = finetune("training.every=3", select_on="test")
    report = (RUN / "report.txt").read_text()
    assert "checkpoint chosen on TEST" in " ".join(report.split())
    assert "CHECKPOINT CHOSEN ON THE TEST DATA" in report
    metrics = json.loads((RUN / "metrics.json").read_text())
    assert any("CHOSEN ON THE TEST" in remark for remark in metrics["remarks"])
    assert tomllib.loads((RUN / "config.toml").read_text())["select_on"] == "test"
    assert {row["split"] for row in read_rows(run.predictions)} == {"test"}
    assert "TEST" in (RUN / "run.log").read_text()


def test_the_test_data_have_no_part_in_training_or_choice(one_split, finetune, read_rows):
    """Every test label poisoned: the same history, the same probabilities."""
    run = finetune()
    before, looks = read_rows(run.predictions), seen(read_rows(RUN / "history.csv"))
    text = one_split.read_text().splitlines()
    turn = {"sad": "happy", "happy": "angry", "angry": "sad"}
    poisoned = [
        line.replace(f",{line.split(',')[3]},", f",{turn[line.split(',')[3]]},")
        if line.endswith(",test")
        else line
        for line in text
    ]
    assert poisoned != text
    one_split.write_text("\n".join(poisoned) + "\n")
    run = finetune(name="poisoned")
    after = read_rows(run.predictions)
    assert seen(read_rows(run.folder / "history.csv")) == looks
    assert [row["p_sad"] for row in after] == [row["p_sad"] for row in before]
    assert [row["label"] for row in after] != [row["label"] for row in before]


def test_a_checkpoint_without_mask_embedding_is_the_same_each_time(
    one_split, finetune, tiny, save_model_of
):
    """Many that were fine-tuned for ASR lack it; transformers draws it anew at every loading."""
    folder = save_model_of("wav2vec2", **tiny)
    weights = load_file(folder / "model.safetensors")
    del weights["masked_spec_embed"]
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    first = finetune(model=folder, name="same")
    when = (first.folder / "metrics.json").stat().st_mtime_ns
    finetune(model=folder, name="same")
    assert (first.folder / "metrics.json").stat().st_mtime_ns == when


def test_a_fine_tuned_model_is_fine_tuned_again(one_split, finetune):
    tuned = finetune(save="all").folder / "models/seed0-fold0"
    before = load_file(tuned / "model.safetensors")
    name = "wav2vec2.encoder.layers.0.attention.k_proj.weight"
    frozen = finetune(model=tuned, mode="frozen", name="frozen")
    assert torch.equal(weights(frozen)[name], before[name])
    assert not torch.equal(weights(finetune(model=tuned, name="twice"))[name], before[name])


def test_other_models_to_keep_are_another_run(one_split, finetune):
    finetune(save="none")
    assert not (RUN / "models").exists()
    with pytest.raises(FeatxError, match="save: none there, now all"):
        finetune(save="all")


def test_the_rate_in_the_history_is_the_encoders(one_split, finetune, read_rows):
    finetune("training.head_learning_rate=0.5", "training.schedule=constant")
    assert {float(row["learning_rate"]) for row in read_rows(RUN / "history.csv")} == {1e-3}
