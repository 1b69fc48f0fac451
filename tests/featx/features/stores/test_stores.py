"""Where features of a manifest are, and the call that makes those that are not there."""

from pathlib import Path

import pytest

from featx.errors import Call, FeatxError
from featx.features.stores.folders import ROOT, find_store, find_stores

MANIFEST = Path("corpus.csv")


@pytest.fixture
def make_store(workplace):
    """Make what looks like a store from outside."""

    def make(manifest: str, model: str) -> Path:
        folder = ROOT / manifest / model
        folder.mkdir(parents=True)
        (folder / "shard-0000.h5").touch()
        return folder

    return make


def cure(models: list[str]) -> Call:
    with pytest.raises(FeatxError) as error:
        find_stores(MANIFEST, models)
    assert isinstance(error.value.cure, Call)
    return error.value.cure


def test_the_only_store_needs_no_name(make_store):
    folder = make_store("corpus", "tiny")
    assert find_stores(MANIFEST, []) == [folder]
    assert find_stores(MANIFEST, ["tiny"]) == [folder]


def test_what_is_not_there_is_extracted(make_store):
    assert cure([]).function == "extract"
    make_store("corpus", "tiny")
    assert cure(["hubert-base"]).arguments == {"model": "hubert-base", "manifest": MANIFEST}


def test_of_several_stores_a_model_must_be_chosen(make_store):
    make_store("corpus", "tiny")
    make_store("corpus", "egemaps")
    with pytest.raises(FeatxError, match="`model`: egemaps, tiny"):
        find_store(MANIFEST)


def test_stores_of_other_manifests_are_named(make_store):
    make_store("other", "tiny")
    with pytest.raises(FeatxError, match="other/tiny"):
        find_store(MANIFEST)
