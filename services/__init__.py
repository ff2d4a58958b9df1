"""The line: one folder per service; services share streams and never import one another."""
