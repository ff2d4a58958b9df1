"""One connection to Redis that its owner keeps: commands leave packed together, replies come in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, TypeAlias

import hiredis
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from shared.failures import Refused, Unavailable

ROOM: Final = 1 << 20
"""Bytes that are taken off the socket at a time."""
SOCKET_TIMEOUT_S: Final = 10.0
"""The longest silence that is not a loss; no command may block for longer."""

LARGE: Final = 1 << 14
"""A word of so many bytes leaves from where it lies: two copies of it cost more than sending it."""
NOT_NOW: Final = ("OOM ", "LOADING ", "MISCONF ", "READONLY ", "BUSY ", "MASTERDOWN ", "NOREPLICAS ")
"""How errors begin that pass: the server is full, starting, cannot save, or is no master yet."""
_pack: Final[Callable[[tuple[Any, ...]], bytes]] = hiredis.pack_command

Word: TypeAlias = str | bytes | int
Command: TypeAlias = tuple[Word, ...]


class Wire:
    """The socket of the client's own connection: a command costs a tenth, and none is ever repeated.

    The client library opens it, in whatever way its address asks for; what travels there is packed and parsed
    here. After any failure the connection is given up: nobody could tell whose reply comes next.
    """

    def __init__(self, url: str) -> None:
        try:
            self._client = redis.Redis.from_url(
                url,
                protocol=2,
                decode_responses=False,
                retry=Retry(NoBackoff(), 0),
                socket_timeout=SOCKET_TIMEOUT_S,
                socket_connect_timeout=SOCKET_TIMEOUT_S,
            )
        except ValueError as error:
            raise Refused(
                f"bus {url!r} is no Redis address ({error}): use redis://host:port or unix://path"
            ) from error
        self._connection: Any = None
        self._socket: Any = None
        self._replies: Any = None

    def ask(self, *command: Word) -> Any:
        """One command and its reply; an error reply is raised."""
        (reply,) = self.together([command])
        return granted(reply)

    def together(self, commands: Sequence[Command]) -> list[Any]:
        """Several commands in one go and a reply to each; an error reply stands in its place."""
        return self.in_turn([commands]) if commands else []

    def in_turn(self, handfuls: Iterable[Sequence[Command]]) -> list[Any]:
        """Replies to handfuls of commands, each of which leaves while the server works on the one before.

        None leaves any more once a reply is in that is no string: an error, or nothing.
        """
        replies, waiting = list[Any](), 0
        try:
            stream = self._open()
            for commands in handfuls:
                for piece in _pieces(commands):
                    stream.sendall(piece)
                last, waiting = waiting, len(commands)
                if not self._granted(last, replies):
                    break
            self._granted(waiting, replies)
            return replies
        except (redis.ConnectionError, redis.TimeoutError, OSError) as error:
            self._hang_up()
            raise Unavailable(f"the bus does not answer: {error}") from error
        except BaseException:
            self._hang_up()
            raise

    def names(self, pattern: str) -> list[bytes]:
        """Every key that matches."""
        try:
            return list(self._client.scan_iter(match=pattern, count=1_000))
        except (redis.ConnectionError, redis.TimeoutError) as error:
            raise Unavailable(f"the bus does not answer: {error}") from error

    def close(self) -> None:
        """Gives the connection back."""
        self._hang_up()
        self._client.close()

    def _open(self) -> Any:
        if self._socket is None:
            self._connection = self._connection or self._client.connection_pool.get_connection()
            self._connection.connect()
            self._socket = self._connection._sock
            self._replies = hiredis.Reader(
                protocolError=redis.InvalidResponse, replyError=redis.ResponseError
            )
        return self._socket

    def _granted(self, count: int, replies: list[Any]) -> bool:
        """Takes the next replies in; whether all of them are strings."""
        fresh = [self._reply() for _ in range(count)]
        replies += fresh
        return all(isinstance(reply, bytes) for reply in fresh)

    def _reply(self) -> Any:
        """The next reply; an error of the server's is given, not raised."""
        while (reply := self._replies.gets()) is False:
            piece = self._socket.recv(ROOM)
            if not piece:
                raise redis.ConnectionError("the server hung up")
            self._replies.feed(piece)
        return reply

    def _hang_up(self) -> None:
        self._socket = self._replies = None
        if self._connection is not None:
            self._connection.disconnect()


def _pieces(commands: Sequence[Command]) -> Iterator[bytes]:
    """The bytes of commands: small ones packed together, a large word as it is."""
    waiting: list[bytes] = []
    for command in commands:
        if not any(isinstance(word, bytes) and len(word) >= LARGE for word in command):
            waiting.append(_pack(command))
            continue
        waiting.append(b"*%d\r\n" % len(command))
        for word in command:
            raw = word if isinstance(word, bytes) else str(word).encode()
            waiting.append(b"$%d\r\n" % len(raw))
            if len(raw) < LARGE:
                waiting += (raw, b"\r\n")
                continue
            yield b"".join(waiting)
            yield raw
            waiting = [b"\r\n"]
    if waiting:
        yield b"".join(waiting)


def granted(reply: Any) -> Any:
    """The reply, if it is no error; an error that passes is the world being down."""
    if not isinstance(reply, Exception):
        return reply
    if str(reply).startswith(NOT_NOW):
        raise Unavailable(f"the bus refuses: {reply}") from reply
    raise reply
