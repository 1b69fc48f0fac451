"""What the report has of systems that predict a class of each utterance."""
