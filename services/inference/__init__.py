"""Feature vectors become class probabilities."""
