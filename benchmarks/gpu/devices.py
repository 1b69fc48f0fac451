"""Several cards."""

from collections.abc import Iterator

import torch

from benchmarks.features.ways import Ours
from benchmarks.gpu.parts import Figure
from benchmarks.gpu.setting import Setting
from featx.features.encoders.checkpoints.find import find_checkpoint
from featx.features.encoders.devices import find_devices
from featx.features.encoders.encoder import Encoder
from featx.features.planning.plan import plan_extraction


def devices(setting: Setting) -> Iterator[Figure]:
    """Several cards are sooner than one."""
    several = torch.cuda.device_count() if setting.on_card else 1
    if several < 2:
        what = "cards here" if setting.on_card else "devices here"
        yield {"what": what, "figure": several, "unit": "", "remark": "several were not tried"}
        return
    encoder = Encoder(find_checkpoint(str(setting.model("base"))))
    plan = plan_extraction(setting.audio(min(setting.files, 960)), encoder.shape, "float16")
    seconds = {}
    for count in (1, several):
        ours = Ours(encoder, plan, find_devices("cuda", str(count)), "float16")
        setting.written(ours.to_store)  # warms up
        seconds[count] = setting.written(ours.to_store)
    faster = seconds[1] / seconds[several]
    yield {"what": f"{several} cards over one", "figure": faster, "unit": "×"}
