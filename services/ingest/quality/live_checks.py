"""A live source's cuts through the checks: what passes goes on in order, what does not is set aside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from services.ingest.cuts import PartitionTable, one_cut
from services.ingest.quality.checks import QualityChecker
from services.ingest.quality.plan import QualityPlan, by_instrument
from services.ingest.reordering import Reorderer
from shared.block import Block, join
from shared.market import Instruments
from shared.streams import QUARANTINE
from shared.time import BEFORE_TAPE, END_OF_TAPE


class Sifted(NamedTuple):
    """A cut without the rows that were refused, and those as rows of quarantine."""

    cut: Sequence[Block]
    refused: Block


class LiveChecks:
    """Judges cuts of described instruments; a row at or before what was promised is refused as too late.

    With a lateness bound the promise stays that much behind the source's, and rows that come late within the
    bound leave in order. A refused row leaves no trace, so a restart learns the accepted rows of the last
    recorded cuts and goes on as if it had never stopped, but for counts and for levels that wait.
    """

    def __init__(self, plan: QualityPlan, instruments: Instruments, partitions: int) -> None:
        known = msgspec.structs.replace(by_instrument(plan), described_only=1)
        self._checker = QualityChecker(known, instruments)
        self._lateness_ns = plan.lateness_ns
        self._order = Reorderer(plan.lateness_ns)
        self._lookup = PartitionTable(
            np.array(sorted(row.instrument for row in instruments), np.int64), partitions
        )

    def sift(self, cut: Sequence[Block]) -> Sifted:
        """What of a cut passes, under the promise that can be kept."""
        found = [self._checker.sift(block) for block in cut]
        bad = join([QUARANTINE.empty(watermark_ns=BEFORE_TAPE), *(refused for _, refused in found)])
        passed: list[Block] = [in_order(good) for good, _ in found]
        if self._lateness_ns:
            passed = self._late_in_order(passed)
        self._checker.promise(passed[0].watermark_ns)
        return Sifted(passed, Block(QUARANTINE, bad.columns, cut[0].watermark_ns))

    def know(self, actions: Block) -> None:
        """Splits to come, whose jumps are expected."""
        self._checker.know_actions(actions)

    def learn(self, block: Block) -> None:
        """Takes rows that were accepted before."""
        if len(block):
            self._checker.check(block)

    def resume(self, watermark_ns: int) -> None:
        """Goes on behind this promise."""
        self._checker.promise(watermark_ns)

    def _late_in_order(self, passed: Sequence[Block]) -> list[Block]:
        watermark_ns = passed[0].watermark_ns
        promise = watermark_ns if watermark_ns == END_OF_TAPE else watermark_ns - self._lateness_ns
        rows = self._order.release(join(passed), promise)
        return one_cut(rows, self._lookup, promise)


def in_order(block: Block) -> Block:
    """The rows by time; most blocks are in order already."""
    times = block["event_time_ns"]
    return block if len(times) < 2 or bool((times[1:] >= times[:-1]).all()) else block.sorted()
