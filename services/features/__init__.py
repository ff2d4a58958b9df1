"""Ticks become bars and feature vectors."""
