"""Session tables: right on half days, kept on disk, refused when unknown."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from shared.calendars import ALWAYS, Sessions, sessions
from shared.failures import Refused
from shared.time import DAY_NS, MINUTE_NS

HOUR_NS = 60 * MINUTE_NS
THANKSGIVING = dt.date(2024, 11, 25), dt.date(2024, 11, 29)


def new_york(folder: Path) -> Sessions:
    return sessions("XNYS", *THANKSGIVING, folder)


def test_half_days_end_early_and_holidays_are_missing(tmp_path: Path) -> None:
    found = new_york(tmp_path)
    assert ((found.closes - found.opens) / HOUR_NS).tolist() == [6.5, 6.5, 6.5, 3.5]
    assert found.opens[0] == np.datetime64("2024-11-25T14:30", "ns").astype(np.int64)
    assert found.closes[-1] == np.datetime64("2024-11-29T18:00", "ns").astype(np.int64)


def test_summer_time_moves_the_open_in_utc(tmp_path: Path) -> None:
    found = sessions("XNYS", dt.date(2024, 3, 8), dt.date(2024, 3, 11), tmp_path)
    assert [int(open_) % DAY_NS // MINUTE_NS for open_ in found.opens] == [14 * 60 + 30, 13 * 60 + 30]


def test_the_second_answer_comes_from_the_file(tmp_path: Path) -> None:
    first = new_york(tmp_path)
    (path,) = tmp_path.iterdir()
    np.savez(path, opens=first.opens[:1], closes=first.closes[:1])
    assert len(new_york(tmp_path).opens) == 1


def test_a_damaged_file_is_made_anew(tmp_path: Path) -> None:
    first = new_york(tmp_path)
    (path,) = tmp_path.iterdir()
    for content in (b"", b"PK\x03\x04 half a file", path.read_bytes()[:100]):
        path.write_bytes(content)
        assert new_york(tmp_path).opens.tolist() == first.opens.tolist()


def test_a_market_that_never_closes_has_a_session_each_utc_day(tmp_path: Path) -> None:
    found = sessions(ALWAYS, dt.date(1970, 1, 1), dt.date(1970, 1, 3), tmp_path)
    assert found.opens.tolist() == [0, DAY_NS, 2 * DAY_NS]
    assert (found.opens[1:] == found.closes[:-1]).all()
    assert not list(tmp_path.iterdir())


def test_a_session_holds_its_open_but_not_its_close(tmp_path: Path) -> None:
    found = new_york(tmp_path)
    open_, close = int(found.opens[0]), int(found.closes[0])
    assert [found.holds(t) for t in (open_ - 1, open_, close - 1, close)] == [False, True, True, False]


def test_an_unknown_calendar_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no calendar is called MOON"):
        sessions("MOON", *THANKSGIVING, tmp_path)


def test_days_in_the_wrong_order_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="end lies before the start"):
        sessions("XNYS", dt.date(2024, 1, 2), dt.date(2024, 1, 1), tmp_path)
