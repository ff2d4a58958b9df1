"""One connection to Redis that its owner keeps: commands leave packed together, replies come in order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from shared.failures import Refused, Unavailable

SOCKET_TIMEOUT_S: Final = 10.0
"""The longest silence that is not a loss; no command may block for longer."""

NOT_NOW: Final = (redis.exceptions.OutOfMemoryError, redis.exceptions.ReadOnlyError)
CANNOT_SAVE: Final = "MISCONF"

Word: TypeAlias = str | bytes | int
Command: TypeAlias = Sequence[Word]


class Wire:
    """The client's own connection without its pool: a command costs a tenth, and none is ever repeated."""

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

    def ask(self, *command: Word) -> Any:
        """One command and its reply; an error reply is raised."""
        (reply,) = self.together([command])
        return granted(reply)

    def together(self, commands: Sequence[Command]) -> list[Any]:
        """Several commands in one go and a reply to each; an error reply stands in its place."""
        if not commands:
            return []
        try:
            connection = self._open()
            packed = [piece for command in commands for piece in connection.pack_command(*command)]
            connection.send_packed_command(packed if len(packed) == 1 else [b"".join(packed)], False)
            return [_reply(connection) for _ in commands]
        except (redis.ConnectionError, redis.TimeoutError) as error:
            raise Unavailable(f"the bus does not answer: {error}") from error

    def names(self, pattern: str) -> list[bytes]:
        """Every key that matches."""
        try:
            return list(self._client.scan_iter(match=pattern, count=1_000))
        except (redis.ConnectionError, redis.TimeoutError) as error:
            raise Unavailable(f"the bus does not answer: {error}") from error

    def close(self) -> None:
        """Gives the connection back."""
        if self._connection is not None:
            self._connection.disconnect()
            self._connection = None
        self._client.close()

    def _open(self) -> Any:
        if self._connection is None:
            self._connection = self._client.connection_pool.get_connection()
        return self._connection


def granted(reply: Any) -> Any:
    """The reply, if it is no error; a server that is full or cannot save now may be better off later."""
    if not isinstance(reply, Exception):
        return reply
    if isinstance(reply, NOT_NOW) or str(reply).startswith(CANNOT_SAVE):
        raise Unavailable(f"the bus refuses: {reply}") from reply
    raise reply


def _reply(connection: Any) -> Any:
    try:
        return connection.read_response()
    except redis.ResponseError as error:
        return error
