"""Parts of an extraction for job arrays."""

from itertools import chain
from pathlib import Path

import numpy as np
import pytest

import featx
from cache import FeatureStore, PlannedUtterance, split_into_blocks
from featx.errors import FeatxError
from featx.features.parts import Part
from featx.features.plan import ExtractionPlan, LengthLimit

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
    assert listed.count(victim.utterance) >= 1


def test_an_array_does_not_go_with_ray(workplace, write_corpus, checkpoint_folder):
    write_corpus(speakers=1)
    with pytest.raises(FeatxError, match="divides the work by itself"):
        featx.extract(checkpoint_folder, shard="1/2", engine="ray")
