"""Redis Streams: one stream a log, the number is the entry id, so that the server refuses doubles."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, cast

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from shared.engine.bus import EPOCH_BITS, Bus, Entry, Key, letter_key
from shared.failures import Corrupt, Refused, Unavailable, Wiped
from shared.store.contract import Letter

COUNT: Final = 512
BLOCK_S: Final = 1.0
SOCKET_TIMEOUT_S: Final = 10.0
_MASK: Final = (1 << EPOCH_BITS) - 1


def entry_id(seq: int) -> str:
    """A number as Redis writes it: epoch, dash, count."""
    return f"{seq >> EPOCH_BITS}-{seq & _MASK}"


def entry_seq(raw: bytes) -> int:
    """The number in an entry id."""
    epoch, count = raw.split(b"-")
    return (int(epoch) << EPOCH_BITS) + int(count)


def connect(url: str) -> redis.Redis:
    """A client that never repeats a write by itself and never waits longer than its socket."""
    try:
        return redis.Redis.from_url(
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


def open_epoch(url: str, run: str, seen: int, bump: Callable[[int], int]) -> RedisBus:
    """Joins the run's current epoch; a bus that lost it gets the next one, agreed in Postgres."""
    client = connect(url)
    with _Mapped():
        if seen and client.exists(_alive_key(run, seen)):
            return RedisBus(client, run, seen)
        client.set(_alive_key(run, seen + 1), b"1", nx=True)
    return RedisBus(client, run, bump(seen))


def wipe(url: str, run: str) -> None:
    """Loses everything that the bus holds of a run, as a server without a disk does when it dies."""
    client = connect(url)
    with _Mapped():
        keys = list(client.scan_iter(match=f"tl:{run}:*", count=1_000))
        if keys:
            client.delete(*keys)
    client.close()


def _alive_key(run: str, epoch: int) -> str:
    return f"tl:{run}:{epoch}:alive"


