"""Facts out of files of days: indices, the VIX, treasury yields, and snapshots of companies.

What a file says of a day is known in that day's last moment (UTC), when the venues of the day have closed:
never before, and in time for a bar of the day. A snapshot is of the day that it was taken on.
"""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import re
import statistics
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from shared.calendars import Sessions
from shared.facts import MARKET, FactRows, Field, fault_of, sector_subject
from shared.failures import Refused
from shared.market import SECTORS, Instruments
from shared.time import DAY_NS

Row = Mapping[str, str]
DAY_COLUMNS: Final = ("date", "time period", "day")
LEVEL_COLUMNS: Final = ("close", "vix", "value", "10year")
COMPANY_COLUMNS: Final = {
    "price/earnings": Field.PE_RATIO,
    "dividend yield": Field.DIVIDEND_YIELD,
    "earnings/share": Field.EPS,
    "market cap": Field.MARKET_CAP,
    "ebitda": Field.EBITDA,
    "price/sales": Field.PRICE_TO_SALES,
    "price/book": Field.PRICE_TO_BOOK,
    **{field.name.lower(): field for field in Field if field >= Field.MARKET_CAP},
}
"""How files of companies call the fields; the fields' own names are understood as well."""
OTHER_SECTORS: Final = {
    "Information Technology": "Technology",
    "Health Care": "Healthcare",
    "Telecommunication Services": "Communication Services",
}
PER_CENT: Final = 0.2
"""A median dividend yield above this can only be meant in per cent."""
SERIES: Final = {
    "market": (MARKET, Field.PRICE),
    "vix": (MARKET, Field.VIX),
    "treasury": (MARKET, Field.TREASURY_YIELD),
    **{sector.lower(): (sector_subject(sector), Field.PRICE) for sector in SECTORS},
}
COMPANIES: Final = "companies"
HOURS: Final = "hours="
"""Before the name of a calendar whose opens and closes are wanted as facts."""


def hours(table: Sessions, rows: FactRows) -> None:
    """Adds a fact for every open and every close of a calendar, known when it happens."""
    for opens, closes in zip(table.opens.tolist(), table.closes.tolist(), strict=True):
        rows.add(opens, MARKET, Field.OPEN, 1.0)
        rows.add(closes, MARKET, Field.OPEN, 0.0)


class Asked(NamedTuple):
    """A file of facts as it was asked for: `vix=vix.csv`, `companies=snapshot.csv@2018-02-08`."""

    kind: str
    path: Path
    day: dt.date | None


def asked(text: str) -> Asked:
    """Reads `kind=path` or `companies=path@day`; a day in the file's name will do as well."""
    kind, _, rest = text.partition("=")
    place, _, said = rest.rpartition("@") if re.search(r"@\d{4}-\d\d-\d\d$", rest) else (rest, "", "")
    kind = re.sub("[_-]", " ", kind.strip().lower())
    if kind not in (*SERIES, COMPANIES) or not place:
        kinds = ", ".join((*SERIES, COMPANIES))
        raise Refused(f"context is said as kind=file, kind one of {kinds}, found {text}")
    path = Path(place)
    if not path.is_file():
        raise Refused(f"there is no file of context at {path}")
    named = re.search(r"\d{4}-\d\d-\d\d", said or path.name)
    if kind == COMPANIES and not named:
        raise Refused(f"say on which day {path.name} was taken: {COMPANIES}={path.name}@2026-01-31")
    return Asked(kind, path, dt.date.fromisoformat(named[0]) if named else None)


def take_in(one: Asked, instruments: Instruments, rows: FactRows) -> int:
    """Adds a file's facts; how many of its values could not be believed or belong to nobody."""
    table = list(_table(one.path))
    if one.kind == COMPANIES:
        return _companies(table, known_on(one.day or dt.date.min), instruments, rows)
    subject, field = SERIES[one.kind]
    day, level = (_column(one.path, table, names) for names in (DAY_COLUMNS, LEVEL_COLUMNS))
    told = (((known_on(_day(row[day])), subject, field), row[level]) for row in table)
    return sum(not _add(rows, *each) for each in told)


def known_on(day: dt.date) -> int:
    """The last moment of a day."""
    return (day - dt.date(1970, 1, 1)).days * DAY_NS + DAY_NS - 1


def _companies(table: list[Row], known_ns: int, instruments: Instruments, rows: FactRows) -> int:
    """One snapshot; a company that the tape does not have is left out."""
    scale = _yield_scale(table)
    refused = 0
    for row in table:
        found = instruments.symbol(row.get("symbol", "").strip())
        if found is None:
            continue
        sector = OTHER_SECTORS.get(row.get("sector", ""), row.get("sector", ""))
        if sector in SECTORS:
            rows.add(known_ns, found.instrument, Field.SECTOR, float(SECTORS.index(sector)))
        for name, field in COMPANY_COLUMNS.items():
            if row.get(name):
                size = scale if field == Field.DIVIDEND_YIELD else 1.0
                refused += not _add(rows, (known_ns, found.instrument, field), row[name], size)
    return refused


def _yield_scale(table: list[Row]) -> float:
    said = [row.get("dividend yield", "") for row in table]
    values = [number for text in said if (number := _number(text)) is not None]
    return 0.01 if values and statistics.median(values) > PER_CENT else 1.0


def _add(rows: FactRows, place: tuple[int, int, Field], text: str, scale: float = 1.0) -> bool:
    """Adds a value that can be believed; says whether it was, an empty cell being nothing to refuse."""
    number, (known_ns, subject, field) = _number(text), place
    if number is None:
        return not text.strip()
    if fault_of(subject, field, number * scale):
        return False
    rows.add(known_ns, subject, field, number * scale)
    return True


def _table(path: Path) -> Iterator[Row]:
    """A CSV file's rows by its columns' names in small letters; the file may be packed."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            yield {name.strip().lower(): value or "" for name, value in row.items() if name}


def _column(path: Path, table: list[Row], names: tuple[str, ...]) -> str:
    has = tuple(table[0]) if table else ()
    for name in names:
        if name in has:
            return name
    raise Refused(f"{path.name} should have a column {' or '.join(names)}, found {', '.join(has) or 'none'}")


def _day(text: str) -> dt.date:
    """2018-02-08, with or without a time behind it, or 2/8/2018."""
    found = re.match(r"(\d{4})-(\d\d)-(\d\d)|(\d{1,2})/(\d{1,2})/(\d{4})", text.strip())
    if not found:
        raise Refused(f"{text!r} is no day such as 2018-02-08")
    year, month, day, us_month, us_day, us_year = (int(part or 0) for part in found.groups())
    return dt.date(year or us_year, month or us_month, day or us_day)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
