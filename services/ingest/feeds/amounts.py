"""Numbers that vendors send as doubles, as steps: the shortest decimal of a double is what was meant."""

from __future__ import annotations

from decimal import Decimal

from services.ingest.files.steps import Step
from shared.failures import BadInput

Amount = int | float | Decimal | str


def steps_of(value: Amount, step: Step) -> int:
    """The steps nearest to a number, ties to even; what is no number at or above zero is refused."""
    return step.nearest(_text(value))


def _text(value: Amount) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        value = Decimal(repr(value))
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise BadInput(f"found {value}, wanted a number")
        return f"{value:f}"
    return str(value)
