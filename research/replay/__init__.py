"""A tape through the whole line."""
