"""The one-machine desk: every service under one supervisor."""
