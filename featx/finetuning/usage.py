"""How a saved model is used: the code in its card."""

import math

from featx.data.audio import SAMPLE_RATE
from featx.finetuning.card_facts import CardFacts

PLAIN = """\
import soundfile
import torch
from transformers import AutoFeatureExtractor, AutoModelForAudioClassification

model_id = "{source}"  # {where}
extractor = AutoFeatureExtractor.from_pretrained(model_id)
model = AutoModelForAudioClassification.from_pretrained(model_id)

waveform, rate = soundfile.read("speech.wav", dtype="float32", always_2d=True)
waveform = waveform.mean(axis=1){cut}
inputs = extractor(waveform, sampling_rate=rate, return_tensors="pt")  # refuses all but 16 kHz
with torch.inference_mode():
    probabilities = model(**inputs).logits.softmax(dim=1)[0]
for index, probability in enumerate(probabilities.tolist()):
    print(f"{{model.config.id2label[index]}}: {{probability:.3f}}")"""

FEATX = """\
from pathlib import Path

import torch
{download}
from featx.data.audio import SAMPLE_RATE, read_audio
from featx.finetuning.saved import load_tuned

tuned = load_tuned({folder})
waveform = read_audio(Path("speech.wav")){cut}  # resamples where needed
inputs = tuned.extractor(waveform, sampling_rate=SAMPLE_RATE, return_tensors="pt").input_values
with torch.inference_mode():
    probabilities = tuned.model(inputs, [inputs.shape[1]])["logits"].softmax(dim=1)[0]
for name, probability in zip(tuned.classes, probabilities.tolist()):
    print(f"{{name}}: {{probability:.3f}}")"""


def usage(facts: CardFacts) -> list[str]:
    """Return the paragraphs that say how a model is loaded, with code that works as written.

    Args:
        facts: what the card states.
    """
    seconds, repository = facts.config.seconds, facts.repository
    samples = None if math.isinf(seconds) else max(1, round(seconds * SAMPLE_RATE))
    cut = f"[:{samples}]" if samples else ""  # as in training
    folder = f'Path(snapshot_download("{repository}"))' if repository else 'Path(".")'
    download = "from huggingface_hub import snapshot_download\n" if repository else ""
    if facts.plain:
        source = repository or "."
        where = "or a folder that has it" if repository else "this folder, or OWNER/NAME on the Hub"
        shown = [
            "With plain transformers, for a recording of one utterance at 16 kHz:",
            f"```python\n{PLAIN.format(source=source, where=where, cut=cut)}\n```",
            "One utterance at a time: with plain transformers, padding changes what the shorter "
            "utterances of a batch get. featx gives each what it gets alone, whatever the batch.",
        ]
    else:
        shown = [
            "Plain transformers has no model with this head; `AutoModel` loads the encoder alone."
        ]
    return [
        "## How to use it",
        *shown,
        "With featx:",
        f"```python\n{FEATX.format(folder=folder, download=download, cut=cut)}\n```",
    ]
