"""Whisper's encoder."""
