"""A finished fine-tuning's course is read back as the run had it."""

import json
import shutil
import statistics
from pathlib import Path

import pytest

from featx.errors import FeatxError
from featx.finetuning.config import Tuning
from featx.finetuning.results.course import DEFAULT_RULE, read_course
from featx.utils.config import read_config, shipped_config

FOUR_LOOKS = ("training.every=1", "training.epochs=2", "training.max_steps=4")


@pytest.fixture
def run_folder(kept, one_split, finetune):
    """A run of two seeds, made for the first test that wants it."""
    if not (kept / "course").exists():
        made = finetune(*FOUR_LOOKS, "training.best_by=parting", "training.patience=inf", seeds=2)
        made.folder.rename("made")
        shutil.copytree("made", kept / "unfinished-course")
        (kept / "unfinished-course").rename(kept / "course")
    return Path(shutil.copytree(kept / "course", "course"))


def test_it_is_the_first_models(run_folder, read_rows):
    looks = [row for row in read_rows(run_folder / "history.csv") if row["seed"] == "0"]
    course = read_course(run_folder)
    assert course.steps == 4
    assert course.best_step == course.steps_by["parting"]
    best = looks[course.best_step - 1]
    assert course.seconds_to_best == float(best["seconds"])
    assert course.seconds == float(looks[-1]["seconds"])
    each = [100 * float(look["train_seconds"]) for look in looks]
    assert course.seconds_per_100_steps == pytest.approx(statistics.median(each))
    saved = list(run_folder.glob("models/*/*.safetensors"))
    assert course.weight_bytes == pytest.approx(sum(p.stat().st_size for p in saved), rel=0.3)
    environment = json.loads((run_folder / "environment.json").read_text())
    assert course.weight_bytes == 4 * environment["encoder"]["parameters"]
    assert course.device == environment["processor"]


def test_each_rules_step(run_folder, read_rows):
    looks = [row for row in read_rows(run_folder / "history.csv") if row["seed"] == "0"]
    chosen = read_course(run_folder).steps_by
    assert set(chosen) == {"score", "wa", "loss", "parting"}
    for rule, pick in (("score", max), ("wa", max), ("loss", min)):
        values = [float(look[f"validation_{rule}"]) for look in looks]
        assert chosen[rule] == values.index(pick(values)) + 1


def test_the_report_has_the_defaults_step_where_another_rule_chose(run_folder, one_split, finetune):
    course = read_course(run_folder)
    report = (run_folder / "report.txt").read_text()
    assert "by UAR: the step that our default" in report
    (line,) = [line for line in report.splitlines() if line.strip().startswith("seed0-fold0")]
    _, steps, pace, best, by_uar = line.split()[:5]
    assert (steps, best) == ("4", str(course.best_step))
    assert by_uar == str(course.steps_by["score"])
    assert float(pace) == pytest.approx(course.seconds_per_100_steps, abs=0.06)
    assert "by UAR" not in (finetune(*FOUR_LOOKS, name="by-uar").folder / "report.txt").read_text()
    assert read_config(shipped_config("finetuning.toml"), Tuning).training.best_by == DEFAULT_RULE


def test_what_is_no_finished_fine_tuning_has_none(run_folder, workplace):
    assert read_course(workplace / "absent") is None
    (run_folder / "metrics.json").unlink()
    assert read_course(run_folder) is None
    (workplace / "config.toml").write_text("head = 1\n")
    (workplace / "metrics.json").touch()
    assert read_course(workplace) is None


@pytest.mark.parametrize(
    ("name", "old", "new", "fact"),
    [
        ("history.csv", "0,0,1,", "0,0,first,", "line 2: "),
        ("history.csv", "train_loss", "loss", "column 'train_loss' is missing"),
        ("history.csv", "\n0,0,2,", "\n0,0,2,nan,", "fields where the header names"),
        ("environment.json", '"parameters"', '"weights"', "encoder.parameters is None"),
        ("environment.json", "{", "[", "not JSON"),
        ("cost.json", '"device"', '"where"', "device"),
        ("config.toml", 'best_by = "parting"', 'best_by = "luck"', "training.best_by"),
        ("config.toml", "[training]", "[training", "not TOML"),
    ],
)
def test_damaged_files_are_named(name, old, new, fact, run_folder):
    path = run_folder / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(FeatxError, match=fact) as caught:
        read_course(run_folder)
    assert name in str(caught.value)


def test_a_run_without_its_cost_has_no_device(run_folder):
    (run_folder / "cost.json").unlink()
    assert read_course(run_folder).device == "unknown"
