"""News is durable with its decision and readable a moment later, once, whatever dies in between."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from shared.block import Block
from shared.codec import decode
from shared.engine import news
from shared.engine.bus import Key, number
from shared.engine.closes import StrictCloses
from shared.engine.memory_bus import MemoryBus
from shared.engine.news import News
from shared.engine.promise import PromiseStage
from shared.engine.stage import LEISURE_NS, Stage, letter
from shared.streams import BARS, FILLS, SIGNALS, VERDICTS
from shared.time import END_OF_TAPE
from shared.verdicts import Verdict
from tests.fixtures.blocks import block
from tests.fixtures.toys import Counter
from tests.shared.engine.test_stages import CUTS, TICKS_KEY, Line, tape


class Explaining(PromiseStage):
    """A stage whose output is news."""

    news = (VERDICTS,)


class Judge(Counter):
    """Holds whatever it sees."""

    def handle(self, taken: Block) -> Iterator[Block]:
        """A verdict a promise that has rows."""
        for made in super().handle(taken):
            held = np.full(len(made), Verdict.HELD, np.int8)
            yield replace(made, columns={**made.columns, "verdict": held})


def explaining() -> Stage:
    return Explaining("risk", 0, StrictCloses((BARS,), 1, FILLS, 0), Judge(VERDICTS), (VERDICTS,), ())


def line() -> Line:
    """A line that has seen half of its tape; the fills are promised to its end."""
    made = Line()
    made.makers["risk"] = explaining
    bus = MemoryBus(made.hub)
    bus.ensure([TICKS_KEY, Key("fills", 0)])
    bus.publish(tape()[: CUTS // 2])
    bus.publish([letter(block(FILLS, [], watermark_ns=END_OF_TAPE), "t", number(1, 1), 0)])
    return made


def finish(made: Line) -> None:
    MemoryBus(made.hub).publish(tape()[CUTS // 2 :])
    made.settle()


def said(made: Line) -> list[int]:
    """The times of all verdicts in their letters."""
    letters = MemoryBus(made.hub).read({Key("verdicts", 0): 0}, 0.0)[Key("verdicts", 0)]
    return [time for entry in letters for time in decode(entry.payload)["event_time_ns"].tolist()]


def written(made: Line) -> list[int]:
    times: list[int] = made.store.read_rows("t", "verdicts")["event_time_ns"].tolist()
    return times


def test_it_waits_for_a_quiet_moment_but_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    told = News((VERDICTS,))
    told.gather(7, [block(SIGNALS, [5], watermark_ns=5)], 100)
    assert (told.first, told.wait_s(100), told.have_waited(1 << 60)) == (0, None, False)
    told.gather(8, [block(VERDICTS, [5], watermark_ns=5)], 100)
    told.gather(9, [block(VERDICTS, [6], watermark_ns=6)], 200)
    assert (told.first, told.have_waited(99 + LEISURE_NS), told.have_waited(100 + LEISURE_NS)) == (
        8,
        False,
        True,
    )
    assert not told.are_many()
    monkeypatch.setattr(news, "MANY_ROWS", 2)
    assert told.are_many()
    assert [taken["event_time_ns"].tolist() for taken in told.take()] == [[5], [6]]
    assert (told.first, told.are_many(), told.wait_s(1 << 60)) == (0, False, None)


def test_what_died_with_its_writer_is_recalled_from_its_letters_and_is_due() -> None:
    told = News((VERDICTS,))
    told.recall([letter(block(VERDICTS, [5, 5], watermark_ns=5), "t", 3, 0)])
    assert (told.first, told.have_waited(LEISURE_NS)) == (3, True)
    assert len(told.take()[0]) == 2


def test_a_decision_is_committed_without_its_news_which_follows_in_a_quiet_turn() -> None:
    made = line()
    made.turn("features")
    worker = made.start("risk")
    worker.turn(0.0)
    assert len(said(made)) > 1
    assert written(made) == []
    worker.turn(0.0)
    assert written(made) == said(made)
    before = len(written(made))
    finish(made)
    assert written(made) == said(made)
    assert len(written(made)) > before


@pytest.mark.parametrize("countdown", range(1, 30))
def test_no_kill_loses_or_doubles_a_row(countdown: int) -> None:
    made = line()
    made.countdown = countdown
    made.settle()
    finish(made)
    assert written(made) == said(made)
    assert written(made)


def test_a_writer_that_dies_behind_its_decision_leaves_the_news_to_its_successor() -> None:
    made = line()
    made.turn("features")
    made.start("risk").turn(0.0)
    made.workers.pop("risk")
    assert written(made) == []
    made.settle()
    assert written(made) == said(made)
    assert written(made)


def test_letters_whose_news_waits_are_never_forgotten() -> None:
    stage = explaining()
    assert isinstance(stage, Explaining)
    stage._news.gather(number(1, 4), [block(VERDICTS, [5], watermark_ns=5)], 0)
    assert stage._needed() == number(1, 4)
    stage._news.take()
    assert stage._needed() > number(1, 1 << 30)
