"""The full campaign, run by `make chaos`."""

import pytest

from tests.chaos.campaign import HISTORIES, write_page


@pytest.mark.chaos
@pytest.mark.timeout(6 * 3600)
def test_no_history_fails_and_every_planted_bug_is_found() -> None:
    kinds, bugs = write_page(HISTORIES)
    assert {kind.name: kind.failures for kind in kinds if kind.failures} == {}
    assert [bug.name for bug in bugs if not bug.histories or bug.clean_failures] == []
