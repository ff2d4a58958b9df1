"""`python -m services.ingest`: ticks enter the line."""

import sys

from services.ingest.stages import stages
from shared.engine.service import run_service

if __name__ == "__main__":
    sys.exit(run_service("ingest", stages))
