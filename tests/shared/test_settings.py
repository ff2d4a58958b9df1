from __future__ import annotations

import msgspec
import pytest

from shared.settings import Market, Settings


def test_settings_are_frozen() -> None:
    with pytest.raises(AttributeError):
        Settings().run = "other"  # type: ignore[misc]


@pytest.mark.parametrize("name", ["", "UPPER", "with space", "a:b", "-first", "x" * 41])
def test_a_run_is_named_so_that_it_can_be_part_of_a_key(name: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"run": name}, Settings)


def test_the_gateway_listens_on_loopback_unless_told_otherwise() -> None:
    assert Settings().api.host == "127.0.0.1"


def test_no_default_key_exists() -> None:
    assert Settings().api.key == ""


def test_a_market_has_at_least_one_symbol() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"symbols": 0}, Market)
