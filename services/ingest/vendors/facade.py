"""A vendor behind a facade: cache first, vendor second, and every trouble is one line and one count."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final, Generic, NamedTuple, Protocol, TypeVar

from services.ingest.feeds.backoff import Backoff, TokenBucket
from shared.failures import BadInput, Refused, Unavailable

T = TypeVar("T")

LONGEST_WAIT_S: Final = 120.0
"""A vendor that asks for more patience than this is down for us."""
BUSY: Final = {418, 420, 429}
WRONG_KEY: Final = {401, 403}


class Answer(NamedTuple):
    """What came back: a status, the header fields in small letters, a body."""

    status: int
    fields: Mapping[str, str]
    body: bytes


class Answered(Exception):
    """An answer whose status says that it is none."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        super().__init__(f"status {answer.status}")


class _Made(NamedTuple, Generic[T]):
    made: T


Ask = Callable[[str, Mapping[str, str]], Answer]
"""Asks for a path with parameters; raises Unavailable when nothing whole comes back."""


class World(NamedTuple):
    """What a facade needs of the world: two clocks, patience, a draw below 1, and somebody to tell."""

    monotonic_s: Callable[[], float]
    wall_s: Callable[[], float]
    sleep: Callable[[float], None]
    draw: Callable[[], float]
    say: Callable[[str], None]


class Cache(Protocol):
    """Answers that were good once."""

    def read(self, key: str) -> tuple[float, bytes] | None:
        """When it was kept, and what; None if nothing was."""
        ...

    def keep(self, key: str, body: bytes, at_s: float) -> None:
        """Keeps a good answer."""
        ...


class Limits(NamedTuple):
    """How often a vendor may be asked, and how often again."""

    per_s: float = 5.0
    burst: int = 10
    attempts: int = 5
    backoff: Backoff = Backoff()


@dataclass
class VendorCounts:
    """What happened between us and a vendor; nothing happens without being counted here."""

    requests: int = 0
    answers: int = 0
    cached: int = 0
    throttled: int = 0
    broken: int = 0
    unreachable: int = 0
    nonsense: int = 0
    refused: int = 0
    retries: int = 0
    limited: int = 0
    fallbacks: int = 0


USUAL: Final = Limits()


