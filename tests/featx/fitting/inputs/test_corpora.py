"""Heads learn some corpora and are tested on others, whose features are read as of one store."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

import featx
from cache import FeatureStore
from featx.data.joined import join_manifests
from featx.errors import FeatxError, Interrupted
from featx.fitting.config import FitConfig
from featx.fitting.inputs.corpora import load_corpora
from featx.fitting.inputs.joined_store import JoinedStore
from featx.fitting.inputs.moments import find_moments
from featx.fitting.inputs.selection import select
from featx.fitting.plan import plan_fit
from featx.fitting.run import ON_CPU
from featx.fitting.training.actors import _SentFit
from featx.utils.config import read_config

QUICK = "training.epochs=1"


def test_a_corpus_is_tested_whole_by_heads_that_learned_another(corpora, read_rows):
    first, _, third = corpora
    run = featx.fit("linear", train=[third], test=first)
    assert run.folder == Path("runs/c-to-a-tiny-linear")
    tested = [row for row in read_rows(run) if row["split"] == "test"]
    own = featx.load_manifest(first).utterances
    assert sorted(r["utterance"] for r in tested) == sorted(u.utterance for u in own)
    assert {r["speaker"] for r in tested} == {u.speaker for u in own}
    assert run.results.title.startswith("linear head on ")
    assert "c → a: cross-corpus, speaker-independent, 1 seed" in run.results.title
    assert featx.fit(config=run).results.to_json() == run.results.to_json()
    assert featx.fit(config=run, name="again").results.to_json() == run.results.to_json()


def test_shared_speakers_are_refused_or_folded(corpora, read_rows, run_featx):
    first, second, _ = corpora
    with pytest.raises(FeatxError, match=r"5 speakers of a would be tested in b"):
        featx.fit("linear", train=first, test=second)
    said = run_featx("fit", "--head", "linear", "--train", "a.csv", "--test", "b.csv").err
    assert "--fold-speakers divides" in said
    run = featx.fit("linear", train=first, test=second, fold_speakers=True)
    rows = read_rows(run)
    for fold in {row["fold"] for row in rows}:
        tested, validated = (
            {r["speaker"] for r in rows if (r["fold"], r["split"]) == (fold, split)}
            for split in ("test", "validation")
        )
        assert tested
        assert not tested & validated
    assert not run.results.speakers_shared
    assert any("share 5 speakers: in each of 5 folds" in r for r in run.results.remarks)


def test_several_corpora_train_and_ids_that_clash_get_names(corpora, read_rows):
    first, second, third = corpora
    Path("other.csv").write_text(third.read_text().replace(",two", ",three"))
    run = featx.fit("linear", train=[first, third], test=second, fold_speakers=True)
    assert run.folder.name == "a+c-to-b-tiny-linear"
    with pytest.raises(FeatxError, match=r"the same sound is in two parts of a fold, 9 pairs"):
        featx.fit("linear", "tiny", train=third, test="other.csv", store="c")
    with pytest.raises(FeatxError, match="Two corpora are called 'c'"):
        featx.fit("linear", train=third, test=third)
    rows = read_rows(
        featx.fit("linear", "tiny", train=third, test="other.csv", store="c", keep_duplicates=True)
    )
    validated = {row["utterance"] for row in rows if row["split"] == "validation"}
    assert all(name.startswith("c:") for name in validated)


def test_heads_standardise_by_corpus(corpora):
    first, _, third = corpora
    run = featx.fit("dense", train=third, test=first, normalize="corpus", settings=QUICK)
    assert any(r.startswith("Normalised by corpus: a test utt") for r in run.results.remarks)
    # all utterances that are predicted together are taken for a corpus's
    predicted = featx.predict(run, "features/a/tiny")
    with (run.folder / "predictions.csv").open() as file:
        header, *lines = [line.strip().split(",") for line in file]
    place = header.index("p_sad")
    tested = {line[0]: float(line[place]) for line in lines if line[4] == "test"}
    again = {row.utterance: row.probabilities["sad"] for row in predicted.rows}
    assert again == pytest.approx(tested, abs=1e-5)


@pytest.mark.parametrize("head", ["linear", "dense"])
def test_joined_stores_read_as_each_alone(corpora, head):
    paths = corpora[1:]
    joined = join_manifests([featx.load_manifest(path) for path in paths])
    alone = [FeatureStore(f"features/{path.stem}/tiny") for path in paths]
    store = JoinedStore(alone, [part.own for part in joined.parts])
    names = [u.utterance for u in joined.utterances]
    device = torch.device("cpu")
    selection = select(store, "all", float("inf"), device, apart=head == "linear")
    selection.check(names)
    moments = find_moments(selection, names, keep=True)
    assert selection.nbytes(names) == sum(
        select(s, "all", float("inf"), device).nbytes(s.utterances) for s in alone
    )
    for part, single in zip(joined.parts, alone, strict=True):
        own = select(single, "all", float("inf"), device)
        for name, stored in part.own.items():
            assert torch.equal(selection.read(name), own.read(stored))
            assert store.frames(name) == single.frames(stored)
            assert store.checksum(name, (0,)) == single.checksum(stored, (0,))
            assert np.array_equal(moments[name].mean, own.measure(stored).mean)


def test_stores_of_different_features_are_refused(corpora, checkpoint_folder):
    featx.extract(checkpoint_folder, "a.csv", store="other", layers="0")
    stores = [FeatureStore("features/other/tiny"), FeatureStore("features/c/tiny")]
    with pytest.raises(FeatxError, match="hold different features, which no head can take togeth"):
        JoinedStore(stores, [{}, {}])


def test_a_sent_fit_reads_the_same_joined_stores(corpora):
    run = featx.fit("linear", train="c.csv", test="a.csv")
    config = read_config(run.folder / "config.toml", FitConfig)
    fit = plan_fit(config, load_corpora(config), torch.device("cpu"))
    sent = pickle.loads(pickle.dumps(_SentFit.of(fit, ON_CPU))).open(torch.device("cpu"))
    (there,), (here,) = sent.data.selections, fit.data.selections
    for utterance in fit.data.task.utterances:
        assert torch.equal(there.read(utterance.utterance), here.read(utterance.utterance))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"train": "a.csv"}, "`train` and `test` go together"),
        ({"test": "a.csv"}, "`train` and `test` go together"),
        ({"train": "a.csv", "test": "c.csv", "manifest": "b.csv"}, "`manifest` .*`train`"),
        ({"train": "a.csv", "test": "c.csv", "folds": 1}, "`folds=1`: between corpora"),
        ({"train": "a.csv", "test": "b.csv", "fold_speakers": True, "speaker_dependent": True},
         "`fold_speakers` keeps those"),
        ({"manifest": "a.csv", "fold_speakers": True}, "`fold_speakers` .*`manifest`"),
        ({"train": "nothing.csv", "test": "c.csv"}, "nothing.csv"),
        ({"train": "a.csv", "test": "c.csv", "target": "age"}, "no column 'age'"),
    ],
)  # fmt: skip
def test_arguments_that_do_not_fit_are_refused(corpora, arguments, words):
    with pytest.raises(FeatxError, match=words):
        featx.fit("linear", **arguments)
    assert not Path("runs").exists()


def test_a_corpus_without_features_of_some_utterances_is_named(corpora):
    row = Path("a.csv").read_text().splitlines()[1].replace("sad-0-0", "new", 1)
    audio = "audio/happy-0-1.wav"
    changed = row.replace("audio/sad-0-0.wav", audio)
    with Path("c.csv").open("a") as file:
        file.write(f"{changed.replace(',one', ',two')}\n")
    with pytest.raises(FeatxError, match=r"features/c/tiny: no features of 1 of 10 utt.* new\."):
        featx.fit("linear", train="c.csv", test="a.csv")
    run = featx.fit("linear", train="c.csv", test="a.csv", skip_missing=True)
    assert any("left out 1 utterances without features" in r for r in run.results.remarks)


def test_a_stopped_fit_goes_on(corpora, monkeypatch):
    from featx.fitting.training import train

    whole = train.fit_member
    count = iter(range(9))

    def stop(*args):
        if next(count) == 2:
            raise KeyboardInterrupt
        return whole(*args)

    monkeypatch.setattr(train, "fit_member", stop)
    given = {"train": "a.csv", "test": "b.csv", "fold_speakers": True, "settings": QUICK}
    with pytest.raises(Interrupted):
        featx.fit("dense", **given)
    monkeypatch.setattr(train, "fit_member", whole)
    assert featx.fit("dense", **given).results.seeds == 1
