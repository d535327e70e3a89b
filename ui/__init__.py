"""Everything a person touches: browser, terminal, API. Never tensors, never SQL."""
