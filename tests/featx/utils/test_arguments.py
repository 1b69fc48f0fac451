"""Arguments that another would silently overrule are refused by name."""

from pathlib import Path

import pytest

from featx.errors import FeatxError
from featx.utils.arguments import refuse_with


def train(model=None, manifest="manifest.csv", seeds=1, config=None):
    given = dict(locals())
    names = {"model", "manifest", "seeds"}
    refuse_with(train, given, names, "config", "which holds all of it")


def test_defaults_are_not_refused():
    train(manifest=Path("manifest.csv"), config="config.toml")


def test_what_was_given_is_named():
    with pytest.raises(FeatxError, match=r"`model`, `seeds` .* `config`, which holds") as caught:
        train("wav2vec2-base", seeds=2, config="config.toml")
    assert "manifest" not in str(caught.value)
