"""A group that fails or hangs says so, and whoever asked goes on."""

from __future__ import annotations

import sys

from bench.alone import measured_alone

SAYS = """print('[] words of a library'); print('{"it": [{"name": "one", "value": 2.0, "unit": "µs"}]}')"""


def test_the_last_line_of_a_group_is_its_figures() -> None:
    found = measured_alone("it", 60, (sys.executable, "-c", SAYS))
    assert not found.failure
    assert [(figure.name, figure.value) for figure in found.figures] == [("one", 2.0)]


def test_a_group_that_breaks_leaves_its_last_word() -> None:
    found = measured_alone("it", 60, (sys.executable, "-c", "raise SystemExit('no Redis was found')"))
    assert (found.failure, found.figures) == ("no Redis was found", [])


def test_a_group_that_hangs_is_given_up() -> None:
    found = measured_alone("it", 0.2, (sys.executable, "-c", "import time; time.sleep(60)"))
    assert found.failure == "given up after 0 s"
