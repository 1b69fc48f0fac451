"""From audio to a run folder that holds everything, repeats and does not mix."""

import json
import tomllib
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from sklearn.metrics import recall_score

from featx.data.manifest import load_manifest
from featx.finetuning.saved import load_tuned
from featx.finetuning.waveforms import Waveforms
from featx.runs.cost import read_cost

RUN = Path("runs/manifest-tiny-full")


def seen(history):
    names = ("step", "train_loss", "validation_loss", "validation_uar")
    return [[row[name] for name in names] for row in history]


def weights(folder):
    return load_file(next(folder.glob("models/*")) / "model.safetensors")


@pytest.mark.figures
def test_a_run_leaves_everything_and_it_agrees(write_corpus, finetune, read_rows):
    write_corpus(speakers=6)
    outcome = finetune("--seeds", "2")
    assert outcome.code == 0, outcome.err
    assert {path.name for path in RUN.iterdir()} == {
        "config.toml", "cost.json", "environment.json", "figures", "history.csv", "metrics.json",
        "models", "predictions.csv", "report.txt", "run.log",
    }  # fmt: skip
    assert {path.name for path in (RUN / "figures").iterdir()} == {
        f"{name}.{ending}"
        for name in ("confusion", "confusion_counts", "training")
        for ending in ("pdf", "png")
    }  # fmt: skip
    assert outcome.out == f"{(RUN / 'report.txt').read_text()}\nRun folder: {RUN}\n"
    tested = [row for row in read_rows(RUN / "predictions.csv") if row["split"] == "test"]
    assert len(tested) == 2 * 36
    metrics = json.loads((RUN / "metrics.json").read_text())
    scores = []
    for seed in "01":
        rows = [row for row in tested if row["seed"] == seed]
        assert len({row["utterance"] for row in rows}) == 36
        truth, said = [r["label"] for r in rows], [r["prediction"] for r in rows]
        scores.append(100 * recall_score(truth, said, average="macro"))
    assert metrics["uar"]["mean"] == pytest.approx(sum(scores) / 2)
    history = read_rows(RUN / "history.csv")
    assert {(row["seed"], row["fold"]) for row in history} == {(s, f) for s in "01" for f in "012"}
    cost = read_cost(RUN)
    assert cost.models == 6
    assert cost.parameters_trained > 1_000
    for figure in ("s / 100 steps", "best step", "time to best", "on disk"):
        assert figure in outcome.out
    assert len(list((RUN / "models").iterdir())) == 1


def test_the_saved_model_predicts_what_the_run_says(write_corpus, finetune, read_rows):
    write_corpus(speakers=6)
    assert finetune("--save", "all", "--head", "pooled", "--pooling", "max").code == 0
    assert {path.name for path in (RUN / "models").iterdir()} == {
        "seed0-fold0", "seed0-fold1", "seed0-fold2"
    }  # fmt: skip
    rows = [row for row in read_rows(RUN / "predictions.csv") if row["fold"] == "1"]
    tuned = load_tuned(RUN / "models/seed0-fold1")
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
    assert finetune("--mode", mode).code == 0
    before = load_file(checkpoint_folder / "model.safetensors")
    after = weights(Path(f"runs/manifest-tiny-{mode}"))
    same = {name: torch.equal(after[f"wav2vec2.{name}"], value) for name, value in before.items()}
    cnn = [kept for name, kept in same.items() if name.startswith("feature_extractor.")]
    blocks = [kept for name, kept in same.items() if name.startswith("encoder.layers.")]
    assert len(cnn) >= 7
    assert all(cnn) if mode != "full" else not any(cnn[:2])
    assert all(blocks) if mode == "frozen" else not all(blocks)
    assert all(same.values()) == (mode == "frozen")


def test_training_loss_falls(write_corpus, finetune, read_rows):
    write_corpus(speakers=6, takes=3)
    more = ("--set", "training.epochs=12", "--set", "training.patience=99")
    assert finetune("--set", "training.every=10", *more).code == 0
    for fold in "012":
        losses = [
            float(r["train_loss"]) for r in read_rows(RUN / "history.csv") if r["fold"] == fold
        ]
        assert losses[-1] < 0.8 * losses[0]


def test_a_finished_run_is_not_trained_again_and_repeats(one_split, finetune, run_featx):
    first = finetune()
    when = (RUN / "metrics.json").stat().st_mtime_ns
    again = finetune()
    assert (again.code, again.out) == (0, first.out)
    assert (RUN / "metrics.json").stat().st_mtime_ns == when
    repeat = ("--config", RUN / "config.toml", "--name", "again", "--device", "cpu")
    outcome = run_featx("finetune", *repeat)
    assert outcome.code == 0, outcome.err
    predictions = (RUN / "predictions.csv").read_bytes()
    assert Path("runs/again/predictions.csv").read_bytes() == predictions


def test_another_config_or_other_audio_under_the_same_name_is_refused(one_split, finetune):
    manifest = one_split
    assert finetune().code == 0
    other = finetune("--set", "training.epochs=2")
    assert other.code == 1
    assert "holds a run of another config" in other.err
    audio = next((manifest.parent / "audio").glob("*.wav"))
    audio.write_bytes(audio.read_bytes()[:-4] + b"\1\2\3\4")
    changed = finetune()
    assert changed.code == 1
    assert "changed since it was run" in changed.err
    assert finetune("--overwrite").code == 0


