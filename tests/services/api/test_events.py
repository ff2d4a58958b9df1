"""An event id brings a client back to where it was."""

from __future__ import annotations

import pytest

from services.api.events import event_id, message, seen
from services.api.live import Event
from services.api.problems import Problem
from shared.engine.bus import Key

PLACE = {Key("fills", 0): 9, Key("signals", 2): 1 << 40}


def test_an_id_is_read_as_it_was_written() -> None:
    assert seen(event_id(PLACE)) == PLACE


def test_a_message_carries_id_topic_and_payload() -> None:
    text = message(Event(Key("fills", 0), 9, b"{}"), {Key("fills", 0): 9})

    assert text == b"id: fills:0=9\nevent: fills\ndata: {}\n\n"


@pytest.mark.parametrize("text", ["x", "fills:0", "fills:0=-1", "fills:a=1", "fills:0=" + "9" * 30])
def test_text_that_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(Problem):
        seen(text)
