"""Every trouble of a vendor is one line and one count, and nothing good is lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec
import pytest

from services.ingest.vendors.facade import (
    LONGEST_WAIT_S,
    Answer,
    Limits,
    Vendor,
    VendorCounts,
    first_answer,
    retry_after_s,
    trouble_of,
)
from shared.failures import BadInput, Refused, Unavailable
from tests.fixtures.venues import TestWorld

GOOD = Answer(200, {}, b"[1,2]")


def numbers(body: bytes) -> list[int]:
    """What this vendor should send."""
    try:
        return msgspec.json.decode(body, type=list[int])
    except msgspec.MsgspecError as error:
        raise BadInput(f"wanted numbers: {error}") from error


class Memory:
    """A cache that forgets at the end of the test."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[float, bytes]] = {}

    def read(self, key: str) -> tuple[float, bytes] | None:
        """When it was kept, and what."""
        return self.kept.get(key)

    def keep(self, key: str, body: bytes, at_s: float) -> None:
        """Keeps it."""
        self.kept[key] = at_s, body


class Desk:
    """A vendor that answers from a script, the last line for ever."""

    def __init__(self, *script: Answer | Unavailable, limits: Limits | None = None) -> None:
        self.script, self.asked = list(script), list[tuple[str, Mapping[str, str]]]()
        self.world, self.cache = TestWorld(), Memory()
        self.vendor = Vendor("acme", self.ask, self.world.world(), limits or Limits(), self.cache)

    def ask(self, path: str, params: Mapping[str, str]) -> Answer:
        """The next line of the script."""
        self.asked.append((path, params))
        line = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(line, Unavailable):
            raise line
        return line

    def get(self, keep_s: float = 0.0) -> list[int]:
        """Asks for the numbers."""
        return self.vendor.get("/n", {"a": "1"}, numbers, keep_s)


TROUBLES: list[tuple[Answer | Unavailable, str]] = [
    (Answer(429, {}, b"slow down"), "throttled"),
    (Answer(500, {}, b"oops"), "broken"),
    (Answer(503, {}, b""), "broken"),
    (Unavailable("RemoteProtocolError: peer closed"), "unreachable"),
    (Unavailable("ReadTimeout"), "unreachable"),
    (Answer(200, {}, b"[1,2"), "nonsense"),
    (Answer(200, {}, b"<html>"), "nonsense"),
]


@pytest.mark.parametrize(("trouble", "count"), TROUBLES)
def test_one_trouble_costs_a_line_a_count_and_a_wait_and_the_answer_comes(
    trouble: Answer | Unavailable, count: str
) -> None:
    desk = Desk(trouble, GOOD)
    assert desk.get() == [1, 2]
    assert len(desk.world.said) == len(desk.world.slept) == 1
    assert "acme /n" in desk.world.said[0]
    assert getattr(desk.vendor.counts, count) == desk.vendor.counts.retries == desk.vendor.counts.answers == 1


@pytest.mark.parametrize(("trouble", "count"), TROUBLES)
def test_a_trouble_that_stays_ends_in_one_clear_error(trouble: Answer | Unavailable, count: str) -> None:
    desk = Desk(trouble)
    with pytest.raises((Unavailable, BadInput), match=r"^acme /n"):
        desk.get()
    assert getattr(desk.vendor.counts, count) == len(desk.asked) == 5


def test_waits_grow() -> None:
    desk = Desk(Answer(500, {}, b""))
    with pytest.raises(Unavailable):
        desk.get()
    assert desk.world.slept == [0.25, 0.5, 1.0, 2.0]


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_request_that_is_wrong_is_not_repeated(status: int) -> None:
    desk = Desk(Answer(status, {}, b"no"))
    with pytest.raises(Refused, match=f"answered {status}: no") as caught:
        desk.get()
    assert len(desk.asked) == desk.vendor.counts.refused == 1
    assert ("check the key" in str(caught.value)) == (status in {401, 403})


def test_a_vendor_that_asks_for_patience_gets_it() -> None:
    desk = Desk(Answer(429, {"retry-after": "7"}, b""), GOOD)
    start = desk.world.now_s
    assert desk.get() == [1, 2]
    assert desk.world.now_s - start == 7.0


