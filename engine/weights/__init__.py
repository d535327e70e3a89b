"""Model files: reading them safely, and storing them small."""
