"""What an extraction will compute and write, known before it does."""
