"""From a corpus on disk to its manifest."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from classifiers.settings import PositiveFinite
from featx.data.checks.finding import say_findings
from featx.data.choices import Channel, CorpusName, LabelSource, Scenario
from featx.data.listing.labels.relabel import read_merges
from featx.data.listing.list_corpus import list_corpus
from featx.data.listing.tables.columns import Columns
from featx.data.manifest import Manifest
from featx.utils.arguments import as_list, checked

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
    votes: str | Path | None = None,
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
        votes: a CSV with the columns utterance, annotator and label, a row for each label that an
            annotator gave. The label that most gave becomes the utterance's, and columns
            `p_LABEL` have each label's share of the votes. It comes before `merge`.
        unpack: for MELD and Hugging Face datasets, a folder for the sound of films and tables.
        table: for audformat, the table of the labels; for Kaldi data, their file; for Hugging
            Face datasets, the configuration.
        scale: what samples are divided by where files of floating-point numbers hold integers,
            such as 32768.
        overwrite: replace a manifest that says something else.

    Returns:
        The manifest, as it is in the file.

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
    options: dict[str, Columns | None] = {
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
    built = list_corpus(
        corpus,
        Path(root),
        Path(out),
        options,
        merge if isinstance(merge, Mapping) else read_merges(as_list(merge)),
        [label.strip() for label in kept if label.strip()],
        overwrite,
        mapping=mapping or "",
        scale=scale,
        votes=None if votes is None else Path(votes),
    )
    for note in built.notes:
        log.info("Note: %s.", note)
    say_findings(built.findings)
    return built.manifest
