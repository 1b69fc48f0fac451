"""How shared heads are used, and how they are made again: the commands in their card."""

from featx.features.encoders.checkpoints.registry import fetch_command, short_name
from featx.runs.files import FIGURES
from featx.sharing.facts import RunFacts
from featx.utils.tables import plain


def usage(facts: RunFacts) -> list[str]:
    """Return the paragraphs that say how the heads are used."""
    folder = f"runs/{facts.name}"
    encoders = [i for i in facts.heads.inputs if i.features.revision]
    lines = [
        "pip install featx",
        *(fetch_command(i.encoder, i.features.revision) for i in encoders),
        f"featx pull {facts.repository}",
        f"featx predict {folder} speech.wav",
    ]
    local = [i.encoder for i in facts.heads.inputs if not i.features.is_acoustic
             and not i.features.revision]  # fmt: skip
    if local:
        lines[-1] += "".join(f" --encoder FOLDER/{name}" for name in local)
    value, values = "probability", "probabilities"
    if facts.heads.dimensions:
        value, values = "number", "numbers"
    code = (
        "import featx\n\n"
        f'model = featx.load(featx.pull("{facts.repository}"))\n'
        'predictions = model.predict("speech.wav")\n'
        f"for name, {value} in predictions[0].{values}.items():\n"
        f'    print(f"{{name}}: {{{value}:.3f}}")'
    )
    return [
        "## How to use it",
        "```console\n" + "\n".join(f"$ {line}" for line in lines) + "\n```",
        *(
            [f"You need the checkpoint {', '.join(map(plain, local))}, which is not on the Hub."]
            if local
            else []
        ),
        "In Python:",
        f"```python\n{code}\n```",
        "Nothing in this repository is code: featx reads numbers and settings, and checks them.",
    ]


def repetition(facts: RunFacts) -> list[str]:
    """Return the paragraphs that say how the run is repeated."""
    packages = facts.environment.get("packages", {})
    versions = ", ".join(f"{name} {version}" for name, version in packages.items())
    command = facts.environment.get("command")
    steps = [
        *([f"Make the manifest: `{facts.config.protocol.manifest}`."]
          if facts.config.protocol.manifest else []),
        *(f"Extract the features: `featx extract --model {short_name(given.encoder)}`."
          for given in facts.heads.inputs),
        "Fit the heads with the config below, which is `config.toml` in this repository: "
        "`featx fit --config config.toml`.",
    ]  # fmt: skip
    return [
        "## How it was made",
        "\n".join(f"{number}. {step}" for number, step in enumerate(steps, 1)),
        *([f"It was made by `{command}`" + (f", with {versions}." if versions else ".")]
          if command else [f"It was made with {versions}."] if versions else []),
        *([f"The pictures are in the folder `{FIGURES}`."]
          if (facts.folder / FIGURES).is_dir() else []),
        f"```toml\n{facts.config.to_toml().rstrip()}\n```",
    ]  # fmt: skip
