"""A report of systems that predict numbers."""

import re
from pathlib import Path

import numpy as np
import pytest

import featx


@pytest.fixture
def systems(workplace):
    """Two systems' predictions of two dimensions."""
    truth = np.random.default_rng(0).standard_normal((30, 2)) * [1, 100]
    for name, noise in (("good", 0.1), ("poor", 1.0)):
        found = truth + noise * np.random.default_rng(1).standard_normal((30, 2)) * [1, 100]
        rows = [
            f"u{n},s{n % 6},{x},{a},{y},{b}"
            for n, ((x, y), (a, b)) in enumerate(zip(truth, found, strict=True))
        ]
        header = "utterance,speaker,pitch,predicted_pitch,level,predicted_level"
        Path(name).mkdir()
        Path(name, "a.csv").write_text("\n".join([header, *rows]))
    return ["good", "poor"]


def test_scores_differences_levels_and_speakers_are_shown(systems):
    page, markdown, latex = (path.read_text() for path in featx.report(systems))
    scored = {system.name: system.results for system in featx.evaluate(systems).systems}
    rows = re.findall(r"^\| good \| pitch \| (\S+)", markdown, re.MULTILINE)
    assert rows == [f"{scored['good'].dimensions['pitch']['ccc'].mean:.3f}"]
    assert "| good | poor | mean | +" in markdown
    for heading in ("Results", "Differences", "Levels", "Speakers", "Mistakes"):
        assert f"## {heading}" in markdown
        assert heading in latex
        assert f'id="{heading.lower()}"' in page
    assert "Confusions" not in markdown
    speakers = markdown.partition("## Speakers")[2].partition("## Mistakes")[0]
    assert speakers.count("| s5 |") == 2
    first = scored["poor"].levels["level"][0]
    assert f"| level | {first.low:.4g} to {first.high:.4g} | {first.rmse:.4g} |" in markdown


def test_a_run_shows_how_it_trained_and_was_made(extracted):
    path = Path("manifest.csv")
    lines = path.read_text().splitlines()
    head, *rows = lines
    path.write_text("\n".join([f"{head},size", *(f"{row},{n}.5" for n, row in enumerate(rows))]))
    run = featx.fit(
        "dense", folds=3, target="size", settings=["training.epochs=2", "training.loss=mse"]
    )
    page, markdown, _ = (path.read_text() for path in featx.report(run))
    assert "validation CCC" in page
    assert "validation UAR" not in page
    assert "is alone; differences take two systems" in markdown
    assert "featx fit --config" in page


def test_every_utterance_is_a_dot_and_the_largest_errors_are_named(systems):
    page, markdown, _ = (path.read_text() for path in featx.report(systems[1]))
    assert page.count('<circle class="dot"') == 2 * 30
    assert "true pitch" in page
    (system,) = featx.evaluate(systems[1]).systems
    misses = {name: row.predicted[1] - row.truth[1] for name, row in system.seeds[0].rows.items()}
    worst = max(misses, key=lambda name: abs(misses[name]))
    section = markdown.partition("level, the largest errors of 30 utterances")[2]
    first = section.split("\n")[4]
    assert first.startswith(f"| {worst} |")
    assert first.endswith(f"| {misses[worst]:+.4g} |")
