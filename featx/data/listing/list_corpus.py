"""Finding the utterances of a corpus as asked, and writing their manifest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from featx.data.checks.corpus import check_corpus
from featx.data.checks.finding import Finding
from featx.data.checks.labels import check_missing
from featx.data.checks.unreadable import CHECK as UNREADABLE
from featx.data.checks.unreadable import say_left_out
from featx.data.choices import Channel, CorpusName, LabelSource, Scenario
from featx.data.corpora import CORPORA
from featx.data.listing.corpus import Found
from featx.data.listing.files import CorpusError, ManifestDiffersError
from featx.data.listing.labels.mapping import apply_mapping, read_mapping
from featx.data.listing.labels.relabel import choose_labels
from featx.data.listing.labels.vote_table import read_votes, take_votes
from featx.data.listing.readable import keep_decoded, keep_readable
from featx.data.listing.tables.columns import Columns
from featx.data.manifest import Manifest, render_manifest, save_valid
from featx.data.sounds.same import Same
from featx.data.words import names_nobody, note_of_nobody
from featx.utils.arguments import check_choice


@dataclass(frozen=True)
class Built:
    """A manifest that was written, and what there is to say about its corpus.

    Attributes:
        manifest: what is in the file.
        notes: how the corpus was read, sentences without their stop.
        findings: what is wrong with it.
        same: the pairs of its utterances that are the same sound.
    """

    manifest: Manifest
    notes: list[str]
    findings: list[Finding]
    same: list[Same]


def list_corpus(
    corpus: str,
    root: Path,
    out: Path,
    options: Mapping[str, Columns | None],
    merge: Mapping[str, str],
    labels: Sequence[str],
    overwrite: bool = False,
    *,
    mapping: str = "",
    scale: float | None = None,
    votes: Path | None = None,
) -> Built:
    """Find the utterances of a corpus, listen to them, and write the manifest of those that decode.

    Args:
        corpus: a name in `CORPORA`.
        root: the folder of the corpus.
        out: the CSV to write.
        options: the options of this corpus by name; None where one is not given.
        merge: labels to rename, each to its new name.
        labels: the labels to keep after merging; all if empty.
        overwrite: replace a manifest that says something else.
        mapping: the name of a mapping of labels, which comes between both; empty for none.
        scale: what samples in files of floating-point numbers are divided by; None for nothing.
        votes: a table of what annotators gave, which comes before `merge`.

    Returns:
        The manifest as it is in the file, and what there is to say.

    Raises:
        CorpusError: if the corpus can't be read as asked, or `out` says something else.
        ManifestError: if the manifest can't be written, or is not valid; then it is not written.
        Interrupted: on Ctrl-C; what was heard is remembered.
    """
    check_choice("corpus", corpus, CorpusName)
    given = {name: value for name, value in options.items() if value is not None}
    _check_options(corpus, given)
    found = _find(corpus, root, given)
    if votes:
        found = take_votes(found, read_votes(votes), votes)
    found = _with_labels(_without_nobody(found), merge, mapping, labels)
    found, unreadable = keep_readable(found, scale)
    checked = check_corpus(found.utterances)
    found, undecodable = keep_decoded(found, checked.measured.failures)
    findings = [
        *say_left_out({**unreadable, **undecodable}),
        *(finding for finding in checked.findings if finding.check != UNREADABLE),
    ]
    content = render_manifest(out, found.utterances)
    if out.is_file() and not overwrite and out.read_bytes() != content:
        raise ManifestDiffersError(
            f"{out} exists and says something else. Replace it with `overwrite`, or give another "
            "file as `out`."
        )
    return Built(save_valid(out, found.utterances), found.notes, findings, checked.same)


def _without_nobody(found: Found) -> Found:
    """Leave speakers empty whose names say that they are not known."""
    notes = note_of_nobody(utterance.speaker for utterance in found.utterances)
    if not notes:
        return found
    utterances = [
        replace(u, speaker="" if names_nobody(u.speaker) else u.speaker) for u in found.utterances
    ]
    return Found(utterances, [*found.notes, *notes])


def _with_labels(
    found: Found, merge: Mapping[str, str], mapping: str, labels: Sequence[str]
) -> Found:
    """Merge labels, map them, choose some, and refuse those that are missing."""
    if mapping:
        merged = choose_labels(found, merge, [])
        found = choose_labels(apply_mapping(merged, read_mapping(mapping)), {}, labels)
    else:
        found = choose_labels(found, merge, labels)
    missing = check_missing(found.utterances)
    if missing:
        raise CorpusError("\n".join(finding.text for finding in missing))
    return found


def _find(corpus: str, root: Path, options: Mapping[str, Columns]) -> Found:
    """Return what a corpus holds, named in a column `corpus`, and what is missing of it."""
    reader = CORPORA[corpus]
    is_id = reader.remote and not root.exists()
    found = reader.find(root if is_id else root.absolute(), **options)
    if reader.facts is None:  # no corpus, but a way to sort files
        return found
    named = [replace(u, extra={"corpus": corpus, **u.extra}) for u in found.utterances]
    return Found(named, found.notes + (reader.gaps(named) if reader.gaps else []))


def _check_options(corpus: str, given: Mapping[str, Columns]) -> None:
    for name in given:
        if name not in CORPORA[corpus].options:
            owners = [other for other, entry in CORPORA.items() if name in entry.options]
            raise CorpusError(f"`{name}` is for {', '.join(owners)}, not for {corpus}.")
    for name in ("audio", "unpack"):
        if name in given and not str(given[name]).strip():
            raise CorpusError(f"`{name}` must name a folder.")
    choices_of = {"channel": Channel, "scenario": Scenario, "label_source": LabelSource}
    for name, choices in choices_of.items():
        if name in given:
            check_choice(name, given[name], choices)
