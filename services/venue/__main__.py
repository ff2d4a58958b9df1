"""`python -m services.venue`: the paper exchange."""

import sys

from services.venue.stages import stages
from shared.engine.service import run_service

if __name__ == "__main__":
    sys.exit(run_service("venue", stages))
