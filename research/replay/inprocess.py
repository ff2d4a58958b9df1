"""A replay in one process: the same processors on whole blocks, one fused loop where orders feed back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from functools import partial
from typing import NamedTuple

import numpy as np

from research.replay.line import run_line
from research.replay.options import ReplayOptions
from research.replay.plan import notes_on, plan_of
from research.replay.reference import Reference
from research.replay.result import Course, ReplayResult, result_of
from research.replay.tally import Rows, tally
from research.replay.tape import Account, Tape, Trades
from services.features.processor import FeatureProcessor
from services.features.stages import spec_of
from services.inference.source_sealed import planned_processor
from services.ingest.fact_cuts import apart
from services.ingest.source_control import Gate, paced
from services.ingest.stages import cuts_of
from services.ingest.tape import read_tape
from services.ledger.config import LedgerConfig
from services.ledger.processor import LedgerProcessor
from services.risk.stages import config_of
from services.venue.stages import config_of as venue_config_of
from shared.actions import between, block_of, moments
from shared.block import Block, join
from shared.digest import CashLine, PositionLine
from shared.engine.plan import RunPlan
from shared.executed import executed
from shared.facts import of_partition
from shared.market import Instruments
from shared.models.keys import trusted_keys
from shared.processor import Processor
from shared.streams import BARS, PREDICTIONS
from shared.tables import NAV
from shared.time import BEFORE_TAPE, END_OF_TAPE

Cuts = Iterator[Sequence[Block]]
Through = Callable[[Cuts], Cuts]
"""What a tape's cuts go through before the line sees them: nothing, or a gate that keeps their pace."""


class _Books(NamedTuple):
    """One account at the end of the tape."""

    positions: list[PositionLine]
    cash: list[CashLine]
    worth: int


def replay_in_process(options: ReplayOptions) -> ReplayResult:
    """Runs the tape without a server; the clock starts when the ticks are in memory."""
    recorded = read_tape(options.tape, options.read)
    plan = plan_of(options, {"kind": "memory"}, recorded)
    inference = planned_processor(plan, recorded.instruments, trusted_keys(options.data))
    started = time.perf_counter()
    size = options.block or len(recorded.ticks)
    through = partial(paced, gate=Gate(options.speed, options.control)) if options.speed else iter
    tape = recorded.instruments, recorded.ticks, recorded.facts
    rows = run_in_process(plan, inference, tape, size, through)
    seconds = time.perf_counter() - started
    course = Course(engine="inprocess", ticks=len(recorded.ticks), seconds=seconds, notes=notes_on(recorded))
    return result_of(course, tally(rows))


def run_in_process(
    plan: RunPlan,
    inference: Processor,
    tape: tuple[Instruments, Block, Block],
    rows_per_cut: int,
    through: Through = iter,
) -> Rows:
    """Everything that the line makes of these ticks, and of the facts if the plan wants any."""
    instruments, ticks, facts = tape
    bars, predictions = market_of(plan, inference, (ticks, facts), rows_per_cut, through)
    accounts = [Account(a, config_of(plan, a), venue_config_of(plan)) for a in plan.accounts]
    trades = _traded(plan, Tape(ticks, bars, predictions), instruments, accounts)
    books = {a: _booked(plan, instruments, a, trades[a], bars) for a in plan.accounts}
    return Rows(
        verdicts=join([made.verdicts for made in trades.values()]),
        orders=join([made.orders for made in trades.values()]),
        fills=executed(join([made.fills for made in trades.values()])),
        positions=[line for made in books.values() for line in made.positions],
        cash=[line for made in books.values() for line in made.cash],
        navs={account: made.worth for account, made in books.items()},
    )


def _traded(
    plan: RunPlan, tape: Tape, instruments: Instruments, accounts: Sequence[Account]
) -> dict[int, Trades]:
    """The fused loop, or the processors block by block where corporate actions come between."""
    if not plan.actions:
        return run_line(tape, instruments, accounts)
    actions = block_of(plan.actions)
    return {a.number: Reference(instruments, a).knowing(actions).run(tape) for a in accounts}


def market_of(
    plan: RunPlan,
    inference: Processor,
    told: tuple[Block, Block],
    rows_per_cut: int,
    through: Through = iter,
) -> tuple[Block, Block]:
    """Bars and predictions of the whole tape, made partition by partition, sorted by time and instrument."""
    spec, actions = spec_of(plan), block_of(plan.actions)
    features = [FeatureProcessor(spec, p, actions, plan.hours) for p in range(plan.partitions)]
    bars, predictions = list[Block](), list[Block]()
    for made_cut in through(cuts_of(plan, *told, rows_per_cut)):
        blocks, facts = apart(made_cut)
        for block in blocks:
            for rows in facts:
                features[block.partition].handle(of_partition(rows, block.partition, plan.partitions))
            made = tuple(features[block.partition].handle(block))
            if made:
                bars.append(made[0])
                predictions += inference.handle(made[1])
    return join(bars or [BARS.empty(watermark_ns=0)]).sorted(), join(
        predictions or [PREDICTIONS.empty(watermark_ns=0)]
    ).sorted()


def _booked(plan: RunPlan, instruments: Instruments, account: int, trades: Trades, bars: Block) -> _Books:
    """The account's books at the end of the tape, and its worth at the last close."""
    risk = config_of(plan, account)
    config = LedgerConfig.of(
        Decimal(plan.cash[str(account)]), risk.currency, risk.book, risk.strategy, risk.tag
    )
    ledger = LedgerProcessor(config, instruments, account)
    last = int(bars["event_time_ns"][-1]) if len(bars) else END_OF_TAPE
    made = [out for block in _in_ledger_order(plan, trades.fills, bars, last) for out in ledger.handle(block)]
    worth = sum(
        int(value) for block in made if block.stream is NAV for value in _at(block, last)["nav_micro"]
    )
    return _Books(ledger.positions(), ledger.cash(), worth)


def _in_ledger_order(plan: RunPlan, fills: Block, bars: Block, last: int) -> Iterator[Block]:
    """Fills and actions by time, with the marks that an action finds, and those of the last close."""
    actions = block_of(plan.actions)
    marked = BEFORE_TAPE
    for start, stop, time_ns in moments(actions):
        before = int(np.searchsorted(fills["event_time_ns"], time_ns, side="left"))
        marks = between(bars, marked, time_ns)
        yield fills.rows(0, before).until(time_ns - 1)
        if len(marks):
            yield _last_bars(marks).until(time_ns)
        yield actions.rows(start, stop)
        fills, marked = fills.rows(before, len(fills)), time_ns
    before = int(np.searchsorted(fills["event_time_ns"], last, side="right"))
    yield fills.rows(0, before).until(last - 1)
    rest = between(bars, marked, END_OF_TAPE)
    if len(rest):
        yield _last_bars(rest).until(last)
    yield fills.rows(before, len(fills))


def _last_bars(bars: Block) -> Block:
    """Each instrument's last bar, in time order."""
    _, back = np.unique(bars["instrument"][::-1], return_index=True)
    return bars.take(np.sort(len(bars) - 1 - back))


def _at(rows: Block, time_ns: int) -> Block:
    return rows.take(np.flatnonzero(rows["event_time_ns"] == time_ns))
