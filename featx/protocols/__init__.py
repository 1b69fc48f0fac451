"""Which utterances, under which labels, divided how into training, validation and test."""
