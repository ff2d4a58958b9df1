from __future__ import annotations

import json
from decimal import Decimal

import pytest

from shared.config import BadConfig
from shared.failures import BadInput, Refused, Unavailable
from tapeline.cli import outcome as o


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (Refused("x"), 1),
        (BadInput("x"), 1),
        (BadConfig(["x"]), 3),
        (Unavailable("x"), 4),
        (o.Unreachable("x"), 4),
        (o.DataMissing("x"), 5),
        (o.RefusedByRisk("x"), 6),
        (KeyboardInterrupt(), 130),
    ],
)
def test_every_kind_of_end_has_its_code(failure: BaseException, code: int) -> None:
    assert o.code_of(failure) == code


def test_a_bug_of_ours_keeps_its_traceback() -> None:
    assert o.code_of(KeyError("x")) is None


def test_json_stands_alone_and_money_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    o.give({"nav": Decimal("1.50")}, as_json=True, show=lambda: print("people"))
    assert json.loads(capsys.readouterr().out) == {"nav": "1.50"}


def test_complaints_go_to_stderr_one_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    o.complain(BadConfig(["a is wrong", "b is wrong"]))
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "tapeline: a is wrong\ntapeline: b is wrong\n"
