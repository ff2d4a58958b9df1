"""The connection to Redis: replies in order, errors in their place, and never a second try."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st

from shared.engine import redis_wire
from shared.engine.redis_wire import Wire
from shared.failures import Refused, Unavailable


def test_each_command_has_its_reply_and_an_error_stands_in_its_place(redis_url: str) -> None:
    wire = Wire(redis_url)
    replies = wire.together([("SET", "k", b"\x00\xff"), ("HGET", "k", "f"), ("GET", "k")])
    assert replies[0] in (b"OK", True) and replies[2] == b"\x00\xff"
    assert isinstance(replies[1], redis.ResponseError)
    with pytest.raises(redis.ResponseError, match="WRONGTYPE"):
        wire.ask("HGET", "k", "f")
    assert wire.ask("DEL", "k") == 1
    wire.close()


def test_a_handful_leaves_before_the_last_is_answered_and_none_after_an_error(redis_url: str) -> None:
    wire = Wire(redis_url)
    handfuls: list[list[redis_wire.Command]] = [
        [("SET", "turn:a", b"1"), ("SET", "turn:b", b"2")],
        [("GET", "turn:a"), ("HGET", "turn:a", "f"), ("GET", "turn:b")],
        [("SET", "turn:c", b"3")],
        [("SET", "turn:d", b"4")],
    ]
    *replies, wrong, last, after = wire.in_turn(iter(handfuls))
    assert [*replies, last, after] == [b"OK", b"OK", b"1", b"2", b"OK"]
    assert isinstance(wrong, redis.ResponseError)
    assert wire.together([("GET", "turn:c"), ("GET", "turn:d")]) == [b"3", None]
    assert wire.ask("DEL", "turn:a", "turn:b", "turn:c", "turn:d") == 3
    wire.close()


def test_keys_are_found_by_pattern(redis_url: str) -> None:
    wire = Wire(redis_url)
    wire.together([("SET", f"wire:{n}", 1) for n in range(3)])
    assert sorted(wire.names("wire:*")) == [b"wire:0", b"wire:1", b"wire:2"]
    wire.ask("DEL", "wire:0", "wire:1", "wire:2")
    wire.close()


def test_an_address_that_is_none_is_refused_with_the_mend() -> None:
    with pytest.raises(Refused, match="use redis://host:port"):
        Wire("postgres://somewhere")


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(Unavailable, match="the bus does not answer"):
        Wire(f"redis://127.0.0.1:{port}").ask("PING")


@contextmanager
def hanging_up(heard: list[bytes]) -> Iterator[int]:
    """A server that answers the first command of each connection and hangs up on the second."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                while data := connection.recv(65_536):
                    heard.append(data)
                    if b"XADD" in data:
                        break
                    connection.sendall(b"+OK\r\n" * data.count(b"*"))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield server.getsockname()[1]
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(5)


def test_a_command_whose_reply_is_lost_is_never_sent_again() -> None:
    heard: list[bytes] = []
    with hanging_up(heard) as port:
        wire = Wire(f"redis://127.0.0.1:{port}")
        with pytest.raises(Unavailable):
            wire.ask("XADD", "log", "0-1", "b", b"x")
        assert sum(data.count(b"XADD") for data in heard) == 1
        wire.close()


@given(
    st.lists(
        st.lists(
            st.one_of(
                st.integers(-(2**63), 2**63),
                st.text(max_size=5),
                st.binary(max_size=9),
                st.sampled_from(
                    [bytes(redis_wire.LARGE - 1), bytes(redis_wire.LARGE), b"\r\n" * redis_wire.LARGE]
                ),
            ),
            min_size=1,
            max_size=5,
        ).map(tuple),
        min_size=1,
        max_size=4,
    )
)
def test_what_leaves_in_pieces_is_what_the_library_would_pack(commands: list[redis_wire.Command]) -> None:
    packed = b"".join(redis_wire._pack(command) for command in commands)
    assert b"".join(redis_wire._pieces(commands)) == packed
