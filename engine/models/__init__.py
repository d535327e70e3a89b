"""One paper, one file, the same parts in the same order."""
