"""LEAN data folders: rows, names of their day, and corporate actions."""
