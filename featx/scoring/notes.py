"""What a reader of any scores must know."""

from collections.abc import Sequence

from featx.utils.text import counted

FEW_SPEAKERS = 10  # below this the bootstrap interval is too narrow to be taken at its word


def score_notes(remarks: Sequence[str], speakers_shared: bool | None, speakers: int) -> list[str]:
    """Return what a reader of scores must know.

    Args:
        remarks: what is known of how they were made, in sentences.
        speakers_shared: whether training and test share speakers; None if unknown.
        speakers: how many were tested; 0 if unknown.
    """
    notes = list(remarks)
    if speakers_shared:
        notes.append(
            "Speaker-dependent: training and test share speakers, or they are unknown. "
            "Scores on new speakers will be lower."
        )
    if not speakers:
        notes.append(
            "Speakers are unknown: the intervals resample utterances and are too narrow, as a "
            "speaker's utterances are not independent. Give a speaker column, or a manifest."
        )
    elif speakers < FEW_SPEAKERS:
        notes.append(f"The intervals rest on {counted(speakers, 'speaker')} and are too narrow.")
    return notes
