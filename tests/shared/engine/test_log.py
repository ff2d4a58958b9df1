"""How far a log is behind us is a matter of its rows' times, not of what was read."""

from __future__ import annotations

from shared.engine.bus import Key
from shared.engine.log import Cursor, Trail
from shared.streams import BARS
from tests.fixtures.blocks import block

LOG = Key("bars", 0)


def offered() -> Trail:
    trail = Trail(LOG)
    for seq, times in enumerate([[10, 20], [], [30], [40]], 1):
        made = block(BARS, times, watermark_ns=10 * seq + 9)
        assert trail.accept(made.numbered("t", seq, seq - 1))
    return trail


def test_a_block_is_behind_us_when_its_last_row_is() -> None:
    trail = offered()
    assert trail.cursor(19) == Cursor()
    assert trail.cursor(20).seq == 2
    assert trail.cursor(35) == Cursor(3, 39)


def test_a_block_that_was_seen_is_no_new_one() -> None:
    trail = offered()
    assert not trail.accept(block(BARS, [10], watermark_ns=19).numbered("t", 1, 0))
    assert trail.inbox.duplicates == 1


def test_a_restart_reads_on_behind_its_cursor() -> None:
    trail = Trail(LOG)
    trail.resume(offered().cursor(30))
    assert (trail.inbox.last, trail.inbox.watermark_ns) == (3, 39)
    assert trail.accept(block(BARS, [40], watermark_ns=49).numbered("t", 4, 3))
