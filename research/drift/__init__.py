"""Is the world still the one that a model learnt: its inputs, its answers, and how well they come true."""
