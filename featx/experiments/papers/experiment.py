"""A paper as an experiment, which runs as every other does."""

from pathlib import Path
from typing import Any

from featx.experiments.papers.paper import AnyRow, HeadRow, Paper, PaperCorpus, TunedRow, VoteRow
from featx.experiments.settings.config import Experiment
from featx.features.encoders.checkpoints.registry import store_name
from featx.utils.config import check_config


def paper_experiment(name: str, paper: Paper, corpus: str, root: Path) -> Experiment:
    """Return the experiment that runs a paper's systems on one of its corpora.

    Args:
        name: the paper's name.
        paper: the paper.
        corpus: the name of one of the paper's corpora.
        root: the folder that holds the corpus.

    Returns:
        An experiment with a system for each row and variant; `system_name` names them.

    Raises:
        ConfigError: if the paper's file says what no experiment can do.
        FeatxError: if a vote names an encoder that no row has.
    """
    entry = paper.corpora[corpus]
    listed = {
        "corpus": paper.source_of(corpus),
        "root": root,
        "options": entry.options,
        "protocols": [entry.protocol],
        "seconds": entry.seconds,
        "keep_duplicates": True,  # as the paper did, which had the corpus as it is
    }
    table: dict[str, Any] = {
        "name": f"{name}-{corpus}",
        "title": paper.title,
        "seeds": paper.seeds,
        "corpora": {listed_name(name, paper, corpus): listed},
        "features": {},
        "heads": {},
        "finetunings": {},
        "votes": {},
    }
    for row in paper.on(corpus):
        for variant in paper.variants:
            _add_system(table, paper, entry, row, variant)
    return check_config(table, Experiment, name)


def _add_system(
    table: dict[str, Any], paper: Paper, entry: PaperCorpus, row: AnyRow, variant: str
) -> None:
    """Add a row under a variant to an experiment, with the features that it needs."""
    system = system_name(row, variant)
    match row:
        case HeadRow():
            models = models_of(row, paper, variant)
            stores = {store_name(model): model for model in models}
            cut = {"max_seconds": entry.max_seconds, "too_long": "trim"}
            table["features"] |= {s: {"model": m, **cut} for s, m in stores.items()}
            table["heads"][system] = _head(row, paper, variant, list(stores))
        case TunedRow():
            table["finetunings"][system] = _tuning(row, paper, variant)
        case VoteRow():
            members = [system_name(member, variant) for member in paper.members(row)]
            table["votes"][system] = {"systems": members, "rule": row.rule}


def listed_name(name: str, paper: Paper, corpus: str) -> str:
    """Return the name of the manifest that lists one of a paper's corpora."""
    return f"{name}-{paper.corpora[corpus].listed_as or corpus}"


def system_name(row: AnyRow, variant: str) -> str:
    """Return the name that a row under one of the paper's variants has in an experiment."""
    return f"{row.name}-{variant}"


def models_of(row: AnyRow, paper: Paper, variant: str) -> tuple[str, ...]:
    """Return the models that a row takes under one of the paper's variants."""
    match row:
        case HeadRow():
            replaced = paper.variants[variant].models
            return tuple(replaced.get(model, model) for model in row.models)
        case TunedRow():
            return (row.model,)
        case VoteRow():
            return row.members


def _head(row: HeadRow, paper: Paper, variant: str, stores: list[str]) -> dict[str, Any]:
    return {
        "head": row.head,
        "features": stores,
        "layers": row.layers,
        "normalize": row.normalize,
        "settings": _settings(paper, variant),
    }


def _tuning(row: TunedRow, paper: Paper, variant: str) -> dict[str, Any]:
    settings = _settings(paper, variant)
    return {"model": row.model, "mode": row.mode, "save": "none", "settings": settings}


def _settings(paper: Paper, variant: str) -> tuple[str, ...]:
    return (*paper.changes, *paper.variants[variant].settings)
