"""The checks are lists that can be read aloud, and the first refusal counts."""

from services.risk.checks import AT_EVERY_CLOSE, BEFORE_ENTRY, OK, chain, equity_is_enough, gross_has_room
from shared.verdicts import Verdict
from tests.fixtures.desks import desk


def test_the_kill_switch_is_asked_before_anything_else() -> None:
    assert [check.__name__ for check in AT_EVERY_CLOSE][:2] == ["trading_is_on", "bar_has_come"]
    assert len(BEFORE_ENTRY) == 5


def test_the_first_refusal_counts() -> None:
    made = desk(max_gross=0.5)
    made.book["gross"], made.book["equity"] = made.book["cash"], 0
    both = (chain((equity_is_enough, gross_has_room)), chain((gross_has_room, equity_is_enough)))
    found = [check(made, made.holdings[0], made.plan[0]) for check in both]
    assert found == [Verdict.CASH_LIMIT, Verdict.GROSS_LIMIT]


def test_a_number_that_is_none_is_not_within() -> None:
    made = desk()
    made.policy["max_gross"] = float("nan")
    assert gross_has_room(made, made.holdings[0], made.plan[0]) != OK