def test_nobody_asks_a_vendor_that_has_closed_for_long() -> None:
    desk = Desk(Answer(418, {"retry-after": f"{LONGEST_WAIT_S * 10:.0f}"}, b"banned"))
    for _ in range(2):
        with pytest.raises(Unavailable, match="wants no request for another"):
            desk.get()
    assert len(desk.asked) == 1


def test_requests_keep_to_the_limit() -> None:
    desk = Desk(GOOD, limits=Limits(per_s=2.0, burst=2))
    for _ in range(6):
        desk.get()
    assert sum(desk.world.slept) == pytest.approx(2.0)
    assert desk.vendor.counts.limited == 4


def test_the_cache_comes_first_and_the_vendor_second() -> None:
    desk = Desk(GOOD)
    assert desk.get(60.0) == desk.get(60.0) == [1, 2]
    assert (len(desk.asked), desk.vendor.counts.cached) == (1, 1)
    desk.world.now_s += 61.0
    desk.get(60.0)
    assert len(desk.asked) == 2


def test_an_old_answer_is_better_than_none_and_is_said() -> None:
    desk = Desk(GOOD)
    desk.get(60.0)
    desk.world.now_s += 7200.0
    desk.script = [Answer(500, {}, b"")]
    assert desk.get(60.0) == [1, 2]
    assert desk.vendor.counts.fallbacks == 1
    assert "2.0 hours old" in desk.world.said[-1]


def test_nonsense_is_never_kept() -> None:
    desk = Desk(Answer(200, {}, b"half"))
    with pytest.raises(BadInput):
        desk.get(60.0)
    assert desk.cache.kept == {}


def test_other_parameters_are_another_answer() -> None:
    desk = Desk(GOOD)
    desk.vendor.get("/n", {"a": "1"}, numbers, 60.0)
    desk.vendor.get("/n", {"a": "2"}, numbers, 60.0)
    assert len(desk.asked) == 2


@pytest.mark.parametrize(
    ("field", "wait_s"),
    [("", 0.0), ("30", 30.0), ("Thu, 01 Jan 1970 00:01:00 GMT", 50.0), ("soon", 0.0), ("-5", 0.0)],
)
def test_patience_is_asked_for_in_seconds_or_as_a_date(field: str, wait_s: float) -> None:
    assert retry_after_s(field, 10.0) == wait_s


def failing(error: Exception) -> Callable[[], int]:
    def get() -> int:
        raise error

    return get


def test_the_next_vendor_is_asked_and_each_step_down_is_said_and_counted() -> None:
    said, counts = list[str](), VendorCounts()
    asked = [("a", failing(Unavailable("down"))), ("b", failing(BadInput("nonsense"))), ("c", lambda: 3)]
    assert first_answer(asked, counts, said.append) == 3
    assert counts.fallbacks == 2
    assert said == ["down; asking b instead of a", "nonsense; asking c instead of b"]


def test_when_no_vendor_answers_all_reasons_are_said_together() -> None:
    with pytest.raises(Unavailable, match="a: down; b: no key"):
        first_answer(
            [("a", failing(Unavailable("down"))), ("b", failing(Refused("no key")))], VendorCounts(), print
        )


def test_the_only_vendor_s_trouble_is_told_as_it_is() -> None:
    with pytest.raises(Refused, match=r"^no key$"):
        first_answer([("a", failing(Refused("no key")))], VendorCounts(), print)


def test_a_page_of_markup_is_told_by_its_words_on_one_line() -> None:
    page = Answer(500, {}, b"<html>\n<h1>oops</h1>\n  try later</html>")
    desk = Desk(page)
    with pytest.raises(Unavailable, match=r"answered 500: oops try later$"):
        desk.vendor.get("/x", {}, numbers)
    with pytest.raises(Unavailable, match=r"answered 503$"):
        Desk(Answer(503, {}, b"")).vendor.get("/x", {}, numbers)


def test_a_failure_in_a_failure_is_told_by_the_innermost() -> None:
    inner = OSError("broken after 10 bytes. See https://example.test for details")
    wrapped = RuntimeError("retries exceeded with url: /a/long/path")
    wrapped.reason = ValueError(inner)  # type: ignore[attr-defined]
    assert trouble_of(wrapped) == "OSError: broken after 10 bytes"
    assert trouble_of(TimeoutError()) == "TimeoutError"
