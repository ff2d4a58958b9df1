"""A reader sees its log in order, once, and without gaps."""

import pytest

from shared.block import Block
from shared.engine.bus import Key
from shared.engine.inbox import Inbox
from shared.failures import Corrupt
from shared.streams import FILLS
from tests.fixtures.blocks import block


def numbered(seq: int, prev_seq: int) -> Block:
    return block(FILLS, [], watermark_ns=seq).numbered("t", seq, prev_seq)


def test_a_known_number_is_dropped_and_counted() -> None:
    inbox = Inbox(Key("fills", 0))
    assert inbox.accept(numbered(1, 0)) and not inbox.accept(numbered(1, 0))
    assert (inbox.last, inbox.duplicates, inbox.watermark_ns) == (1, 1, 1)


def test_numbers_may_skip_but_a_gap_stops_the_reader() -> None:
    inbox = Inbox(Key("fills", 0), after=1)
    assert inbox.accept(numbered(5, 1))
    with pytest.raises(Corrupt, match="jumps from #5 to #9, which follows #7"):
        inbox.accept(numbered(9, 7))


def test_a_dead_letter_is_passed_by_its_number() -> None:
    inbox = Inbox(Key("fills", 0))
    inbox.accept(numbered(1, 0))
    inbox.skip(2)
    assert inbox.accept(numbered(3, 2))
