"""What can be wrong with a corpus, each kind in a file of its own."""
