"""Rows to learn from and how they are divided."""
