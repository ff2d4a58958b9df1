"""Blocks survive the wire exactly, and nothing that is not a block gets through."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import codec
from shared.block import Block
from shared.failures import BadInput
from shared.stream import Stream, Wire
from shared.streams import ALL, FEATURES, ORDERS, TICKS, VERDICTS
from tests.fixtures.blocks import block

FROZEN_ORDER_V1 = (
    b'{"v":1,"run":"t","stream":"orders","partition":0,"seq":7,"prev_seq":6,"watermark_ns":9,"schema":2654156216,'
    b'"rows":[{"event_time_ns":5,"account":0,"book":0,"strategy":0,"tag":0,"currency":0,"instrument":3,'
    b'"order_id":11,"signal_id":12,"action":1,"side":1,"kind":1,"tif":1,"quantity":100,"limit_price":0,'
    b'"stop_price":0,"bracket_stop":90,"bracket_target":120}]}'
)


def same(one: Block, other: Block) -> bool:
    heads = [(b.stream.name, b.run, b.partition, b.seq, b.prev_seq, b.watermark_ns) for b in (one, other)]
    if heads[0] != heads[1] or len(one) != len(other):
        return False
    return not len(one) or all(
        np.array_equal(one[name], other[name], equal_nan=one[name].dtype.kind == "f")
        for name in one.stream.names
    )


def filled(stream: Stream, rows: int, seed: int = 1) -> Block:
    draw = np.random.Generator(np.random.PCG64(seed))
    columns = {}
    for column in stream.columns[1:]:
        shape = (rows, 4) if column.vector else (rows,)
        limit = np.iinfo(column.numpy).max if column.numpy.kind == "i" else 1
        columns[column.name] = (
            draw.integers(-limit, limit, shape) if column.numpy.kind == "i" else draw.normal(size=shape)
        )
    times = sorted(draw.integers(0, 1 << 62, rows).tolist())
    return block(stream, times, watermark_ns=1 << 62, partition=5, **columns)


@pytest.mark.parametrize("stream", ALL, ids=lambda stream: stream.name)
@pytest.mark.parametrize("rows", [0, 1, 17])
def test_every_stream_survives_the_wire(stream: Stream, rows: int) -> None:
    made = filled(stream, rows).numbered("run-1", 1 << 41, 7)
    payload = codec.encode(made)
    assert same(codec.decode(payload), made)
    assert codec.encode(codec.decode(payload)) == payload


@pytest.mark.parametrize("rows", [6, codec.FEW_ROWS + 3])
def test_a_column_has_the_same_bytes_wherever_its_numbers_lie(rows: int) -> None:
    made = filled(FEATURES, rows)
    apart = {name: np.repeat(made[name], 2, axis=0)[::2] for name in FEATURES.names}
    turned = {**made.columns, "values": np.asfortranarray(made["values"])}
    for columns in (apart, turned):
        other = Block(FEATURES, columns, made.watermark_ns, made.partition, made.run, made.seq, made.prev_seq)
        assert not all(column.flags.c_contiguous for column in columns.values())
        assert codec.encode(other) == codec.encode(made)


def test_rows_for_people_are_plain_json() -> None:
    made = block(VERDICTS, [5], watermark_ns=9, verdict=[3], probability=[np.nan]).numbered("r", 1, 0)
    text = codec.encode(made).decode()
    assert '"stream":"verdicts"' in text and '"verdict":3' in text and '"probability":null' in text


def test_the_schema_before_this_one_is_still_read() -> None:
    made = codec.decode(FROZEN_ORDER_V1)
    assert made.stream is ORDERS and made["quantity"].tolist() == [100] and made["closes"].tolist() == [0]


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda p: p.replace(b'"v":1', b'"v":9'), "envelope version 9"),
        (lambda p: p.replace(b'"orders"', b'"others"'), "no stream 'others'"),
        (lambda p: p.replace(b"2654156216", b"1"), "has schema 1"),
        (lambda p: p.replace(b'"seq":7', b'"seq":5'), "number 5 after 6"),
        (lambda p: p.replace(b'"quantity":100', b'"quantity":1.5'), "Expected `int`"),
        (lambda p: p.replace(b'"quantity":100', b'"quantity":99999999999999999999'), "not a block"),
        (lambda p: p.replace(b'"side":1', b'"side":300'), "not a block"),
        (lambda p: p.replace(b'"tif":1,', b""), "missing required field"),
        (lambda p: p.replace(b'"tif":1', b'"tif":1,"x":2'), "unknown field"),
        (lambda p: p.replace(b'"partition":0', b'"partition":-1'), "partition -1"),
        (lambda p: b"", "empty"),
        (lambda p: b"x" * (codec.MAX_BYTES + 1), "at most"),
    ],
)
def test_bad_rows_are_refused_with_a_sentence(damage: object, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        codec.decode(damage(FROZEN_ORDER_V1))  # type: ignore[operator]


def test_columns_must_have_the_bytes_that_their_rows_want() -> None:
    payload = codec.encode(filled(TICKS, 3))
    short = payload.replace(payload[-24:], b"")
    with pytest.raises(BadInput):
        codec.decode(short)


def test_rows_out_of_time_order_are_refused() -> None:
    made = block(TICKS, [5, 4], watermark_ns=9)
    with pytest.raises(BadInput, match="out of time order"):
        codec.decode(codec.encode(made))


def test_a_number_that_may_not_be_nan_is_refused() -> None:
    made = block(VERDICTS, [5], watermark_ns=9, threshold=[np.inf])
    with pytest.raises(BadInput):
        codec.decode(codec.encode(made))
    assert np.isnan(
        codec.decode(codec.encode(block(FEATURES, [1], watermark_ns=2, values=[[np.nan]])))["values"][0, 0]
    )


def test_a_block_too_large_for_the_wire_is_not_sent() -> None:
    with pytest.raises(ValueError, match="cut it before numbering"):
        codec.encode(filled(TICKS, 6_000))


@given(st.binary(max_size=300))
def test_noise_is_never_a_block(noise: bytes) -> None:
    with pytest.raises(BadInput):
        codec.decode(noise)


def mutate(payload: bytes, draw: random.Random) -> bytes:
    """One of the ways in which bytes go wrong."""
    data = bytearray(payload)
    kind = draw.randrange(5)
    at = draw.randrange(len(data))
    if kind == 0:
        data[at] ^= 1 << draw.randrange(8)
    elif kind == 1:
        del data[at : at + draw.randrange(1, 40)]
    elif kind == 2:
        data[at:at] = draw.randbytes(draw.randrange(1, 20))
    elif kind == 3:
        data[at:] = b""
    else:
        stop = at + draw.randrange(1, 60)
        data[at:stop] = draw.randbytes(len(data[at:stop]))
    return bytes(data)


def test_mutated_payloads_are_decoded_or_refused_and_never_crash() -> None:
    draw = random.Random(20_261_121)
    originals = [codec.encode(filled(stream, rows)) for stream in ALL for rows in (0, 1, 3)]
    refused = 0
    for turn in range(40_000):
        payload = mutate(originals[turn % len(originals)], draw)
        try:
            codec.decode(payload)
        except BadInput:
            refused += 1
    assert refused > 10_000


def test_both_wires_are_used() -> None:
    assert {stream.wire for stream in ALL} == {Wire.COLUMNS, Wire.ROWS}


@pytest.mark.parametrize("stream", ALL, ids=lambda stream: stream.name)
@pytest.mark.parametrize("rows", [0, 1, 7])
def test_rows_are_counted_from_the_head_alone(stream: Stream, rows: int) -> None:
    assert codec.row_count(codec.encode(filled(stream, rows))) == rows
