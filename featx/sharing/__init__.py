"""Trained models that leave the building: exported, sent to the Hub, received from it."""
