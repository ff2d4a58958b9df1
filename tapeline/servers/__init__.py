"""Redis and Postgres as private children of ours, or somebody else's by their address."""
