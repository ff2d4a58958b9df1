"""The command line, one verb or family of verbs a file."""
