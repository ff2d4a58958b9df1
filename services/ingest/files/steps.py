"""Decimal texts as whole steps, exactly: a price never passes through a float."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Final, NamedTuple

from shared.failures import BadInput
from shared.market import Instrument
from shared.money import half_even

LARGEST: Final = (1 << 63) - 1
MOST_KNOWN: Final = 1 << 16
"""Texts whose steps are remembered: a book says the same prices again and again."""
_LONGEST: Final = 40


class Step:
    """One price tick or one lot, and how many of them a text is."""

    def __init__(self, size: Decimal) -> None:
        ratio = Fraction(size)
        places = max(0, -int(size.normalize().as_tuple().exponent))
        self.size = size
        self._places = places
        self._zeros = "0" * places
        self._unit = int(ratio * 10**places)
        self._ratio = ratio
        self._known: dict[str, int] = {}
        self.rounded = 0

    def whole(self, text: str) -> int:
        """The steps in a text such as 61837.63000000, which must be a whole number of them."""
        known = self._known.get(text)
        if known is not None:
            return known
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        steps = self._known[text] = self._whole(text)
        return steps

    def resting(self, text: str) -> int:
        """The steps of a size: venues keep old orders in finer lots, of which something rests or nothing."""
        try:
            return self.whole(text)
        except BadInput:
            nearest = max(1, self.nearest(text))
            self.rounded += 1
            return nearest

    def nearest(self, text: str) -> int:
        """The steps nearest to a text, ties to even: for venues that print between two ticks."""
        head, _, tail = text.partition(".")
        if not _is_number(head + tail):
            raise BadInput(self._refusal(text))
        steps = Fraction(int(head + tail), 10 ** len(tail)) / self._ratio
        found = half_even(steps.numerator, steps.denominator)
        if found > LARGEST:
            raise BadInput(self._refusal(text))
        return found

    def _whole(self, text: str) -> int:
        head, _, tail = text.partition(".")
        places = self._places
        digits, rest = head + (tail + self._zeros)[:places], tail[places:]
        if not _is_number(head + tail) or rest.strip("0"):
            raise BadInput(self._refusal(text))
        steps, left = divmod(int(digits), self._unit)
        if left or steps > LARGEST:
            raise BadInput(self._refusal(text))
        return steps

    def _refusal(self, text: str) -> str:
        return f"found {text[:_LONGEST]!r}, wanted a decimal number in steps of {self.size}"


class Terms(NamedTuple):
    """What a venue's texts about one symbol mean to us."""

    instrument: int
    price: Step
    size: Step


def terms_of(instruments: Iterable[Instrument]) -> Mapping[str, Terms]:
    """The terms of every symbol."""
    return {row.symbol: Terms(row.instrument, Step(row.tick), Step(row.lot)) for row in instruments}


def _is_number(digits: str) -> bool:
    return digits.isascii() and digits.isdigit() and len(digits) <= _LONGEST