class RedisBus(Bus):
    """One connection, used by one thread."""

    def __init__(self, client: redis.Redis, run: str, epoch: int) -> None:
        self._client = client
        self._prefix = f"tl:{run}:{epoch}"
        self._alive = _alive_key(run, epoch)
        self._names: dict[Key, str] = {}
        self._keys: dict[bytes, Key] = {}

    def ensure(self, keys: Sequence[Key]) -> None:
        """Creates these logs in this epoch, if they are not there yet."""
        with _Mapped():
            pipe = self._client.pipeline(transaction=False)
            for key in keys:
                pipe.xadd(self._name(key), {b"genesis": b"1"}, id="0-1")
            for reply in pipe.execute(raise_on_error=False):
                if isinstance(reply, Exception) and "equal or smaller" not in str(reply):
                    raise reply
        self.alive()

    def publish(self, letters: Sequence[Letter], stamp_ns: int = 0) -> None:
        """Adds numbered blocks; one that is there already is compared, other bytes are `Corrupt`."""
        if not letters:
            return
        stamp = b"%d" % stamp_ns
        with _Mapped():
            pipe = self._client.pipeline(transaction=False)
            for letter in letters:
                name = self._name(letter_key(letter))
                pipe.execute_command(
                    "XADD", name, "NOMKSTREAM", entry_id(letter.seq), b"b", letter.payload, b"t", stamp
                )
            replies = pipe.execute(raise_on_error=False)
            for letter, reply in zip(letters, replies, strict=True):
                self._settle(letter, reply)

    def read(self, after: Mapping[Key, int], wait_s: float) -> dict[Key, list[Entry]]:
        """Entries above these numbers; waits up to `wait_s` for the first one."""
        streams = {self._name(key): entry_id(seq) if seq else "0-1" for key, seq in after.items()}
        if not streams:
            return self._only_wait(wait_s)
        block = max(1, int(min(wait_s, BLOCK_S) * 1000)) if wait_s > 0 else None
        with _Mapped():
            reply = self._client.xread(cast(Any, streams), count=COUNT, block=block)
        found = {self._keys[name]: _entries(rows) for name, rows in _pairs(reply)}
        if not found and wait_s > 0:
            self.alive()
        return found

    def _only_wait(self, wait_s: float) -> dict[Key, list[Entry]]:
        """A source reads nothing, and must notice all the same that its streams are gone."""
        if wait_s > 0:
            time.sleep(wait_s)
            self.alive()
        return {}

    def last(self, key: Key) -> int:
        """The last number in a log, 0 if it holds none."""
        with _Mapped():
            try:
                info = cast(dict[Any, Any], self._client.xinfo_stream(self._name(key)))
            except redis.ResponseError as error:
                if "no such key" not in str(error):
                    raise
                self.alive()
                return 0
        last = entry_seq(
            info[b"last-generated-id"] if b"last-generated-id" in info else info["last-generated-id"]
        )
        return last if last > 1 else 0

    def trim(self, key: Key, below: int) -> None:
        """Forgets entries below this number."""
        with _Mapped():
            self._client.xtrim(self._name(key), minid=entry_id(below), approximate=False)

    def note(self, kind: str, reader: str, positions: Mapping[Key, int]) -> None:
        """Tells the writers how far a reader has fetched, or holds durably: one command for all its logs."""
        if not positions:
            return
        told = {f"{key} {reader}": str(seq) for key, seq in positions.items()}
        with _Mapped():
            self._client.hset(f"{self._prefix}:{kind}", mapping=cast(Any, told))

    def noted(self, kind: str, key: Key) -> dict[str, int]:
        """How far each reader of a log has told that it is."""
        with _Mapped():
            notes = cast(dict[bytes, bytes], self._client.hgetall(f"{self._prefix}:{kind}"))
        start = f"{key} ".encode()
        return {
            name[len(start) :].decode(): int(seq) for name, seq in notes.items() if name.startswith(start)
        }

    def alive(self) -> None:
        """Raises `Wiped` if this epoch's streams are gone."""
        with _Mapped():
            if not self._client.exists(self._alive):
                raise Wiped(f"{self._alive} is gone: the bus was wiped")

    def close(self) -> None:
        """Gives the connection back."""
        self._client.close()

    def _name(self, key: Key) -> str:
        name = self._names.get(key)
        if name is None:
            name = self._names[key] = f"{self._prefix}:{key}"
            self._keys[name.encode()] = key
        return name

    def _settle(self, letter: Letter, reply: object) -> None:
        if reply is None:
            raise Wiped(f"{letter.stream}:{letter.partition} is gone: the bus was wiped")
        if not isinstance(reply, Exception):
            return
        if "equal or smaller" not in str(reply):
            raise Unavailable(f"the bus refused {letter.stream}:{letter.partition} #{letter.seq}: {reply}")
        self._compare(letter)

    def _compare(self, letter: Letter) -> None:
        name, wanted = self._name(letter_key(letter)), entry_id(letter.seq)
        there = _entries(self._client.xrange(name, wanted, wanted))
        if there and there[0].payload == letter.payload:
            return
        if there:
            raise Corrupt(f"{letter.stream}:{letter.partition} #{letter.seq} is there with other bytes")
        first = _entries(self._client.xrange(name, "0-2", "+", count=1))
        if first and first[0].seq < letter.seq:
            raise Corrupt(f"{letter.stream}:{letter.partition} is past #{letter.seq}, which it never held")


def _pairs(reply: Any) -> Iterable[tuple[bytes, Any]]:
    return reply.items() if isinstance(reply, dict) else (reply or ())


def _entries(rows: Any) -> list[Entry]:
    entries = []
    for raw, fields in rows:
        payload = fields.get(b"b") if fields else None
        if payload is not None:
            entries.append(Entry(entry_seq(raw), payload, int(fields.get(b"t", 0))))
    return entries


class _Mapped:
    """Turns the client's connection errors into `Unavailable`: the world is down, not we."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, redis.ConnectionError | redis.TimeoutError):
            raise Unavailable(f"the bus does not answer: {error}") from error
