"""Every row accepted or refused with a reason, and the report of it."""
