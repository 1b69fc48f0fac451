"""`featx.cross`: every corpus learned from, and every corpus tested."""

import logging
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt

from featx.cross_corpus.cells import Cell, Pairing, pair_corpora
from featx.cross_corpus.matrix import CrossMatrix
from featx.data.joined import join_manifests
from featx.data.manifest import Manifest
from featx.engines.choices import EngineName
from featx.errors import FeatxError
from featx.fitting.choices import Normalize
from featx.fitting.fit import fit
from featx.fitting.inputs.corpora import Corpus, load_corpus
from featx.protocols.choices import TaskKind
from featx.protocols.corpora_protocol import limit_labels, shared_classes
from featx.protocols.protocol import Expected, Protocol, choose_protocol, read_protocol
from featx.utils.arguments import as_list, checked

log = logging.getLogger("featx")


@checked
def cross(
    manifests: Sequence[Corpus],
    head: str | Path = "dense",
    model: str | Sequence[str] | None = None,
    *,
    store: str | None = None,
    layers: str | int | Sequence[int] = "all",
    normalize: Normalize = "global",
    protocol: str | Path | Protocol | None = None,
    target: str | Sequence[str] | None = None,
    task: TaskKind | None = None,
    seeds: PositiveInt = 1,
    folds: int = 5,
    seconds: PositiveFloat = math.inf,
    skip_missing: bool = False,
    keep_duplicates: bool = False,
    settings: str | Sequence[str] = (),
    name: str | None = None,
    memory: NonNegativeFloat | None = None,
    device: str = "cpu",
    engine: EngineName = "local",
    address: str | None = None,
    overwrite: bool = False,
) -> CrossMatrix:
    """Train on every corpus and test on every corpus; from three on, also train on all others.

    Each cell is a run of its own, as `featx.fit` makes it: a corpus tested on itself is the fit of
    its manifest, speakers apart; another is a fit with `train` and `test`. Where corpora share
    speakers, these are divided into folds, and those who are tested are not learned from. All cells
    have the classes that all corpora have. The same call made again takes up what is finished.

    Args:
        manifests: the CSVs of two or more corpora; each has features of its own,
            features/MANIFEST/MODEL.
        head: the head, as for `featx.fit`.
        model: whose features to use, as for `featx.fit`.
        store: use the features in features/STORE/MODEL, which the manifests share.
        layers: which layers of an encoder, as for `featx.fit`.
        normalize: how features are standardised: "global" by the training utterances, "corpus" by
            each corpus's own, also in test, "speaker" by each speaker's own, "none" not at all.
        protocol: whose labels, merged labels and columns are taken; by its division each corpus is
            tested on itself. By default that is the manifest's split, or else folds of speakers.
        target: the manifests' column that is learned in place of the label, or several of numbers.
        task: "classification" or "regression", as for `featx.fit`.
        seeds: how many heads to train for each fold.
        folds: how many groups the speakers of a corpus are divided into, as for `featx.fit`.
        seconds: how much of the beginning of each utterance is used.
        skip_missing: leave out utterances that have no features.
        keep_duplicates: let the same sound be in training and test. The runs are marked as such.
        settings: changes of single settings, such as "training.learning_rate=1e-3".
        name: what the names of the runs begin with; by default they are those of `featx.fit`.
        memory: GB that features may take while heads train; by default 60 % of what is free.
        device: "cpu", or "cuda" to keep the features and train on a GPU.
        engine: "local", or "ray" for the machines of a Ray cluster.
        address: the Ray cluster to join; by default this machine alone.
        overwrite: replace runs of those names, each once the new one is finished.

    Returns:
        The matrix, whose runs are in `runs`.

    Raises:
        FeatxError: if there are fewer than two corpora, or one of the fits raises it.
        Interrupted: on Ctrl-C; finished runs are kept, and a run begun goes on.

    Example:
        >>> from pathlib import Path
        >>> rows = Path("manifest.csv").read_text().splitlines()
        >>> parts = {"first": ("s0", "s1", "s2"), "second": ("s3", "s4", "s5")}
        >>> for name, speakers in parts.items():
        ...     own = [row for row in rows[1:] if row.split(",")[2] in speakers]
        ...     _ = Path(f"{name}.csv").write_text("\\n".join([rows[0], *own]))
        >>> matrix = featx.cross(["first.csv", "second.csv"], "linear", store="manifest", folds=3)
        >>> [str(cell.pairing) for cell in matrix.cells]
        ['first → first', 'first → second', 'second → first', 'second → second']
    """
    models: list[str] = as_list(model)
    corpora = [load_corpus(path, models, store, skip_missing)[0] for path in manifests]
    if len(corpora) < 2:
        raise FeatxError("A matrix takes two corpora or more; `featx.fit` is for a single one.")
    given = protocol if isinstance(protocol, Protocol | None) else read_protocol(str(protocol))
    matrix = _Matrix(corpora, given, as_list(target), task, folds, name)
    same = {
        "head": head, "model": model, "store": store, "layers": layers, "normalize": normalize,
        "target": target, "task": matrix.task, "seeds": seeds, "seconds": seconds,
        "skip_missing": skip_missing, "keep_duplicates": keep_duplicates, "settings": settings,
        "memory": memory, "device": device, "engine": engine, "address": address,
        "overwrite": overwrite,
    }  # fmt: skip
    pairings = pair_corpora([corpus.name for corpus in corpora])
    cells = []
    for number, pairing in enumerate(pairings, 1):
        log.info("%s (%d of %d)", pairing, number, len(pairings))
        run = fit(**same, **matrix.arguments(pairing))  # type: ignore[arg-type]
        cells.append(Cell(pairing, run.folder, run.results))
    heads, _, _ = cells[0].results.title.partition(",")
    return CrossMatrix(heads, [corpus.name for corpus in corpora], cells)


