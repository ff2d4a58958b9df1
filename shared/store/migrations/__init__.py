"""The record's history, step by step; `upgrade` walks it."""
