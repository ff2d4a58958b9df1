"""Jitted twins of `ids.derive` and `Instrument.value`: the same whole numbers, to the last unit."""

from __future__ import annotations

from typing import Final

import numpy as np

from shared.kernels import Pair, njit

LARGEST: Final = (1 << 63) - 1
U32: Final = np.uint64(0xFFFFFFFF)
S1: Final = np.uint64(1)
S27: Final = np.uint64(27)
S30: Final = np.uint64(30)
S31: Final = np.uint64(31)
S32: Final = np.uint64(32)
S63: Final = np.uint64(63)
TOP: Final = np.uint64(1 << 63)
ZERO: Final = np.uint64(0)
GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
FIRST: Final = np.uint64(0xBF58476D1CE4E5B9)
SECOND: Final = np.uint64(0x94D049BB133111EB)


@njit
def bits(value: int) -> np.uint64:
    """The 64 bits of a whole number, two's complement."""
    low = np.uint64(value & LARGEST)
    return low | TOP if value < 0 else low


@njit
def add_bits(a: np.uint64, b: np.uint64) -> np.uint64:
    """A sum modulo 2**64 whose steps never overflow, so that plain Python agrees."""
    low = (a & U32) + (b & U32)
    high = (a >> S32) + (b >> S32) + (low >> S32)
    return ((high & U32) << S32) | (low & U32)


@njit
def times_wide(a: np.uint64, b: np.uint64) -> tuple[np.uint64, np.uint64]:
    """The full 128-bit product as (high, low)."""
    a_low, a_high, b_low, b_high = a & U32, a >> S32, b & U32, b >> S32
    low = a_low * b_low
    middle = a_high * b_low + (low >> S32)
    cross = a_low * b_high + (middle & U32)
    high = a_high * b_high + (middle >> S32) + (cross >> S32)
    return high, ((cross & U32) << S32) | (low & U32)


@njit
def mix(state: np.uint64, value: int) -> np.uint64:
    """One round of splitmix64, as `ids.mix`."""
    z = add_bits(state ^ bits(value), GOLDEN)
    z = times_wide(z ^ (z >> S30), FIRST)[1]
    z = times_wide(z ^ (z >> S27), SECOND)[1]
    return z ^ (z >> S31)


@njit
def as_id(state: np.uint64) -> int:
    """A positive 63-bit id out of mixed bits."""
    return max(np.int64(state >> S1), np.int64(1))  # type: ignore[return-value]


@njit
def derive3(a: int, b: int, c: int) -> int:
    """`ids.derive` of three parts."""
    return as_id(mix(mix(mix(ZERO, a), b), c))


@njit
def fits_sum(a: int, b: int) -> bool:
    """Whether the sum stays inside the money type."""
    if b >= 0:
        return a <= LARGEST - b
    return a >= -LARGEST - b


@njit
def divide_wide(high: np.uint64, low: np.uint64, denominator: np.uint64) -> tuple[np.uint64, np.uint64]:
    """Quotient and remainder of 128 bits by less than 2**63; wants high < denominator."""
    remainder, quotient = high, ZERO
    for i in range(64):
        bit = (low >> np.uint64(63 - i)) & S1
        remainder = (remainder << S1) | bit
        quotient = quotient << S1
        if remainder >= denominator:
            remainder = remainder - denominator
            quotient = quotient | S1
    return quotient, remainder


@njit
def scaled(amount: int, factor: int, numerator: int, denominator: int) -> tuple[int, bool]:
    """amount * factor * numerator / denominator, half to even; False if it does not fit."""
    negative = (amount < 0) != (factor < 0)
    a, b = abs(amount), abs(factor)
    high, low = times_wide(bits(a), bits(b))
    if high >> S31 != ZERO:
        return 0, False
    n = bits(numerator)
    low_high, low_low = times_wide(low, n)
    high_high, high_low = times_wide(high, n)
    top = add_bits(high_low, low_high)
    if high_high != ZERO or top < high_low or top >= bits(denominator):
        return 0, False
    quotient, remainder = divide_wide(top, low_low, bits(denominator))
    rest = bits(denominator) - remainder
    up = remainder > rest or (remainder == rest and quotient & S1 == S1)
    if quotient >> S63 != ZERO or (up and quotient == bits(LARGEST)):
        return 0, False
    size = np.int64(quotient) + (1 if up else 0)
    return (-size if negative else size), True  # type: ignore[return-value]


@njit
def value(price: int, lots: int, numerator: int, denominator: int) -> tuple[int, bool]:
    """What lots are worth at a price, in millionths; the short way where 64 bits are enough."""
    if denominator == 1 and price >= 0:
        if price == 0 or lots == 0:
            return 0, True
        if numerator <= LARGEST // price and abs(lots) <= LARGEST // (price * numerator):
            return price * numerator * lots, True
    return scaled(price, lots, numerator, denominator)


KERNELS: tuple[Pair, ...] = ((derive3, (1, 2, 3)), (value, (1, 1, 1, 1)))
