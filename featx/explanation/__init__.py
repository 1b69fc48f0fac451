"""What speaks for a class in an utterance: contributions by layer and by time."""
