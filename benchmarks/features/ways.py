"""Features of files: as featx writes them, and as they are usually made with transformers."""

from functools import partial
from pathlib import Path
from typing import Any, cast

import h5py
import numpy as np
import soundfile
import torch

from cache import FeatureIdentity, prepare_store
from featx.data.manifest import Manifest
from featx.features.config import DEFAULT_WRITE
from featx.features.encoders.checkpoints.loading import load_model
from featx.features.encoders.devices import BATCH_SECONDS
from featx.features.encoders.encoder import Encoder
from featx.features.encoders.preprocessing import load_extractor
from featx.features.encoders.workers import EncoderWorkers
from featx.features.planning.plan import ExtractionPlan
from featx.features.writing.fill import compute_here, fill
from featx.features.writing.work import Work

IDENTITY = FeatureIdentity("random", frame_step=0.02)


class Peers:
    """transformers as it is usually called."""

    def __init__(self, checkpoint: Path, manifest: Manifest, device: torch.device) -> None:
        self.model = cast(Any, load_model(checkpoint)).to(device)
        self.extractor = load_extractor(checkpoint)
        self.takes = self.extractor.model_input_names[0]
        self.paths, self.device = [utterance.path for utterance in manifest.utterances], device

    @torch.inference_mode()
    def layers(self, paths: list[Path]) -> np.ndarray:
        """Return (layers, files, frames, dim)."""
        waveforms = [soundfile.read(path, dtype="float32")[0] for path in paths]
        padding = "max_length" if self.takes == "input_features" else True  # Whisper: 30 s
        inputs = self.extractor(
            waveforms, sampling_rate=16_000, padding=padding, return_tensors="pt"
        )[self.takes]
        output = self.model(inputs.to(self.device), output_hidden_states=True)
        frames = -(-max(map(len, waveforms)) // 320)  # those after are Whisper's silence
        layers: np.ndarray = torch.stack(output.hidden_states)[:, :, :frames].cpu().numpy()
        return layers

    def to_npy(self, folder: Path) -> None:
        """Write a .npy a file."""
        for index, path in enumerate(self.paths):
            np.save(folder / f"{index}.npy", self.layers([path])[:, 0])

    def to_hdf5(self, folder: Path) -> None:
        """Write a compressed dataset a file."""
        with h5py.File(folder / "features.h5", "w") as file:
            for index, path in enumerate(self.paths):
                layers = self.layers([path])[:, 0]
                file.create_dataset(str(index), data=layers, compression="gzip")

    def padded(self, folder: Path) -> None:
        """Write a .npy a batch, padding and all."""
        for start in range(0, len(self.paths), 8):
            np.save(folder / f"{start}.npy", self.layers(self.paths[start : start + 8]))


class Ours:
    """featx in one precision."""

    def __init__(
        self,
        encoder: Encoder,
        plan: ExtractionPlan,
        devices: tuple[torch.device, ...],
        precision: str,
    ) -> None:
        self.plan = plan
        workers = EncoderWorkers(encoder, devices, precision)
        self.work = Work(IDENTITY, {}, lambda: workers, BATCH_SECONDS[devices[0].type])

    def to_store(self, folder: Path) -> None:
        """Write a feature store."""
        write_store(self.plan, self.work, folder)


def write_store(plan: ExtractionPlan, work: Work, folder: Path) -> None:
    """Write a plan's features to a new store."""
    store = prepare_store(folder, plan.planned, plan.layout, IDENTITY, {})
    listing = DEFAULT_WRITE.listing(folder, True)
    compute = partial(compute_here, store, plan, work, listing)
    extraction = fill(store, plan, compute, DEFAULT_WRITE, listing)
    assert extraction.extracted == len(plan.planned)
