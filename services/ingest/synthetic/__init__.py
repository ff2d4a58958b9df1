"""The synthetic market: its law, its past and its ticks."""
