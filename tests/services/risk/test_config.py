"""A configuration that contradicts itself is refused, with everything that is wrong."""

from decimal import Decimal

import pytest

from services.risk.config import RiskConfig


def test_the_default_is_consistent() -> None:
    assert RiskConfig().hash == RiskConfig().hash


def test_every_problem_is_reported_together() -> None:
    with pytest.raises(ValueError, match="entry_threshold") as refused:
        RiskConfig(
            entry_threshold=float("nan"), starting_cash=Decimal(0), currency="GOLD", risk_per_trade=2.0
        )
    for name in ("entry_threshold", "starting_cash", "currency", "risk_per_trade"):
        assert name in str(refused.value)


def test_a_position_larger_than_gross_is_a_contradiction() -> None:
    with pytest.raises(ValueError, match="max_gross"):
        RiskConfig(max_position=3.0, max_gross=2.0)


def test_another_limit_is_another_hash() -> None:
    assert RiskConfig(max_gross=1.0).hash != RiskConfig().hash


def test_a_newer_term_that_nobody_chose_leaves_every_order_id_as_it_was() -> None:
    assert RiskConfig().hash == 8327821836057547301
    assert RiskConfig(trades="active", horizon_ns=0).hash == RiskConfig().hash
    assert len({RiskConfig().hash, RiskConfig(trades="canary").hash, RiskConfig(horizon_ns=5).hash}) == 3
