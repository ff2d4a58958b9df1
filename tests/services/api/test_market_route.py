"""The gateway answers with what the newest vector on the bus says, and with nothing older."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from fastapi.testclient import TestClient

from services.api.keys import Scope
from services.api.live import Event
from shared.block import Block
from shared.codec import encode
from shared.engine.bus import Key
from shared.streams import FEATURES
from shared.time import SECOND_NS
from tests.fixtures.gateway import RUN, Bench, bench
from tests.services.api.test_market import AT, SAID, plan, vectors


@pytest.fixture
def desk() -> Bench:
    made = bench()
    made.store.change_settings(RUN, plan().text(), 1)
    return made


@pytest.fixture
def client(desk: Bench) -> Iterator[TestClient]:
    with TestClient(desk.app) as made:
        yield made


def asked(desk: Bench, client: TestClient) -> dict[str, object]:
    answer = client.get("/v1/market", headers={"X-API-Key": desk.keys[Scope.READ]})
    assert answer.status_code == 200, answer.text
    told: dict[str, object] = answer.json()
    return told


def publish(desk: Bench, partition: int, seq: int, block: Block) -> None:
    desk.feed.events.append(Event(Key("features", partition), seq, encode(block)))


def test_the_answer_is_what_the_newest_vector_says(desk: Bench, client: TestClient) -> None:
    publish(desk, 0, 1, vectors(AT, {**SAID, "vix.close": 40.0}))
    publish(desk, 1, 1, vectors(AT + SECOND_NS, SAID))
    publish(desk, 0, 2, FEATURES.empty(watermark_ns=AT + 9 * SECOND_NS))

    told = asked(desk, client)

    assert told["conditions"] == {
        "time": "2024-11-29T15:00:01.000000000Z",
        "trend": "bullish", "volatility": 0.18, "volatility_regime": "calm", "momentum": 0.4,
        "return_5": 0.01, "return_20": -0.02, "vix": 17.25, "vix_return_5": 0.1, "features": SAID,
    }  # fmt: skip
    assert (told["time_of_day"], told["day_of_week"], told["missing"]) == ("15:00:01", "friday", "")


def test_a_later_close_is_told_as_soon_as_it_is_published(desk: Bench, client: TestClient) -> None:
    publish(desk, 0, 1, vectors(AT, SAID))
    first = asked(desk, client)
    publish(desk, 0, 2, vectors(AT + SECOND_NS, {**SAID, "market.trend_state_5_20": -1.0}))
    desk.now_s[0] = 1.0
    second = asked(desk, client)

    trends = [told["conditions"]["trend"] for told in (first, second)]  # type: ignore[index]
    assert trends == ["bullish", "bearish"]


def test_a_feature_that_is_not_warm_is_not_known(desk: Bench, client: TestClient) -> None:
    publish(desk, 0, 1, vectors(AT, {**SAID, "vix.close": np.nan, "market.trend_state_5_20": np.nan}))
    told = asked(desk, client)["conditions"]

    assert (told["vix"], told["trend"]) == (None, None)  # type: ignore[index]


def test_before_the_first_close_nothing_is_said_and_why(desk: Bench, client: TestClient) -> None:
    told = asked(desk, client)

    assert (told["conditions"], told["now"], told["open"]) == (None, None, None)
    assert told["missing"] == "no bar has closed since the bus began"


def test_a_bus_that_is_away_is_a_problem_not_an_old_answer(desk: Bench, client: TestClient) -> None:
    desk.feed.is_up = False
    answer = client.get("/v1/market", headers={"X-API-Key": desk.keys[Scope.READ]})

    assert answer.status_code == 503
