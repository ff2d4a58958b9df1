"""What a row should have predicted."""
