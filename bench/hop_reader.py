"""The far end of a hop: prints how long each entry has been on its way, in seconds."""

from __future__ import annotations

import sys
import time

from bench.hop import KEY, READY
from shared.engine.bus import number
from shared.engine.redis_bus import open_epoch


def main(url: str, hops: int) -> None:
    """Reads until the last hop."""
    bus = open_epoch(url, "hop", 1, lambda seen: seen)
    bus.read({KEY: 0}, 0.0)
    print(READY, flush=True)
    last, taken = 0, list[float]()
    while last < number(1, hops):
        for entry in bus.read({KEY: last}, 1.0).get(KEY, []):
            taken.append((time.time_ns() - entry.stamp_ns) / 1e9)
            last = entry.seq
    print("\n".join(f"{seconds:.9f}" for seconds in taken))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
