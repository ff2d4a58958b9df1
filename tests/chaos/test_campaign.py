"""The full campaign, run by `make chaos`."""

import pytest

from tests.chaos.page import write_page


@pytest.mark.chaos
@pytest.mark.timeout(24 * 3600)
def test_no_history_fails_and_every_planted_bug_is_found() -> None:
    kinds, bugs, real = write_page()
    assert {kind.name: kind.failures for kind in kinds if kind.failures} == {}
    assert [bug.name for bug in bugs if not bug.histories or bug.clean_failures] == []
    assert [(made.kind, made.seed, made.failure) for made in real if made.failure] == []
