"""Money at the border: `Decimal` outside, whole numbers inside, one rounding rule between them."""

from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction
from typing import Final

MICRO: Final = 1_000_000
INT64_MAX: Final = (1 << 63) - 1


class Overflow(ArithmeticError):
    """An amount does not fit 64 bits of millionths."""


def fits(amount: int) -> int:
    """The amount itself, or a refusal: money never wraps around."""
    if not -INT64_MAX <= amount <= INT64_MAX:
        raise Overflow(f"{amount} millionths do not fit the money type")
    return amount


def half_even(numerator: int, denominator: int) -> int:
    """The one rounding rule: to the nearest, ties to even."""
    quotient, remainder = divmod(numerator, denominator)
    twice = 2 * remainder
    return quotient + (twice > denominator or (twice == denominator and quotient & 1 == 1))


def micro(amount: Decimal | str) -> int:
    """An amount of money in millionths; more digits than that are an error, not a rounding."""
    scaled = Fraction(Decimal(amount)) * MICRO
    if scaled.denominator != 1:
        raise ValueError(f"{amount} has more than six decimals")
    return fits(int(scaled))


def decimal(amount_micro: int) -> Decimal:
    """Millionths as an exact decimal with six places."""
    with localcontext() as context:
        context.prec = 40
        return Decimal(int(amount_micro)).scaleb(-6)


def steps(value: Decimal | str, step: Decimal) -> int:
    """How many whole steps (price ticks, lots) a value is, rounded half to even."""
    ratio = Fraction(Decimal(value)) / Fraction(step)
    return fits(half_even(ratio.numerator, ratio.denominator))


def on_step(value: Decimal, step: Decimal) -> Decimal:
    """A value moved to the nearest step, exactly."""
    with localcontext() as context:
        context.prec, context.rounding = 40, ROUND_HALF_EVEN
        return steps(value, step) * step
