"""The sessions of a run: those of its calendars, longer each time it is opened, never another past."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from shared.failures import Refused
from shared.hours import Hours, by_instrument, gone_on, hours_of, known_until
from shared.market import Instrument
from shared.time import DAY_NS, END_OF_TAPE

SHARES = [Instrument(instrument=place, symbol=f"S{place}", calendar="XNYS") for place in (3, 1)]
COIN = Instrument(instrument=2, symbol="COIN")


def at(text: str) -> int:
    return int(np.datetime64(text, "ns").astype(np.int64))


FRIDAY = at("2024-11-29T15:00")


def test_each_calendar_is_one_table_and_what_never_closes_has_none(tmp_path: Path) -> None:
    (made,) = hours_of([*SHARES, COIN], FRIDAY, FRIDAY, tmp_path)
    assert (made.calendar, made.instruments) == ("XNYS", (1, 3))
    assert made.opens == (at("2024-11-29T14:30"),)
    assert made.closes == (at("2024-11-29T18:00"),)
    assert made.until_ns == at("2024-12-01") - 1
    assert hours_of([COIN], FRIDAY, FRIDAY, tmp_path) == ()


def test_instruments_of_one_calendar_share_its_table(tmp_path: Path) -> None:
    tables = by_instrument(hours_of([*SHARES, COIN], FRIDAY, FRIDAY, tmp_path))
    assert set(tables) == {1, 3}
    assert tables[1] is tables[3]
    assert tables[1].holds(FRIDAY) and not tables[1].holds(at("2024-11-29T18:00"))


def test_all_is_known_until_the_first_calendar_ends(tmp_path: Path) -> None:
    (made,) = hours_of(SHARES, FRIDAY, FRIDAY, tmp_path)
    longer = msgspec.structs.replace(made, until_ns=made.until_ns + DAY_NS)
    assert known_until([longer, made], END_OF_TAPE) == made.until_ns
    assert known_until([], END_OF_TAPE) == END_OF_TAPE


def test_a_run_that_goes_on_keeps_its_sessions_and_learns_later_ones(tmp_path: Path) -> None:
    begun = hours_of(SHARES, FRIDAY, FRIDAY, tmp_path)
    now = hours_of(SHARES, FRIDAY, FRIDAY + 5 * DAY_NS, tmp_path)
    changed = tuple(
        msgspec.structs.replace(one, opens=(at("2024-11-29T16:00"), *one.opens[1:])) for one in now
    )
    (went_on,) = gone_on(begun, changed)
    assert went_on.opens == now[0].opens
    assert went_on.until_ns == now[0].until_ns
    assert gone_on((went_on,), begun) == (went_on,)


def test_a_run_without_sessions_stays_one(tmp_path: Path) -> None:
    assert gone_on((), hours_of(SHARES, FRIDAY, FRIDAY, tmp_path)) == ()


def test_sessions_that_nobody_knows_between_two_stretches_are_refused(tmp_path: Path) -> None:
    begun = hours_of(SHARES, FRIDAY, FRIDAY, tmp_path)
    later = hours_of(SHARES, FRIDAY + 300 * DAY_NS, FRIDAY + 400 * DAY_NS, tmp_path)
    with pytest.raises(Refused, match="XNYS is known until 2024-11-30"):
        gone_on(begun, later)


def test_an_open_without_a_close_is_no_session() -> None:
    with pytest.raises(ValueError, match="1 opens and 0 closes"):
        Hours(calendar="XNYS", instruments=(1,), opens=(1,), closes=(), until_ns=2)
