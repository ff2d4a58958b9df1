"""The page of what came of the campaigns: `python -m tests.chaos.page HISTORIES` plays and writes it."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.chaos.campaign import HISTORIES, SEEDS_FOR_A_BUG, TICKS, Bug, Kind, campaign
from tests.chaos.drill import GIVE_UP_ROUNDS, LIVE_ROWS, PACE_NS, golden
from tests.chaos.faults import KINDS
from tests.chaos.kept import FOLDER, Outcome
from tests.chaos.real_campaign import real_campaign
from tests.chaos.real_replays import ACCOUNTS, BAR_S
from tests.chaos.real_replays import SYMBOLS as TAPE_SYMBOLS
from tests.chaos.real_replays import TICKS as TAPE_TICKS
from tests.fixtures.house import ROOT
from tests.fixtures.line import PARTITIONS, SYMBOLS, THRESHOLDS

PAGE: Final = ROOT / "docs" / "chaos.md"

PAGE_TEXT: Final = """# Chaos

What the line survives, counted. `make chaos` writes this page, whole: first histories in memory, then real
servers, then bugs that must be found. `python -m tests.chaos.page {histories}` does the same with as many
histories of each kind in memory. What was played is kept in `build/chaos/`, so that a campaign that was
stopped goes on; without that folder it begins anew. All that this page counts took {hours} of playing, on the
code of {codes}.

## In memory: {total} histories

A history is one run of the whole line (ingest, features, inference, risk, execution, venue, ledger) in
one process on the memory twins of bus and stores: {symbols} symbols, {ticks} ticks, 5 s bars, {accounts}
accounts, {partitions} partitions; {orders} orders and {fills} fills when nothing goes wrong. Everything in
it, faults included, is a function of its kind and seed. The clock moves {pace_ms} ms a step, so that
snapshots and trimming fall due all the time; a history that stands still, or has not ended after {rounds}
rounds, has failed.

A strict history passes when the digest of its ledger (verdicts, orders, fills, positions, cash) equals that
of the run without faults. A live history passes when its record keeps every invariant of
`tests/chaos/invariants.py`; its cuts have {live_rows} rows.

With 0 failures in N independent histories the rate of failure is below 3/N (95 %).

| kind | law | N | faults that struck | failures | bound |
|---|---|---:|---|---:|---:|
{kinds}

{real}

## Planted bugs: {found} of {planted} found

Each bug is planted in a clean line and hunted for at most {hunt} histories; the clean twin plays the same
seeds.

| bug | found in history | by | failures of the clean twin |
|---|---:|---|---:|
{bugs}

## Repeating a history

A failure names its kind and seed. The same history again:

```python
from tests.chaos.drill import play
from tests.chaos.faults import KINDS

kind = next(kind for kind in KINDS if kind.name == "{example}")
print(play(kind, seed=17, ticks={ticks}))
```
"""

REAL_TEXT: Final = """## On real servers: {total} histories

Real Redis, real Postgres. *One process*: the same line as above, its services taking turns, each with its own
connections; Postgres stands behind a wire that is cut, for everybody while idle or for one in the midst of a
COMMIT, or that loses the reply to a COMMIT that was made. *Processes*: `tapeline replay --engine redis` of a
tape of {symbols} symbols, {ticks:,} ticks, {bar:.0f} s bars and {accounts} accounts ({tape_orders} orders,
{tape_fills} fills), every service its own process; workers 1 and 3 take turns, and each run has its own
`PYTHONHASHSEED`; processes die by `kill -9`.

No order lost and none doubled: strict, the record's digest is the golden one; live, the record keeps every
invariant. Each fault that struck is one trial: with 0 failures in N the rate is below 3/N (95 %).

