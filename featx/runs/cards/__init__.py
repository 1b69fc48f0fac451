"""What the cards of models say, whatever these predict."""
