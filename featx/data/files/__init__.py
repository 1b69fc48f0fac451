"""Audio files before they are decoded: where they lie, what headers promise, what they hold."""
