"""A chunk of lines as columns: each line becomes a row or a fault, and neither stops the lines behind it."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from services.ingest.files.checking import BELOW_GRID, NOT_A_NUMBER
from services.ingest.files.headers import PRICES, ROLES, SIZES
from services.ingest.files.text_kernels import (
    BAD_PROFILE,
    CUT,
    EMPTY,
    EPOCH,
    FIELDS,
    GOOD,
    LONG,
    NAN,
    NO_SYMBOL,
    decimal,
    kind_of,
    plain_decimal,
    session_of,
    side_of,
    split_line,
    time_of,
    trim,
    whole_steps,
)  # fmt: skip
from shared.kernels import Pair, inlined, njit

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]
Shorts = npt.NDArray[np.int16]

TIME: Final = ROLES.index("timestamp")
SYMBOL: Final = ROLES.index("symbol")
KIND: Final = ROLES.index("kind")
SIDE: Final = ROLES.index("side")
PROFILE: Final = ROLES.index("profile")
SESSION: Final = ROLES.index("session")
PRICE: Final = ROLES.index("price")
HIGH: Final = ROLES.index("high")
NUMBERS: Final = tuple((ROLES.index(name), 1 if name in PRICES else 2) for name in (*PRICES, *SIZES, "delta"))
NUMBER_ROLES: Final = np.array([role for role, _ in NUMBERS], np.int64)
NUMBER_SORTS: Final = np.array([sort for _, sort in NUMBERS], np.int64)
WHOLE_ROLES: Final = np.array([ROLES.index("conditions"), ROLES.index("venue_seq")], np.int64)

DONE: Final = 0
NEW_SYMBOL: Final = 1
MIXED_ZONES: Final = 2
NAIVE: Final = 3
UNSET: Final = 10_000
MASK: Final = (1 << 42) - 1

STATE: Final = np.dtype(
    (
        np.record,
        [
            ("at", np.int64),  # where the next line starts
            ("line", np.int64),  # its number
            ("rows", np.int64),
            ("levels", np.int64),  # of volume profiles
            ("faults", np.int64),
            ("zone", np.int64),  # offset of the first time, or EPOCH, NO_ZONE or UNSET
            ("any_zone", np.int64),  # 1 if each row may have its own offset
            ("symbol", np.int64),  # code of the only symbol, -1 if rows name theirs
            ("want_start", np.int64),  # the text that stopped the scan
            ("want_stop", np.int64),
            ("symbols", np.int64),  # how many are known
            ("most", np.int64),  # bytes that a line may have
            ("whole", np.int64),  # 1 if the chunk ends with a newline
        ],
    )
)
TERM_ID: Final = 4
"""A symbol's terms: tick, its decimals, lot, its decimals, instrument id, start and stop in the pool."""


@inlined
def symbol_hash(text: Bytes, start: int, stop: int) -> int:
    """A number below 2**42 that differs between most texts."""
    value = 7
    for i in range(start, stop):
        value = (value * 1_000_003 + int(text[i])) & MASK
    return value ^ (value >> 19)


@inlined
def symbol_code(text: Bytes, start: int, stop: int, slots: Ints, pool: Bytes, terms: Ints) -> int:
    """The code of a symbol, -1 if it is not known."""
    mask = slots.shape[0] - 1
    place = symbol_hash(text, start, stop) & mask
    while slots[place] >= 0:
        code = slots[place]
        begin = terms[code, 5]
        if terms[code, 6] - begin == stop - start:
            same = True
            for i in range(stop - start):
                if pool[begin + i] != text[start + i]:
                    same = False
                    break
            if same:
                return int(code)
        place = (place + 1) & mask
    return -1


@njit
def steps_at(text: Bytes, start: int, stop: int, terms: Ints, code: int, sort: int) -> tuple[int, int, int]:
    """A field as price ticks (sort 1) or lots (sort 2) of a symbol; a fault, and flags."""
    place = 0 if sort == 1 else 2
    digits, decimals, fault = decimal(text, start, stop)
    if fault == EMPTY:
        return 0, GOOD, 0
    if fault == NAN:
        return 0, GOOD, NOT_A_NUMBER
    if fault != GOOD:
        return 0, fault, 0
    steps, fault, exact = whole_steps(digits, decimals, terms[code, place], terms[code, place + 1])
    if sort == 1 and steps == 0 and digits != 0:
        return steps, fault, sort | BELOW_GRID
    return steps, fault, 0 if exact else sort


