"""Real Redis, real Postgres behind a wire that breaks: no order lost or doubled; a sample of the campaign."""

from __future__ import annotations

import pytest

from tests.chaos.real_campaign import TICKS
from tests.chaos.real_line import REAL_KINDS, RealKind, play_real
from tests.fixtures.postgres import Server

SAMPLE = {"COMMIT replies lost", "live connections cut", "live Redis wiped"}
SEEDS = 1


@pytest.mark.redis
@pytest.mark.postgres
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.parametrize(
    "kind", [kind for kind in REAL_KINDS if kind.faults.name in SAMPLE], ids=lambda kind: kind.faults.name
)
def test_no_order_is_lost_or_doubled_on_real_servers(
    kind: RealKind, seed: int, redis_url: str, postgres_server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    history = play_real(kind, seed, TICKS, redis_url, postgres_server)
    assert not history.failure, f"seed {seed} of {kind.faults.name}: {history.failure}"
    assert sum(history.struck.values()) > 0
    assert history.size["orders"] > 100
    with capsys.disabled():
        print(f" N={sum(history.struck.values())} of {kind.faults.name}, {history.size}", end=" ")
