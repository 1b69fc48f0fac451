"""Every shipped config is valid; a wrong one is explained."""

from pathlib import Path

import pytest

from featx.experiments.config import Experiment
from featx.experiments.papers import Paper, TunedRow, read_paper
from featx.features.acoustic.settings import AcousticSettings
from featx.features.encoders.checkpoints import EncoderEntry, hub_id, read_registry
from featx.finetuning.config import Tuning, finetune_config
from featx.fitting.config import HeadConfig
from featx.protocols.protocol import Protocol, read_protocol
from featx.utils.config import ConfigError, read_config
from featx.voting.config import VoteConfig

FOLDER = Path(__file__).parents[2] / "configs"
SCHEMAS = {
    "acoustic.toml": dict[str, AcousticSettings],
    "finetuning.toml": Tuning,
    "models.toml": dict[str, EncoderEntry],
}
FOLDERS = {
    "examples": Experiment, "heads": HeadConfig, "papers": Paper, "protocols": Protocol,
    "votes": VoteConfig,
}  # fmt: skip
ROWS = {"gavali2023": 4, "gavali202x": 6, "wang2021": 21}
EXPECTED = {
    "wav2vec2-base", "wav2vec2-base-960h", "wav2vec2-large-960h-lv60", "xlsr53", "xls-r-300m",
    "xls-r-1b", "xls-r-1b-cv-tr", "hubert-base", "hubert-large", "hubert-large-ft",
    "hubert-xlarge", "unispeech-large", "unispeech-large-ml", "wavlm-base-plus", "wavlm-large",
    "mms-300m", "wavlm-base", "data2vec-audio-base", "data2vec-audio-large", "unispeech-sat-base",
}  # fmt: skip


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.toml")), ids=lambda path: path.name)
def test_every_shipped_config_parses(path):
    folder = path.parent
    schema = TunedRow if folder.parent.name == "papers" else FOLDERS.get(folder.name)
    assert read_config(path, schema or SCHEMAS[path.name])


@pytest.mark.parametrize(("paper", "rows"), ROWS.items())
def test_every_published_row_has_an_experiment_that_can_be_set_up(paper, rows):
    published = read_paper(paper)
    assert len(published.rows) == rows
    for row in published.rows:
        assert set(row.paper) <= set(published.corpora)
        assert hub_id(row.model)
    for changes in published.variants.values():
        for corpus in published.corpora.values():
            data = {
                "manifest": "x.csv", "model": "xlsr53", "mode": row.mode, "seeds": 1,
                "protocol": read_protocol(corpus.protocol).model_dump(mode="json"),
            }  # fmt: skip
            config = finetune_config(data, [*published.changes, *changes])
            assert config.training.batch_size == 4


def test_the_papers_encoders_and_the_usual_ones_have_short_names():
    assert set(read_registry()) >= EXPECTED


def test_an_unknown_key_gets_the_nearest_known_one(tmp_path):
    path = tmp_path / "head.toml"
    path.write_text((FOLDER / "heads/dense.toml").read_text().replace("dropout =", "droput ="))
    with pytest.raises(ConfigError) as error:
        read_config(path, HeadConfig)
    assert "head.toml: 2 problem(s)" in str(error.value)
    assert "head.droput: unknown key; did you mean 'dropout'?" in str(error.value)
    assert "head.dropout: Field required" in str(error.value)


def test_a_wrong_type_is_named_with_its_value(tmp_path):
    path = tmp_path / "models.toml"
    path.write_text((FOLDER / "models.toml").read_text().replace("layers = 12", 'layers = "a"', 1))
    with pytest.raises(ConfigError, match=r"wav2vec2-base\.layers: .* \(got 'a'\)"):
        read_config(path, dict[str, EncoderEntry])


@pytest.mark.parametrize(("text", "message"), [("a = ", "not valid TOML"), (None, "can't be read")])
def test_a_file_that_is_not_toml_is_named(tmp_path, text, message):
    path = tmp_path / "x.toml"
    if text:
        path.write_text(text)
    with pytest.raises(ConfigError, match=f"x.toml: {message}"):
        read_config(path, HeadConfig)