class _Matrix:
    """What the fits of a matrix have apart: corpora, division and labels.

    Args:
        corpora: the manifests.
        protocol: what is given, if any.
        target: the columns that are learned, if not the protocol's.
        task: how they are learned, if that is given.
        folds: as for `cross`.
        name: likewise.
    """

    def __init__(
        self,
        corpora: Sequence[Manifest],
        protocol: Protocol | None,
        target: Sequence[str],
        task: TaskKind | None,
        folds: int,
        name: str | None,
    ) -> None:
        self._corpora = {corpus.name: corpus for corpus in corpora}
        self._given, self._folds, self._name = protocol, folds, name
        self._whole = choose_protocol(protocol, join_manifests(corpora), folds, False, target, task)
        self._limited = limit_labels(self._whole, corpora)
        self._shared = self._classes(corpora)

    @property
    def task(self) -> TaskKind | None:
        """How the target is learned, the same in all cells; None of labels."""
        return self._whole.target.task

    def _classes(self, corpora: Sequence[Manifest]) -> set[str]:
        """Return the classes that some corpora share; none of numbers."""
        numbers = self.task == "regression"
        return set() if numbers else shared_classes(self._whole, corpora)

    def arguments(self, pairing: Pairing) -> dict[str, Any]:
        """Return the arguments of `fit` that are a cell's own."""
        corpora = [self._corpora[name] for name in pairing.corpora]
        protocol = self._given
        if self._classes(corpora) != self._shared:
            protocol = self._with_shared_labels(pairing)
        name = {} if self._name is None else {"name": f"{self._name}-{_plain(pairing)}"}
        if not pairing.is_within:
            return {
                "train": [self._corpora[name] for name in pairing.train],
                "test": self._corpora[pairing.test],
                "fold_speakers": True,
                "folds": self._folds,
                "protocol": protocol,
                **name,
            }
        folds = {"folds": self._folds} if protocol is None else {}
        return {"manifest": corpora[0], "protocol": protocol, **folds, **name}

    def _with_shared_labels(self, pairing: Pairing) -> Protocol:
        """Return the protocol of a cell whose corpora alone share more labels than all do."""
        shared = self._limited
        own = choose_protocol(self._given, self._corpora[pairing.test], self._folds, False)
        names = sorted(self._corpora)
        plain = [re.sub(r"[^\w.-]", "_", name) for name in names]  # as protocols are called
        changes: Mapping[str, Any] = {
            "name": "-".join(filter(None, [own.name, "labels-of", *plain])),
            "title": f"{own.title}, labels of {', '.join(names)}",
            "labels": shared.labels,
            "merge": shared.merge,
            "where": shared.where,
            "expected": Expected(),
        }
        return own.model_copy(update=changes)


def _plain(pairing: Pairing) -> str:
    return pairing.test if pairing.is_within else f"{'+'.join(pairing.train)}-to-{pairing.test}"