class Vendor:
    """One vendor's endpoints, asked politely and again."""

    def __init__(
        self, name: str, ask: Ask, world: World, limits: Limits = USUAL, cache: Cache | None = None
    ) -> None:
        self.name, self.counts = name, VendorCounts()
        self._ask, self._world, self._limits, self._cache = ask, world, limits, cache
        self._bucket = TokenBucket(limits.per_s, limits.burst, world.monotonic_s)
        self._closed_until_s = 0.0

    def get(self, path: str, params: Mapping[str, str], read: Callable[[bytes], T], keep_s: float = 0.0) -> T:
        """What `read` makes of the answer: a kept one that is young enough, the vendor's, or an old one."""
        key = "\n".join((self.name, path, *(f"{name}={params[name]}" for name in sorted(params))))
        kept = self._cache.read(key) if self._cache and keep_s else None
        if kept is not None and self._world.wall_s() - kept[0] <= keep_s:
            self.counts.cached += 1
            return read(kept[1])

        def attempt() -> tuple[bytes, T]:
            answer = self._ask(path, params)
            if not 200 <= answer.status < 300:
                raise Answered(answer)
            return answer.body, read(answer.body)

        try:
            body, made = self.call(path, attempt)
        except (Unavailable, BadInput) as error:
            if kept is None:
                raise
            self.counts.fallbacks += 1
            age_h = (self._world.wall_s() - kept[0]) / 3600
            self._world.say(f"{error}; going on with an answer that is {age_h:.1f} hours old")
            return read(kept[1])
        if self._cache and keep_s:
            self._cache.keep(key, body, self._world.wall_s())
        return made

    def call(self, what: str, attempt: Callable[[], T]) -> T:
        """Attempts until one succeeds or all are spent; the last trouble is raised.

        An attempt raises Answered for a status, Unavailable for no answer, BadInput for nonsense.
        """
        last: Unavailable | BadInput | None = None
        for turn in range(1, self._limits.attempts + 1):
            self._wait_for_turn()
            came = self._trouble(what, attempt)
            if isinstance(came, _Made):
                self.counts.answers += 1
                return came.made
            last = came
            if turn < self._limits.attempts:
                self.counts.retries += 1
                self._world.say(f"{came}; attempt {turn} of {self._limits.attempts}")
                self._world.sleep(self._limits.backoff.wait_s(turn, self._world.draw))
        raise last or Unavailable(f"{self.name} may not be asked at all")

    def _trouble(self, what: str, attempt: Callable[[], T]) -> _Made[T] | Unavailable | BadInput:
        """What came of one attempt: what it made, or what was wrong with it, counted."""
        self.counts.requests += 1
        try:
            return _Made(attempt())
        except Answered as error:
            return self._judged(what, error.answer)
        except Unavailable as error:
            self.counts.unreachable += 1
            return Unavailable(f"{self.name} {what}: {error}")
        except BadInput as error:
            self.counts.nonsense += 1
            return BadInput(f"{self.name} {what}: {error}")

    def _judged(self, what: str, answer: Answer) -> Unavailable:
        """A status that may be better next time; one that will not is refused."""
        said = _one_line(answer.body)
        sentence = f"{self.name} {what} answered {answer.status}" + (f": {said}" if said else "")
        is_busy = answer.status in BUSY
        if is_busy or answer.status >= 500 or answer.status == 408:
            self.counts.throttled += is_busy
            self.counts.broken += not is_busy
            self._close(answer)
            return Unavailable(sentence)
        self.counts.refused += 1
        mend = "; check the key and what it may read" if answer.status in WRONG_KEY else ""
        raise Refused(sentence + mend)

    def _close(self, answer: Answer) -> None:
        """Nobody asks again before the time that the vendor named."""
        wait_s = retry_after_s(answer.fields.get("retry-after", ""), self._world.wall_s())
        if wait_s:
            self._closed_until_s = max(self._closed_until_s, self._world.monotonic_s() + wait_s)

    def _wait_for_turn(self) -> None:
        closed_s = self._closed_until_s - self._world.monotonic_s()
        if closed_s > LONGEST_WAIT_S:
            raise Unavailable(f"{self.name} wants no request for another {closed_s:.0f} s")
        if closed_s > 0:
            self._world.sleep(closed_s)
        wait_s = self._bucket.take()
        if wait_s:
            self.counts.limited += 1
            self._world.sleep(wait_s)


def trouble_of(error: BaseException) -> str:
    """What a library's failure says, without the failures that it is wrapped in."""
    inner = error
    while True:
        wrapped = getattr(inner, "reason", None) or (inner.args[0] if inner.args else None)
        if not isinstance(wrapped, BaseException):
            break
        inner = wrapped
    said = inner.args[0] if inner.args and isinstance(inner.args[0], str) else str(inner)
    words = " ".join(said.split(". See https://", 1)[0].split())[:160]
    return f"{type(inner).__name__}: {words}".rstrip(": ")


def _one_line(body: bytes) -> str:
    """The beginning of an answer; pages of markup are told by their words."""
    text = body[:2_000].decode(errors="replace")
    words = re.sub(r"<[^>]*>", " ", text).split() or text.split()
    return " ".join(words)[:120]


def retry_after_s(field: str, wall_s: float) -> float:
    """The seconds that a Retry-After field asks for, as a number or as a date; 0 if it asks for nothing."""
    if field.strip().isdigit():
        return float(field)
    try:
        moment = parsedate_to_datetime(field)
    except (ValueError, TypeError):
        return 0.0
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, aware.timestamp() - wall_s)


def first_answer(
    asked: Sequence[tuple[str, Callable[[], T]]], counts: VendorCounts, say: Callable[[str], None]
) -> T:
    """The first vendor's answer, or the next one's: each step down is said and counted."""
    if len(asked) == 1:
        return asked[0][1]()
    trouble: list[str] = []
    for place, (name, get) in enumerate(asked):
        try:
            return get()
        except (Unavailable, BadInput, Refused) as error:
            said = str(error)
            trouble.append(said if said.startswith(name) else f"{name}: {said}")
            if place + 1 < len(asked):
                counts.fallbacks += 1
                say(f"{error}; asking {asked[place + 1][0]} instead of {name}")
    raise Unavailable("no vendor answered: " + "; ".join(trouble))
