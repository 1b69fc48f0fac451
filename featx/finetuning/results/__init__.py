"""What a fine-tuned model predicted, and how it got there: kept, written, drawn."""
