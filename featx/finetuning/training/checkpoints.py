"""Trainer's checkpoints on disk: which there are, and which are whole."""

from pathlib import Path

from transformers.trainer_callback import TrainerState

STATE = "trainer_state.json"  # Trainer writes it last


def checkpoints_in(folder: Path) -> list[Path]:
    """Return what there is of checkpoints, the oldest first."""
    return sorted(folder.glob("checkpoint-*"), key=step_of)


def step_of(checkpoint: Path) -> int:
    """Return how many steps had been made."""
    return int(checkpoint.name.split("-")[1])


def last_checkpoint(folder: Path, processes: int) -> Path | None:
    """Return the newest checkpoint that every process has written to its end."""
    whole = (path for path in reversed(checkpoints_in(folder)) if _is_whole(path, processes))
    return next(whole, None)


def _is_whole(checkpoint: Path, processes: int) -> bool:
    written = list(checkpoint.glob("rng_state*.pth"))
    return len(written) == processes and read_state(checkpoint) is not None


def read_state(checkpoint: Path) -> TrainerState | None:
    """Return what Trainer writes last; None if it was not written to its end."""
    try:
        state: TrainerState = TrainerState.load_from_json(str(checkpoint / STATE))
        return state
    except (OSError, ValueError, TypeError):
        return None
