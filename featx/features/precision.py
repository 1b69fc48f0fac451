"""The precision of a corpus's features: the fastest one that does not change them noticeably."""

import logging
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from cache import FeatureStore
from featx.data.audio import SAMPLE_RATE, AudioError
from featx.features.encoders.encoder import Encoder
from featx.features.encoders.precision import check_precisions, fastest
from featx.features.plan import ExtractionPlan
from featx.utils.files import write_json

SAMPLE_UTTERANCES = 6
SAMPLE_SECONDS = 4  # of each
PRECISION_RECORD = "precision.json"
log = logging.getLogger("featx")


def choose_precision(
    encoder: Encoder,
    device: torch.device,
    plan: ExtractionPlan,
    folder: Path,
) -> str:
    """Return the precision that a store was begun in, or else the precision that does best here.

    What was measured is logged, and written beside the store.

    Args:
        encoder: the encoder in float32.
        device: where it will compute.
        plan: the utterances, on some of which precisions are compared.
        folder: the store's folder.

    Raises:
        FeatxError: if memory runs out.
    """
    if FeatureStore.exists(folder):
        return FeatureStore(folder).identity.precision
    sample = _sample(plan)
    checks = check_precisions(encoder, device, sample) if sample else []
    precision = fastest(checks)
    for check in checks:
        log.info("%s", check.describe())
    log.info("Computing in %s on %s.", precision, device)
    measured = [asdict(check) for check in checks]
    record = {"precision": precision, "device": str(device), "checks": measured}
    write_json(folder / PRECISION_RECORD, record)
    return precision


def _sample(plan: ExtractionPlan) -> list[np.ndarray]:
    """Return some seconds of speech from utterances all over the corpus."""
    step = -(-len(plan.planned) // SAMPLE_UTTERANCES)
    waveforms = []
    for planned in plan.planned[::step]:
        try:
            waveforms.append(plan.read(planned)[: SAMPLE_SECONDS * SAMPLE_RATE])
        except AudioError:
            continue  # reported when its turn comes
    return waveforms
