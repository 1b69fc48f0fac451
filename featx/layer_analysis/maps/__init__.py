"""Features in a plane, and how far apart labels and speakers lie there, layer by layer."""
