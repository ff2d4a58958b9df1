"""How good predictions were, and how sure that is."""
