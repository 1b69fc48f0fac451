"""Changed copies of waveforms for training: noise, rooms, speed, pitch and gain."""
