"""`python -m research.watch.look`: one look at every model of a run, told line by line; then it is gone.

It needs the compiler and data frames, which is why it is a child: the memory goes back with it.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from research.drift.check import Checked, check
from research.drift.models import watched
from research.watch.told import Shown, Told, lines
from shared import leash
from shared.config import load
from shared.engine.priority import stand_back
from shared.failures import Refused
from shared.models.keys import trusted_keys
from shared.places import data_folder
from shared.store.contract import Store
from shared.store.postgres import PostgresStore

BEHIND_EVERYTHING = 15


def look(store: Store, run: str, data: Path, keys: tuple[str, ...], now_ns: int) -> Iterator[Told]:
    """Every model of the run; one that cannot be measured keeps no other from it."""
    for model in watched(store, run, data, trusted_keys(data, keys)):
        try:
            yield told(check(store, run, model, now_ns))
        except Refused as refusal:
            yield Told(model=model.title, silent=str(refusal))


def told(checked: Checked) -> Told:
    """What a look found, in fewer words."""
    return Told(
        model=checked.model,
        level=checked.level.value,
        measures=tuple(
            Shown(
                kind=one.kind,
                name=one.name,
                value=one.value,
                low=one.low,
                high=one.high,
                level=one.level.value,
            )
            for one in checked.measures
        ),
        raised=checked.raised,
        eased=checked.eased,
    )


def main() -> int:
    """Looks with the settings of the environment, giving way to everybody."""
    leash.tie_to_parent()
    stand_back(BEHIND_EVERYTHING)
    settings = load(os.environ).settings
    data = data_folder(settings, os.environ)
    store = PostgresStore(settings.db, data)
    try:
        found = look(store, settings.run, data, settings.inference.public_keys, time.time_ns())
        sys.stdout.write(lines(found))
    except Refused as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1
    finally:
        store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
