"""How a saved model is used: the code in its card."""

import math

from featx.data.audio import SAMPLE_RATE
from featx.features.encoders.checkpoints import WHISPER
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
import featx
{download}
model = featx.load({folder})  # {where}
predictions = model.predict("speech.wav")  # resampled where needed
for name, probability in predictions[0].probabilities.items():
    print(f"{{name}}: {{probability:.3f}}")"""


def usage(facts: CardFacts) -> list[str]:
    """Return the paragraphs that say how a model is loaded, with code that works as written.

    Args:
        facts: what the card states.
    """
    seconds, repository = facts.config.seconds, facts.repository
    samples = None if math.isinf(seconds) else max(1, round(seconds * SAMPLE_RATE))
    if facts.plain:
        code = PLAIN.format(
            source=repository or ".",
            where="or a folder that has it"
            if repository
            else "this folder, or OWNER/NAME on the Hub",
            cut=f"[:{samples}]" if samples else "",  # as in training
        )
        plainly = [
            "With plain transformers, for a recording of one utterance at 16 kHz:",
            f"```python\n{code}\n```",
            "One utterance at a time: with plain transformers, padding changes what the shorter "
            "utterances of a batch get. featx gives each what it gets alone, whatever the batch.",
        ]
    elif facts.identity.family == WHISPER:
        plainly = [
            "Plain transformers has no such model: its Whisper for classification also averages "
            "over the silence that fills up the window. `WhisperEncoder`, of "
            "`transformers.models.whisper.modeling_whisper`, loads the encoder alone."
        ]
    else:
        plainly = [
            "Plain transformers has no model with this head; `AutoModel` loads the encoder alone."
        ]
    code = FEATX.format(
        folder=f'snapshot_download("{repository}")' if repository else '"."',
        download="from huggingface_hub import snapshot_download\n" if repository else "",
        where="or a folder that has it" if repository else "the folder with this card",
    )
    return ["## How to use it", *plainly, "With featx:", f"```python\n{code}\n```"]
