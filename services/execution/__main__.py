"""`python -m services.execution`: orders go to the venue, reports come back as fills."""

import sys

from services.execution.stages import stages
from shared.engine.service import run_service

if __name__ == "__main__":
    sys.exit(run_service("execution", stages))
