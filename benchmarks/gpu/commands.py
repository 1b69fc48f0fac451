"""The whole way by the public API, with features, heads and fine-tuning on the device."""

import csv
import os
import time
from collections.abc import Iterator
from pathlib import Path

import featx
from benchmarks.gpu.parts import Figure
from benchmarks.gpu.setting import Setting
from featx.data.manifest import Manifest
from featx.features.choices import Precision

SHORTEST = 15.0  # seconds that fine-tuning is begun with


def commands(setting: Setting) -> Iterator[Figure]:
    """featx.extract, featx.fit and featx.finetune, from audio to scores."""
    folder = setting.scratch / "commands"
    folder.mkdir()
    os.chdir(folder)
    model, manifest = setting.model("base"), Path("audio.csv")
    write_manifest(setting.audio(32 if setting.quick else 96), manifest)
    kind = setting.device.type
    precision: Precision = "float16" if setting.on_card else "float32"
    begin = time.perf_counter()
    found = featx.extract(model, manifest, device=kind, precision=precision)
    yield taken(f"featx.extract, {precision}", begin)
    for device in dict.fromkeys((kind, "cpu")):
        begin = time.perf_counter()
        featx.fit(
            "dense", features=found.store.folder, manifest=manifest, folds=4, device=device,
            settings="training.epochs=3", name=f"dense-{device}",
        )  # fmt: skip
        yield taken(f"featx.fit, {device}", begin)
    if setting.left < SHORTEST:
        yield {"failed": "no time was left for featx.finetune"}
        return
    settings = ["training.epochs=1", "training.batch_size=4"]
    if setting.on_card:
        settings.append("training.precision=float16")
    begin = time.perf_counter()
    featx.finetune(
        model, manifest, mode="lora", folds=4, device=kind, settings=settings, save="none",
        name="tuned",
    )  # fmt: skip
    yield taken("featx.finetune, an epoch of adapters in each of four folds", begin)


def taken(name: str, begin: float) -> Figure:
    """Return the seconds since a call of the API, which ends when its results are there."""
    seconds = time.perf_counter() - begin
    return {"what": name, "figure": seconds, "unit": "s", "remark": "in all"}


def write_manifest(manifest: Manifest, path: Path) -> None:
    """Write utterances as a user has them."""
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("utterance", "path", "speaker", "label"))
        rows.writerows((u.utterance, u.path, u.speaker, u.label) for u in manifest.utterances)
