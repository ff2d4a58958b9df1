"""The digest sees every number that counts and nothing else."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.block import Block
from shared.digest import CashLine, PositionLine, ledger_digest, rows_digest
from shared.streams import ORDERS, TICKS, VERDICTS

POSITIONS = [PositionLine(0, 0, 0, 0, 1, 5, 50, 0, 1), PositionLine(0, 0, 0, 0, 2, -5, -70, 3, 1)]
CASH = [CashLine(0, 0, 100), CashLine(1, 0, 200)]


def verdicts(count: int = 20) -> Block:
    """Rows with equal keys among them, and numbers that are none."""
    rng = np.random.default_rng(5)
    columns = {name: rng.integers(0, 4, count) for name in VERDICTS.names}
    columns["measured"] = np.where(rng.random(count) < 0.3, np.nan, rng.random(count))
    return VERDICTS.block(columns, watermark_ns=9)


def digest(*blocks: Block) -> str:
    return ledger_digest(blocks, [], [], POSITIONS, CASH)


@given(st.permutations(range(20)), st.lists(st.integers(0, 20), max_size=4))
def test_the_digest_does_not_depend_on_cuts_or_order(order: list[int], cuts: list[int]) -> None:
    whole = verdicts()
    mixed = whole.take(np.array(order))
    edges = [0, *sorted(cuts), 20]

    pieces = [mixed.rows(a, b).numbered("run", a, b) for a, b in pairwise(edges)]

    assert digest(*pieces) == digest(whole)


@pytest.mark.parametrize("name", VERDICTS.names)
def test_every_column_counts(name: str) -> None:
    whole = verdicts()
    changed = {column: array.copy() for column, array in whole.columns.items()}
    changed[name][0] = 99

    assert digest(VERDICTS.block(changed, watermark_ns=9)) != digest(whole)


def test_positions_and_cash_count_whatever_their_order() -> None:
    blocks = [verdicts()]

    same = ledger_digest(blocks, [], [], POSITIONS[::-1], CASH[::-1])
    poorer = ledger_digest(blocks, [], [], POSITIONS, CASH[:1])

    assert same == digest(*blocks)
    assert poorer != digest(*blocks)


def test_one_kind_of_nothing_has_one_digest() -> None:
    whole = verdicts()
    odd = np.array([0xFFF8000000000001], np.uint64).view(np.float64)[0]
    other = dict(whole.columns)
    other["measured"] = np.where(np.isnan(whole["measured"]), odd, whole["measured"])

    assert digest(VERDICTS.block(other, watermark_ns=9)) == digest(whole)


def test_a_column_outside_the_digest_does_not_count() -> None:
    columns = {name: np.zeros(3, np.int64) for name in TICKS.names}
    later = {**columns, "received_ns": np.ones(3, np.int64)}

    one, other = (TICKS.block(c, watermark_ns=1) for c in (columns, later))

    assert rows_digest("ticks", [one]) == rows_digest("ticks", [other])


def test_an_empty_run_has_a_digest() -> None:
    assert ledger_digest([], [], [], [], []) == ledger_digest([], [ORDERS.empty(watermark_ns=1)], [], [], [])


def test_a_digest_of_many_rows_with_equal_keys_is_that_of_any_order() -> None:
    many = verdicts(2_000)
    mixed = many.take(np.random.default_rng(3).permutation(2_000))
    apart = VERDICTS.block({**many.columns, "event_time_ns": np.arange(2_000)}, watermark_ns=9)

    assert digest(mixed) == digest(many)
    assert digest(apart.rows(1_000, 2_000), apart.rows(0, 1_000)) == digest(apart)
