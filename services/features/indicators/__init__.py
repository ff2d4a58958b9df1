"""The features, a family a file: each is one update and one line of its family's registry."""
