"""How a saved model is used: the code in its card."""

from featx.features.encoders.checkpoints.find import WHISPER
from featx.features.encoders.checkpoints.folders import ADAPTER, ENCODER
from featx.finetuning.saving.card_facts import CardFacts

PLAIN = """\
import soundfile
import torch
from transformers import AutoFeatureExtractor, AutoModelForAudioClassification

model_id = "{source}"  # {where}
extractor = AutoFeatureExtractor.from_pretrained(model_id)
model = AutoModelForAudioClassification.from_pretrained(model_id)

waveform, rate = soundfile.read("speech.wav", dtype="float32", always_2d=True)
waveform = waveform.mean(axis=1)
inputs = extractor(waveform, sampling_rate=rate, return_tensors="pt")  # refuses all but 16 kHz
with torch.inference_mode():
    {values} = model(**inputs).logits{scaled}[0]
for index, {value} in enumerate({values}.tolist()):
    print(f"{{model.config.id2label[index]}}: {{{value}:.3f}}")"""

FEATX = """\
import featx
{download}
model = featx.load({folder})  # {where}
predictions = model.predict("speech.wav")  # resampled where needed
for name, {value} in predictions[0].{values}.items():
    print(f"{{name}}: {{{value}:.3f}}")"""


def usage(facts: CardFacts) -> list[str]:
    """Return the paragraphs that say how a model is loaded, with code that works as written.

    Args:
        facts: what the card states.
    """
    repository = facts.repository
    if facts.task.dimensions:
        words = {"value": "number", "values": "numbers", "scaled": ""}
    else:
        scaled = ".sigmoid()" if facts.task.several else ".softmax(dim=1)"
        words = {"value": "probability", "values": "probabilities", "scaled": scaled}
    if facts.plain:
        code = PLAIN.format(
            **words,
            source=repository or ".",
            where="or a folder that has it"
            if repository
            else "this folder, or OWNER/NAME on the Hub",
        )
        plainly = [
            "With plain transformers, for a recording of one utterance at 16 kHz:",
            f"```python\n{code}\n```",
            "One utterance at a time: with plain transformers, padding changes what the shorter "
            "utterances of a batch get. featx gives each what it gets alone, whatever the batch.",
        ]
    else:
        plainly = [_not_plain(facts) if facts.config.adapters is None else _adapters_alone(facts)]
    code = FEATX.format(
        **words,
        folder=f'snapshot_download("{repository}")' if repository else '"."',
        download="from huggingface_hub import snapshot_download\n" if repository else "",
        where="or a folder that has it" if repository else "the folder with this card",
    )
    return ["## How to use it", *plainly, "With featx:", f"```python\n{code}\n```"]


def _adapters_alone(facts: CardFacts) -> str:
    """Say that the encoder is elsewhere, and how peft takes the adapters."""
    identity = facts.identity
    hub = f" of commit {identity.revision}" if facts.on_hub else ", a folder of this name"
    part = "`.encoder` of the " if identity.family == WHISPER else ""
    by_peft = (
        f' `peft.PeftModel.from_pretrained(encoder, "{facts.repository or "."}", '
        f'subfolder="{ADAPTER}")` puts the adapters into the {part}encoder alone.'
    )
    return (
        "The folder holds adapters and the head, and not the encoder that they were trained in: "
        f"{identity.encoder}{hub}, whose weights have the SHA-256 {identity.weights_sha256} as "
        "featx counts it. featx loads that, and refuses another. Plain transformers refuses the "
        f"folder, whose model type, `featx`, it doesn't know.{by_peft if facts.config.lora else ''}"
    )


def _not_plain(facts: CardFacts) -> str:
    """Say why plain transformers doesn't load a model, and how it loads the encoder."""
    whisper = facts.identity.family == WHISPER
    if whisper:
        reason = (
            "its Whisper for classification also averages over the silence that fills up the window"
        )
    elif facts.config.head.is_plain:
        reason = f"none of its models hears {facts.config.seconds:g} s of an utterance and no more"
    else:
        reason = "none of its models has this head"
    return (
        f"Plain transformers has no such model, as {reason}. It refuses this folder, whose model "
        "type, `featx`, it doesn't know. "
        f'`AutoModel.from_pretrained("{facts.repository or "."}", subfolder="{ENCODER}")'
        f"{'.encoder' if whisper else ''}` loads the encoder alone."
    )
