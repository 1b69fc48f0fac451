"""`featx.augment`: what augmentation makes of an utterance, to hear and to see."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from pydantic import PositiveInt

from featx.data.audio import Waveform, read_audio
from featx.data.augmentation.augment import open_augmentation
from featx.data.augmentation.copies import copy_name
from featx.data.augmentation.settings import Augmentation, find_augmentation
from featx.data.manifest import Manifest, Utterance, load_manifest
from featx.errors import FeatxError
from featx.reporting.frame import render_page, shipped
from featx.reporting.own_files import refuse_foreign
from featx.reporting.sounding import LONGEST, Sounding
from featx.utils.arguments import checked
from featx.utils.files import write_text
from featx.utils.text import nearest

_MARK = "<!-- made by featx augment -->"


@dataclass(frozen=True)
class AugmentationPage:
    """A page that shows an augmentation.

    Attributes:
        page: the file.
        utterance: the id of what is shown.
        copies: what was done to each copy, such as "speed × 0.95, gain of +2.0 dB"; "as recorded"
            if nothing was.
    """

    page: Path
    utterance: str
    copies: tuple[str, ...]

    def to_text(self) -> str:
        """Say in words what was done to each copy."""
        lines = [
            f"{copy_name(self.utterance, number)}: {words}"
            for number, words in enumerate(self.copies, 1)
        ]
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "page": str(self.page),
            "utterance": self.utterance,
            "copies": list(self.copies),
        }


@checked
def augment(
    show: str | Path,
    manifest: str | Path | Manifest = "manifest.csv",
    *,
    preset: str | Path = "mixed",
    copies: PositiveInt = 4,
    out: str | Path = "augmentation.html",
) -> AugmentationPage:
    """Write a page on which to hear and see what augmentation makes of an utterance.

    It has the utterance as recorded, every effect alone at both ends of its range, and copies as
    `featx.extract` makes them. Sounds and pictures are in the page.

    Args:
        show: an utterance's id, or an audio file.
        manifest: the manifest that lists the utterance; not read for an audio file.
        preset: "mixed", "noise" or "voice", or the path of a TOML like theirs.
        copies: how many copies are shown.
        out: the page, with the ending .html.

    Returns:
        The page, and what was done to each copy.

    Raises:
        FeatxError: if there is no such utterance, file or preset, audio can't be read, or a file
            is in the place of the page that is no such page.

    Example:
        >>> shown = featx.augment("audio/happy-0-0.wav", preset="noise", copies=2)
        >>> shown.page.name, len(shown.copies)
        ('augmentation.html', 2)
    """
    page = Path(out)
    if page.suffix != ".html":
        raise FeatxError(f"`out={page}`: must end in .html.")
    refuse_foreign(page, _MARK, "page of an augmentation")
    settings = find_augmentation("preset", preset)
    utterance = _find(show, manifest)
    waveform = read_audio(utterance.path, utterance.start, utterance.end, utterance.scale)
    recorded = [_Sound(waveform, "As recorded")]
    effects = _effects(settings, waveform, utterance.utterance)
    made = _copies(settings, waveform, utterance.utterance, copies)
    full = _loudest([*recorded, *effects, *made])
    text = render_page(
        "augmentation.html",
        title=f"Augmentation of {utterance.utterance}",
        preset=Path(preset).stem,
        settings=settings.to_toml(),
        recorded=recorded[0].drawn(full),
        effects=[sound.drawn(full) for sound in effects],
        copies=[sound.drawn(full) for sound in made],
        full=full,
        longest=LONGEST if len(waveform) > LONGEST * 16_000 else None,
        own_style=shipped("augmentation.css"),
    )
    write_text(page, f"{_MARK}\n{text}")
    return AugmentationPage(page, utterance.utterance, tuple(copy.words for copy in made))


def _find(show: str | Path, manifest: str | Path | Manifest) -> Utterance:
    """Return what is to be shown: an audio file, or an utterance of the manifest."""
    path = Path(show)
    if path.is_file():
        return Utterance(path.stem, path, "", "")
    corpus = manifest if isinstance(manifest, Manifest) else load_manifest(manifest)
    known = {utterance.utterance: utterance for utterance in corpus.utterances}
    if str(show) not in known:
        raise FeatxError(
            f"`show={str(show)!r}`: no audio file, and no utterance of {corpus.path}; "
            f"{nearest(str(show), known)}"
        )
    return known[str(show)]


class _Sound(NamedTuple):
    """A waveform that the page shows, and what is said of it."""

    waveform: Waveform
    title: str
    words: str = ""

    def drawn(self, full: float) -> Sounding:
        """Return it as the page has it, drawn up to samples of a size."""
        return Sounding.of(self.waveform, self.title, self.words, full)


def _loudest(sounds: Sequence[_Sound]) -> float:
    """Return the largest size of a sample; 1 of silence."""
    return max(float(np.abs(sound.waveform).max(initial=0)) for sound in sounds) or 1.0


def _effects(settings: Augmentation, waveform: Waveform, utterance: str) -> list[_Sound]:
    """Return what every effect alone does at both ends of its range."""
    shown = []
    for effect in settings.effects:
        for extreme in settings.extremes(effect):
            changed = open_augmentation(extreme).change(waveform, utterance, (1,))
            title = changed.words or f"{effect}, which changes nothing here"
            shown.append(_Sound(changed.waveform, title[0].upper() + title[1:]))
    return shown


def _copies(
    settings: Augmentation, waveform: Waveform, utterance: str, number: int
) -> list[_Sound]:
    """Return the first copies, as they are extracted."""
    augmenter = open_augmentation(settings)
    changed = [augmenter.change(waveform, utterance, (copy,)) for copy in range(1, number + 1)]
    return [
        _Sound(copy.waveform, copy_name(utterance, place), copy.words or "as recorded")
        for place, copy in enumerate(changed, 1)
    ]
