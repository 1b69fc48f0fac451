"""Every shipped config is valid; a wrong one is explained."""

import math
from pathlib import Path

import pytest

from featx.data.augmentation.settings import Augmentation
from featx.data.emotions import Emotions
from featx.data.listing.labels.mapping import LabelMapping
from featx.experiments.papers.experiment import paper_experiment
from featx.experiments.papers.paper import Paper, TunedRow, read_paper
from featx.experiments.papers.published import References
from featx.experiments.planning.make_plan import make_plan
from featx.experiments.planning.plan import Case, Plan
from featx.experiments.planning.run_configs import fit_settings, tuning_settings
from featx.experiments.settings.config import Experiment
from featx.features.acoustic.settings import AcousticSettings
from featx.features.encoders.checkpoints.registry import EncoderEntry, hub_id
from featx.finetuning.config import FinetuneConfig, Tuning
from featx.fitting.config import FitConfig, HeadConfig
from featx.protocols.protocol import Protocol, read_protocol
from featx.tuning.space import Space
from featx.utils.config import ConfigError, read_config

FOLDER = Path(__file__).parents[2] / "configs"
SCHEMAS = {
    "acoustic.toml": dict[str, AcousticSettings],
    "emotions.toml": Emotions,
    "finetuning.toml": Tuning,
    "models.toml": dict[str, EncoderEntry],
    "references.toml": References,
}
FOLDERS = {
    "augmentation": Augmentation, "examples": Experiment, "experiments": Experiment,
    "heads": HeadConfig, "labels": LabelMapping, "papers": Paper, "protocols": Protocol,
    "spaces": Space,
}  # fmt: skip
ROWS = {"pepino2021": 12, "gavali2023": 4, "gavali202x": 6, "wang2021": 21}


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
        assert len(plan.runs) == len(paper.on(corpus)) * len(paper.variants)
        for run in plan.heads:
            config = fit_settings(plan, run, protocols)
            assert config.training.patience == 4
        for run in plan.finetunings:
            tuning = tuning_settings(plan, run, protocols)
            assert tuning.training.batch_size == 4
            assert hub_id(tuning.model)
        for run in plan.votes:
            assert len(plan.members(run)) in (3, 5)


def plan_of(name: str) -> tuple[Plan, dict[Case, Protocol]]:
    plan, _ = make_plan(paper_experiment(name, read_paper(name), "ravdess", Path("corpus")))
    return plan, {case: read_protocol(case.protocol) for case in plan.cases}


def fits(name: str, variant: str) -> dict[str, FitConfig]:
    plan, protocols = plan_of(name)
    return {
        run.system.removesuffix(f"-{variant}"): fit_settings(plan, run, protocols)
        for run in plan.heads
        if run.system.endswith(variant)
    }


def tunings(name: str, variant: str) -> list[FinetuneConfig]:
    plan, protocols = plan_of(name)
    runs = [run for run in plan.finetunings if run.system.endswith(variant)]
    return [tuning_settings(plan, run, protocols) for run in runs]


def test_pepinos_variants_are_the_text_and_the_configuration_in_full():
    text, configuration = fits("pepino2021", "text"), fits("pepino2021", "configuration")
    assert {fit.training.learning_rate for fit in text.values()} == {1e-3}
    assert {fit.training.learning_rate for fit in configuration.values()} == {1e-4}
    assert {fit.training.batch_size for fit in text.values()} == {32}
    (lstm,) = (name for name in configuration if "lstm" in name)
    assert configuration[lstm].training.batch_size == 16
    assert text["spectrogram"].features[0].name == "spectrogram-10ms"
    assert configuration["spectrogram"].features[0].name == "spectrogram"


@pytest.mark.parametrize("name", ["gavali2023", "gavali202x"])
def test_gavalis_published_variant_trains_as_the_papers_say(name):
    for tuning in tunings(name, "published"):
        training = tuning.training
        assert (tuning.select_on, training.best_by) == ("test", "parting")
        assert (training.epochs, training.max_steps, training.every) == (10, 1400, 100)
        assert (training.batch_size, training.accumulation) == (4, 2)
        assert training.patience == math.inf
        assert not training.group_by_length
    assert {tuning.select_on for tuning in tunings(name, "validation")} == {"validation"}


def test_an_unknown_key_gets_the_nearest_known_one(tmp_path):
    path = tmp_path / "head.toml"
    path.write_text((FOLDER / "heads/dense.toml").read_text().replace("dropout =", "droput ="))
    with pytest.raises(ConfigError) as error:
        read_config(path, HeadConfig)
    assert "head.toml: 2 problems" in str(error.value)
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
