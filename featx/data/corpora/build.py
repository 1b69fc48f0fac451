"""From a corpus on disk to its manifest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from featx.data.corpora import CORPORA
from featx.data.corpora.files import CorpusError
from featx.data.corpora.relabel import choose_labels, parse_merges
from featx.data.manifest import Manifest, load_manifest, render_manifest, save_manifest


@dataclass(frozen=True)
class Built:
    """A manifest that was written, and what its corpus had to say."""

    manifest: Manifest
    notes: list[str]


def build_manifest(
    corpus: str,
    root: Path,
    out: Path,
    options: Mapping[str, str | None],
    merges: Sequence[str] = (),
    labels: Sequence[str] = (),
    overwrite: bool = False,
) -> Built:
    """Find a corpus's utterances, write their manifest and check it.

    Args:
        corpus: a name in `CORPORA`.
        root: the corpus's folder.
        out: the manifest.
        options: the corpus's own ones; None where not given.
        merges: `old=new` pairs of labels.
        labels: those to keep after merging; all if empty.
        overwrite: replace a manifest that says something else.

    Returns:
        The manifest as it is read back, and notes for people.

    Raises:
        CorpusError: if the corpus can't be read as asked, or `out` says something else.
        ManifestError: if the manifest can't be written, or is not valid.
    """
    given = {name: value for name, value in options.items() if value is not None}
    _check_options(corpus, given)
    renamed = parse_merges(merges)
    found = choose_labels(CORPORA[corpus].find(root.absolute(), **given), renamed, labels)
    content = render_manifest(out, found.utterances)
    if out.is_file() and not overwrite and out.read_bytes() != content:
        raise CorpusError(
            f"{out} exists and says something else; --overwrite replaces it, --out names another"
        )
    save_manifest(out, found.utterances)
    return Built(load_manifest(out), found.notes)


def _check_options(corpus: str, given: Mapping[str, str]) -> None:
    for name in given:
        if name not in CORPORA[corpus].options:
            owners = [other for other, entry in CORPORA.items() if name in entry.options]
            raise CorpusError(f"--{name} is for {', '.join(owners)}, not for {corpus}")
