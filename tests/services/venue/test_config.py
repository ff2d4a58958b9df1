"""The terms of the exchange check themselves."""

from decimal import Decimal

import pytest

from services.venue.config import VenueConfig


def test_an_order_never_arrives_at_once_and_all_problems_are_told() -> None:
    with pytest.raises(ValueError, match="latency_ns") as refused:
        VenueConfig(latency_ns=0, commission_bps=Decimal(-1), participation=Decimal(2), interval_ns=0)
    for name in ("latency_ns", "commissions", "participation", "interval_ns"):
        assert name in str(refused.value)


def test_basis_points_become_parts_per_million() -> None:
    assert VenueConfig(commission_bps=Decimal("0.5")).commission_ppm == 50
