"""Lines of text as exact numbers: fields, decimals, times and words, a byte at a time and nothing rounded."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from shared.kernels import inlined, njit
from shared.time import DAY_NS, SECOND_NS

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]

GOOD: Final = 0
FIELDS: Final = 1
NUL: Final = 2
QUOTE: Final = 3
LONG: Final = 4
CUT: Final = 5
BAD_TIME: Final = 6
NO_SYMBOL: Final = 7
BAD_NUMBER: Final = 8
TOO_LARGE: Final = 9
BAD_PROFILE: Final = 10
NAN: Final = 11
EMPTY: Final = 12
FAULTS: Final = (
    "", "another number of fields than the header", "a zero byte", "a quote that does not end",
    "longer than a line may be", "cut off by the end of the file", "no time that can be read", "no symbol",
    "a field that is no number", "a number too large to be kept", "no volume profile that can be read",
)  # fmt: skip
"""What is said of a line that cannot be read, by the number of the fault."""

NO_ZONE: Final = 9_999
EPOCH: Final = 9_998
"""In place of an offset in minutes: a time that names no zone, and a count since 1970."""

LARGEST: Final = (1 << 63) - 1
TENTH: Final = LARGEST // 10
SURE: Final = TENTH - 1
SECONDS: Final = 100_000_000_000
MILLIS: Final = 100_000_000_000_000
MICROS: Final = 100_000_000_000_000_000
"""The least count of milliseconds, microseconds and nanoseconds; less is the unit before."""
NEWLINE: Final = 10
RETURN: Final = 13
DOUBLE: Final = 34
SPACE: Final = 32


@njit
def split_line(text: Bytes, at: int, stop: int, delimiter: int, edges: Ints) -> tuple[int, int, int]:
    """The edges of a line's fields; how many fields there are, where the next line starts, and a fault."""
    count, room, fault = 0, edges.shape[0] // 2, GOOD
    highest = max(delimiter, NEWLINE)
    start = i = at
    while True:
        if i < stop and text[i] == DOUBLE and i == start:
            i += 1
            while (
                i < stop
                and text[i] != NEWLINE
                and not (text[i] == DOUBLE and (i + 1 >= stop or text[i + 1] != DOUBLE))
            ):
                i += 2 if text[i] == DOUBLE else 1
            if i >= stop or text[i] == NEWLINE:
                fault = QUOTE
            else:
                i += 1
        while i < stop:
            letter = int(text[i])
            if letter <= highest:
                if letter == delimiter or letter == NEWLINE:
                    break
                if letter == 0:
                    fault = NUL
            i += 1
        end = i
        last = i >= stop or text[i] == NEWLINE
        if last and end > start and text[end - 1] == RETURN:
            end -= 1
        if count < room:
            edges[2 * count], edges[2 * count + 1] = start, end
        count += 1
        i += 1
        if last:
            return count, min(i, stop), fault
        start = i


@inlined
def trim(text: Bytes, start: int, stop: int) -> tuple[int, int]:
    """A field without spaces and quotes around it."""
    while start < stop and text[start] == SPACE:
        start += 1
    while start < stop and text[stop - 1] == SPACE:
        stop -= 1
    if stop - start >= 2 and text[start] == DOUBLE and text[stop - 1] == DOUBLE:
        start, stop = start + 1, stop - 1
    return start, stop


@njit
def decimal(text: Bytes, start: int, stop: int) -> tuple[int, int, int]:
    """A number as (digits, decimals, fault): exactly digits / 10**decimals."""
    if start >= stop:
        return 0, 0, EMPTY
    i, negative = start, text[start] == 45
    if negative or text[start] == 43:
        i += 1
    digits, decimals, seen, point = 0, 0, 0, 0
    while i < stop:
        figure = int(text[i]) - 48
        if 0 <= figure <= 9:
            if digits <= SURE:
                digits = digits * 10 + figure
                decimals += point
            elif point == 0:
                return 0, 0, TOO_LARGE
            seen += 1
        elif text[i] == 46 and point == 0:
            point = 1
        elif (text[i] | 32) == 101 and seen > 0:
            power, fault = exponent(text, i + 1, stop)
            if fault != GOOD:
                return 0, 0, fault
            decimals -= power
            break
        else:
            return 0, 0, no_number(text, start, stop)
        i += 1
    if seen == 0:
        return 0, 0, no_number(text, start, stop)
    return (-digits if negative else digits), decimals, GOOD


