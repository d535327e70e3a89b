"""One file for each screen: its components, and nothing that computes."""
