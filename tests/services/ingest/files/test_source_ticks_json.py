"""The tick store in JSON Lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.ingest.files.options import ReadOptions
from shared.failures import Refused
from shared.time import SECOND_NS
from tests.fixtures.tick_files import column, file_of, read_all

NOON = 1_767_614_400 * SECOND_NS
BAR = (
    '{{"timestamp":"2026-01-05T12:00:0{0}.000000001Z","open":10,"high":11,"low":9.5,"close":10.5,"volume":70,'
    '"bid_ask_delta":-12,"volume_profile":{1},"session":"RTH","symbol":"ES"}}\n'
)


def bar(second: int = 0, profile: str = '"10.25:40|10.5:30"') -> str:
    """A line of the store."""
    return BAR.format(second, profile)


@pytest.mark.parametrize(
    "profile",
    [
        '"10.25:40|10.5:30"',
        '{"10.25":40,"10.5":30}',
        "[[10.25,40],[10.5,30]]",
        '[{"price":10.25,"volume":40},{"Price":10.5,"Volume":30}]',
    ],
)
def test_a_tick_is_read_however_its_profile_is_written(tmp_path: Path, profile: str) -> None:
    reader, chunks = read_all(file_of(tmp_path, bar(0, profile) + bar(1, "null"), "x.jsonl"))
    extras = chunks[0].extras
    assert column(chunks, "event_time_ns") == [NOON + 1, NOON + SECOND_NS + 1]
    assert column(chunks, "high") == [1100, 1100]
    assert column(chunks, "kind") == [3, 3]
    assert extras["delta"].tolist() == [-12, -12]
    assert extras["session"].tolist() == [1, 1]
    assert extras["profile_row"].tolist() == [0, 0]
    assert extras["profile_price"].tolist() == [1025, 1050]
    assert extras["profile_volume"].tolist() == [40, 30]
    assert not len(reader.unreadable)


def test_names_are_found_in_any_case(tmp_path: Path) -> None:
    line = '{"Timestamp":1767614400,"BidPrice":1.5,"askPrice":2.5,"SYMBOL":"A","BidAskDelta":3}\n'
    _, chunks = read_all(file_of(tmp_path, line, "x.ndjson"))
    assert (column(chunks, "bid"), column(chunks, "ask")) == ([150], [250])
    assert chunks[0].extras["delta"].tolist() == [3]


def test_digits_are_read_as_they_are_written(tmp_path: Path) -> None:
    line = '{"timestamp":1767614400123456789,"price":90071992547409.93,"symbol":"A"}\n'
    _, chunks = read_all(file_of(tmp_path, line, "x.jsonl"))
    assert column(chunks, "event_time_ns") == [1_767_614_400_123_456_789]
    assert column(chunks, "price") == [9_007_199_254_740_993]


def test_later_objects_may_hold_more_or_less_than_the_first(tmp_path: Path) -> None:
    lines = (
        '{"timestamp":1767614400,"bid":1.5,"symbol":"A"}\n'
        '{"symbol":"A","price":2,"size":3,"timestamp":1767614401,"more":[1,{"a":2}]}\n'
    )
    _, chunks = read_all(file_of(tmp_path, lines, "x.jsonl"))
    assert column(chunks, "kind") == [2, 1]
    assert column(chunks, "price") == [0, 200]


@pytest.mark.parametrize("bad", ["nonsense\n", "[1,2]\n", '{"timestamp":\n', '"word"\n'])
def test_a_line_without_an_object_is_counted_and_the_others_are_kept(tmp_path: Path, bad: str) -> None:
    reader, chunks = read_all(file_of(tmp_path, bar(0) + bad + bar(2), "x.jsonl"))
    assert [line for chunk in chunks for line in chunk.lines.tolist()] == [1, 3]
    assert reader.unreadable.counts == {"no JSON object of a tick": 1}
    assert reader.unreadable.examples[0].line == 2


def test_a_store_that_is_cut_off_loses_its_last_line_alone(tmp_path: Path) -> None:
    reader, chunks = read_all(file_of(tmp_path, (bar(0) + bar(1))[:-20], "x.jsonl"))
    assert len(column(chunks, "price")) == 1
    assert len(reader.unreadable) == 1


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"a":1}\n', "no column timestamp; it has a"),
        ("no json at all\n", "holds no line that is a JSON object"),
        ('{"timestamp":1,"price":2}\n', "no column symbol"),
    ],
)
def test_a_store_that_cannot_be_ticks_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        read_all(file_of(tmp_path, text, "x.jsonl"))


def test_one_symbol_and_other_names_can_be_given(tmp_path: Path) -> None:
    options = ReadOptions(symbol="SPY", names={"price": "px"})
    reader, chunks = read_all(file_of(tmp_path, '{"ts":1767614400,"px":2}\n', "x.jsonl"), options)
    assert reader.instruments[column(chunks, "instrument")[0]].symbol == "SPY"
    assert column(chunks, "price") == [200]


@pytest.mark.parametrize("lines", [1, 3])
def test_an_object_at_the_end_without_a_newline_is_whole(tmp_path: Path, lines: int) -> None:
    text = "\n".join(f'{{"t":{1767614400 + n},"symbol":"A","p":1.5,"tags":["x"]}}' for n in range(lines))
    reader, chunks = read_all(file_of(tmp_path, text, "x.jsonl"))
    assert column(chunks, "price") == [150] * lines
    assert not len(reader.unreadable)


@pytest.mark.parametrize("text", ['[{"t":1767614400,"symbol":"A","p":1.5}]', "\n [\n{}\n]"])
def test_one_array_of_all_ticks_is_refused_with_the_mend(tmp_path: Path, text: str) -> None:
    with pytest.raises(Refused, match=r"x\.json is one JSON array; wanted is an object a line: jq -c"):
        read_all(file_of(tmp_path, text, "x.json"))


def test_an_object_over_many_lines_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="holds no line that is a JSON object"):
        read_all(file_of(tmp_path, '{\n"t": 1767614400\n}\n', "x.json"))