| fault | line | law | histories | N struck | lost or doubled | bound |
|---|---|---|---:|---:|---:|---:|
{rows}"""


def page(kinds: list[Kind], bugs: list[Bug], real: list[Outcome]) -> str:
    """The page of the documentation."""
    tally, _ = golden(TICKS)
    outcomes = [*real, *(outcome for kind in kinds for outcome in kind.outcomes)]
    return PAGE_TEXT.format(
        histories=len(kinds[0].outcomes),
        hours=_hours(sum(outcome.seconds for outcome in outcomes)),
        codes=", ".join(sorted({outcome.code or "no commit" for outcome in outcomes})),
        total=sum(len(kind.outcomes) for kind in kinds),
        found=sum(bool(bug.histories) for bug in bugs),
        planted=len(bugs),
        orders=tally.orders,
        fills=tally.fills,
        symbols=SYMBOLS,
        ticks=TICKS,
        accounts=len(THRESHOLDS),
        partitions=PARTITIONS,
        pace_ms=PACE_NS // 10**6,
        rounds=GIVE_UP_ROUNDS,
        live_rows=LIVE_ROWS,
        hunt=SEEDS_FOR_A_BUG,
        example=KINDS[2].name,
        kinds="\n".join(map(_row, kinds)),
        real=_real(real),
        bugs="\n".join(
            f"| {bug.name} | {bug.histories or 'not found'} | {bug.evidence[:90]} | {bug.clean_failures} |"
            for bug in bugs
        ),
    )


def _row(kind: Kind) -> str:
    count = len(kind.outcomes)
    bound = f"{3 / count:.2%}" if not kind.failures else "–"
    return (
        f"| {kind.name} | {kind.law} | {count} | {_told(kind.struck) or 'none needed'} "
        f"| {_failed(kind.outcomes)} | {bound} |"
    )


def _real(outcomes: Sequence[Outcome]) -> str:
    kinds: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        kinds.setdefault(outcome.kind, []).append(outcome)
    size = next((o.size for o in outcomes if o.kind.startswith("tape") and o.size), {})
    return REAL_TEXT.format(
        total=len(outcomes),
        symbols=TAPE_SYMBOLS,
        ticks=TAPE_TICKS,
        bar=BAR_S,
        accounts=ACCOUNTS,
        tape_orders=size.get("orders", "no"),
        tape_fills=size.get("fills", "no"),
        rows="\n".join(_real_row(kind, found) for kind, found in kinds.items()),
    )


def _real_row(kind: str, found: Sequence[Outcome]) -> str:
    where, _, name = kind.partition(" ")
    struck = sum((Counter(outcome.struck) for outcome in found), Counter[str]())
    trials = sum(struck.values()) or len(found)
    failed = any(outcome.failure for outcome in found)
    return (
        f"| {name} | {'processes' if where == 'tape' else 'one process'} "
        f"| {'every invariant' if name.startswith('live') else 'golden ledger'} | {len(found)} "
        f"| {_told(struck) or 'none needed'} | {_failed(found)} | {'–' if failed else f'{3 / trials:.2%}'} |"
    )


def _failed(outcomes: Sequence[Outcome]) -> str:
    seeds = [str(outcome.seed) for outcome in outcomes if outcome.failure]
    return f"{len(seeds)} (seeds {', '.join(seeds[:5])})" if seeds else "0"


def _told(struck: Counter[str]) -> str:
    return ", ".join(f"{times} {name.replace('_', ' ')}" for name, times in sorted(struck.items()))


def _hours(seconds: float) -> str:
    return f"{int(seconds) // 3600} h {int(seconds) % 3600 // 60} min"


def write_page(
    histories: int = HISTORIES, folder: Path = FOLDER
) -> tuple[list[Kind], list[Bug], list[Outcome]]:
    """Plays what the folder lacks of both campaigns and writes the page."""
    kinds, bugs = campaign(histories, folder)
    real = real_campaign(folder)
    PAGE.write_text(page(kinds, bugs, real), encoding="utf-8")
    return kinds, bugs, real


if __name__ == "__main__":
    write_page(int(sys.argv[1]) if len(sys.argv) > 1 else HISTORIES)
