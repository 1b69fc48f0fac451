"""Which stores there are, and all that is known of one."""

import json
import time
from pathlib import Path

import pytest

import featx
from cache import FeatureStore
from featx.errors import FeatxError
from featx.stores.summary import ago
from featx.stores.used import mark_used


def test_stores_are_found_at_any_depth(make_store):
    first, second = make_store(), make_store("elsewhere/deep/tiny", count=3)
    FeatureStore(first).forget(["u1"])
    (store,) = featx.list_stores().stores
    assert (store.folder, store.model, store.done, store.planned) == (first, "tiny", 17, 18)
    assert store.nbytes == sum(path.stat().st_size for path in first.iterdir())
    assert [store.folder for store in featx.list_stores(".").stores] == [second, first]
    json.dumps(featx.list_stores(".").to_json())


def test_a_store_that_cannot_be_opened_is_listed_all_the_same(make_store):
    make_store()
    broken = make_store("features/manifest/broken")
    (broken / "shard-0000.h5").write_bytes(b"")
    text = featx.list_stores().to_text()
    assert "features/manifest/tiny" in text
    assert "features/manifest/broken  ?" in text
    assert "shard-0000.h5: damaged" in text


def test_use_is_noted_where_it_can_be(make_store):
    folder = make_store()
    assert featx.list_stores().stores[0].used is None
    mark_used(folder)
    assert time.time() - (featx.list_stores().stores[0].used or 0) < 60
    mark_used(Path("nowhere"))  # as on a disk that is read-only


def test_all_that_is_known_of_a_store_is_said(make_store):
    folder = make_store()
    FeatureStore(folder).forget(["u1"])
    (folder / "failures.csv").write_text("utterance,reason\nu9,no audio\n")
    (folder / "notes.txt").write_text("mine")
    info = featx.store_info(folder)
    assert (info.done, list(info.missing), info.failures) == (17, ["u1"], 1)
    assert [path.name for path in info.foreign] == ["notes.txt"]
    text = info.to_text()
    for part in ("17 done, 1 not: u1", "1 utterance in failures.csv", "3: 0, 1, 2", "notes.txt"):
        assert part in text
    json.dumps(info.to_json())


def test_there_may_be_no_stores(workplace):
    with pytest.raises(FeatxError, match="there is no such folder"):
        featx.list_stores()
    Path("features").mkdir()
    assert featx.list_stores().to_text() == "There are no stores here."


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(5, "just now"), (61, "1 minute ago"), (7300, "2 hours ago"), (86_400 * 3, "3 days ago")],
)
def test_times_have_a_sensible_unit(seconds, text):
    assert ago(time.time() - seconds) == text
