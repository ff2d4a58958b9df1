"""A model's health on a stretch that it did not learn from."""

import numpy as np
import pytest

from research.dataset.examples import Examples, Floats
from research.drift.health import Health, Trained, health
from research.drift.levels import Level
from research.drift.profile import profile
from research.scores.bootstrap import Bootstrap
from shared.failures import Refused

SECOND_NS = 1_000_000_000
NAMES = ("momentum", "noise")
PLAN = Bootstrap(draws=100)


def _rows(
    moments: int, seed: int, shift: float = 0.0, edge: float = 0.2, span: int = 8
) -> tuple[Examples, Floats]:
    """Rows of a market in which the first feature ranks what comes, and an honest model's answers to it."""
    draw = np.random.default_rng(seed)
    rows = moments * span
    values = draw.normal(size=(rows, 2))
    values[:, 1] += shift
    returns = edge * values[:, 0] + draw.normal(size=rows)
    buy = 1.0 / (1.0 + np.exp(-0.32 * values[:, 0]))
    said = np.column_stack([(1.0 - buy) * 0.999, np.full(rows, 0.001), buy * 0.999])
    classes = np.where(returns > 0.0, 2, 0).astype(np.int8)
    times = np.repeat(np.arange(moments) * SECOND_NS, span)
    instruments = np.tile(np.arange(span, dtype=np.int32), moments)
    return Examples(NAMES, values, times, instruments, classes, returns, times + SECOND_NS), said


def _trained() -> Trained:
    rows, said = _rows(2_000, 1)
    return Trained(
        profile=profile(NAMES, rows.values, said, rows.times_ns), calibration_error=0.01, rank_ic_low=0.15
    )


def _by_kind(found: list[Health]) -> dict[tuple[str, str], Health]:
    return {(one.kind, one.name): one for one in found}


def test_a_market_like_that_of_the_training_is_calm() -> None:
    loud = [one for seed in range(5) for one in health(_trained(), *_rows(600, 10 + seed), {}, PLAN)]
    assert [one for one in loud if one.level is not Level.CALM] == []


def test_a_feature_that_moved_is_named_and_the_others_are_not() -> None:
    found = _by_kind(health(_trained(), *_rows(600, 3, shift=1.0), {}, PLAN))
    assert found["feature psi", "noise"].level is Level.ALARM
    assert found["feature ks", "noise"].level is Level.ALARM
    assert found["feature psi", "momentum"].level is Level.CALM


def test_a_ranking_that_turned_round_is_an_alarm_with_its_interval() -> None:
    ranking = _by_kind(health(_trained(), *_rows(600, 4, edge=-0.2), {}, PLAN))["rank ic", ""]
    assert ranking.high < 0.0
    assert ranking.low < ranking.value < ranking.high
    assert ranking.level is Level.ALARM


def test_probabilities_that_no_longer_mean_what_they_say_are_an_alarm() -> None:
    rows, said = _rows(600, 5)
    sure = said**6 / (said**6).sum(axis=1, keepdims=True)
    assert _by_kind(health(_trained(), rows, sure, {}, PLAN))["calibration", ""].level is Level.ALARM


def test_a_loss_that_jumps_on_the_way_is_noticed() -> None:
    early, late = _rows(1_500, 6, span=4), _rows(1_500, 7, edge=-1.5, span=4)
    times = np.concatenate([early[0].times_ns, late[0].times_ns + 1_500 * SECOND_NS])
    both = Examples(
        NAMES,
        np.concatenate([early[0].values, late[0].values]),
        times,
        np.concatenate([early[0].instruments, late[0].instruments]),
        np.concatenate([early[0].classes, late[0].classes]),
        np.concatenate([early[0].returns, late[0].returns]),
        times + SECOND_NS,
    )
    said = np.concatenate([early[1], late[1]])
    sharp = said**4 / (said**4).sum(axis=1, keepdims=True)
    found = _by_kind(health(_trained(), both, sharp, {}, PLAN))["loss", "changes"]
    assert found.value >= 1.0
    assert found.level is not Level.CALM


def test_an_alarm_of_before_stays_while_the_measure_is_close_to_its_limit() -> None:
    rows, said = _rows(600, 3, shift=0.45)
    fresh = _by_kind(health(_trained(), rows, said, {}, PLAN))["feature psi", "noise"]
    assert 0.2 < fresh.value < 0.25
    again = health(_trained(), rows, said, {("feature psi", "noise"): Level.ALARM}, PLAN)
    assert fresh.level is Level.WATCH
    assert _by_kind(again)["feature psi", "noise"].level is Level.ALARM


def test_a_handful_of_moments_says_nothing() -> None:
    with pytest.raises(Refused, match="at least 30 decided moments, found 7"):
        health(_trained(), *_rows(7, 1), {}, PLAN)
