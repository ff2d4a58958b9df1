from __future__ import annotations

from shared.config_tree import find, known_paths, leaves, nearest


def test_every_setting_says_what_it_means() -> None:
    assert [leaf.path for leaf in leaves() if not leaf.meaning] == []


def test_a_table_with_a_name_of_its_own_is_found_under_any_name() -> None:
    leaf = find(("accounts", "alpha", "max_gross"))
    assert leaf is not None
    assert leaf.path == ("accounts", "*", "max_gross")


def test_what_does_not_exist_is_not_found() -> None:
    assert find(("accounts", "alpha")) is None
    assert find(("accounts", "alpha", "max_gros")) is None


def test_the_nearest_setting_keeps_the_name_that_the_user_gave() -> None:
    assert nearest(("accounts", "alpha", "max_gros")) == ("accounts", "alpha", "max_gross")


def test_a_setting_in_the_wrong_table_is_recognised_by_its_last_name() -> None:
    assert nearest(("history_days",)) == ("market", "history_days")


def test_nonsense_has_no_neighbour() -> None:
    assert nearest(("xyzzy",)) is None


def test_choices_are_known() -> None:
    leaf = find(("log", "format"))
    assert leaf is not None
    assert leaf.choices == ("json", "text")


def test_no_setting_stands_twice() -> None:
    assert len(known_paths()) == len(leaves())
