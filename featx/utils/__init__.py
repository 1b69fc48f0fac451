"""Files, configs, text, progress and the machine: what every other package may use."""
