"""What a changed stop may be."""

from services.venue.arrivals import tightened


def test_a_stop_only_moves_in_favour_of_its_position() -> None:
    assert [tightened(1, 95, stop) for stop in (90, 98, 0)] == [95, 98, 95]
    assert [tightened(-1, 105, stop) for stop in (110, 102, 0)] == [105, 102, 105]
