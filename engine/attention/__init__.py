"""How tokens look at one another: the definition, and fast paths that must equal it."""
