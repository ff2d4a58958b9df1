"""`python -m services.features`: ticks become bars and feature vectors."""

import sys

from services.features.stages import stages
from shared.engine.service import run_service

if __name__ == "__main__":
    sys.exit(run_service("features", stages))
