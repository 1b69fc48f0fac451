"""Any corpus whose audio is sorted into one folder for each label."""

import filecmp
from collections.abc import Sequence
from pathlib import Path

from featx.data.listing.corpus import Corpus, Found
from featx.data.listing.files import drop_duplicates, find_files, left_out, nothing_found
from featx.data.listing.patterns import Pattern
from featx.data.manifest import Utterance

SUFFIXES = {  # those that `featx.data.files.headers` can hold against their files
    ".wav", ".rf64", ".w64", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".aifc",
    ".au", ".snd", ".caf", ".sph", ".nist", ".voc",
}  # fmt: skip
UNKNOWN = "speakers are unknown; give `speaker`, a regular expression, to find them in paths"


def find_folder(root: Path, speaker: str | None = None, label: str | None = None) -> Found:
    """Find audio under `root/<label>/`, at any depth.

    Args:
        root: the folder of the labels' folders.
        speaker: a regular expression with one group, searched for in each path relative to
            `root`; the group is the speaker. Without it speakers are unknown.
        label: the same for the label, in place of the first folder.

    Returns:
        The utterances by path; their ids are the path without its ending. Files that lie there
        once more a folder deeper, as unpacking leaves them, are left out.

    Raises:
        CorpusError: if the folder is missing or holds no such file, or no path has a speaker, or
            label, as asked.
    """
    patterns = {
        name: Pattern(name, text)
        for name, text in (("speaker", speaker), ("label", label))
        if text is not None
    }
    paths = find_files(root, SUFFIXES)
    loose = [path for path in paths if path.parent == root and label is None]
    labelled = [path for path in paths if path.parent != root or label is not None]
    kept, notes = drop_duplicates(root, labelled, lambda path: _id(root, path))
    once, repeated = _drop_repeated(root, kept)
    notes += left_out(root, loose, "outside the labels' folders") + repeated
    if not once:
        raise nothing_found(root, "<label>/*.wav, flac, ogg, mp3 or the like", notes)
    utterances = [_utterance(root, path, patterns) for path in sorted(once)]
    notes += _not_found(root, utterances, patterns)
    return Found(utterances, notes + _too_high(root, utterances))


def _not_found(
    root: Path, utterances: Sequence[Utterance], patterns: dict[str, Pattern]
) -> list[str]:
    """Say in which paths the speaker or label was not found."""
    texts = [utterance.path.relative_to(root).as_posix() for utterance in utterances]
    notes = [] if "speaker" in patterns else [UNKNOWN]
    for name, pattern in patterns.items():
        pairs = zip(texts, utterances, strict=True)
        notes += pattern.notes(texts, [text for text, u in pairs if not u.column(name)])
    return notes


def _id(root: Path, path: Path) -> str:
    return path.relative_to(root).with_suffix("").as_posix()


def _utterance(root: Path, path: Path, patterns: dict[str, Pattern]) -> Utterance:
    relative = path.relative_to(root)
    found = {name: pattern.find(relative.as_posix()) for name, pattern in patterns.items()}
    return Utterance(
        utterance=_id(root, path),
        path=path,
        speaker=found.get("speaker", ""),
        label=found.get("label", relative.parts[0].strip()),
    )


def _drop_repeated(root: Path, paths: Sequence[Path]) -> tuple[list[Path], list[str]]:
    """Leave out files with a twin of the same content whose path lacks one of their folders."""
    there = {path.relative_to(root).parts: path for path in paths}
    twins = {
        path: there[shorter]
        for parts, path in there.items()
        for shorter in (parts[:i] + parts[i + 1 :] for i in range(len(parts) - 2, -1, -1))
        if shorter in there
    }
    same = {path for path, twin in twins.items() if filecmp.cmp(path, twin, shallow=False)}
    repeated = [path for path in paths if path in same]
    notes = left_out(root, repeated, "that lie here twice, the second time a folder deeper")
    return [path for path in paths if path not in same], notes


def _too_high(root: Path, utterances: Sequence[Utterance]) -> list[str]:
    """Return a note if all audio is in a folder that holds several, as a root does."""
    labels = {utterance.label for utterance in utterances}
    inner = {utterance.path.relative_to(root).parts[1:-1][:1] for utterance in utterances}
    folder = root / utterances[0].path.relative_to(root).parts[0]
    if len(labels) > 1 or len(inner) < 2 or labels != {folder.name}:
        return []
    return [
        f"the only label is {folder.name}, and there are {len(inner)} folders in it: if those are "
        f"the labels, give {folder} as `root`"
    ]


CORPUS = Corpus("Folders of labels", find_folder, ("speaker", "label"))
