"""Parts of an extraction for job arrays."""

from itertools import chain
from pathlib import Path

import numpy as np
import pytest
import soundfile

import featx
from cache import FeatureStore, PlannedUtterance, split_into_blocks
from featx.errors import FeatxError
from featx.features.planning.length import LengthLimit
from featx.features.planning.parts import Part
from featx.features.planning.plan import ExtractionPlan

SECONDS = 0.05  # of audio in a batch: several blocks


@pytest.mark.parametrize("text", ["0/4", "5/4", "2", "2/", "/4", "2of4", "-1/4", "1/0", "a/b"])
def test_what_is_no_part_is_refused(text):
    with pytest.raises(FeatxError, match="counted from 1"):
        Part.parse(text)


def plan_of(samples: list[int]) -> ExtractionPlan:
    planned = tuple(PlannedUtterance(f"u{n}", length, 1) for n, length in enumerate(samples))
    return ExtractionPlan((), planned, None, LengthLimit(), 0, {"bad": "why"})


@pytest.mark.parametrize("of", [1, 2, 3, 7, 50])
def test_parts_are_runs_of_whole_blocks_that_make_up_all(of):
    samples = np.random.default_rng(0).integers(1, 1000, 300).tolist()
    plan = plan_of(samples)
    parts = [Part(number, of).cut(plan, 4000) for number in range(1, of + 1)]
    assert list(chain(*(part.planned for part in parts))) == list(plan.planned)
    blocks = [list(split_into_blocks(part.planned, 4000)) for part in parts]
    assert list(chain(*blocks)) == list(split_into_blocks(plan.planned, 4000))
    longest = max(sum(p.samples for p in block) for own in blocks for block in own)
    lengths = [sum(planned.samples for planned in part.planned) for part in parts]
    assert max(lengths) - sum(samples) / of <= longest
    assert [len(part.failures) for part in parts] == [1] + [0] * (of - 1)


def same_features(first: Path, second: Path) -> bool:
    here, there = FeatureStore(first), FeatureStore(second)
    return set(here.utterances) == set(there.utterances) and all(
        np.array_equal(here.read(name), there.read(name)) for name in here.utterances
    )


def test_parts_are_joined_by_lying_in_a_folder(workplace, write_corpus, checkpoint_folder, caplog):
    write_corpus(speakers=3)
    options = {"batch_seconds": SECONDS}
    whole = featx.extract(checkpoint_folder, out="whole", **options)
    for number in (3, 1, 2):
        part = featx.extract(checkpoint_folder, out="parts", shard=f"{number}/3", **options)
        assert part.extracted
        assert not part.failures
    assert {path.name.rpartition("-")[0] for path in Path("parts").glob("*.h5")} == {
        "shard-1of3", "shard-2of3", "shard-3of3",
    }  # fmt: skip
    assert same_features(whole.folder, Path("parts"))
    again = featx.extract(checkpoint_folder, out="parts", shard="2/3", **options)
    assert (again.extracted, again.kept) == (0, part.extracted)
    # another division finds everything there
    caplog.set_level("INFO", "featx")
    for number in range(1, 3):
        other = featx.extract(checkpoint_folder, out="parts", shard=f"{number}/2", **options)
        assert other.extracted == 0
    assert not featx.extract(checkpoint_folder, out="parts", **options).extracted
    assert "Part 2 of 2: " in caplog.text


def test_a_fit_names_what_missing_parts_leave_out(workplace, write_corpus, checkpoint_folder):
    write_corpus(speakers=3)
    featx.extract(checkpoint_folder, out="parts", shard="1/2", batch_seconds=SECONDS)
    with pytest.raises(FeatxError, match=r"no features of \d+ of \d+ utterances"):
        featx.fit("linear", features="parts", folds=3)


def test_more_parts_than_there_is_to_divide(workplace, write_corpus, checkpoint_folder, caplog):
    write_corpus(speakers=1)
    caplog.set_level("INFO", "featx")
    done = [featx.extract(checkpoint_folder, out="parts", shard=f"{n}/3") for n in (1, 2, 3)]
    assert sorted(bool(part.extracted) for part in done) == [False, False, True]
    assert "nothing, the corpus makes fewer parts" in caplog.text