@inlined
def plain_decimal(text: Bytes, start: int, stop: int) -> tuple[int, int, bool]:
    """Digits with at most one point among them, fewer than 18: what almost every number is."""
    digits, point = 0, -1
    for i in range(start, stop):
        figure = int(text[i]) - 48
        if 0 <= figure <= 9:
            digits = digits * 10 + figure
        elif figure == -2 and point < 0:
            point = i
        else:
            return 0, 0, False
    if point < 0:
        return digits, 0, True
    return digits, stop - 1 - point, stop - start > 1


@njit
def exponent(text: Bytes, start: int, stop: int) -> tuple[int, int]:
    """The power of ten behind an e."""
    negative = start < stop and text[start] == 45
    i = start + 1 if start < stop and (text[start] == 45 or text[start] == 43) else start
    if i >= stop or stop - i > 3:
        return 0, BAD_NUMBER
    power = 0
    while i < stop:
        figure = int(text[i]) - 48
        if figure < 0 or figure > 9:
            return 0, BAD_NUMBER
        power = power * 10 + figure
        i += 1
    return (-power if negative else power), GOOD


@njit
def no_number(text: Bytes, start: int, stop: int) -> int:
    """Whether a word stands for nothing (null, none, na, n/a, -), for no number (nan, inf), or nonsense."""
    length, first = stop - start, int(text[start]) | 32
    if length == 1 and text[start] == 45:
        return EMPTY
    if first == 43 or text[start] == 45:
        start, length = start + 1, length - 1
        first = int(text[start]) | 32 if start < stop else 0
    if first == 110 and length <= 4:
        last = int(text[stop - 1]) | 32
        if length == 3 and last == 110:
            return NAN
        if length == 2 or (length == 4 and (last == 108 or last == 101)) or (length == 3 and last == 97):
            return EMPTY
    if first == 105 and (length == 3 or length == 8):
        return NAN
    return BAD_NUMBER


@njit
def whole_steps(digits: int, decimals: int, unit: int, unit_decimals: int) -> tuple[int, int, bool]:
    """How many steps of unit / 10**unit_decimals a number is, ties to even; a fault; whether exactly so."""
    shift = unit_decimals - decimals
    if shift == 0 and unit == 1:
        return digits, GOOD, True
    while shift < 0 and digits != 0 and digits % 10 == 0:
        digits //= 10
        shift += 1
    while shift > 0 and digits != 0:
        if abs(digits) > TENTH:
            return 0, TOO_LARGE, False
        digits *= 10
        shift -= 1
    divisor = unit
    while shift < 0 and digits != 0:
        if divisor > TENTH:
            return 0, GOOD, False
        divisor *= 10
        shift += 1
    if divisor == 1:
        return digits, GOOD, True
    quotient = digits // divisor
    rest = digits - quotient * divisor
    if rest == 0:
        return quotient, GOOD, True
    if rest > divisor - rest or (rest == divisor - rest and quotient % 2 == 1):
        quotient += 1
    return quotient, GOOD, False


@inlined
def figures(text: Bytes, start: int, stop: int) -> int:
    """A run of digits as a number; -1 if something else is among them."""
    value = 0
    for i in range(start, stop):
        figure = int(text[i]) - 48
        if figure < 0 or figure > 9:
            return -1
        value = value * 10 + figure
    return value


@njit
def days_since_1970(year: int, month: int, day: int) -> int:
    """The day's number; -1 << 40 if there is no such day."""
    leap = 1 if (year % 4 == 0 and year % 100 != 0) or year % 400 == 0 else 0
    length = 31
    if month == 2:
        length = 28 + leap
    elif month == 4 or month == 6 or month == 9 or month == 11:
        length = 30
    if year < 1700 or year > 2260 or month < 1 or month > 12 or day < 1 or day > length:
        return -1 << 40
    y = year - 1 if month <= 2 else year
    m = month + 9 if month <= 2 else month - 3
    return 365 * y + y // 4 - y // 100 + y // 400 + (153 * m + 2) // 5 + day - 1 - 719_468


