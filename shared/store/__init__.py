"""What must outlive every process: one contract, kept by Postgres and by a twin in memory."""
