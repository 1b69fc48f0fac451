"""Several who write to a store, or read it, at once; and stores that are for reading only."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

import featx
from cache import FeatureStore, InUseError, StoreError, writing
from featx.features.encoders.workers import EncoderWorkers

STORE = Path("features/manifest/tiny")
FLOAT = {"precision": "float32"}


@contextmanager
def read_only(*folders: Path) -> Iterator[None]:
    """Let nothing be written to folders until the block ends."""
    for folder in folders:
        folder.chmod(0o555)
    try:
        yield
    finally:
        for folder in folders:
            folder.chmod(0o755)


def test_a_second_extraction_is_refused_before_it_reads_audio(
    write_corpus, checkpoint_folder, monkeypatch, in_a_thread
):
    write_corpus(speakers=1)
    monkeypatch.setattr(
        "featx.features.writing.write.plan_extraction", lambda *_, **__: pytest.fail("planned")
    )
    with in_a_thread(writing(STORE)), pytest.raises(InUseError, match="extracting features since"):
        featx.extract(checkpoint_folder)


def test_nothing_left_to_do_needs_no_lock(extracted, checkpoint_folder, unprivileged, in_a_thread):
    before = sorted(Path("features").rglob("*"))
    with in_a_thread(writing(STORE)):
        assert featx.extract(checkpoint_folder).extracted == 0
    with read_only(STORE, STORE.parent, STORE.parent.parent):
        assert featx.extract(checkpoint_folder).extracted == 0
    assert sorted(Path("features").rglob("*")) == before


@pytest.mark.parametrize("writer", [True, False])
def test_a_store_of_others_keeps_its_list_of_failures(
    extracted, checkpoint_folder, unprivileged, writer, in_a_thread
):
    with Path("manifest.csv").open("a") as file:
        file.write("missing,audio/none.wav,s9,sad\n")
    lines = Path("manifest.csv").read_text().splitlines(keepends=True)
    Path("fewer.csv").write_text("".join(lines[:5]))
    featx.extract(checkpoint_folder, out=STORE)  # which lists it
    (STORE / "failures.csv").write_text("of another extraction")
    plan_of = {"fewer.csv": 0, "manifest.csv": 1}
    for manifest, failed in plan_of.items():
        if writer and failed:
            continue  # refused, as it is not known yet what is left
        with in_a_thread(writing(STORE)) if writer else read_only(STORE):
            extraction = featx.extract(checkpoint_folder, manifest, out=STORE, max_failures="50%")
        assert (extraction.extracted, len(extraction.failures)) == (0, failed)
        assert "listed in" not in extraction.describe()
    if not writer:
        with read_only(STORE), pytest.raises(featx.FeatxError, match="max_failures=0"):
            featx.extract(checkpoint_folder, out=STORE, max_failures=0)
    assert (STORE / "failures.csv").read_text() == "of another extraction"


def test_a_shared_store_for_reading_only_needs_no_lock(extracted, checkpoint_folder, unprivileged):
    text = Path("manifest.csv").read_text()
    Path("other.csv").write_text(text.replace("\nsad-0-0,", "\nanother,"))
    with read_only(STORE):
        extraction = featx.extract(checkpoint_folder, "other.csv", out=STORE)
    assert (extraction.extracted, extraction.shared) == (0, 1)


def test_a_folder_that_can_t_be_written_to_is_said_in_a_sentence(
    extracted, checkpoint_folder, unprivileged
):
    FeatureStore(STORE).forget(["angry-0-0"])
    said = r"^features/manifest/tiny: can't be written to \(Permission denied\), which extracting"
    with read_only(STORE), pytest.raises(StoreError, match=said):
        featx.extract(checkpoint_folder)


def test_a_store_for_reading_only_is_fitted(extracted, unprivileged, run_featx):
    with read_only(STORE):
        outcome = run_featx("fit", "--head", "linear", "--model", "tiny")
    assert outcome.code == 0
    assert "statistics can't be written" in outcome.out
    assert not (STORE / "statistics").exists()
    writable = run_featx("fit", "--head", "linear", "--model", "tiny", "--name", "again")
    assert writable.code == 0
    runs = [Path("runs", name, "predictions.csv") for name in ("manifest-tiny-linear", "again")]
    assert runs[0].read_bytes() == runs[1].read_bytes()


def test_a_fit_during_an_extraction_sees_what_is_finished(
    write_corpus, checkpoint_folder, monkeypatch
):
    write_corpus(speakers=6)
    whole = featx.extract(checkpoint_folder, out="whole", batch_seconds=1.0, **FLOAT).store
    half, go_on = threading.Event(), threading.Event()
    encode = EncoderWorkers.encode

    def pause(self, batches, *rest):
        for number, result in enumerate(encode(self, batches, *rest)):
            if number == 8:
                half.set()
                assert go_on.wait(60)
            yield result

    monkeypatch.setattr(EncoderWorkers, "encode", pause)
    options = {"batch_seconds": 1.0, **FLOAT}
    writer = threading.Thread(target=featx.extract, args=[checkpoint_folder], kwargs=options)
    writer.start()
    try:
        assert half.wait(60)
        store = FeatureStore(STORE)
        done = [name for name in store.utterances if store.is_done(name)]
        assert 0 < len(done) < len(store.utterances)
        for name in done:
            np.testing.assert_array_equal(store.read(name), whole.read(name))
        with pytest.raises(featx.FeatxError, match="no features of 16 of 36 utterances"):
            featx.fit("linear", model="tiny")
    finally:
        go_on.set()
        writer.join()
    store = FeatureStore(STORE)
    assert all((store.read(name) == whole.read(name)).all() for name in whole.utterances)
