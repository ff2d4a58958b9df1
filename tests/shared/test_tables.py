"""The ledger's tables are declared like streams, and unlike them never travel."""

from __future__ import annotations

import pytest

from shared.stream import Stream
from shared.streams import BY_NAME
from shared.tables import LEDGER_TABLES


@pytest.mark.parametrize("table", LEDGER_TABLES, ids=lambda table: table.name)
def test_a_table_has_time_account_and_currency(table: Stream) -> None:
    assert {"event_time_ns", "account", "currency"} <= set(table.names)
    assert set(table.order) <= set(table.names)


def test_no_table_is_taken_for_a_stream() -> None:
    assert not {table.name for table in LEDGER_TABLES} & set(BY_NAME)
