"""Every public function refuses wrong arguments with a FeatxError that names them."""

import pytest

import featx

NOTHING = [
    ("compare", {"paths": []}),
    ("evaluate", {"paths": []}),
    ("report", {"runs": []}),
    ("vote", {"systems": []}),
]
WRONG = [
    ("build_manifest", {"corpus": "emo", "root": "x"}, "corpus"),
    ("build_manifest", {"corpus": "folder", "root": 3}, "root"),
    ("build_manifest", {"corpus": "folder", "root": "x", "merge": "a"}, "merge"),
    ("load_manifest", {"path": 3}, "path"),
    ("extract", {"model": "egemaps", "layers": 0.5}, "layers"),
    ("extract", {"model": "egemaps", "window": 20}, "window"),
    ("extract", {"model": "egemaps", "devices": None}, "devices"),
    ("extract", {"model": "egemaps", "batch_seconds": "x"}, "batch_seconds"),
    ("extract", {"model": "egemaps", "max_seconds": 0}, "max_seconds"),
    ("extract", {"model": "egemaps", "too_long": "cut"}, "too_long"),
    ("fit", {"folds": "x"}, "folds"),
    ("fit", {"memory": "x"}, "memory"),
    ("fit", {"memory": -1}, "memory"),
    ("fit", {"seeds": 0}, "seeds"),
    ("fit", {"seconds": float("nan")}, "seconds"),
    ("fit", {"normalize": "speakers"}, "normalize"),
    ("tune", {"trials": 0}, "trials"),
    ("tune", {"inner_folds": 2}, "inner_folds"),
    ("finetune", {"model": "wav2vec2-base", "mode": "all"}, "mode"),
    ("finetune", {"model": "wav2vec2-base", "seeds": 0}, "seeds"),
    ("load", {"run": None}, "run"),
    ("predict", {"run_or_model": "x", "inputs": None}, "inputs"),
    ("predict", {"run_or_model": None, "inputs": "x"}, "run_or_model"),
    ("evaluate", {"paths": 3}, "paths"),
    ("compare", {"paths": [3]}, "paths"),
    ("vote", {"systems": "x", "search": 0.5}, "search"),
    ("vote", {"systems": "x", "search": 1}, "search"),
    ("vote", {"systems": "x", "rule": "loud"}, "rule"),
    ("report", {"runs": "x", "out": None}, "out"),
    ("serve", {"run": None}, "run"),
    ("serve", {"run": "x", "batch": 0}, "batch"),
    ("run", {"experiment": None}, "experiment"),
    ("run", {"experiment": "x", "overwrite": "no"}, "overwrite"),
]


@pytest.mark.parametrize(("name", "arguments", "argument"), WRONG)
def test_the_argument_is_named(name, arguments, argument):
    with pytest.raises(featx.FeatxError, match=f"`{argument}="):
        getattr(featx, name)(**arguments)


@pytest.mark.parametrize(("name", "arguments"), NOTHING)
def test_an_empty_list_is_refused(name, arguments):
    with pytest.raises(featx.FeatxError, match=r"runs|prediction files"):
        getattr(featx, name)(**arguments)
