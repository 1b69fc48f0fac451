"""Heads' settings, searched on validation folds and scored on utterances that chose nothing."""
