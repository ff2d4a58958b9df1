"""The catalogue of streams: complete, distinct, and ordered by columns that exist."""

from __future__ import annotations

import pytest

from shared.stream import Stream
from shared.streams import ALL, BY_NAME, LAKE_ONLY


@pytest.mark.parametrize("stream", [*ALL, *LAKE_ONLY.values()], ids=lambda stream: stream.name)
def test_a_stream_starts_with_time_and_is_sorted_by_its_own_columns(stream: Stream) -> None:
    assert stream.names[0] == "event_time_ns"
    assert set(stream.order) <= set(stream.names)
    assert len(set(stream.names)) == len(stream.names)


@pytest.mark.parametrize("stream", [*ALL, *LAKE_ONLY.values()], ids=lambda stream: stream.name)
def test_every_column_says_what_it_means(stream: Stream) -> None:
    assert all(column.meaning for column in stream.columns)


def test_names_and_schemas_are_distinct() -> None:
    assert not BY_NAME.keys() & LAKE_ONLY.keys()
    assert len(BY_NAME) == len(ALL) == len({stream.schema for stream in ALL})
