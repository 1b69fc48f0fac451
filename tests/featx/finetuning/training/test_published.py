"""The training of Gavali and Verma (2023) as it was published: 1,400 steps, two checkpoints."""

import csv
from pathlib import Path

import numpy as np
import pytest
import soundfile

import featx
from featx.finetuning.results.course import read_course
from featx.finetuning.training import train

PUBLISHED = (
    "training.max_steps=1400",
    "training.patience=inf",
    "training.best_by=parting",
    "training.group_by_length=false",
)


@pytest.fixture
def as_many_files(workplace):
    """A manifest of 1,152 and 288 utterances of 0.05 s, all of the same recording.

    A tenth of the former would validate, and trains where the test data choose.
    """
    count = 1_440
    wave = 0.1 * np.random.default_rng(0).standard_normal(count * 800)
    soundfile.write("speech.wav", wave, 16_000)
    with Path("manifest.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("utterance", "path", "speaker", "label", "start", "end", "split"))
        for number in range(count):
            split = "test" if number >= 1_152 else "validation" if number >= 1_036 else "train"
            times = (number / 20, (number + 1) / 20)
            writer.writerow(
                (number, "speech.wav", f"{split} voice", f"class{number % 8}", *times, split)
            )
    return count


@pytest.mark.slow
def test_all_steps_are_taken_and_two_checkpoints_kept(
    as_many_files, checkpoint_folder, monkeypatch, read_rows
):
    kept = []
    predict = train._predict

    def note(trainer, setting, utterances):
        kept.append({path.name for path in Path(trainer.args.output_dir).iterdir()})
        return predict(trainer, setting, utterances)

    monkeypatch.setattr(train, "_predict", note)
    run = featx.finetune(
        checkpoint_folder, head="pooled", select_on="test", settings=PUBLISHED, device="cpu"
    )
    looks = read_rows(run.folder / "history.csv")
    assert [int(look["step"]) for look in looks] == list(range(100, 1_401, 100))
    assert float(looks[-1]["epoch"]) == pytest.approx(1_400 / 144)
    course = read_course(run.folder)
    assert course.steps == 1_400
    other = 1_300 if course.best_step == 1_400 else 1_400
    assert kept == [{f"checkpoint-{course.best_step}", f"checkpoint-{other}"}]
    assert len(read_rows(run.predictions)) == 288
