"""Text to ids and back, with the place of every id in the text."""
