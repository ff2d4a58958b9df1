"""A table of features is what the live line computes, row by row and bit by bit."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from research.dataset import vectors as made
from research.dataset.vectors import Future, Part, cut_off, labelled_parts, parts
from research.labels.rules import asked, label
from services.features.catalogue import STANDARD
from services.features.config import FeatureSpec
from services.features.processor import FeatureProcessor
from shared.block import Block, join
from shared.time import SECOND_NS
from tests.fixtures.feature_tapes import START_NS, content, cut, end_of, random_tape, run

SPEC = FeatureSpec(features=STANDARD, interval_ns=2 * SECOND_NS)
TAPE = random_tape(4_000, 7, 3)
LABELS = tuple(asked(text) for text in ("forward_return_3", "triple_barrier_8s_1_1_5", "next_tick"))


def live(tape: Block, places: Iterable[int] = ()) -> dict[str, Block]:
    """What the features service gives on a tape that comes in blocks."""
    return run(FeatureProcessor(SPEC, 0), [*cut(tape, list(places)), end_of(tape)])


def whole(table: Iterable[Part]) -> Part:
    """All parts as one."""
    found = list(table)
    return Part(
        np.concatenate([part.times_ns for part in found]),
        np.concatenate([part.instruments for part in found]),
        np.concatenate([part.values for part in found]),
        found[0].labels,
    )


def same(table: Part, features: Block) -> bool:
    """Whether table and vectors are equal to the last bit."""
    wanted = features["event_time_ns"], features["instrument"], features["values"]
    return [array.tobytes() for array in table[:3]] == [array.tobytes() for array in wanted]


@given(st.lists(st.integers(0, 4_000), max_size=12), st.lists(st.integers(0, 4_000), max_size=12))
def test_a_table_is_what_the_live_line_computes_on_any_blocks(here: list[int], there: list[int]) -> None:
    table = whole(parts(cut(TAPE, here), SPEC))
    assert len(table.times_ns) > 500
    assert same(table, live(TAPE, there)["features"])


def test_parts_of_any_size_make_the_same_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = live(TAPE)["features"]
    for rows in (1, 17, 1 << 16):
        monkeypatch.setattr(made, "ROWS", rows)
        assert same(whole(parts([TAPE], SPEC)), wanted)
        assert same(whole(labelled_parts([TAPE], SPEC, Future(LABELS, None, tmp_path))), wanted)
    assert not list(tmp_path.iterdir())


def test_labels_of_a_table_are_those_of_its_bars(tmp_path: Path) -> None:
    bars = live(TAPE)["bars"]
    wanted = label(bars, LABELS)
    found = list(labelled_parts(cut(TAPE, range(0, 4_000, 100)), SPEC, Future(LABELS, None, tmp_path)))
    for number, column in enumerate(wanted):
        values = np.concatenate([part.labels[number].values for part in found])
        ends = np.concatenate([part.labels[number].end_ns for part in found])
        assert values.tobytes() == column.values.tobytes()
        assert ends.tobytes() == column.end_ns.tobytes()


def test_sessions_are_asked_for_by_the_time_of_the_close(tmp_path: Path) -> None:
    def halves(close_ns: made.Whole) -> made.Whole:
        return (close_ns - START_NS) // (100 * SECOND_NS)

    free, bound = (
        whole(labelled_parts([TAPE], SPEC, Future(LABELS[:1], sessions, tmp_path))).labels[0].values
        for sessions in (None, halves)
    )
    assert np.isnan(bound).sum() > np.isnan(free).sum()


@given(st.integers(1, 3_999), st.lists(st.integers(0, 4_000), max_size=5))
def test_a_tape_that_is_cut_off_gives_the_bars_that_were_complete(place: int, places: list[int]) -> None:
    to_ns = int(TAPE["event_time_ns"][place]) + 1
    table = list(parts(cut_off(cut(TAPE, places), to_ns), SPEC))
    features = live(TAPE)["features"]
    complete = features["event_time_ns"] <= to_ns
    assert sum(len(part.times_ns) for part in table) == int(complete.sum())
    if table:
        assert same(whole(table), features.take(np.flatnonzero(complete)))


def test_rows_from_a_time_on_are_as_warm_as_in_the_whole() -> None:
    table = whole(parts([TAPE], SPEC))
    start_ns = int(table.times_ns[300])
    later = table.since(start_ns)
    kept = table.times_ns >= start_ns
    assert later.values.tobytes() == table.values[kept].tobytes()
    assert 0 < len(later.times_ns) < len(table.times_ns)


def test_no_ticks_make_no_rows(tmp_path: Path) -> None:
    nothing = TAPE.rows(0, 0)
    assert list(parts([nothing], SPEC)) == []
    assert list(labelled_parts([nothing], SPEC, Future(LABELS, None, tmp_path))) == []
    assert content({"ticks": join([nothing])})
