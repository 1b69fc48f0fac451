"""An epoch of a head on stored features, on the device and on the processor."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from benchmarks.fitting import fit as fitting
from benchmarks.gpu.busy import busy_share
from benchmarks.gpu.parts import Figure
from benchmarks.gpu.setting import Setting
from cache import FeatureStore
from classifiers.batch import Branch, Examples, InMemory
from classifiers.statistics import Statistics
from featx.fitting.inputs.selection import Stored, select

UTTERANCES = 1440


def fit(setting: Setting) -> Iterator[Figure]:
    """An epoch of the dense head on all layers of base."""
    count = 16 if setting.quick else min(setting.files, UTTERANCES)
    frames = np.random.default_rng(0).integers(140, 260, count).tolist()
    with tempfile.TemporaryDirectory(dir=setting.scratch) as folder:
        yield from epochs(setting, fitting.write_store(Path(folder) / "store", frames))


def epochs(setting: Setting, store: FeatureStore) -> Iterator[Figure]:
    """Time an epoch on the device, and on the processor."""
    remark = f"{len(store.utterances)} utterances, {store.nbytes / 1e9:.2f} GB of features there"
    seconds: dict[str, float] = {}
    for device in dict.fromkeys((setting.device, torch.device("cpu"))):
        epoch = epoch_on(device, store)
        epoch()  # compiles the kernels of a processor
        taken = min(setting.timed(epoch) for _ in range(1 if setting.quick else 3))
        seconds[device.type] = taken
        name = f"an epoch of the dense head, {device.type}"
        yield {"what": name, "figure": taken, "unit": "s", "remark": remark}
        if device.type == "cuda":
            share, name = busy_share(setting, epoch), "an epoch of the dense head: card busy"
            yield {"what": name, "figure": 100 * share, "unit": "% of the time"}
    if setting.on_card:
        faster = seconds["cpu"] / seconds["cuda"]
        yield {"what": "the same, card over processor", "figure": faster, "unit": "×"}


def epoch_on(device: torch.device, store: FeatureStore) -> fitting.Ours:
    """Return what trains for an epoch, with the store's features on the device."""
    shape = 1, fitting.LAYERS, fitting.DIM
    statistics = Statistics(torch.zeros(shape), torch.ones(shape)).to(device)
    selection = select(store, "all", float("inf"), device)
    features = (
        InMemory([selection.read(name) for name in store.utterances])
        if device.type == "cuda"
        else Stored(selection, store.utterances, keep=True)
    )
    labels = np.arange(len(store.utterances)) % fitting.CLASSES
    cores = 1 if device.type == "cuda" else torch.get_num_threads()
    ours = fitting.Ours(Examples([Branch(features, statistics)], labels), cores)
    ours.head.to(device)
    ours.optimizer = torch.optim.Adam(ours.head.parameters(), 1e-3)
    return ours
