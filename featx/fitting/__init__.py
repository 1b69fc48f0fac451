"""Light heads trained on stored features."""
