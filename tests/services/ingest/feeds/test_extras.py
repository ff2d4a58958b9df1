"""Who lacks a vendor's library is told the mend in one line."""

from __future__ import annotations

import pytest

from services.ingest.feeds.extras import wanted
from shared.failures import Refused


def test_a_module_that_is_there_is_given() -> None:
    assert wanted("json", "binance").dumps([1]) == "[1]"


def test_a_module_that_is_absent_is_one_line_with_the_mend() -> None:
    with pytest.raises(Refused) as caught:
        wanted("nowhere_at_all.client", "finnhub")
    assert "pip install 'tapeline[finnhub]'" in str(caught.value)
    assert "nowhere_at_all" in str(caught.value)
    assert "\n" not in str(caught.value)
