"""From a corpus on disk to its manifest."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from classifiers.settings import PositiveFinite
from featx.data.checks.corpus import check_corpus
from featx.data.checks.labels import check_missing
from featx.data.choices import Channel, CorpusName, LabelSource, Scenario
from featx.data.corpora import CORPORA
from featx.data.listing.columns import Columns
from featx.data.listing.corpus import Found
from featx.data.listing.files import CorpusError, ManifestDiffersError
from featx.data.listing.mapping import apply_mapping, read_mapping
from featx.data.listing.readable import keep_readable
from featx.data.listing.relabel import choose_labels, read_merges
from featx.data.manifest import Manifest, render_manifest, save_valid
from featx.data.words import names_nobody
from featx.utils.arguments import as_list, check_choice, checked
from featx.utils.text import counted, listed

_LEVELS = {"note": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
log = logging.getLogger("featx")


@checked
def build_manifest(
    corpus: CorpusName,
    root: str | Path,
    out: str | Path = "manifest.csv",
    *,
    labels: str | Sequence[str] = (),
    merge: Mapping[str, str] | str | Sequence[str] | None = None,
    channel: Channel | None = None,
    scenario: Scenario | None = None,
    label_source: LabelSource | None = None,
    speaker: str | None = None,
    label: str | None = None,
    columns: Mapping[str, str] | str | None = None,
    separator: str | None = None,
    encoding: str | None = None,
    audio: str | Path | None = None,
    mapping: str | None = None,
    unpack: str | Path | None = None,
    table: str | None = None,
    scale: PositiveFinite | None = None,
    overwrite: bool = False,
) -> Manifest:
    """List a corpus in a manifest: one row for each utterance, with its audio file and label.

    What was left out of the corpus, such as files that can't be read, what is missing in it, and
    what is wrong with its audio, labels or speakers is said through the logger "featx".

    Args:
        corpus: a corpus that `featx corpora` lists, "folder" for any audio that lies as
            `LABEL/**/*.wav`, or "csv" for any table.
        root: the folder of the corpus, the table, or the id of a Hugging Face dataset.
        out: the CSV to write.
        labels: the labels to keep, after merging; a string is split at its commas. All labels if
            empty.
        merge: labels to rename, each to its new name: a mapping, or "OLD=NEW" or several such.
        channel: the channel of RAVDESS: "speech" (taken if None), "song" or "both".
        scenario: the dialogs of IEMOCAP: "improvised", "scripted" or "both" (taken if None).
        label_source: the labels of CREMA-D: "acted" (taken if None), or those that most raters
            perceived in the "voice", or in sound and picture ("audiovisual").
        speaker: for a folder or table, a regular expression whose only group finds the speaker in
            a path; in a table, in an utterance's id if not there.
        label: the same for the label; in a table and without it in a folder, where the label is
            the name of the first folder.
        columns: for a table, a Hugging Face dataset or an audformat database, which of its columns
            are a manifest's: a mapping or a string such as "path=file,label=emotion". Columns
            named like a manifest's need not be named.
        separator: what separates a table's columns, such as ";" or "tab"; by default the one with
            which all rows are equally long.
        encoding: a table's encoding, such as "latin-1"; by default UTF-8, or what the file's first
            bytes say.
        audio: the folder that a table's paths are relative to, at any depth; by default the
            table's own, where they are not looked for any deeper.
        mapping: the words of a mapping in `featx corpora --labels`, or of a TOML of your own, for
            those of the corpus. It comes after `merge` and before `labels`.
        unpack: for MELD and Hugging Face datasets, a folder for the sound of films and tables.
        table: for audformat, the table of the labels; for Kaldi data, their file; for Hugging
            Face datasets, the configuration.
        scale: what samples are divided by where files of floating-point numbers hold integers,
            such as 32768.
        overwrite: replace a manifest that says something else.

    Returns:
        The manifest, as it is read back from the file.

    Raises:
        CorpusError: if the corpus can't be read as asked, or `out` says something else.
        ManifestError: if the manifest can't be written, or is not valid.
        Interrupted: on Ctrl-C while sound is unpacked or listened to; the same call goes on from
            there.

    Example:
        >>> manifest = featx.build_manifest("folder", "corpus", "new.csv", speaker=r"speaker(\\d+)")
        >>> len(manifest.utterances)
        18
    """
    options = {
        "channel": channel,
        "scenario": scenario,
        "label_source": label_source,
        "speaker": speaker,
        "label": label,
        "columns": columns,
        "separator": separator,
        "encoding": encoding,
        "audio": None if audio is None else str(audio),
        "unpack": None if unpack is None else str(unpack),
        "table": table,
    }
    kept = labels.split(",") if isinstance(labels, str) else labels
    kept = [label.strip() for label in kept if label.strip()]
    merges = merge if isinstance(merge, Mapping) else read_merges(as_list(merge))
    built = list_corpus(
        corpus,
        Path(root),
        Path(out),
        options,
        merges,
        kept,
        overwrite,
        mapping=mapping or "",
        scale=scale,
    )
    for note in built.notes:
        log.info("Note: %s.", note)
    for finding in check_corpus(built.manifest.utterances).findings:
        log.log(_LEVELS[finding.severity], "%s", finding.text)
    return built.manifest


@dataclass(frozen=True)
class Built:
    """A manifest that was written, and what there is to say about its corpus."""

    manifest: Manifest
    notes: list[str]


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
) -> Built:
    """Find the utterances of a corpus, write their manifest and check it.

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

    Returns:
        The manifest as it is read back, and notes for people.

    Raises:
        CorpusError: if the corpus can't be read as asked, or `out` says something else.
        ManifestError: if the manifest can't be written, or is not valid; then it is not written.
    """
    check_choice("corpus", corpus, CorpusName)
    given = {name: value for name, value in options.items() if value is not None}
    _check_options(corpus, given)
    found = _find(corpus, root, given)
    found = _with_labels(_without_nobody(found), merge, mapping, labels)
    found = keep_readable(found, scale)
    content = render_manifest(out, found.utterances)
    if out.is_file() and not overwrite and out.read_bytes() != content:
        raise ManifestDiffersError(
            f"{out} exists and says something else. Replace it with `overwrite`, or give another "
            "file as `out`."
        )
    return Built(save_valid(out, found.utterances), found.notes)


def _without_nobody(found: Found) -> Found:
    """Leave speakers empty whose names say that they are not known."""
    named = [u.speaker for u in found.utterances if u.speaker and names_nobody(u.speaker)]
    if not named:
        return found
    utterances = [
        replace(u, speaker="" if names_nobody(u.speaker) else u.speaker) for u in found.utterances
    ]
    words = listed(sorted(set(named)))
    note = f"the speaker of {counted(len(named), 'utterance')} counts as unknown: {words}"
    return Found(utterances, [*found.notes, note])


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
