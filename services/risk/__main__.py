"""`python -m services.risk`: predictions become verdicts and orders."""

import sys

from services.risk.stages import stages
from shared.engine.service import run_service

if __name__ == "__main__":
    sys.exit(run_service("risk", stages))
