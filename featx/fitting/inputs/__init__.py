"""From stored features to what heads train on: joined, selected, standardised."""
