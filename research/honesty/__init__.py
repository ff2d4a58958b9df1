"""The gate that a score passes before anyone may believe it."""
