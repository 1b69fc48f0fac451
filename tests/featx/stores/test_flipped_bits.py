"""600 flipped bits in finished stores of every kind: found, refused, and computed again."""

import random
from pathlib import Path

import pytest

import featx
from cache import FeatureStore, StoreError
from cache.shards.shard import Shard
from featx.features.stores.verified import check_features

KINDS = {
    "float16": {},
    "int8": {"dtype": "int8"},
    "compressed": {"compress": True},
    "compressed int8": {"compress": True, "dtype": "int8"},
    "pooled": {"pool": "mean+deviation"},
}
FLIPS = 120  # in each kind
SEED = 18  # of the places
STORE = Path("features/manifest/tiny")


@pytest.fixture
def whole(request, monkeypatch, write_corpus, checkpoint_folder):
    """A store of two shards, as bytes by file, and what extracts it again."""
    monkeypatch.setattr("featx.features.writing.write.SHARD_BYTES", 1)
    monkeypatch.setattr("featx.features.planning.batches.BLOCK", 8)
    monkeypatch.setattr("featx.data.files.digests.UNSETTLED", -100)  # all that is whole is kept
    write_corpus(speakers=6)

    def extract():
        return featx.extract(checkpoint_folder, batch_seconds=0.7, **KINDS[request.param])

    extract()
    files = {path: path.read_bytes() for path in sorted(STORE.glob("shard-*.h5"))}
    assert len(files) == 2
    return files, extract


def draw(generator: random.Random, path: Path) -> tuple[int, str]:
    """Return a bit of a file, half of them outside features, and what it belongs to."""
    shard = Shard(path)
    features = [
        *shard._rows.regions,
        *(shard._regions[n] for n in ("scale", "offset") if n in shard._regions),
    ]
    marks = [shard._regions[name] for name in ("source", "checksum", "done")]
    outside = generator.random() < 0.5
    while True:
        place = generator.randrange(path.stat().st_size)
        if any(begin <= place < end for begin, end in features):
            kind = "features"
        else:
            kind = "marks" if any(b <= place < e for b, e in marks) else "tables"
        if not outside or kind != "features":
            return 8 * place + generator.randrange(8), kind


def flip(path: Path, bit: int) -> None:
    with path.open("r+b") as file:
        file.seek(bit // 8)
        byte = file.read(1)[0]
        file.seek(bit // 8)
        file.write(bytes([byte ^ 1 << bit % 8]))


def refusal(utterances) -> str:
    """Return why a fit refuses the store."""
    try:
        store = FeatureStore(STORE)
        check_features(store, range(len(store.layout.layers)), utterances)
    except StoreError as error:
        return str(error)
    return ""


@pytest.mark.thorough
@pytest.mark.parametrize("whole", KINDS, indirect=True, ids=list(KINDS))
def test_each_is_found_by_name_and_by_a_fit(whole, run_featx):
    files, _ = whole
    utterances = FeatureStore(STORE).utterances
    generator = random.Random(SEED)
    assert not refusal(utterances)
    for number in range(FLIPS):
        path = generator.choice(list(files))
        bit, kind = draw(generator, path)
        flip(path, bit)
        found = featx.verify_store(STORE).stores[0].found
        names = found.damaged or [path.name for path in found.tables]
        assert len(names) == 1, (path, bit, kind)
        assert bool(found.tables) == (kind == "tables")
        assert names[0] in refusal(utterances), (path, bit, kind)
        if number % 40 == 0:
            code, _, message = run_featx("fit", "--head", "linear")
            assert code == 1
            assert names[0] in message
            assert "Traceback" not in message
        flip(path, bit)
    assert not refusal(utterances)
    assert not list(Path("runs").rglob("metrics.json"))


@pytest.mark.thorough
@pytest.mark.parametrize("whole", KINDS, indirect=True, ids=list(KINDS))
def test_repair_and_extraction_give_the_same_bytes(whole):
    files, extract = whole
    generator = random.Random(SEED)
    for _ in range(3):
        first, second = generator.sample(list(files), 2)
        wanted = {
            first: ("features", "marks"),
            second: generator.choice([("features",), ("tables",)]),
        }
        for path, kinds in wanted.items():
            for bit, kind in [draw(generator, path) for _ in range(12)]:
                if kind in kinds:
                    flip(path, bit)
        assert featx.verify_store(STORE).is_damaged
        featx.verify_store(STORE, repair=True)
        extract()
        assert {path: path.read_bytes() for path in sorted(STORE.glob("shard-*.h5"))} == files
        assert not featx.verify_store(STORE).is_damaged
        for path in STORE.glob("*.damaged"):
            path.unlink()
