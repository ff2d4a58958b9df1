"""The models that an ensemble is made of: one file each, one way to ask them to learn."""
