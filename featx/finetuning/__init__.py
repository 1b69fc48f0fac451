"""Fine-tuning encoders: full, partial (CNN frozen) or frozen, under the protocols of the heads."""
