"""Decides at every bar close: whether to trade, how much, and where to stop."""
