"""What each layer of a store holds, by a linear probe of each."""
