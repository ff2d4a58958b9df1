"""Looks after the models of a run while it trades: now and then, in a child, off every hot path."""
