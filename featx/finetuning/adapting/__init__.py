"""Small parts that train in an encoder whose own weights stay as they are."""
