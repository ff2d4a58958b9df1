"""A split that becomes known while the line runs gives the ledger of a line that always knew it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import numpy as np
import pytest

from research.replay.options import ReplayOptions
from research.replay.run import replay
from services.ingest.tape import write_tape
from shared.actions import Action, ActionRow
from shared.engine.announcing import announce
from shared.engine.promise import read_state
from shared.engine.readers import RISK
from shared.failures import Refused
from shared.store.postgres import PostgresStore
from shared.time import SECOND_NS
from tests.fixtures.replays import BAR_S, Recorded, fused

RUN = "announced"
SPEED = 40.0
MARGIN_NS = 10 * SECOND_NS


def reached(store: PostgresStore) -> int:
    """How far risk has durably come."""
    row = store.stage(RUN, RISK, 0) if store.run(RUN) else None
    state = read_state(row.state if row else None)
    return state.until_ns if state else 0


@pytest.mark.redis
@pytest.mark.postgres
def test_the_ledger_is_that_of_a_line_that_always_knew(
    recorded: Recorded, tmp_path: Path, redis_url: str, postgres_url: str
) -> None:
    ticks = recorded.tape.ticks
    times = ticks["event_time_ns"]
    split_ns = int(times[len(times) * 2 // 3])
    later = (ticks["instrument"] == 2) & (times >= split_ns)
    names = ("bid", "ask", "price", "open", "high", "low")
    halved = {name: np.where(later, (ticks[name] + 1) // 2, ticks[name]) for name in names}
    told = ticks.stream.block({**ticks.columns, **halved}, watermark_ns=ticks.watermark_ns)
    write_tape(tmp_path / "lake", told, recorded.tape.instruments, recorded.tape.facts)
    split = ActionRow(split_ns, 2, Action.SPLIT, 2, 1)
    options = ReplayOptions(
        tape=tmp_path / "lake", data=recorded.data, bar_s=BAR_S, run=RUN, engine="redis", bus=redis_url,
        db=postgres_url, speed=SPEED, block=100,
    )  # fmt: skip

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(replay, options)
        store = PostgresStore(postgres_url, tmp_path)
        quarter_ns = int(times[len(times) // 4])
        while reached(store) < quarter_ns and not running.done():
            time.sleep(0.02)
        announce(store, redis_url, RUN, [split], MARGIN_NS)
        announce(store, redis_url, RUN, [split], MARGIN_NS)
        with pytest.raises(Refused, match="is too late"):
            announce(store, redis_url, RUN, [split._replace(time_ns=quarter_ns, instrument=3)], MARGIN_NS)
        with pytest.raises(Refused, match="never changed"):
            announce(store, redis_url, RUN, [split._replace(numerator=3)], MARGIN_NS)
        with pytest.raises(Refused, match="no instrument 99"):
            announce(store, redis_url, RUN, [split._replace(instrument=99)], MARGIN_NS)
        made = running.result(300)
        store.close()

    knowing = msgspec.structs.replace(recorded.plan, actions=(split,))
    assert made.ledger_sha256 == fused(recorded, knowing, told).ledger_sha256
    assert made.ledger_sha256 != fused(recorded, recorded.plan, told).ledger_sha256
    assert made.restarts == 0
