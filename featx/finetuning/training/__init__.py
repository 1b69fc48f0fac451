"""The training of one model, by transformers' Trainer."""
