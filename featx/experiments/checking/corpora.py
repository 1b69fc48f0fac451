"""The corpora of an experiment: their manifests, listed where they are not there."""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from featx.data.checks.corpus import check_corpus
from featx.data.joined import JoinedManifest, join_manifests
from featx.data.listing.files import CorpusError
from featx.data.listing.list_corpus import Built, list_corpus
from featx.data.manifest import Manifest, load_manifest, render_manifest
from featx.data.sounds.same import Same
from featx.experiments.checking.findings import Findings
from featx.experiments.planning.plan import Case, manifest_path
from featx.experiments.settings.config import Experiment
from featx.fitting.inputs.corpora import JoinedCorpora
from featx.protocols.apply import apply_protocol
from featx.protocols.corpora_protocol import corpora_protocol
from featx.protocols.protocol import Protocol, choose_protocol
from featx.protocols.repeated import IN_TWO_PARTS, describe_repeats, find_repeats, why_kept
from featx.protocols.task import Task, set_task

CURE = (
    "Take one row of each pair out of the manifest, or keep them with keep_duplicates = true in "
    "the corpus's table."
)


def bring_manifest(experiment: Experiment, name: str, overwrite: bool = False) -> Built:
    """Return a corpus's manifest, after writing it if the experiment has the corpus listed.

    Args:
        experiment: the experiment that the corpus belongs to.
        name: the corpus's name in the experiment.
        overwrite: replace a manifest that says something else than the corpus does now.

    Raises:
        FeatxError: if the corpus or the manifest can't be used, or both disagree.
    """
    path = manifest_path(experiment, name)
    if experiment.corpora[name].path:
        return _load(path)
    return _list(experiment, name, path, overwrite)


def peek_manifest(experiment: Experiment, name: str, overwrite: bool = False) -> Built:
    """Return what `bring_manifest` would return, without leaving a new manifest.

    Sound that lies in films and tables is unpacked all the same, into the corpus's `unpack`: what
    follows is checked with it, and the run finds it there.

    Raises:
        FeatxError: if the corpus or the manifest can't be used, or both disagree.
    """
    path = manifest_path(experiment, name)
    if experiment.corpora[name].path:
        return _load(path)
    with tempfile.TemporaryDirectory() as folder:
        built = _list(experiment, name, Path(folder) / path.name, False)
    found = Manifest(path, built.manifest.utterances)
    content = render_manifest(path, found.utterances)
    if path.is_file() and not overwrite and path.read_bytes() != content:
        raise CorpusError(
            f"{path} exists and says something else than the corpus; `overwrite` replaces it, or "
            "give the corpus another name"
        )
    return replace(built, manifest=found)


def _load(path: Path) -> Built:
    manifest = load_manifest(path)
    checked = check_corpus(manifest.utterances)
    return Built(manifest, [], checked.findings, checked.same)


def _list(experiment: Experiment, name: str, out: Path, overwrite: bool) -> Built:
    corpus = experiment.corpora[name]
    assert corpus.root is not None, "the schema asks for it"
    return list_corpus(
        corpus.corpus,
        corpus.root,
        out,
        corpus.options,
        corpus.merge,
        corpus.labels,
        overwrite,
        mapping=corpus.mapping,
        scale=corpus.scale,
    )


def join_built(built: Sequence[Built]) -> Built:
    """Return corpora as one, of which some are learned from and others tested.

    Raises:
        FeatxError: if two have the same name.
    """
    joined = join_manifests([each.manifest for each in built])
    return Built(joined, [], [], check_corpus(joined.utterances).same)


def find_protocol(experiment: Experiment, case: Case, manifest: Manifest) -> Protocol:
    """Return the protocol of a case.

    Raises:
        FeatxError: if there is no protocol of that name, the file can't be used, or what is to be
            learned is not there.
    """
    corpus, given = experiment.corpora[case.corpus], case.protocol or None
    if isinstance(manifest, JoinedManifest):
        names, count = [part.manifest.name for part in manifest.parts], len(corpus.test)
        joined = JoinedCorpora(manifest, [], tuple(names[count:]), tuple(names[:count]))
        division = joined.division(corpus.folds, corpus.fold_speakers, False)
        return corpora_protocol(manifest, division, given, corpus.target, corpus.task)
    return choose_protocol(given, manifest, corpus.folds, False, corpus.target, corpus.task)


def check_case(
    experiment: Experiment,
    case: Case,
    manifest: Manifest,
    protocol: Protocol,
    same: Sequence[Same],
    findings: Findings,
) -> Task | None:
    """Divide a corpus, and add to the findings what its protocol leaves out or repeats.

    Args:
        experiment: the experiment.
        case: the corpus, and the protocol on it.
        manifest: the corpus's.
        protocol: the protocol.
        same: the pairs of utterances that are the same sound.
        findings: where errors and warnings are added.

    Returns:
        The corpus divided; None if that is an error.
    """
    where = f"corpora.{case.corpus}, {case.protocol or 'without a protocol'}"
    with findings.at(where):
        task = set_task(apply_protocol(manifest, protocol))
        for note in task.notes:
            findings.warn(where, note)
        if task.speakers_shared:
            findings.warn(where, "training and test share speakers, as the protocol has it")
        if repeats := find_repeats(task.folds, same):
            utterances = {u.utterance: u for u in task.utterances}
            found = describe_repeats(repeats, utterances)
            keep = experiment.corpora[case.corpus].keep_duplicates
            if why := why_kept(repeats, utterances, keep):
                findings.warn(where, f"{IN_TWO_PARTS}, {found}; {why}")
            else:
                findings.error(where, f"{IN_TWO_PARTS}, {found}. {CURE}")
        return task
    return None
