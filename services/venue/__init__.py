"""The paper exchange: orders meet the tape and reports come back."""
