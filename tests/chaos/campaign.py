"""The campaign: many histories of every kind, and the page that says what came of them.

`python -m tests.chaos.campaign HISTORIES` plays that many of each kind; `make chaos` plays the full number.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from typing import Final, NamedTuple

from tests.chaos.drill import (
    GIVE_UP_ROUNDS,
    LIVE_ROWS,
    PACE_NS,
    History,
    Plant,
    as_it_is,
    golden,
    play,
    play_live,
)
from tests.chaos.faults import KINDS, LIVE_KINDS, Faults
from tests.chaos.kill_switch import orders_after_a_halt
from tests.chaos.planted import PUBLISH_BEFORE_COMMIT, Planted, forgetting_the_halt, planted
from tests.chaos.refusals import Deaf, HalfApplied, Picky, tally_of
from tests.fixtures.line import PARTITIONS, SYMBOLS, THRESHOLDS

HISTORIES: Final = 300
TICKS: Final = 3_500
SEEDS_FOR_A_BUG: Final = 10
PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "chaos.md"

PAGE_TEXT: Final = """# Chaos

What the line survives, counted. `make chaos` writes this page;
`python -m tests.chaos.campaign {histories}` writes it with the same number of histories.

A history is one run of the whole line (ingest, features, inference, risk, execution, venue, ledger) in
one process on the memory twins of bus and stores: {symbols} symbols, {ticks} ticks, 5 s bars, {accounts}
accounts, {partitions} partitions; {orders} orders and {fills} fills when nothing goes wrong. Everything in
it, faults included, is a function of its kind and seed. The clock moves {pace_ms} ms a step, so that
snapshots and trimming fall due all the time; a history that stands still, or has not ended after {rounds}
rounds, has failed. Real Redis, real Postgres and real processes are not in these figures.

A strict history passes when the digest of its ledger (verdicts, orders, fills, positions, cash) equals that
of the run without faults. A live history passes when its record keeps every invariant of
`tests/chaos/invariants.py`; its cuts have {live_rows} rows.

## Faults: {total} histories

With 0 failures in N independent histories the rate of failure is below 3/N (95 %).

| kind | law | N | faults that struck | failures | bound |
|---|---|---:|---|---:|---:|
{kinds}

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

Play = Callable[[Faults, int, int], History]


class Kind(NamedTuple):
    """What came of all histories of one kind."""

    name: str
    law: str
    histories: int
    struck: Counter[str]
    failures: tuple[tuple[int, str], ...]


class Bug(NamedTuple):
    """How a planted bug was found: after how many histories, and by what; 0 if it was not."""

    name: str
    histories: int
    evidence: str
    clean_failures: int


def campaign(histories: int, say: Callable[[str], None] = print) -> tuple[list[Kind], list[Bug]]:
    """Plays every kind and plants every bug."""
    kinds = []
    for faults, law, way in (
        *((faults, "golden ledger", play) for faults in KINDS),
        *((faults, "invariants", play_live) for faults in LIVE_KINDS),
    ):
        kinds.append(_kind(faults, law, way, histories))
        say(f"{faults.name}: N={histories}, failures {len(kinds[-1].failures)}")
    bugs = []
    for bug in _bugs():
        bugs.append(bug)
        say(f"planted {bug.name}: {'found after ' + str(bug.histories) if bug.histories else 'NOT FOUND'}")
    return kinds, bugs


def _kind(faults: Faults, law: str, way: Play, histories: int) -> Kind:
    struck: Counter[str] = Counter()
    failures = []
    for seed in range(histories):
        history = way(faults, seed, TICKS)
        struck.update(history.struck)
        if history.failure:
            failures.append((seed, history.failure))
    return Kind(faults.name, law, histories, struck, tuple(failures))


def _bugs() -> Iterator[Bug]:
    clock = count(1)
    for bug in planted(TICKS, lambda: next(clock)):
        yield _hunt(bug.name, partial(_sick, bug), partial(_clean, bug))
    yield _hunt(
        "kill state in memory", partial(_late_orders, forgetting_the_halt), partial(_late_orders, as_it_is)
    )
    yield _hunt("half-applied bad block", partial(_changed, HalfApplied), partial(_changed, Picky))
    live = PUBLISH_BEFORE_COMMIT
    yield _hunt(
        f"{live.name} (live)",
        lambda seed: play_live(live.faults, seed, TICKS, live.plant).failure,
        lambda seed: play_live(live.faults, seed, TICKS).failure,
    )


def _sick(bug: Planted, seed: int) -> str:
    return play(bug.faults, seed, TICKS, bug.plant, bug.record).failure


def _clean(bug: Planted, seed: int) -> str:
    return play(bug.faults, seed, TICKS).failure


def _hunt(name: str, sick: Callable[[int], str], clean: Callable[[int], str]) -> Bug:
    for seed in range(SEEDS_FOR_A_BUG):
        evidence = sick(seed)
        if evidence:
            return Bug(name, seed + 1, evidence, sum(bool(clean(s)) for s in range(seed + 1)))
    return Bug(name, 0, "", 0)


def _late_orders(plant: Plant, seed: int) -> str:
    late = orders_after_a_halt(seed, TICKS, plant)
    return f"{late} orders after a halt" if late else ""


def _changed(kind: type[Picky], seed: int) -> str:
    """Its one history has no fault but the bad block, so that every seed is the same."""
    found, wanted = tally_of(kind, TICKS).ledger_sha256, tally_of(Deaf, TICKS).ledger_sha256
    return "" if found == wanted else "another ledger than without the refused blocks"


def page(kinds: list[Kind], bugs: list[Bug]) -> str:
    """The page of the documentation."""
    tally, _ = golden(TICKS)
    return PAGE_TEXT.format(
        histories=kinds[0].histories,
        total=sum(kind.histories for kind in kinds),
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
        bugs="\n".join(
            f"| {bug.name} | {bug.histories or 'not found'} | {bug.evidence[:90]} | {bug.clean_failures} |"
            for bug in bugs
        ),
    )


def _row(kind: Kind) -> str:
    struck = ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in sorted(kind.struck.items()))
    bound = f"{3 / kind.histories:.2%}" if not kind.failures else "–"
    seeds = f" (seeds {', '.join(str(seed) for seed, _ in kind.failures[:5])})" if kind.failures else ""
    return (
        f"| {kind.name} | {kind.law} | {kind.histories} | {struck or 'none needed'} "
        f"| {len(kind.failures)}{seeds} | {bound} |"
    )


def write_page(histories: int) -> tuple[list[Kind], list[Bug]]:
    """Runs the campaign and writes its page."""
    kinds, bugs = campaign(histories)
    PAGE.write_text(page(kinds, bugs))
    return kinds, bugs


if __name__ == "__main__":
    write_page(int(sys.argv[1]) if len(sys.argv) > 1 else HISTORIES)
