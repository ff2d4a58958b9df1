"""Where ticks come from: a synthetic market, or a recorded tape."""
