"""The front door: the command line, the Python client, the one-machine desk."""
