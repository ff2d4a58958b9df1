"""Tables with a row a company, and tables of news, as rows of the record: pure."""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from services.ingest.facts.companies import OURS
from services.ingest.files.stamp_text import rfc3339_ns
from services.ingest.quality.tables import PairFinding, check_pair
from services.ingest.vendors.facts import number_of
from shared.facts import INDICES, fault_of
from shared.failures import BadInput, Refused
from shared.market import SECTORS
from shared.store.rows import Fundamental, Headline
from shared.time import DAY_NS, SECOND_NS

Row = Mapping[str, str]

SYNONYMS: Final[Mapping[str, str]] = {
    "price/earnings": "pe_ratio", "p/e": "pe_ratio", "pe": "pe_ratio", "earnings/share": "eps",
    "price/sales": "price_to_sales", "price/book": "price_to_book", "market cap": "market_cap",
    "marketcap": "market_cap", "roe": "return_on_equity", "roa": "return_on_assets",
}  # fmt: skip
OF_SECTORS: Final[Mapping[str, str]] = {
    "health care": "Healthcare", "information technology": "Technology",
    "telecommunication services": "Communication Services", "consumer staples": "Consumer Staples",
}  # fmt: skip
LOW, HIGH, PRICE = "52 week low", "52 week high", "price"
RANGE: Final[Mapping[str, str]] = {LOW: "fifty_two_week_low", HIGH: "fifty_two_week_high"}
KNOWN: Final = ("known", "known_on", "filed", "filing_date", "published")
AS_OF: Final = ("as_of", "period", "period_end", "fiscal_date", "date")
TIME: Final = ("time", "timestamp", "published", "date", "datetime")
TITLE: Final = ("headline", "title")


class Read(NamedTuple):
    """Numbers that can be believed, and how many of the others there were, by reason."""

    numbers: list[Fundamental]
    rows: int
    faults: Counter[str]
    notes: tuple[str, ...]


class News(NamedTuple):
    """Headlines without a tone yet, and how many rows are none, by reason."""

    headlines: list[Headline]
    rows: int
    faults: Counter[str]


def companies(rows: Sequence[Row], scales: Mapping[str, float], as_of_ns: int = 0) -> Read:
    """The numbers of a table; a day of its own column wants a day on which it was known beside it."""
    header = tuple(rows[0]) if rows else ()
    names = {column: name for column in header if (name := _name(column)) is not None}
    if "symbol" not in header or not names:
        raise Refused(f"wanted a column symbol and numbers such as pe_ratio; found {', '.join(header)}")
    when = _when(header, as_of_ns)
    pair = _pair(rows, header)
    read, faults = list[Fundamental](), Counter[str]()
    for row in rows:
        try:
            days = when(row)
        except BadInput as error:
            faults[str(error)] += 1
            continue
        for column, name in names.items():
            if not row[column]:
                continue
            shown = _other(column) if pair is not None and pair.are_swapped and column in RANGE else column
            try:
                value = _value(name, row[shown], scales)
            except BadInput as error:
                faults[str(error)] += 1
                continue
            read.append(
                Fundamental(
                    vendor="file",
                    symbol=row["symbol"],
                    name=name,
                    as_of_ns=days[0],
                    known_ns=days[1],
                    value=value,
                )
            )
    words = pair.words if pair is not None else ""
    mend = "; each was read as the other" if pair is not None and pair.are_swapped else ""
    return Read(read, len(rows), faults, (words + mend,) if words else ())


def headlines(rows: Iterable[Row], vendor: str, seen_ns: int) -> News:
    """The items of a table of news; each is known from its own time on."""
    found, faults, count = list[Headline](), Counter[str](), 0
    for count, row in enumerate(rows, 1):  # noqa: B007 - the last number is how many there were
        time, title = _first(row, TIME), _first(row, TITLE).strip()
        if not (row.get("symbol") and title):
            faults["no symbol or no headline"] += 1
            continue
        try:
            time_ns = rfc3339_ns(time) if "T" in time or " " in time.strip() else int(time) * SECOND_NS
        except (BadInput, ValueError):
            faults["no time such as 2022-10-19T23:28:22Z"] += 1
            continue
        number = number_of(row.get("number") or row.get("id") or "", time_ns, title)
        found.append(
            Headline(
                vendor=vendor, symbol=row["symbol"], number=number, time_ns=time_ns, headline=title,
                summary=row.get("summary") or "", source=row.get("source") or "", url=row.get("url") or "",
                seen_ns=seen_ns,
            )
        )  # fmt: skip
    return News(found, count, faults)


def _name(column: str) -> str | None:
    """Our name of a column, if it holds a number that we know."""
    name = SYNONYMS.get(column, column.replace(" ", "_").replace("-", "_"))
    is_company_s = name in OURS and OURS[name].field not in INDICES
    return name if is_company_s else RANGE.get(column)


def _value(name: str, text: str, scales: Mapping[str, float]) -> float:
    if name == "sector":
        sector = OF_SECTORS.get(text.strip().lower(), text.strip())
        if sector not in SECTORS:
            raise BadInput("an unknown sector")
        return float(SECTORS.index(sector))
    try:
        value = float(text.replace(",", "").replace("_", "")) * scales.get(name, 1.0)
    except ValueError:
        raise BadInput(f"{name} is no number") from None
    if not math.isfinite(value) or (name in OURS and fault_of(1, OURS[name].field, value)):
        raise BadInput(f"{name} cannot be")
    return value


def _when(header: Sequence[str], as_of_ns: int) -> Callable[[Row], tuple[int, int]]:
    """How a row says of which day it is, and from when on it was known."""
    as_of = next((name for name in AS_OF if name in header), "")
    known = next((name for name in KNOWN if name in header), "")
    if as_of_ns and not known:
        return lambda row: (as_of_ns, as_of_ns + DAY_NS)
    if not known:
        mend = "give the day of the whole file with --as-of 2018-02-08, or a column known"
        raise Refused(f"nothing says from when on these numbers were known; {mend}")
    return lambda row: ((as_of_ns or _day_ns(row[as_of or known])), _day_ns(row[known]) + DAY_NS)


def _pair(rows: Sequence[Row], header: Sequence[str]) -> PairFinding | None:
    if not {LOW, HIGH} <= set(header):
        return None
    table = {name: [_float(row[name]) for row in rows] for name in (LOW, HIGH)}
    return check_pair(table, LOW, HIGH)


def _other(column: str) -> str:
    return HIGH if column == LOW else LOW


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _day_ns(text: str) -> int:
    try:
        day = dt.datetime.fromisoformat(text.strip()[:10]).replace(tzinfo=dt.UTC)
    except ValueError:
        raise BadInput("a day that is none") from None
    return int(day.timestamp()) * SECOND_NS


def _first(row: Row, names: Sequence[str]) -> str:
    return next((row[name] for name in names if row.get(name)), "")
