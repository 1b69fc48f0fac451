"""The tables on the page of an audit."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from featx.data.checks.finding import Finding
from featx.data.label_order import order_labels
from featx.data.manifest import Utterance
from featx.data.sounds.measure import Measured
from featx.data.sounds.sound import Sound
from featx.reporting.audio import audio_link
from featx.reporting.sheets import Cell, Section, Sheet
from featx.utils.text import counted

MOST = 2_000  # utterances of a finding that the page lists
_UNKNOWN = "unknown"


def utterance_sheet(
    finding: Finding, rows: Mapping[str, Utterance], measured: Measured, page: Path
) -> Sheet | None:
    """Return a table of the utterances of a finding, with links to their sound.

    Args:
        finding: what was found.
        rows: the utterances by their ids.
        measured: their sounds.
        page: what the links are relative to.
    """
    if not finding.utterances:
        return None
    cells = [_utterance(rows[name], measured, page) for name in finding.utterances[:MOST]]
    more = len(finding.utterances) - MOST
    notes = [f"{counted(more, 'utterance')} more: the JSON names all."] if more > 0 else []
    header = ["utterance", "label", "speaker", "s", "level, dB", "SNR, dB", "bandwidth, kHz"]
    caption = f"{finding.check}: {counted(len(finding.utterances), 'utterance')}"
    return Sheet(caption, header, cells, notes, sortable=True, words=3)


def _utterance(utterance: Utterance, measured: Measured, page: Path) -> list[Cell]:
    name = utterance.utterance
    link = audio_link(utterance.path, utterance.start, utterance.end, page)
    named = [Cell(name, link=link), Cell(utterance.label), Cell(utterance.speaker)]
    sound = measured.sounds.get(name)
    if sound is None:
        reason = measured.failures.get(name, "")
        return [named[0]._replace(lines=[reason]), *named[1:], *[Cell("–")] * 4]
    return [*named, *_numbers(sound)]


def _numbers(sound: Sound) -> list[Cell]:
    return [
        _number(sound.seconds, ".2f"),
        _number(sound.speech, ".0f"),
        _number(sound.snr, ".0f"),
        _number(sound.bandwidth / 1000, "g"),
    ]


def _number(value: float, form: str) -> Cell:
    return Cell(format(value, form).replace("-", "−"), key=round(value, 4))


def speaker_section(
    utterances: Sequence[Utterance], findings: Sequence[Finding], measured: Measured
) -> Section:
    """Return how often each speaker has each label, and how each speaker sounds."""
    groups: dict[str, list[Utterance]] = defaultdict(list)
    for utterance in utterances:
        groups[utterance.speaker or _UNKNOWN].append(utterance)
    speakers = dict(sorted(groups.items()))
    flagged = {name for f in findings if f.severity != "note" for name in f.utterances}
    sheets = [_label_sheet(speakers), _sound_sheet(speakers, flagged, measured)]
    return Section("Speakers", sheets, arrangement="stack")


def _label_sheet(speakers: Mapping[str, Sequence[Utterance]]) -> Sheet:
    counts = {name: Counter(u.label for u in group) for name, group in speakers.items()}
    labels = order_labels({label for count in counts.values() for label in count})
    most = max(max(count.values()) for count in counts.values())
    rows = [
        [
            Cell(name),
            *(_shaded(count[label], most) for label in labels),
            _number(count.total(), "d"),
        ]
        for name, count in counts.items()
    ]
    return Sheet(
        "Utterances of each speaker by label", ["speaker", *labels, "all"], rows, kind="heat",
        sortable=True,
    )  # fmt: skip


def _shaded(count: int, most: int) -> Cell:
    return Cell(f"{count:,}", key=count, share=count / most)


def _sound_sheet(
    speakers: Mapping[str, Sequence[Utterance]], flagged: set[str], measured: Measured
) -> Sheet:
    header = [
        "speaker", "utterances", "minutes", "level, dB", "quietest", "loudest", "SNR, dB",
        "bandwidth, kHz", "in a warning or error",
    ]  # fmt: skip
    rows = [_speaker(name, group, flagged, measured) for name, group in speakers.items()]
    notes = [
        "Level is that of loud parts, the 95th percentile of 20 ms, relative to full scale; SNR is "
        "how far it is above the 10th percentile. Both and bandwidth are medians of utterances."
    ]
    return Sheet("How each speaker sounds", header, rows, notes, sortable=True)


def _speaker(
    name: str, group: Sequence[Utterance], flagged: set[str], measured: Measured
) -> list[Cell]:
    sounds = [measured.sounds[u.utterance] for u in group if u.utterance in measured.sounds]
    found = sum(u.utterance in flagged for u in group)
    begin = [Cell(name), _number(len(group), ",d")]
    if not sounds:
        return [*begin, *[Cell("–")] * 6, _number(found, ",d")]
    levels = [sound.speech for sound in sounds]
    return [
        *begin,
        _number(sum(sound.seconds for sound in sounds) / 60, ".1f"),
        *(_number(pick(levels), ".0f") for pick in (median, min, max)),
        _number(median(sound.snr for sound in sounds), ".0f"),
        _number(median(sound.bandwidth for sound in sounds) / 1000, "g"),
        _number(found, ",d"),
    ]