@njit
def read_profile(
    text: Bytes, start: int, stop: int, terms: Ints, code: int, row: int, levels: Ints, now: Any
) -> int:
    """Adds the levels of `price:volume|price:volume`; a fault."""
    count = now.levels
    i = start
    while i < stop:
        colon = i
        while colon < stop and text[colon] != 58:
            colon += 1
        end = colon
        while end < stop and text[end] != 124:
            end += 1
        if colon >= end:
            return BAD_PROFILE
        price, fault, odd = steps_at(text, i, colon, terms, code, 1)
        volume, other, strange = steps_at(text, colon + 1, end, terms, code, 2)
        if fault != GOOD or other != GOOD or (odd | strange) & (NOT_A_NUMBER | BELOW_GRID):
            return BAD_PROFILE
        levels[0, count], levels[1, count], levels[2, count] = row, price, volume
        count += 1
        i = end + 1
    now.levels = count
    return GOOD


@njit
def read_row(
    text: Bytes, edges: Ints, places: Ints, terms: Ints, code: int, cells: Ints, levels: Ints, now: Any
) -> tuple[int, int]:
    """One line's fields into the columns; a fault, and flags."""
    row, flags = now.rows, 0
    for n in range(NUMBER_ROLES.shape[0]):
        place = places[NUMBER_ROLES[n]]
        if place < 0:
            continue
        start, stop = trim(text, edges[2 * place], edges[2 * place + 1])
        sort = NUMBER_SORTS[n]
        if 0 < stop - start < 18:
            digits, decimals, plain = plain_decimal(text, start, stop)
            if plain and terms[code, 2 * sort - 2] == 1 and decimals == terms[code, 2 * sort - 1]:
                cells[NUMBER_ROLES[n], row] = digits
                continue
        value, fault, odd = steps_at(text, start, stop, terms, code, sort)
        if fault != GOOD:
            return fault, flags
        cells[NUMBER_ROLES[n], row] = value
        flags |= odd
    for n in range(WHOLE_ROLES.shape[0]):
        place = places[WHOLE_ROLES[n]]
        if place >= 0:
            start, stop = trim(text, edges[2 * place], edges[2 * place + 1])
            digits, decimals, fault = decimal(text, start, stop)
            whole, wide, exact = whole_steps(digits, decimals, 1, 0)
            if fault == GOOD and exact and wide == GOOD:
                cells[WHOLE_ROLES[n], row] = whole
    if places[SIDE] >= 0:
        start, stop = trim(text, edges[2 * places[SIDE]], edges[2 * places[SIDE] + 1])
        cells[SIDE, row] = side_of(text, start, stop)
    if places[SESSION] >= 0:
        start, stop = trim(text, edges[2 * places[SESSION]], edges[2 * places[SESSION] + 1])
        cells[SESSION, row] = session_of(text, start, stop)
    kind = 0
    if places[KIND] >= 0:
        start, stop = trim(text, edges[2 * places[KIND]], edges[2 * places[KIND] + 1])
        kind = kind_of(text, start, stop)
    if kind == 0:
        kind = 3 if cells[HIGH, row] > 0 else 1 if cells[PRICE, row] != 0 else 2
    cells[KIND, row] = kind
    if places[PROFILE] >= 0:
        start, stop = trim(text, edges[2 * places[PROFILE]], edges[2 * places[PROFILE] + 1])
        return read_profile(text, start, stop, terms, code, row, levels, now), flags
    return GOOD, flags


@njit
def find_symbol(text: Bytes, edges: Ints, place: int, slots: Ints, pool: Bytes, terms: Ints, now: Any) -> int:
    """The code of the line's symbol; -1 for a new one, -2 for none."""
    if now.symbol >= 0:
        return int(now.symbol)
    start, stop = trim(text, edges[2 * place], edges[2 * place + 1])
    if start >= stop:
        return -2
    now.want_start, now.want_stop = start, stop
    return symbol_code(text, start, stop, slots, pool, terms)


