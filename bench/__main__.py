"""`python -m bench [names …] [--json]`: measures, prints a table, and writes docs/benchmarks.md."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec

from bench import codec, features, history, hop, inference, latency, record, replays, sources, training
from bench.measure import Figure
from bench.page import table, write_page

CASES: dict[str, Callable[[Path], list[Figure]]] = {
    "codec": codec.measure,
    "hop": hop.measure,
    "record": record.measure,
    "history": history.measure,
    "sources": sources.measure,
    "features": features.measure,
    "inference": inference.measure,
    "replays": replays.measure,
    "training": training.measure,
    "latency": latency.measure,
}


def main() -> int:
    """Measures what was asked for, everything by default."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"any of: {', '.join(CASES)}")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON, and nothing else")
    asked = parser.parse_args()
    unknown = set(asked.names) - set(CASES)
    if unknown:
        parser.error(f"unknown {', '.join(sorted(unknown))}; there are {', '.join(CASES)}")
    found: dict[str, list[Figure]] = {}
    with tempfile.TemporaryDirectory(
        prefix="tl-bench-", dir="/var/tmp", ignore_cleanup_errors=True
    ) as folder:
        for name in asked.names or CASES:
            print(f"measuring {name} …", file=sys.stderr, flush=True)
            found[name] = CASES[name](Path(folder))
    if asked.json:
        sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
    else:
        print(table(found))
    if not asked.names:
        write_page(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
