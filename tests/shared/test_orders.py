"""An order goes only where the table allows, and never back from an end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.orders import NEXT, TERMINAL, IllegalMove, Status, move


@given(st.lists(st.sampled_from(list(Status)), max_size=12))
def test_no_path_leaves_a_terminal_state(wishes: list[Status]) -> None:
    now = Status.INTENDED
    for wish in wishes:
        if wish in NEXT[now]:
            now = move(now, wish)
            continue
        with pytest.raises(IllegalMove, match=now.name):
            move(now, wish)
        if now in TERMINAL:
            assert not NEXT[now]


def test_every_state_can_be_reached_and_can_end() -> None:
    reached, open_states = {Status.INTENDED}, [Status.INTENDED]
    while open_states:
        for onward in NEXT[open_states.pop()] - reached:
            reached.add(onward)
            open_states.append(onward)
    assert reached == set(Status)
    assert {Status.FILLED, Status.CANCELLED, Status.REJECTED, Status.EXPIRED} == TERMINAL


def test_an_unknown_order_may_turn_out_to_be_anything_but_unsent() -> None:
    assert NEXT[Status.UNKNOWN] == set(Status) - {Status.INTENDED, Status.SENT, Status.UNKNOWN}
