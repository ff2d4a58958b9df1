"""Measures this machine; every figure says what was measured, and the disk's own speed stands beside it."""
