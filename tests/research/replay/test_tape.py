"""The moments of decision are every close that has a bar or a prediction."""

from tests.fixtures.market_day import day


def test_closes_are_those_of_bars_and_predictions_once_each() -> None:
    tape = day(1)
    times = {*tape.bars["event_time_ns"].tolist(), *tape.predictions["event_time_ns"].tolist()}
    assert tape.closes().tolist() == sorted(times)