@njit
def time_of(text: Bytes, start: int, stop: int) -> tuple[int, int, int]:
    """Nanoseconds since 1970, the offset in minutes (or EPOCH or NO_ZONE), and a fault."""
    if stop - start >= 10 and (text[start + 4] == 45 or text[start + 4] == 47):
        return calendar_time(text, start, stop)
    if stop - start == 8:
        whole = figures(text, start, stop)
        day = days_since_1970(whole // 10_000, whole // 100 % 100, whole % 100) if whole > 0 else -1 << 40
        if day > -1 << 40:
            return (day + 1) * DAY_NS - 1, NO_ZONE, GOOD
    digits, decimals, fault = decimal(text, start, stop)
    if fault != GOOD:
        return 0, EPOCH, BAD_TIME
    size = abs(digits)
    for _ in range(decimals):
        size //= 10
    power = 9 if size < SECONDS else 6 if size < MILLIS else 3 if size < MICROS else 0
    nanos, fault, _ = whole_steps(digits, decimals, 1, power)
    return nanos, EPOCH, BAD_TIME if fault != GOOD else GOOD


@njit
def calendar_time(text: Bytes, start: int, stop: int) -> tuple[int, int, int]:
    """A time such as 2026-11-21T09:30:00.000000001-05:00; a bare date is the last nanosecond of its day."""
    day = days_since_1970(
        figures(text, start, start + 4),
        figures(text, start + 5, start + 7),
        figures(text, start + 8, start + 10),
    )
    if day == -1 << 40 or text[start + 7] != text[start + 4]:
        return 0, NO_ZONE, BAD_TIME
    i = start + 10
    if i == stop:
        return (day + 1) * DAY_NS - 1, NO_ZONE, GOOD
    if stop - i < 6 or (text[i] != SPACE and text[i] | 32 != 116) or text[i + 3] != 58:
        return 0, NO_ZONE, BAD_TIME
    hour, minute, second = figures(text, i + 1, i + 3), figures(text, i + 4, i + 6), 0
    i += 6
    if i < stop and text[i] == 58:
        if stop - i < 3:
            return 0, NO_ZONE, BAD_TIME
        second = figures(text, i + 1, i + 3)
        i += 3
    if hour < 0 or hour > 23 or minute < 0 or minute > 59 or second < 0 or second > 60:
        return 0, NO_ZONE, BAD_TIME
    nanos, unit = 0, SECOND_NS
    if i < stop and (text[i] == 46 or text[i] == 44):
        i += 1
        while i < stop and 48 <= text[i] <= 57:
            unit //= 10
            nanos += (int(text[i]) - 48) * unit
            i += 1
    offset, fault = zone_of(text, i, stop)
    shift = 0 if offset == NO_ZONE else offset * 60
    return (day * 86_400 + hour * 3_600 + minute * 60 + second - shift) * SECOND_NS + nanos, offset, fault


@njit
def zone_of(text: Bytes, start: int, stop: int) -> tuple[int, int]:
    """Minutes east of UTC behind a time, NO_ZONE if nothing stands there."""
    while start < stop and text[start] == SPACE:
        start += 1
    if start == stop:
        return NO_ZONE, GOOD
    if stop - start == 1 and text[start] | 32 == 122:
        return 0, GOOD
    if stop - start == 3 and text[start] | 32 == 117 and text[start + 1] | 32 == 116:
        return 0, GOOD
    if text[start] != 43 and text[start] != 45:
        return NO_ZONE, BAD_TIME
    colon = 1 if stop - start == 6 and text[start + 3] == 58 else 0
    if stop - start != 3 and stop - start != 5 + colon:
        return NO_ZONE, BAD_TIME
    hours = figures(text, start + 1, start + 3)
    minutes = figures(text, start + 3 + colon, stop) if stop - start > 3 else 0
    if hours < 0 or hours > 15 or minutes < 0 or minutes > 59:
        return NO_ZONE, BAD_TIME
    size = 60 * hours + minutes
    return (-size if text[start] == 45 else size), GOOD


@njit
def kind_of(text: Bytes, start: int, stop: int) -> int:
    """1 trade, 2 quote, 3 bar, 0 if the word says none of them."""
    if start >= stop:
        return 0
    first, length = int(text[start]) | 32, stop - start
    if length == 1 and 49 <= text[start] <= 51:
        return int(text[start]) - 48
    if first == 116 and (length == 1 or length == 5):
        return 1
    if first == 113 and (length == 1 or length == 5):
        return 2
    return 3 if first == 98 and (length == 1 or (length == 3 and text[start + 1] | 32 == 97)) else 0


@njit
def side_of(text: Bytes, start: int, stop: int) -> int:
    """1 if the buyer was the aggressor, -1 if the seller was, 0 if the word says neither."""
    if start >= stop:
        return 0
    first, length = int(text[start]) | 32, stop - start
    if length <= 3 and (first == 98 or (text[stop - 1] == 49 and text[start] != 45)):
        return 1
    return (
        -1
        if (first == 115 and length <= 4) or (length == 2 and text[start] == 45 and text[stop - 1] == 49)
        else 0
    )


@njit
def session_of(text: Bytes, start: int, stop: int) -> int:
    """1 regular hours, 2 extended hours, 3 another session, 0 if nothing is said."""
    if start >= stop:
        return 0
    first = int(text[start]) | 32
    if stop - start == 3 and int(text[start + 1]) | 32 == 116 and int(text[start + 2]) | 32 == 104:
        return 1 if first == 114 else 2 if first == 101 else 3
    return 3
