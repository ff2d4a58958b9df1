"""`python -m bench`: measures every group in a process of its own and writes docs/benchmarks.md."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

import msgspec

from bench.alone import Found, measured_alone
from bench.groups import BY_NAME, GROUPS
from bench.page import table, write_page


def main() -> int:
    """Measures what was asked for, everything by default; a group that fails says so, the others go on."""
    asked = _asked()
    names = [*asked.names, *asked.only.split(",")] if asked.only else asked.names
    unknown = sorted(set(names) - set(BY_NAME))
    if unknown:
        print(f"unknown {', '.join(unknown)}; there are {', '.join(BY_NAME)}", file=sys.stderr)
        return 2
    found: dict[str, Found] = {}
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(
        prefix="tl-bench-", dir="/var/tmp", ignore_cleanup_errors=True
    ) as folder:
        if len(names) == 1:
            found[names[0]] = Found(figures=BY_NAME[names[0]].measure(Path(folder)))
        else:
            everything = [group.name for group in GROUPS if group.quick or not asked.quick]
            for group in (BY_NAME[name] for name in names or everything):
                print(f"measuring {group.name} …", file=sys.stderr, flush=True)
                found[group.name] = measured_alone(group.name, group.limit_s)
    if asked.json:
        print(msgspec.json.encode({name: part.figures for name, part in found.items()}).decode())
    else:
        print(table(found))
    if not names and not asked.quick:
        write_page(found, (before, os.getloadavg()[0]))
    return int(any(part.failure for part in found.values()))


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"any of: {', '.join(BY_NAME)}")
    parser.add_argument("--only", default="", help="the same, with commas between")
    parser.add_argument("--quick", action="store_true", help="only what is done in a moment; writes no page")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON, and nothing else")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
