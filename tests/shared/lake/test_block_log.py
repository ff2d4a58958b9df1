"""The block log: what was flushed is there, whole, after anything."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.failures import Corrupt, Fenced, Refused
from shared.lake.block_log import BlockLog, frame, read_cuts, segments

Cuts = list[tuple[int, list[bytes]]]
CUTS: Cuts = [(seq, [bytes([seq]) * 20, b"", b"x"]) for seq in (1, 2, 5, 9)]


def written(folder: Path, cuts: Cuts, segment_bytes: int = 1 << 20) -> None:
    log = BlockLog(folder, segment_bytes)
    for seq, payloads in cuts:
        log.append(seq, payloads)
    log.close()


def test_cuts_come_back_in_order_above_a_number(tmp_path: Path) -> None:
    written(tmp_path, CUTS)
    log = BlockLog(tmp_path)
    assert log.last_seq == 9
    assert list(log.read(0)) == CUTS
    assert list(log.read(2)) == CUTS[2:]
    assert list(log.read(9)) == []


def test_what_was_appended_can_be_read_before_it_is_flushed(tmp_path: Path) -> None:
    log = BlockLog(tmp_path)
    log.append(3, [b"a"])
    assert list(log.read(0)) == [(3, [b"a"])]


def test_a_number_must_follow_the_last_one(tmp_path: Path) -> None:
    written(tmp_path, CUTS)
    with pytest.raises(ValueError, match="does not follow"):
        BlockLog(tmp_path).append(9, [b"again"])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut_at=st.integers(0, sum(len(frame(*cut)) for cut in CUTS)))
def test_a_torn_end_is_cut_off_to_whole_cuts(tmp_path_factory: pytest.TempPathFactory, cut_at: int) -> None:
    folder = tmp_path_factory.mktemp("log")
    written(folder, CUTS)
    (path,) = segments(folder)
    path.write_bytes(path.read_bytes()[:cut_at])
    log = BlockLog(folder)
    kept = list(log.read(0))
    assert kept == CUTS[: len(kept)]
    assert sum(len(frame(*cut)) for cut in CUTS[: len(kept) + 1]) > cut_at or len(kept) == len(CUTS)
    log.append(20, [b"after"])
    log.close()
    assert list(read_cuts(folder)) == [*kept, (20, [b"after"])]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, sum(len(frame(*cut)) for cut in CUTS) - 1))
def test_a_flipped_bit_never_gives_a_wrong_cut(tmp_path_factory: pytest.TempPathFactory, place: int) -> None:
    folder = tmp_path_factory.mktemp("log")
    written(folder, CUTS)
    (path,) = segments(folder)
    content = bytearray(path.read_bytes())
    content[place] ^= 4
    path.write_bytes(bytes(content))
    kept = list(BlockLog(folder).read(0))
    assert kept == CUTS[: len(kept)]


def test_damage_before_later_cuts_stops_the_reader(tmp_path: Path) -> None:
    written(tmp_path, CUTS, segment_bytes=1)
    oldest = segments(tmp_path)[0]
    oldest.write_bytes(oldest.read_bytes()[:-1])
    with pytest.raises(Corrupt, match="later cuts exist"):
        list(BlockLog(tmp_path).read(0))


def test_trimming_keeps_what_is_not_below_the_number(tmp_path: Path) -> None:
    written(tmp_path, CUTS, segment_bytes=1)
    log = BlockLog(tmp_path, segment_bytes=1)
    before = log.bytes_held()
    log.trim(5)
    assert list(log.read(4)) == CUTS[2:]
    assert [seq for seq, _ in log.read(0)] == [5, 9]
    assert log.bytes_held() < before
    log.trim(100)
    assert [seq for seq, _ in log.read(0)] == [9]


def test_segments_end_at_their_size(tmp_path: Path) -> None:
    written(tmp_path, [(seq, [bytes(100)]) for seq in range(1, 51)], segment_bytes=1_000)
    assert 5 <= len(segments(tmp_path)) <= 8
    assert [seq for seq, _ in read_cuts(tmp_path, 20)] == list(range(21, 51))


def test_a_log_of_nothing_is_empty(tmp_path: Path) -> None:
    log = BlockLog(tmp_path / "new")
    assert log.last_seq == 0
    assert list(log.read(0)) == []
    log.flush()
    log.close()


def test_no_folder_is_no_log(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no folder of recorded blocks"):
        list(read_cuts(tmp_path / "gone"))


def test_a_writer_that_wakes_after_its_log_was_taken_is_fenced_and_changes_nothing(tmp_path: Path) -> None:
    hung = BlockLog(tmp_path)
    hung.append(1, [b"a"])
    hung.hand_over()
    heir = BlockLog(tmp_path)
    hung.append(2, [b"before it was taken"])
    hung.hand_over()
    heir.take()
    assert heir.last_seq == 2
    with pytest.raises(Fenced, match="another process has taken"):
        hung.append(3, [b"too late"])
    heir.append(10, [b"mine"])
    with pytest.raises(Fenced):
        hung.append(4, [b"too late"])
    hung.close()
    heir.close()
    assert [seq for seq, _ in read_cuts(tmp_path)] == [1, 2, 10]


def test_bytes_that_a_hung_writer_still_held_reach_no_log(tmp_path: Path) -> None:
    hung, heir = BlockLog(tmp_path), BlockLog(tmp_path)
    hung.append(1, [b"a"])
    hung.hand_over()
    hung.append(2, [b"held"])
    heir.take()
    hung.close()
    assert list(heir.read(0)) == [(1, [b"a"])]


def test_a_writer_with_an_empty_log_is_fenced_by_the_first_cut_of_another(tmp_path: Path) -> None:
    hung = BlockLog(tmp_path)
    written(tmp_path, CUTS)
    with pytest.raises(Fenced):
        hung.append(3, [b"too late"])
    assert list(read_cuts(tmp_path)) == CUTS


def test_opening_a_log_changes_nothing_in_it(tmp_path: Path) -> None:
    written(tmp_path, CUTS)
    (path,) = segments(tmp_path)
    torn = path.read_bytes() + b"half of a frame"
    path.write_bytes(torn)
    assert BlockLog(tmp_path).last_seq == 9
    assert path.read_bytes() == torn
