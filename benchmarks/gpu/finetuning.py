"""Steps of fine-tuning."""

import statistics
from collections.abc import Iterator
from itertools import product

from benchmarks.finetuning.order import Learner
from benchmarks.finetuning.setting import SHIPPED, Bench
from benchmarks.gpu.parts import Figure
from benchmarks.gpu.setting import Setting
from featx.data.manifest import Utterance
from featx.finetuning.adapting.settings import LoraSettings
from featx.finetuning.choices import Mode

SHORTEST = 8.0  # seconds that a kind of step is begun with
MODES: tuple[Mode, ...] = ("full", "lora")


def finetune(setting: Setting) -> Iterator[Figure]:
    """A step of full fine-tuning and of adapters, with the memory that it takes."""
    count = 2 if setting.quick else 8
    utterances = [
        Utterance(u.utterance, u.path, u.speaker, str(1 + n % 4))
        for n, u in enumerate(setting.audio(count).utterances)
    ]
    sizes = ("base",) if setting.quick else ("base", "large")
    precisions = ("float32", "bfloat16") if setting.on_card else ("float32",)
    for size, mode, precision in product(sizes, MODES, precisions):
        name = f"a step of {count} utterances, {size}, {mode}, {precision}"
        if setting.left < SHORTEST:
            yield {"failed": f"no time was left for {name}"}
            return
        changes = {"precision": precision, "batch_size": count, "accumulation": 1}
        training = SHIPPED.training.model_copy(update=changes)
        lora = LoraSettings() if mode == "lora" else None
        bench = Bench(setting.model(size), mode, training, 0, setting.device, adapters=lora)
        seconds = step(setting, bench, utterances)
        memory = setting.peak()
        remark = f"{memory:.1f} GB on the card" if isinstance(memory, float) else ""
        yield {"what": name, "figure": seconds, "unit": "s", "remark": remark}


def step(setting: Setting, bench: Bench, utterances: list[Utterance]) -> float:
    """Return the seconds of a step of fine-tuning, without the first, which allocates."""
    learner = Learner(bench, bench.waveforms(utterances))

    def learn() -> None:
        learner.learn(range(len(utterances)))
        learner.update()

    learn()
    setting.forget_peak()
    return statistics.median(setting.timed(learn) for _ in range(2 if setting.quick else 5))
