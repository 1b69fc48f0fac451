"""Every shipped config is valid; a wrong one is explained."""

from pathlib import Path

import pytest

from featx.experiments.config import Experiment
from featx.experiments.papers import Paper, TunedRow, paper_experiment, read_paper
from featx.experiments.plan import make_plan
from featx.experiments.systems import fit_settings, tuning_settings
from featx.features.acoustic.settings import AcousticSettings
from featx.features.encoders.checkpoints import EncoderEntry, hub_id, read_registry
from featx.finetuning.config import Tuning
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
ROWS = {"pepino2021": 11, "gavali2023": 4, "gavali202x": 6, "wang2021": 21}
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


@pytest.mark.parametrize(("name", "rows"), ROWS.items())
def test_every_published_row_is_a_system_of_an_experiment(name, rows):
    paper = read_paper(name)
    assert len(paper.rows) == rows
    for corpus in paper.corpora:
        plan, problems = make_plan(paper_experiment(name, paper, corpus, Path("corpus")))
        assert not problems
        protocols = {case: read_protocol(case.protocol) for case in plan.cases}
        assert len(plan.runs) == rows * len(paper.variants)
        for run in plan.heads:
            config = fit_settings(plan, run, protocols)
            assert config.training.patience == 4
        for run in plan.finetunings:
            tuning = tuning_settings(plan, run, protocols)
            assert tuning.training.batch_size == 4
            assert hub_id(tuning.model)
    for row in paper.rows:
        assert set(row.paper) <= set(paper.corpora)


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