def test_a_checkpoint_chosen_on_test_is_marked_everywhere(one_split, finetune, read_rows):
    outcome = finetune("--select-on", "test", "--set", "training.every=3")
    assert outcome.code == 0, outcome.err
    assert "checkpoint chosen on TEST" in " ".join(outcome.out.split())
    assert "CHECKPOINT CHOSEN ON THE TEST DATA" in outcome.out
    metrics = json.loads((RUN / "metrics.json").read_text())
    assert any("CHOSEN ON THE TEST" in remark for remark in metrics["remarks"])
    assert tomllib.loads((RUN / "config.toml").read_text())["select_on"] == "test"
    assert {row["split"] for row in read_rows(RUN / "predictions.csv")} == {"test"}
    assert "TEST" in (RUN / "run.log").read_text()


def test_the_test_data_have_no_part_in_training_or_choice(one_split, finetune, read_rows):
    """Every test label poisoned: the same history, the same probabilities."""
    assert finetune().code == 0
    before = read_rows(RUN / "predictions.csv")
    looks = seen(read_rows(RUN / "history.csv"))
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
    assert finetune("--name", "poisoned").code == 0
    after = read_rows(Path("runs/poisoned/predictions.csv"))
    assert seen(read_rows(Path("runs/poisoned/history.csv"))) == looks
    assert [row["p_sad"] for row in after] == [row["p_sad"] for row in before]
    assert [row["label"] for row in after] != [row["label"] for row in before]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--set", "training.learning_rat=1"), "did you mean 'learning_rate'"),
        (("--device", "cuda:1"), "choose auto, cpu or cuda"),
        (("--track", "tensorbord"), "choose among tensorboard"),
        (("--set", "training.precision=float16"), "needs a GPU"),
        (("--seconds", "0.01"), "the encoder needs 400"),
        (("--set", "training.learning_rate=1e30"), "the loss is no longer finite"),
    ],
)
def test_mistakes_are_explained(arguments, message, one_split, finetune):
    outcome = finetune(*arguments)
    assert outcome.code == 1
    assert message in outcome.err
    assert "Traceback" not in outcome.err


def test_a_protocol_that_does_not_fit_is_refused(write_corpus, run_featx, checkpoint_folder):
    write_corpus()
    chosen = ("--protocol", "ravdess-gavali2023")
    outcome = run_featx("finetune", "--model", checkpoint_folder, *chosen)
    assert outcome.code == 1
    assert "doesn't fit the protocol" in outcome.err


def test_a_model_is_needed(write_corpus, run_featx):
    write_corpus()
    outcome = run_featx("finetune")
    assert outcome.code == 1
    assert "--model is missing" in outcome.err


def test_audio_that_cannot_be_decoded_is_told_before_training(one_split, finetune):
    manifest = one_split
    audio = sorted((manifest.parent / "audio").glob("*.wav"))
    for path in audio[:2]:  # cut short: the header promises more
        path.write_bytes(path.read_bytes()[:2_000])
    outcome = finetune()
    assert outcome.code == 1
    assert "2 of 36 utterances can't be used" in outcome.err
    assert "truncated" in outcome.err
    assert not list(RUN.glob("members/seed*"))


def test_a_checkpoint_without_mask_embedding_is_the_same_each_time(
    one_split, run_featx, quick, tiny, save_model_of
):
    """Many that were fine-tuned for ASR lack it; transformers draws it anew at every loading."""
    folder = save_model_of("wav2vec2", **tiny)
    weights = load_file(folder / "model.safetensors")
    del weights["masked_spec_embed"]
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    arguments = ("finetune", "--model", folder, *quick, "--name", "same")
    first = run_featx(*arguments)
    assert first.code == 0, first.err
    assert run_featx(*arguments).out == first.out


def test_a_fine_tuned_model_is_fine_tuned_again(one_split, finetune, run_featx, quick):
    assert finetune("--save", "all").code == 0
    tuned = RUN / "models/seed0-fold0"
    outcome = run_featx("finetune", "--model", tuned, *quick, "--name", "twice")
    assert outcome.code == 0, outcome.err
    before = load_file(tuned / "model.safetensors")
    mode = ("--mode", "frozen", "--name", "frozen")
    assert run_featx("finetune", "--model", tuned, *quick, *mode).code == 0
    name = "wav2vec2.encoder.layers.0.attention.k_proj.weight"
    assert torch.equal(weights(Path("runs/frozen"))[name], before[name])
    assert not torch.equal(weights(Path("runs/twice"))[name], before[name])


def test_other_models_to_keep_are_another_run(one_split, finetune):
    assert finetune("--save", "none").code == 0
    assert not (RUN / "models").exists()
    outcome = finetune("--save", "all")
    assert outcome.code == 1
    assert "save: none there, now all" in outcome.err


def test_the_rate_in_the_history_is_the_encoders(one_split, finetune, read_rows):
    rates = ("--set", "training.head_learning_rate=0.5", "--set", "training.schedule=constant")
    assert finetune(*rates).code == 0
    assert {float(row["learning_rate"]) for row in read_rows(RUN / "history.csv")} == {1e-3}