def test_parts_list_what_failed_in_files_of_their_own(workplace, write_corpus, checkpoint_folder):
    manifest = write_corpus(speakers=2)
    victim = featx.load_manifest(manifest).utterances[-1]
    data = Path(victim.path).read_bytes()
    Path(victim.path).write_bytes(data[: len(data) // 2])
    for number in (1, 2):
        featx.extract(checkpoint_folder, out="parts", shard=f"{number}/2", batch_seconds=SECONDS)
    listed = "".join(path.read_text() for path in Path("parts").glob("failures-*.csv"))
    assert listed.count(f"\n{victim.utterance},") == 1
    whole = featx.extract(checkpoint_folder, out="parts", batch_seconds=SECONDS)
    assert f"listed in {Path('parts/failures.csv')}" in whole.describe()
    assert [path.name for path in Path("parts").glob("failures*")] == ["failures.csv"]


def test_a_first_part_without_audio_lists_what_can_not_be_planned(
    workplace, write_corpus, checkpoint_folder
):
    write_corpus(speakers=1)
    Path("audio/sad-0-1.wav").write_bytes(b"not audio")
    for number in (3, 1):
        part = featx.extract(checkpoint_folder, out="parts", shard=f"{number}/3", max_failures=1)
        assert not part.extracted
    assert f"listed in {Path('parts/failures-1of3.csv')}" in part.describe()
    assert [path.name for path in Path("parts").glob("*")] == ["failures-1of3.csv"]


@pytest.mark.parametrize(
    "options",
    [
        {"pool": "mean+deviation"},
        {"frames": 10, "compress": True},
        {"dtype": "int8", "compress": True},
    ],
    ids=str,
)
def test_parts_of_smaller_stores_are_those_of_one_process(
    workplace, write_corpus, checkpoint_folder, options
):
    write_corpus(speakers=2)
    options = {"batch_seconds": SECONDS, **options}
    featx.extract(checkpoint_folder, out="whole", **options)
    for part in ("2/2", "1/2"):
        assert featx.extract(checkpoint_folder, out="parts", shard=part, **options).extracted
    for part in ("1/3", "2/3", "3/3", None):
        assert not featx.extract(checkpoint_folder, out="parts", shard=part, **options).extracted
    assert same_features(Path("whole"), Path("parts"))


def test_a_part_compresses_its_own_files_alone(workplace, write_corpus, checkpoint_folder):
    write_corpus(speakers=2)
    for part, compress in (("1/2", False), ("2/2", True), ("1/1", True)):
        featx.extract(
            checkpoint_folder, out="parts", shard=part, compress=compress, batch_seconds=SECONDS
        )
    store = FeatureStore("parts")
    assert {store.path(name).name: store.is_fixed(name) for name in store.utterances} == {
        "shard-1of2-0000.h5": False,
        "shard-2of2-0000.h5": True,
    }


@pytest.mark.parametrize("compress", [False, True])
def test_parts_renew_utterances_of_their_own(workplace, write_corpus, checkpoint_folder, compress):
    manifest = write_corpus(speakers=2)
    names = [utterance.utterance for utterance in featx.load_manifest(manifest).utterances]
    options = {"batch_seconds": SECONDS, "compress": compress, "out": "parts"}
    for part in ("1/2", "2/2"):
        featx.extract(checkpoint_folder, shard=part, **options)
    again = [names[0], names[-1]]
    for part in ("2/2", "1/2"):
        assert featx.extract(checkpoint_folder, shard=part, again=again, **options).extracted == 1
    assert all(map(FeatureStore("parts").is_done, names))
    for name in again:
        audio, rate = soundfile.read(f"audio/{name}.wav")
        soundfile.write(f"audio/{name}.wav", audio[::-1], rate)
    for part in ("2/2", "1/2"):
        renewed = featx.extract(checkpoint_folder, shard=part, update=True, **options)
        assert renewed.extracted == 1
    assert all(map(FeatureStore("parts").is_done, names))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"shard": "1/2"}, "divides the work by itself"),
        ({"devices": 2}, "an actor on each GPU"),
        ({"device": "cuda:1"}, "`device='cuda'`"),
    ],
    ids=str,
)
def test_how_ray_divides_the_work_is_not_said(
    workplace, write_corpus, checkpoint_folder, options, said
):
    write_corpus(speakers=1)
    with pytest.raises(FeatxError, match=said):
        featx.extract(checkpoint_folder, engine="ray", dry_run=True, **options)
