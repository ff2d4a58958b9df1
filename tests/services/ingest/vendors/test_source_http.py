"""The real client against a server on this machine: half an answer is no answer."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from services.ingest.feeds.backoff import Backoff
from services.ingest.vendors.facade import Limits, Vendor
from services.ingest.vendors.source_http import FolderCache, HttpAsk, the_world
from shared.failures import BadInput, Unavailable
from tests.fixtures.venues import Reply, rest_venue

BODY = b'{"a": 1}'


def number(body: bytes) -> int:
    try:
        return msgspec.json.decode(body, type=dict[str, int])["a"]
    except msgspec.MsgspecError as error:
        raise BadInput(str(error)) from error


def test_the_answer_comes_whole_with_its_fields() -> None:
    asked: list[tuple[str, dict[str, str]]] = []

    def answers(path: str, params: dict[str, str]) -> Reply:
        asked.append((path, params))
        return Reply(body=BODY, fields=(("X-Limit", "7"),))

    with rest_venue(answers) as url:
        ask = HttpAsk(url, {"X-Key": "k"}, "binance")
        answer = ask("/p", {"q": "1 2"})
        ask.close()
    assert (answer.status, answer.body, answer.fields["x-limit"]) == (200, BODY, "7")
    assert asked == [("/p", {"q": "1 2"})]


def test_half_an_answer_a_closed_door_and_silence_are_unavailable() -> None:
    with rest_venue(lambda path, params: Reply(body=BODY[:4], cut=True)) as url:
        ask = HttpAsk(url, {}, "binance", timeout_s=2.0)
        with pytest.raises(Unavailable, match=r"RemoteProtocolError|ReadTimeout"):
            ask("/", {})
    with pytest.raises(Unavailable, match="ConnectError"):
        ask("/", {})


def test_the_whole_way_through_429_500_half_and_nonsense_to_the_answer() -> None:
    script = [
        Reply(429, b"slow", (("Retry-After", "0"),)),
        Reply(500, b"oops"),
        Reply(200, BODY[:4], cut=True),
        Reply(200, b"<html>"),
        Reply(200, BODY),
    ]
    said: list[str] = []
    with rest_venue(lambda path, params: script.pop(0)) as url:
        limits = Limits(per_s=1000.0, burst=100, backoff=Backoff(0.001, 0.001))
        vendor = Vendor("acme", HttpAsk(url, {}, "binance", 2.0), the_world(said.append, 1), limits)
        assert vendor.get("/x", {}, number) == 1
    counts = vendor.counts
    assert (counts.throttled, counts.broken, counts.unreachable, counts.nonsense) == (1, 1, 1, 1)
    assert len(said) == counts.retries == 4


def test_a_cache_on_disk_survives_and_a_spoilt_file_is_no_answer(tmp_path: Path) -> None:
    FolderCache(tmp_path / "c").keep("k", BODY, 12.5)
    assert FolderCache(tmp_path / "c").read("k") == (12.5, BODY)
    assert FolderCache(tmp_path / "c").read("other") is None
    (file,) = (tmp_path / "c").iterdir()
    file.write_bytes(b"spoilt")
    assert FolderCache(tmp_path / "c").read("k") is None
