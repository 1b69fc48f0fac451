"""The corpora that can be listed in a manifest: a module each, whose `CORPUS` says how."""

from importlib import import_module
from typing import get_args

from featx.data.choices import CorpusName
from featx.data.listing.corpus import Corpus

CORPORA: dict[str, Corpus] = {
    name: import_module(f"featx.data.corpora.{name.replace('-', '_')}").CORPUS
    for name in get_args(CorpusName)
}
