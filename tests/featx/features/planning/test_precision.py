"""`precision="auto"` chooses once: for a store from its first moment, and for a machine."""

import json
from pathlib import Path

import pytest

import featx
from featx.features.encoders.precision import PrecisionCheck
from featx.features.planning.precision import PRECISION_RECORD

STORE = Path("features/manifest/tiny")


@pytest.fixture
def measure(write_corpus, monkeypatch, tmp_path):
    """A corpus, an empty cache, and a clock that reads what a test says; its readings."""
    write_corpus(speakers=1)
    monkeypatch.setenv("FEATX_CACHE", str(tmp_path / "cache"))
    speeds: list[float] = []

    def check(*_):
        checked = PrecisionCheck("bfloat16", {0: 0.9999, 1: 0.9997}, speeds.pop(0))
        return [checked]

    monkeypatch.setattr("featx.features.planning.precision.check_precisions", check)
    return speeds


def extract(checkpoint_folder, **options):
    return featx.extract(checkpoint_folder, **{"precision": "auto", **options}).store


def precision_of(folder: Path) -> str:
    return str(json.loads((folder / PRECISION_RECORD).read_text())["precision"])


def test_what_was_measured_is_taken_and_recorded(measure, checkpoint_folder):
    measure.append(3.0)
    assert extract(checkpoint_folder).identity.precision == "bfloat16"
    assert precision_of(STORE) == "bfloat16"
    record = json.loads((STORE / PRECISION_RECORD).read_text())
    assert record["checks"][0]["speed"] == 3.0


def test_the_default_is_float32_and_measures_nothing(measure, checkpoint_folder):
    assert featx.extract(checkpoint_folder).store.identity.precision == "float32"
    assert not (STORE / PRECISION_RECORD).exists()


@pytest.mark.parametrize("first", [3.0, 1.1])
def test_another_timing_changes_nothing_on_a_machine(measure, checkpoint_folder, first):
    measure.append(first)  # and no other: a second measurement would fail
    chosen = extract(checkpoint_folder).identity.precision
    assert extract(checkpoint_folder, out="again").identity.precision == chosen


def test_what_was_chosen_before_the_first_shard_is_kept(measure, checkpoint_folder, monkeypatch):
    """Also where the machine's own record is lost, as on another machine."""
    measure.append(3.0)
    stop_before_the_first_shard(checkpoint_folder, STORE)
    monkeypatch.setenv("FEATX_CACHE", "elsewhere")
    assert precision_of(STORE) == "bfloat16"
    assert extract(checkpoint_folder).identity.precision == "bfloat16"


def stop_before_the_first_shard(checkpoint_folder, folder):
    def stop(*_, **__):
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("featx.features.writing.write.prepare_store", stop)
        with pytest.raises(KeyboardInterrupt):
            extract(checkpoint_folder, out=folder)


def test_other_layers_and_other_encoders_are_measured_anew(
    measure, checkpoint_folder, save_model_of, tiny, tmp_path
):
    measure += [3.0, 1.0, 1.0]
    extract(checkpoint_folder)
    assert extract(checkpoint_folder, layers="0", out="few").identity.precision == "float32"
    other = extract(save_model_of("wavlm", **tiny), out="other")
    assert other.identity.precision == "float32"
    assert not measure


def test_a_record_of_another_encoder_is_not_taken(
    measure, checkpoint_folder, save_model_of, tiny, monkeypatch
):
    measure += [3.0, 1.0]
    stop_before_the_first_shard(checkpoint_folder, Path("taken"))
    store = extract(save_model_of("wavlm", **tiny), out="taken")
    assert store.identity.precision == precision_of(Path("taken")) == "float32"


def test_the_first_of_two_that_choose_at_once_is_followed(measure, checkpoint_folder, monkeypatch):
    """Another process writes its choice after this one has looked for one."""
    measure.append(3.0)
    measured = "featx.features.planning.precision.check_precisions"

    def check(*_):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(measured, lambda *_: [])
            extract(checkpoint_folder, out="first")
        return [PrecisionCheck("bfloat16", {0: 1.0}, 3.0)]

    monkeypatch.setattr(measured, check)
    assert extract(checkpoint_folder, out="second").identity.precision == "float32"


@pytest.mark.parametrize("kept", [b"", b"{}", b"[]", b"\xff"])
def test_a_damaged_record_is_measured_anew(measure, checkpoint_folder, kept):
    measure += [3.0, 1.0]
    extract(checkpoint_folder)
    (remembered,) = Path("cache/precision").iterdir()
    remembered.write_bytes(kept)
    assert extract(checkpoint_folder, out="again").identity.precision == "float32"
    assert json.loads(remembered.read_text())["precision"] == "float32"


def test_a_cache_that_can_not_be_written_stops_nothing(measure, checkpoint_folder, monkeypatch):
    measure.append(3.0)
    Path("file").touch()
    monkeypatch.setenv("FEATX_CACHE", "file")
    assert extract(checkpoint_folder).identity.precision == "bfloat16"
