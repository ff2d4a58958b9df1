"""Facades before real vendors."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.ingest.vendors.facade import Limits
from services.ingest.vendors.facades import library_vendor, rest_vendor
from shared.failures import Refused
from tests.fixtures.venues import Reply, rest_venue


def test_a_library_is_never_asked_for_paths() -> None:
    with pytest.raises(Refused, match="through its library"):
        library_vendor("acme", print, 1).get("/x", {}, bytes)


def test_a_good_answer_is_asked_for_once_while_it_is_fresh(tmp_path: Path) -> None:
    pytest.importorskip("httpx", reason="the binance extra is not installed")
    asked = []

    def answers(path: str, params: dict[str, str]) -> Reply:
        asked.append(path)
        return Reply(body=b"seven")

    with rest_venue(answers) as url:
        for _ in range(2):
            vendor = rest_vendor("binance", url, Limits(), print, 1, tmp_path)
            assert vendor.get("/x", {}, bytes, 60.0) == b"seven"
    assert (asked, vendor.counts.cached) == (["/x"], 1)
