"""The batch side: it reuses the processors of the services and has no formula of its own."""
