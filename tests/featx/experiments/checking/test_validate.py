"""What is wrong with an experiment is found before any work, all of it at once."""

import csv
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

import featx
from featx.data.corpora import CORPORA
from featx.experiments.checking.text import to_text
from featx.experiments.checking.validate import validate
from featx.experiments.settings.config import Experiment
from featx.utils.config import read_config, shipped_config

LISTED = "corpus = 'ravdess'\nroot = 'here'\noptions = {{ {} = 'song' }}"


def edit_manifest(**values):
    """Change the rows of the manifest: a function of each column's row."""
    with Path("manifest.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row.update({name: value(row) for name, value in values.items()})
    with Path("manifest.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def test_nothing_is_wrong_and_nothing_is_written(found):
    before = sorted(Path().rglob("*"))
    inspection = validate(Path("small.toml"))
    assert not inspection.findings
    assert sorted(Path().rglob("*")) == before
    text = to_text(inspection)
    assert "corpus tones: 18 utterances, 6 speakers, manifest.csv" in text
    assert "protocol fixed.toml on tones: 18 utterances, 3 classes, 1 fold" in text
    assert "run runs/small-both: 1 fold × 2 seeds = 2 models: to do" in text
    assert "vote runs/small-three: soft, plain, layers, both: to do" in text
    assert "to do: 9 models" in text
    assert "0 errors, 0 warnings." in text


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[heads.both]\nhead", "[heads.both]\nhaed", "heads.both.haed: unknown key; did you mean"),
        ("[features.tiny]\nmodel", "[features.tiny]\nmodle", "did you mean 'model'"),
        ("[votes.three]", "[vote.three]", "vote: unknown key; did you mean 'votes'"),
        ("[votes.three]", "[votes.plain]", "plain is the name of a system twice"),
        ('path = "manifest.csv"', "", "give path, a manifest's; or corpus and root"),
        ('"manifest.csv"', '"manifest.csv"\nmerge = { sad = "happy" }', "there: leave out merge"),
        ("seeds = 2", "seeds = 0", "seeds: Input should be greater than 0"),
        ("[heads.both]", '[heads."a/b"]', "String should match pattern"),
        ('path = "manifest.csv"', LISTED.format("chanel"), "chanel: no option of ravdess; did you"),
        ('path = "manifest.csv"', LISTED.format("speaker"), "of ravdess; there is channel"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_explained(found, old, new, message):
    text = found(old, new)
    assert message in text
    assert "--" not in text


def test_runs_can_not_be_called_like_every_file(found):
    text = Path("small.toml").read_text()
    for stem in ("my run", "-x", "a\n"):
        path = Path(f"{stem}.toml")
        path.write_text(text)
        (error,) = validate(path).findings
        assert repr(stem) in str(error)
        assert 'give name = "..."' in str(error)
        path.write_text('name = "mine"\n' + text)
        assert not validate(path).findings


@pytest.mark.parametrize(
    ("old", "new", "where", "facts"),
    [
        ("manifest.csv", "none.csv", "corpora.tones", "none.csv"),
        ('["fixed.toml"]', '["ravdess-loso"]', "corpora.tones", "did you mean 'ravdess-"),
        ('["fixed.toml"]', '["iemocap-loso"]', "corpora.tones, iemocap-loso", "scenario"),
        ('head = "lstm"', 'head = "lstn"', "heads.memory", "lstn"),
        ('layers = "contextual"', 'layers = "7"', "heads.memory", "7"),
        ('features = ["egemaps"]', 'features = ["egemap"]', "features.egemap of tones", "egemap"),
        ('["tiny", "egemaps"]', '["tiny"]', "heads.both", "fusion"),
        ("epochs=2", "epohcs=2", "heads.plain", "did you mean 'epochs'"),
        ('["plain", "layers"', '["plan", "layers"', "votes.three", "plan: no such system; did you"),
        ('["plain", "layers"', '["plain", "plain"', "votes.three", "twice"),
        ('rule = "soft"', "search = [4]", "votes.three", "there are 3 systems"),
        ('rule = "soft"', "at_least = 90", "votes.three", "`at_least=90` is about the systems"),
        ('rule = "soft"', "search = [2]\nat_least = 101", "votes.three", "equal to 100"),
        ("[heads.both]", "[heads.both]\nseeds = 3", "votes.three", "plain 2, layers 2, both 3"),
        ("[heads.both]", '[heads.both]\ncorpora = ["tone"]', "heads.both", "did you mean 'tones'"),
        ("[heads.both]", '[heads.both]\nprotocols = ["two"]', "heads.both", "there is fixed.toml"),
        ('layers = "0-2"', 'layers = "0-9"', "features.tiny of tones", "0-9"),
        ('device = "cpu"', 'device = "tpu"', "finetunings.tuned", "tpu"),
        ('device = "cpu"', 'track = ["wandbb"]', "finetunings.tuned", "wandbb"),
        ('"training.every=2"', '"training.evry=2"', "finetunings.tuned", "did you mean 'every'"),
        ('rule = "soft"', '[report]\nout = "page.pdf"', "report.out", "page.pdf"),
        ('rule = "soft"', '[report]\nout = "page.htm"', "report.out", "page.htm"),
        ('rule = "soft"', '[report]\nout = "fixed.toml/a/b.html"', "report.out", "is no folder"),
    ],
)
def test_what_can_not_run_is_found(found, old, new, where, facts):
    errors = found(old, new)
    assert f"error: {where}: " in errors
    assert facts in errors
    assert " --" not in errors


def test_all_is_found_at_once(found, change):
    change('head = "lstm"', 'head = "lstn"')
    change('["plain", "layers"', '["plan", "layers"')
    errors = found("training.every", "training.evry")
    assert all(where in errors for where in ("heads.memory", "votes.three", "finetunings.tuned"))
    assert "Experiment small" in to_text(validate(Path("small.toml")))


def test_systems_that_have_no_validation_predictions_can_not_be_weighed(found, change):
    change('save = "none"\nseeds = 1', 'save = "none"\nseeds = 2\nselect_on = "test"')
    change('["plain", "layers", "both"]', '["plain", "tuned"]')
    assert not found()
    lacking = "tuned has no validation predictions (`select_on='test'`), which "
    assert f"{lacking}`rule='weighted'` needs" in found('rule = "soft"', 'rule = "weighted"')
    assert f"{lacking}`search` needs" in found('rule = "weighted"', "search = [2]")
    assert not found("search = [2]", 'search = [2]\nselect_on = "test"\nbest_by = "wa"')
    assert f"{lacking}`rule='weighted'` needs" in found("best_by", 'rule = "weighted"\nbest_by')


OUTER = """
rule = "soft"
[votes.outer]
systems = ["three", "memory"]
"""


def test_votes_of_votes_have_validation_predictions_if_all_below_have(found, change):
    assert not found('rule = "soft"', OUTER)
    change('["plain", "layers", "both"]', '["plain", "tuned"]')
    change('save = "none"\nseeds = 1', 'save = "none"\nseeds = 2\nselect_on = "test"')
    assert not found()
    weighted = '["three", "memory"]\nrule = "weighted"'
    assert "votes.outer: tuned has no validation" in found('["three", "memory"]', weighted)


def test_an_error_below_votes_is_told_once(found):
    assert not found('rule = "soft"', OUTER)
    errors = found(
        'head = "dense"\nfeatures = ["egemaps"]', 'head = "desne"\nfeatures = ["egemaps"]'
    )
    assert "heads.plain" in errors
    assert "votes" not in errors
    errors = found('["plain", "layers"', '["plan", "layers"')
    assert "votes.three: plan: no such system" in errors
    assert "votes.outer" not in errors
    errors = found('["plan", "layers"', '["outer", "layers"')
    assert "votes.three: outer: no such system" in errors
    assert "A vote can only name votes that stand above it" in errors


def test_features_and_runs_need_folders_of_their_own(found, checkpoint_folder):
    errors = found('["tiny", "egemaps"]', f'["{checkpoint_folder}", "egemaps"]')
    assert "features/manifest/tiny would be the folder of features.tiny too" in errors
    Path("more").mkdir()
    shutil.copy("fixed.toml", "more/fixed.toml")
    errors = found('["fixed.toml"]', '["fixed.toml", "more/fixed.toml"]')
    assert "heads.plain: runs/small-plain-fixed would be the folder of heads.plain too" in errors


def test_leakage_is_refused(found, monkeypatch):
    edit_manifest(split=lambda row: {"s4": "test", "s5": "validation"}.get(row["speaker"], "train"))
    path = Path("fixed.toml")
    path.write_text('title = "split"\n[division]\nkind = "manifest-split"\n')
    assert not found()
    edit_manifest(split=lambda r: "train" if r["utterance"] == "sad-4-0" else r["split"])
    assert "1 speakers are in more than one part of the split, such as s4" in found()
    path.write_text(path.read_text() + "speaker_dependent = true\n")
    assert not found()
    assert "training and test share speakers" in found(errors=False)
    twin = "audio/sad-4-0.wav"
    edit_manifest(path=lambda r: twin if r["utterance"] == "sad-5-0" else r["path"])
    leaked = "sad-4-0 and sad-5-0 (identical samples; speakers s4 and s5), train and validation"
    assert "error: corpora.tones, fixed.toml: the same sound is in two parts" in found()
    assert f"{leaked} of fold 0" in found()
    with monkeypatch.context() as patch:  # as a corpus that everyone has with these copies
        known = replace(CORPORA["emodb"], copies=frozenset({frozenset({"sad-4-0", "sad-5-0"})}))
        patch.setitem(CORPORA, "emodb", known)
        edit_manifest(corpus=lambda row: "emodb")
        assert not found()
        assert f"{leaked} of fold 0; the corpus has it so" in found(errors=False)
        edit_manifest(corpus=lambda row: "")
    experiment = Path("small.toml")
    kept = experiment.read_text().replace(
        "[corpora.tones]", "[corpora.tones]\nkeep_duplicates = true"
    )
    experiment.write_text(kept)
    assert not found()
    assert "warning: corpora.tones, fixed.toml: the same sound" in found(errors=False)


def test_what_a_listing_leaves_out_is_a_warning(found, sort_audio):
    sort_audio()
    next(Path("sorted/sad").iterdir()).write_text("<html>404</html>")
    listed = "corpus = 'folder'\nroot = 'sorted'"
    warnings = found('path = "manifest.csv"', listed, errors=False)
    assert "Left out 1 utterance whose audio can't be read" in warnings


def test_labels_that_a_protocol_lacks_are_told(found):
    path = Path("fixed.toml")
    path.write_text('labels = ["sad", "happy"]\n' + path.read_text())
    assert "left out 6 utterances of other labels: angry (6)" in found(errors=False)
    path.write_text(path.read_text().replace('"happy"', '"hapy"'))
    assert "no utterance has the label hapy; there are" in found()


def test_audio_that_can_not_be_read_is_found(found):
    Path("audio/sad-1-0.wav").write_bytes(b"no audio")
    errors = found()
    assert "features.tiny of tones: 1 of 18 utterances can't be extracted" in errors
    assert "finetunings.tuned: 1 of 18 utterances can't be used" in errors
    Path("audio/sad-1-0.wav").unlink()
    assert "corpora.tones" in found()


def test_missing_weights_are_found_with_the_command_that_fetches_them(found):
    errors = found('features = ["tiny"]\nlayers = "contextual"', 'features = ["xlsr53"]')
    assert "features.xlsr53 of tones: the weights of xlsr53 are not on this machine" in errors
    assert "hf download facebook/wav2vec2-large-xlsr-53" in errors


def test_a_fine_tuning_without_weights(found, checkpoint_folder):
    tuned = f'model = "{checkpoint_folder}"\nmode'
    assert "finetunings.tuned: the weights of xlsr53" in found(tuned, 'model = "xlsr53"\nmode')
    Path("empty").mkdir()
    assert "empty is no complete checkpoint" in found('"xlsr53"', '"empty"')


def test_a_report_that_can_not_be_written_is_found(found, monkeypatch, workplace):
    monkeypatch.setattr("os.access", lambda path, mode: path != workplace)
    assert f"error: report.out: reports/small.html: {workplace} can't be written to" in found()
    Path("reports").mkdir()
    assert not found()


def test_a_corpus_is_listed_without_leaving_a_file(found, sort_audio):
    sort_audio()
    listed = "corpus = 'folder'\nroot = 'sorted'\noptions = { speaker = '-(s\\d)-' }"
    assert not found('path = "manifest.csv"', listed)
    assert not Path("tones.csv").exists()
    assert "sortde: no such folder" in found("'sorted'", "'sortde'")
    Path("tones.csv").write_text("utterance,path,speaker,label\n")
    found("'sortde'", "'sorted'")
    assert "tones.csv exists and says something else" in found()


def test_features_of_other_settings_are_found(found, checkpoint_folder):
    featx.extract(checkpoint_folder, precision="float32", layers="1")
    errors = found()
    assert "features/manifest/tiny holds other features: layers are 1 there, 0,1,2 here" in errors
    assert "[features.NAME]" in errors


def test_a_folder_that_is_no_run_is_found(found):
    Path("runs/small-plain").mkdir(parents=True)
    assert not found()
    Path("runs/small-plain/notes.txt").write_text("mine")
    assert "heads.plain: runs/small-plain is no run folder and not empty" in found()


@pytest.mark.parametrize("path", sorted(shipped_config("examples").glob("*.toml")), ids=str)
def test_shipped_examples_can_be_read(path):
    assert read_config(path, Experiment).systems
