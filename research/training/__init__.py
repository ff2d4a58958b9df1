"""Training: from a tape to models that the honesty gate has judged."""
