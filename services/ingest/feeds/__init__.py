"""Live feeds: what venues say, followed without a hole."""
