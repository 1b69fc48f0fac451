"""The corpora that can be listed in a manifest: a module each, whose `CORPUS` says how."""

from importlib import import_module
from types import ModuleType
from typing import get_args

from featx.data.choices import CorpusName
from featx.data.listing.corpus import Corpus


def corpus_module(name: str) -> ModuleType:
    """Return the module that reads a corpus."""
    return import_module(f"featx.data.corpora.{name.replace('-', '_')}")


CORPORA: dict[str, Corpus] = {name: corpus_module(name).CORPUS for name in get_args(CorpusName)}
