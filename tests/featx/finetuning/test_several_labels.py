"""Fine-tuning on several labels at once: from a column of labels to scores and a model of them."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from sklearn.metrics import f1_score
from transformers import AutoFeatureExtractor, AutoModelForAudioClassification

import featx
from featx.finetuning.saving.load import load_tuned
from featx.scoring.labels.calibration import cool_labels

FITTING = {"sad": "low|soft", "happy": "soft", "angry": "(none)"}
LABELS = ("low", "soft")


@pytest.fixture
def tuned(one_split, relabel, finetune):
    """A fine-tuning on a column of joined labels, of an encoder that plain transformers knows."""
    relabel(lambda row: {**row, "fitting": FITTING[row["label"]]})
    longer = ("training.epochs=2", "training.class_weights=balanced", "training.loss=focal")
    return finetune(*longer, mode="partial", target="fitting", task="multilabel")


def test_labels_are_learned_scored_written_and_saved(tuned, read_rows):
    rows = [row for row in read_rows(tuned.predictions) if row["split"] == "test"]
    fits, found = (
        np.array([[name in row[column].split("|") for name in LABELS] for row in rows])
        for column in ("labels", "predictions")
    )
    shares = np.array([[float(row[f"p_{name}"]) for name in LABELS] for row in rows])
    np.testing.assert_array_equal(found, shares >= 0.5)
    expected = 100 * f1_score(fits, found, average="macro", zero_division=0)
    assert tuned.results.scores["macro_f1"].mean == pytest.approx(expected)
    history = read_rows(tuned.folder / "history.csv")
    assert {row["train_wa"] for row in history} == {""}
    assert "macro F1" in (tuned.folder / "run.log").read_text()

    folder = tuned.folder / "models/seed0-fold0"
    assert json.loads((folder / "config.json").read_text())["problem_type"].startswith(
        "multi_label"
    )
    card = (folder / "README.md").read_text()
    assert "It tells which of these labels fit an utterance, none or several: low, soft." in card
    assert ".sigmoid()" in card
    assert "| macro F1 |" in card
    assert load_tuned(folder).outputs.several
    for model in (tuned, folder):
        for row in featx.predict(model, [f"audio/{row['utterance']}.wav" for row in rows[:2]]):
            (own,) = (r for r in rows if r["utterance"] == Path(row.utterance).stem)
            assert row.label == own["predictions"]
            for name, share in row.probabilities.items():
                assert share == pytest.approx(float(own[f"p_{name}"]), abs=1e-4)

    (entry,) = json.loads((tuned.folder / "calibration.json").read_text())["temperatures"]
    heat = [entry["temperatures"][name] for name in LABELS]
    given, mended = (
        featx.predict(tuned, "audio/sad-0-0.wav", calibrated=calibrated)[0].probabilities
        for calibrated in (False, True)
    )
    assert max(heat) != 1  # or nothing would be seen of them
    plain = np.array([[given[name] for name in LABELS]], np.float32)
    np.testing.assert_allclose(
        [mended[name] for name in LABELS], cool_labels(plain, heat)[0], atol=1e-5
    )

    (row,) = featx.predict(folder, "audio/sad-0-0.wav")
    extractor = AutoFeatureExtractor.from_pretrained(folder)
    waveform, rate = soundfile.read("audio/sad-0-0.wav", dtype="float32")
    given = extractor(waveform, sampling_rate=rate, return_tensors="pt")
    with torch.inference_mode():
        logits = AutoModelForAudioClassification.from_pretrained(folder)(**given).logits
    assert logits.sigmoid()[0].tolist() == pytest.approx([*row.probabilities.values()], abs=1e-4)
