"""Blocks on disk: a log that is written before anything is published, and Parquet for whoever comes later."""
