"""`python -m research.watch.why`: explains the orders that nobody has explained yet; then it is gone.

It is a child as a look is, and apart from it: an order's reasons do not wait until every model is measured.
"""

from __future__ import annotations

import os
import sys
import time

from research.explained import explain_orders
from research.watch.look import BEHIND_EVERYTHING
from shared import leash
from shared.config import load
from shared.engine.priority import stand_back
from shared.failures import Refused
from shared.models.keys import trusted_keys
from shared.places import data_folder
from shared.store.postgres import PostgresStore


def main() -> int:
    """Explains with the settings of the environment, giving way to everybody."""
    leash.tie_to_parent()
    stand_back(BEHIND_EVERYTHING)
    settings = load(os.environ).settings
    data = data_folder(settings, os.environ)
    store = PostgresStore(settings.db, data)
    try:
        trusted = trusted_keys(data, settings.inference.public_keys)
        explain_orders(store, settings.run, data, trusted, time.time_ns())
    except Refused as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1
    finally:
        store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
