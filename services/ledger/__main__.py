"""`python -m services.ledger`: fills become postings, positions and net asset value."""

import sys

from services.ledger.stages import stages
from shared.engine.service import run_service

if __name__ == "__main__":
    sys.exit(run_service("ledger", stages))
