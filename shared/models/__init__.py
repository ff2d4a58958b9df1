"""The life of a trained model: its seal, where it lies, and the stages it goes through."""
