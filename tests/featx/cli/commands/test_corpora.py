"""`featx corpora` on the command line, and the page that explains it."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from featx.data.corpora import CORPORA, corpus_module
from featx.data.listing.labels.mapping import mapping_names

PAGE = Path(__file__).parents[4] / "docs" / "corpora.md"


def test_all_corpora_are_listed(run_featx):
    outcome = run_featx("corpora")
    assert outcome.code == 0
    words = [line.split()[0] for line in outcome.out.splitlines() if line.strip()]
    assert [word for word in words if word in CORPORA] == [
        *(name for name, corpus in CORPORA.items() if corpus.facts),
        *(name for name, corpus in CORPORA.items() if not corpus.facts),
    ]
    values = json.loads(run_featx("corpora", "--json").out)
    assert list(values) == list(CORPORA)
    assert values["ravdess"]["utterances"] == 2452


@pytest.mark.parametrize("name", CORPORA)
def test_each_corpus_is_shown_in_full(run_featx, name):
    outcome = run_featx("corpora", name)
    assert outcome.code == 0
    for option in CORPORA[name].options:
        assert f"--{option.replace('_', '-')}" in outcome.out
    assert f"featx manifest {name} " in outcome.out
    facts = CORPORA[name].facts
    assert facts is None or facts.link in outcome.out
    about = json.loads(run_featx("corpora", name, "--json").out)["about"]
    assert about == (corpus_module(name).__doc__ or "").strip()
    assert about in outcome.out


def test_mappings_are_listed(run_featx):
    outcome = run_featx("corpora", "--labels")
    assert all(f"{name}: " in outcome.out for name in mapping_names())
    assert list(json.loads(run_featx("corpora", "--labels", "--json").out)) == mapping_names()


def test_an_unknown_corpus_is_refused(run_featx):
    outcome = run_featx("corpora", "ravdes")
    assert outcome.code == 1
    assert "no such corpus; did you mean 'ravdess'" in outcome.err


def test_the_page_names_every_corpus_and_mapping():
    page = PAGE.read_text("utf-8")
    for name in (*CORPORA, *mapping_names()):
        assert f"`{name}`" in page, f"docs/corpora.md does not name {name}"


def test_a_table_is_listed_with_its_columns(workplace, run_featx):
    Path("t.csv").write_bytes("Datei;Gefühl\na.wav;fröhlich\n".encode("latin-1"))
    soundfile.write("a.wav", np.random.default_rng(0).normal(0, 0.1, 16_000), 16_000)
    arguments = ("manifest", "csv", "t.csv", "--columns", "path=Datei,label=Gefühl")
    refused = run_featx(*arguments)
    assert refused.code == 1
    assert "--encoding cp1252 reads" in refused.err
    outcome = run_featx(*arguments, "--encoding", "latin-1", "--separator", ";")
    assert outcome.code == 0, outcome.err
    assert "fröhlich" in Path("manifest.csv").read_text("utf-8")
