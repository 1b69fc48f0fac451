"""Fine-tuned models on disk and on the Hub, and their cards."""
