"""Keys that steer a replay."""

from __future__ import annotations

from tapeline.cli.keys import Keyboard, keys


def test_keys_are_commands() -> None:
    sent: list[str] = []
    keyboard = Keyboard(sent.append, 50.0)
    for key in " n  +--x":
        keyboard.press(key)
    assert sent == ["pause", "step 1", "run", "pause", "speed 100", "speed 50", "speed 25"]


def test_without_a_terminal_nobody_listens() -> None:
    with keys(lambda _: None, 1.0) as listens:
        assert not listens
