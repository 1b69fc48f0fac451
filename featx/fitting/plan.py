"""A fit before it trains: what is asked for, on which data, and a digest of both."""

import hashlib
import json
from dataclasses import dataclass

import torch

from classifiers.heads import HeadDesign
from featx.data.manifest import Manifest
from featx.fitting.config import FitConfig
from featx.fitting.inputs.data import FitData, load_data
from featx.fitting.objective import check_head, objective_of


@dataclass(frozen=True)
class PlannedFit:
    """A fit that can begin.

    Attributes:
        config: what is fitted.
        data: what it is fitted on.
        inputs: a digest of all that the result depends on.
    """

    config: FitConfig
    data: FitData
    inputs: str

    @property
    def title(self) -> str:
        """Head, features, manifest and protocol, as tables of results have them."""
        config, data = self.config, self.data
        described = data.task.describe(config.protocol, config.seeds)
        corpora = config.manifest.name
        if config.tested:
            corpora = f"{config.learned} → {config.tested}"
        return f"{config.head_name} head on {data.features}, {corpora}: {described}"

    @property
    def design(self) -> HeadDesign:
        """The head that is trained for every seed and fold."""
        objective = objective_of(self.data.task)
        return HeadDesign(self.config.head, self.config.training, self.data.shapes, objective)


def plan_fit(config: FitConfig, manifest: Manifest, device: torch.device) -> PlannedFit:
    """Open the stores of a fit and divide its utterances.

    Args:
        config: what to fit.
        manifest: the labels, from the config's file.
        device: where features will be wanted.

    Raises:
        FeatxError: if the manifest doesn't fit the protocol, utterances have no features, a layer
            is not there, a store can't be opened, or the head can't learn so.
    """
    data = load_data(config, manifest, device)
    check_head(config, objective_of(data.task), data.task.classes)
    return PlannedFit(config, data, digest_inputs(config, data))


def digest_inputs(config: FitConfig, data: FitData) -> str:
    """Digest all that a run's scores depend on, so that nothing stale is taken for it.

    Final heads have no part in them: a run that gets some later is the same run.
    """
    digest = hashlib.sha256(config.scored().to_toml().encode())
    names = [utterance.utterance for utterance in data.task.utterances]
    used = [(selection, names) for selection in data.selections]
    if data.copies:
        used += [(selection, data.copies.of(names)) for selection in data.copies.selections]
    for selection, ids in used:
        store = [selection.store.identity.to_json(), vars(selection.store.layout), selection.rows]
        digest.update(json.dumps(store, sort_keys=True).encode())
        checksums = [(name, selection.store.checksum(name, selection.rows)) for name in ids]
        digest.update(json.dumps(sorted(checksums)).encode())
    for fold in data.task.folds:
        for part in fold.parts.values():
            members = [(u.utterance, u.speaker, data.task.truth(u)) for u in part]
            digest.update(json.dumps([fold.number, members]).encode())
    return digest.hexdigest()
