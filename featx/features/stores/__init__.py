"""Where stores lie, and whether what they hold is whole."""
