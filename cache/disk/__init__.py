"""What a disk and several processes do to files: room, locks, and how HDF5's are begun."""
