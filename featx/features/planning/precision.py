"""The precision of a corpus's features where `auto` is asked for: chosen once, then kept to."""

import hashlib
import json
import logging
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from cache import FeatureStore
from featx.data.audio import SAMPLE_RATE, AudioError
from featx.features.encoders.encoder import Encoder
from featx.features.encoders.precision import check_precisions, fastest
from featx.features.planning.plan import ExtractionPlan
from featx.utils.files import cache_folder, write_json
from featx.utils.machine import device_name, processor_name

SAMPLE_UTTERANCES = 6
SAMPLE_SECONDS = 4  # of each
PRECISION_RECORD = "precision.json"
log = logging.getLogger("featx")


@dataclass(frozen=True)
class PrecisionChooser:
    """Chooses what an encoder computes in, the same every time on a machine.

    Timings differ from run to run, and may fall to either side of what is asked of them. So the
    choice is made once: it is remembered for the machine, and written beside the store before
    anything is computed.

    Attributes:
        encoder: the encoder in float32.
        device: where it will compute.
        software: the versions of what computes.
    """

    encoder: Encoder
    device: torch.device
    software: Mapping[str, str]

    def choose(self, plan: ExtractionPlan, folder: Path) -> str:
        """Return the precision that a store was begun in, or else the one that does best here.

        Args:
            plan: the utterances, on some of which precisions are compared.
            folder: the store's folder.

        Raises:
            FeatxError: if memory runs out.
        """
        if FeatureStore.exists(folder):
            return FeatureStore(folder).identity.precision
        settled = folder / PRECISION_RECORD
        record = self._read(settled, "encoder") or self._of_this_machine(plan)
        record = self._keep(settled, record)
        log.info("Computing in %s on %s.", record["precision"], self.device)
        return str(record["precision"])

    def _of_this_machine(self, plan: ExtractionPlan) -> dict[str, Any]:
        """Return what was chosen on this machine before, or else choose."""
        settings = json.dumps(self._facts, sort_keys=True).encode()
        remembered = cache_folder() / "precision" / f"{hashlib.sha256(settings).hexdigest()}.json"
        if record := self._read(remembered, *self._facts):
            return record
        sample = _sample(plan)
        checks = check_precisions(self.encoder, self.device, sample) if sample else []
        for check in checks:
            log.info("%s", check.describe())
        chosen = {"precision": fastest(checks), "checks": [asdict(check) for check in checks]}
        if not sample:  # nothing was measured that would hold for other corpora
            return {**self._facts, **chosen}
        try:
            return self._keep(remembered, {**self._facts, **chosen})
        except OSError as error:
            log.debug("%s: can't be written (%s)", remembered, error)
            return {**self._facts, **chosen}

    @property
    def _facts(self) -> dict[str, Any]:
        """What a choice depends on."""
        return {
            "encoder": [
                self.encoder.digest,
                self.encoder.settings_digest,
                self.encoder.shape.short,
            ],
            "layers": list(self.encoder.layers),
            "device": device_name(self.device),
            "processor": processor_name(),
            "software": dict(self.software),
        }

    def _read(self, path: Path, *names: str) -> dict[str, Any] | None:
        """Return a record whose facts of these names are those here; None if there is none."""
        try:
            record: dict[str, Any] = json.loads(path.read_text("utf-8"))
            same = all(record[name] == self._facts[name] for name in names)
            return record if same and record["precision"] else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _keep(self, path: Path, record: dict[str, Any]) -> dict[str, Any]:
        """Write a record, unless a usable one is there by now, and return the one that is there.

        Raises:
            OSError: if it can't be written.
        """
        whole = path.with_name(f".{os.getpid()}-{path.name}")
        write_json(whole, record)
        try:
            os.link(whole, path)  # which does not replace what is there
        except FileExistsError:  # of another process that was first, or of no use
            if there := self._read(path, "encoder"):
                return there
            whole.replace(path)
        except OSError:  # a file system without links
            whole.replace(path)
        finally:
            whole.unlink(missing_ok=True)
        return record


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
