"""Reading ahead changes when a piece is made, and nothing else."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from services.ingest.files.ahead import PIECES, ahead


def test_pieces_come_in_their_order_from_another_thread() -> None:
    makers = set()

    def pieces() -> Iterator[int]:
        for n in range(50):
            makers.add(threading.get_ident())
            yield n

    assert list(ahead(pieces())) == list(range(50))
    assert len(makers) == 1 and threading.get_ident() not in makers
    assert list(ahead([])) == []


def test_an_error_comes_after_the_pieces_that_were_made_before_it() -> None:
    def pieces() -> Iterator[int]:
        yield from range(5)
        raise ValueError("the sixth is damaged")

    made = ahead(pieces())
    assert [next(made) for _ in range(5)] == list(range(5))
    with pytest.raises(ValueError, match="the sixth is damaged"):
        next(made)


def test_no_more_is_made_than_waits_and_nothing_after_the_reader_left() -> None:
    made, closed = [], []

    def pieces() -> Iterator[int]:
        try:
            for n in range(1_000):
                made.append(n)
                yield n
        finally:
            closed.append(True)

    reading = ahead(pieces())
    assert isinstance(next(reading), int)
    reading.close()  # type: ignore[attr-defined]
    assert 1 <= len(made) <= PIECES + 2
    assert closed == [True]
