"""From a corpus on disk to its manifest."""
