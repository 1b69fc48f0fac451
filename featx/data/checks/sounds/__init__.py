"""What can be wrong with the sound of a corpus, each kind in a file of its own."""
