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


def test_what_nobody_has_begun_is_not_made_once_the_reader_left() -> None:
    made, closed, never = [], [], threading.Event()

    def pieces() -> Iterator[int]:
        try:
            for n in range(1_000):
                made.append(n)
                if n:
                    never.wait(0.2)
                yield n
        finally:
            closed.append(True)

    reading = ahead(pieces())
    assert next(reading) == 0
    reading.close()  # type: ignore[attr-defined]
    assert len(made) <= PIECES
    assert closed == [True]