@inlined
def take_zone(offset: int, now: Any) -> int:
    """Whether this offset may stand beside those before it."""
    if now.zone == UNSET:
        now.zone = offset
    if offset == now.zone:
        return DONE
    both_offsets = offset < EPOCH and now.zone < EPOCH
    return DONE if now.any_zone == 1 and both_offsets else MIXED_ZONES


@njit
def note_fault(faults: Ints, start: int, stop: int, fault: int, now: Any) -> None:
    """Remembers where a line that cannot be read stands."""
    n = now.faults
    faults[0, n], faults[1, n], faults[2, n], faults[3, n] = now.line, fault, start, stop
    now.faults = n + 1


@njit
def read_lines(
    text: Bytes,
    delimiter: int,
    places: Ints,
    slots: Ints,
    pool: Bytes,
    terms: Ints,
    edges: Ints,
    cells: Ints,
    levels: Ints,
    flags: Shorts,
    lines: Ints,
    faults: Ints,
    state: Any,
) -> int:
    """Reads lines until the end of the chunk, or until something must be settled outside."""
    now = state[0]
    stop = text.shape[0]
    wanted = edges.shape[0] // 2
    while now.at < stop:
        start = now.at
        count, after, fault = split_line(text, start, stop, delimiter, edges)
        if after - start <= 2 and (text[start] == 10 or text[start] == 13):
            now.at, now.line = after, now.line + 1
            continue
        cut = after == stop and now.whole == 0
        if fault == GOOD and after - start > now.most:
            fault = LONG
        if fault == GOOD and count != wanted and not (count == wanted + 1 and edge_is_empty(text, after)):
            fault = CUT if cut else FIELDS
        if fault == GOOD and cut and edges[2 * wanted - 1] == edges[2 * wanted - 2]:
            fault = CUT
        if fault == GOOD:
            begin, end = trim(text, edges[2 * places[TIME]], edges[2 * places[TIME] + 1])
            nanos, offset, fault = time_of(text, begin, end)
        if fault == GOOD:
            code = find_symbol(text, edges, places[SYMBOL], slots, pool, terms, now)
            if code == -1:
                return NEW_SYMBOL
            if code == -2:
                fault = NO_SYMBOL
        if fault == GOOD:
            if take_zone(offset, now) != DONE:
                now.want_start, now.want_stop = begin, end
                return MIXED_ZONES
            fault, odd = read_row(text, edges, places, terms, code, cells, levels, now)
        if fault == GOOD:
            row = now.rows
            cells[TIME, row], cells[SYMBOL, row] = nanos, terms[code, TERM_ID]
            flags[row], lines[row] = odd, now.line
            now.rows = row + 1
        else:
            for n in range(cells.shape[0]):
                cells[n, now.rows] = 0
            note_fault(faults, start, after, fault, now)
        now.at, now.line = after, now.line + 1
    return DONE


@njit
def edge_is_empty(text: Bytes, after: int) -> bool:
    """Whether the line before this place ends with an empty field."""
    i = after - 1
    while i > 0 and (text[i] == 10 or text[i] == 13 or text[i] == 32):
        i -= 1
    return text[i] == 44 or text[i] == 59 or text[i] == 9 or text[i] == 124


def arguments() -> tuple[Any, ...]:
    """One call's worth of arguments, of the types that every call has."""
    text = np.frombuffer(b"", np.uint8)
    return (
        text, 44, np.zeros(len(ROLES), np.int64), np.full(2, -1, np.int64), np.zeros(1, np.uint8),
        np.zeros((1, 7), np.int64), np.zeros(2, np.int64), np.zeros((len(ROLES), 1), np.int64),
        np.zeros((3, 1), np.int64), np.zeros(1, np.int16), np.zeros(1, np.int64), np.zeros((4, 1), np.int64),
        np.zeros(1, STATE),
    )  # fmt: skip


KERNELS: tuple[Pair, ...] = ((read_lines, arguments()),)
