"""The changes of a waveform, each in a file of its own."""
