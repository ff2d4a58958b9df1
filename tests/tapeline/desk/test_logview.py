from __future__ import annotations

from pathlib import Path

from tapeline.desk.logview import Follower, LogView, rendered


def test_only_whole_lines_are_given_and_none_twice(tmp_path: Path) -> None:
    file = tmp_path / "a.log"
    follower = Follower(file)
    assert follower.lines() == []
    with file.open("a") as log:
        log.write("one\ntw")
    assert follower.lines() == ["one"]
    with file.open("a") as log:
        log.write("o\n")
    assert follower.lines() == ["two"]
    assert follower.lines() == []


def test_old_lines_are_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "a.log"
    file.write_text("yesterday\n")
    assert Follower(file).lines() == []


def test_a_log_that_was_put_aside_is_followed_from_its_start(tmp_path: Path) -> None:
    file = tmp_path / "a.log"
    file.write_text("long ago\n")
    follower = Follower(file)
    file.write_text("new\n")
    assert follower.lines() == ["new"]


def test_a_json_event_is_readable() -> None:
    line = '{"time":"2026-01-05T12:00:01.5Z","level":"info","event":"order.sent","run":"x","lots":5}'
    assert rendered("risk", line, "cyan").plain == "12:00:01 risk       order.sent lots=5"


def test_an_exception_comes_on_lines_of_its_own() -> None:
    line = '{"level":"error","event":"failed","exception":"Traceback\\nValueError: x"}'
    assert rendered("risk", line, "cyan").plain.splitlines()[1:] == ["Traceback", "ValueError: x"]


def test_what_is_no_json_is_shown_as_it_is() -> None:
    assert rendered("risk", "{broken", "cyan").plain.endswith("{broken")
    assert rendered("risk", "[bold]plain[/]", "cyan").plain.endswith("[bold]plain[/]")


def test_every_file_speaks_under_its_own_name(tmp_path: Path) -> None:
    view = LogView({"a": tmp_path / "a.log", "b": tmp_path / "b.log"})
    (tmp_path / "b.log").write_text("hello\n")
    assert list(view.new()) == [("b", "hello")]
