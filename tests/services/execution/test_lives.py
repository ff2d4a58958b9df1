"""Which reports are news, and what is remembered."""

from services.execution.lives import REMEMBERED, Life, Lives
from shared.orders import Status


def test_a_finished_order_is_remembered_but_not_for_ever() -> None:
    lives = Lives({}, {})
    for order in range(REMEMBERED + 10):
        assert lives.follow(order, 0, Life(int(Status.FILLED), 5), 77)
    lives.forget_finished()
    assert (len(lives.working), len(lives.finished)) == (0, REMEMBERED)
    assert not lives.follow(REMEMBERED, 0, Life(int(Status.FILLED), 5), 77)


def test_legs_may_come_after_their_entry_has_ended() -> None:
    lives = Lives({}, {})
    lives.follow(1, 0, Life(int(Status.FILLED), 5), 77)
    lives.forget_finished()
    assert lives.follow(1, 1, Life(int(Status.ACCEPTED)), 0)
    assert set(lives.working[1]) == {0, 1}
