"""`python -m services.inference`: feature vectors become predictions."""

import sys

from services.inference.stages import stages
from shared.engine.service import run_service

if __name__ == "__main__":
    sys.exit(run_service("inference", stages))
