"""The book of record: double-entry postings, positions, balances and net asset value."""
