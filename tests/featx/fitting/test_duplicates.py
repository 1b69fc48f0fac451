"""The same sound in training and test is refused by whatever trains on it, or kept and said."""

import csv
from pathlib import Path

import numpy as np
import pytest
import soundfile

import featx
from featx.errors import FeatxError
from featx.experiments.checking.validate import validate

QUICK = ("training.epochs=1", "training.every=2")
EXPERIMENT = """
[corpora.all]
path = "manifest.csv"
{keep}
[heads.plain]
head = "linear"
features = ["{checkpoint}"]
"""


@pytest.fixture
def copied(workplace, checkpoint_folder):
    """Noise with random labels, each file under three ids, speakers and parts; and features."""
    random = np.random.default_rng(1)
    labels = ["sad", "happy", *random.choice(["sad", "happy"], 4)]
    with Path("manifest.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["utterance", "path", "speaker", "label", "split"])
        for number, label in enumerate(labels):
            wave = 0.1 * random.standard_normal(8_000)
            for part in ("train", "validation", "test"):
                name = f"{part}-{number}"
                soundfile.write(f"{name}.wav", wave, 16_000)
                writer.writerow([name, f"{name}.wav", f"{part}{number % 2}", label, part])
    featx.extract(checkpoint_folder)


def test_copies_in_all_parts_are_refused_everywhere(copied, checkpoint_folder, run_featx):
    fact = (
        r"manifest.csv: the same sound is in two parts of a fold, 12 pairs: validation-0 "
        r"and test-0 \(identical samples; speakers validation0 and test0\), validation and "
        r"test of fold 0, .* and 9 more\. .* `keep_duplicates`"
    )
    with pytest.raises(FeatxError, match=fact):
        featx.fit("linear")
    with pytest.raises(FeatxError, match=fact):
        featx.finetune(checkpoint_folder, mode="frozen", settings=QUICK)
    Path("small.toml").write_text(EXPERIMENT.format(checkpoint=checkpoint_folder, keep=""))
    (error,) = validate("small.toml").findings.errors
    assert "12 pairs: validation-0 and test-0" in str(error)
    assert "keep_duplicates = true" in str(error)
    assert not Path("runs").exists()
    assert "keep them with --keep-duplicates" in run_featx("fit", "--head", "linear").err


def is_marked(run):
    remarks = [r for r in run.results.remarks if r.startswith("THE SAME SOUND IN TWO PARTS")]
    assert "12 pairs" in remarks[0]
    assert "keep_duplicates = true" in (run.folder / "config.toml").read_text()
    return True


def test_who_means_it_keeps_them_and_the_run_says_so(copied, monkeypatch):
    fitted = featx.fit("linear", keep_duplicates=True)
    assert is_marked(fitted)
    again = featx.fit(config=fitted, name="again")
    assert again.results.scores == fitted.results.scores
    assert is_marked(again)
    monkeypatch.setattr("featx.data.checks.corpus.measure_sounds", None)  # a finished run stays
    assert featx.fit("linear", keep_duplicates=True).results.scores == fitted.results.scores


@pytest.mark.thorough
def test_a_fine_tuning_and_an_experiment_keep_them_too(copied, checkpoint_folder):
    tuned = featx.finetune(checkpoint_folder, mode="frozen", settings=QUICK, keep_duplicates=True)
    assert is_marked(tuned)
    keep = "keep_duplicates = true"
    Path("small.toml").write_text(EXPERIMENT.format(checkpoint=checkpoint_folder, keep=keep))
    inspection = validate("small.toml")
    assert not inspection.findings.errors
    assert any("12 pairs" in str(finding) for finding in inspection.findings)
    assert featx.run("small.toml").is_file()
    assert is_marked(featx.Run("runs/small-plain"))


def test_a_config_without_duplicates_is_that_of_earlier_versions(extracted):
    run = featx.fit("linear", folds=3)
    assert "keep_duplicates" not in (run.folder / "config.toml").read_text()
    assert run.results.remarks == []
