"""`tapeline ingest history --source …`: a vendor's past into the lake, what it has excepted."""

from __future__ import annotations

import datetime as dt
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import typer

from tapeline.cli.intakes import Place, Taken, show_all, summary, take
from tapeline.cli.outcome import FAILED, complain, give
from tapeline.cli.progress import steps

if TYPE_CHECKING:
    from services.ingest.vendors.download import Asked, Downloads
    from services.ingest.vendors.past_plan import Span
    from shared.lake.writer import LakeWriter
    from tapeline.cli.session import Session

GIVE_UP: int = 3
"""Symbols in a row that nobody answers for; after them the rest is not asked for."""
GIVEN_UP: str = f"{GIVE_UP} symbols in a row without an answer; the rest is not asked for"


class Order(NamedTuple):
    """What is to be downloaded, and to where."""

    sources: tuple[str, ...]
    symbols: tuple[str, ...]
    interval: str
    span: Span
    lake: Path


class Outcome(NamedTuple):
    """What was taken, how many portions were there already, and how many nobody told."""

    done: list[Taken]
    known: int
    failed: int
    downloads: Downloads


def order_of(source: str, symbols: str, since: str, until: str, interval: str, lake: Path) -> Order:
    """The options as an order; days that are not over are left for another time."""
    from services.ingest.vendors.past_plan import STEPS, Span
    from shared.time import DAY_NS

    if interval not in STEPS:
        raise typer.BadParameter(f"{interval} is not one of {', '.join(STEPS)}", param_hint="--interval")
    names = words_of(symbols)
    if not names:
        raise typer.BadParameter("name them, with commas: --symbols AAPL,MSFT", param_hint="--symbols")
    today_ns = time.time_ns() // DAY_NS * DAY_NS
    end_ns = min(day_ns("until", until) + DAY_NS, today_ns) if until else today_ns
    start_ns = day_ns("from", since)
    if start_ns >= end_ns:
        raise typer.BadParameter(
            f"no whole day lies between {since} and {until or 'now'}", param_hint="--from"
        )
    return Order(words_of(source), names, interval, Span(start_ns, end_ns), lake)


def download(order: Order, made: Session, as_json: bool) -> None:
    """Takes what the lake lacks; a symbol that fails costs a line, and the others have their turn."""
    from services.ingest.feeds.plan import feed_keys
    from services.ingest.tape import read_instruments
    from services.ingest.vendors.download import Downloads
    from services.ingest.vendors.source_past import Desk, past_vendor
    from shared.lake.writer import LakeWriter

    told_by = made.settings.ingest
    cache = Path(told_by.cache) if told_by.cache else made.data / "cache"
    desk = Desk(said, feed_keys(made.settings), cache, told_by.rest_url)
    vendors = {name: past_vendor(name, desk) for name in order.sources}
    with LakeWriter(order.lake) as writer:
        downloads = Downloads(vendors, read_instruments(order.lake), said)
        came = _all(order, downloads, writer)
    told = {
        **summary(order.lake, came.done, came.failed, False),
        "known": came.known,
        "vendors": downloads.counts(),
    }
    give(told, as_json=as_json, show=lambda: _show(order, came))
    if came.failed:
        raise typer.Exit(FAILED)


def _all(order: Order, downloads: Downloads, writer: LakeWriter) -> Outcome:
    from services.ingest.vendors.download import Asked
    from services.ingest.vendors.past_plan import covered, missing, portions
    from shared.failures import BadInput, Refused, Unavailable

    done: list[Taken] = []
    plan = {
        name: portions(missing(order.span, covered(order.lake, name, order.interval)), order.interval)
        for name in order.symbols
    }
    known = sum(not spans for spans in plan.values())
    failed = in_a_row = 0
    with steps("downloading", sum(map(len, plan.values()))) as advance:
        for symbol, spans in plan.items():
            asked = [Asked(symbol, order.interval, span) for span in spans]
            try:
                done += _symbol(asked, order.lake, (downloads, writer), advance)
                in_a_row = 0
            except (Refused, BadInput, Unavailable) as failure:
                writer.abandon()
                complain(type(failure)(f"{symbol}: {failure}"))
                failed, in_a_row = failed + 1, in_a_row + 1
            if in_a_row == GIVE_UP:
                complain(Unavailable(GIVEN_UP))
                break
    return Outcome(done, known, failed, downloads)


def _symbol(
    portions: list[Asked], lake: Path, hands: tuple[Downloads, LakeWriter], advance: Callable[[str], None]
) -> list[Taken]:
    """Portion after portion, each whole in the lake before the next is asked for."""
    from services.ingest.files.file_checks import FileChecks
    from services.ingest.vendors.download import PastReader
    from services.ingest.vendors.past_plan import name_of
    from shared.failures import Refused

    downloads, writer = hands
    done: list[Taken] = []
    for asked in portions:
        told = downloads.told(asked)
        if len(told.past.bars):
            reader = PastReader(told, asked, downloads.instruments)
            place = Place(lake, writer, name_of(asked.symbol, asked.interval, asked.span), False)
            checks = FileChecks("daily" if asked.interval == "day" else "ticks", told.past.actions)
            done.append(take(reader, checks, place, [told.actions(asked.span)]))
        advance(asked.symbol)
    if portions and not done:
        raise Refused(f"nobody has {portions[0].interval} bars of it in that time; is the symbol right?")
    return done


def _show(order: Order, came: Outcome) -> None:
    if came.known:
        typer.echo(f"{came.known:,} of {len(order.symbols):,} symbols are in the lake already")
    show_all(order.lake, _together(came.done), report=False)
    told = came.downloads.counts()
    width = max(map(len, told), default=0)
    for name, counts in told.items():
        typer.echo(f"{name:<{width}}  " + ", ".join(f"{what} {count:,}" for what, count in counts.items()))


def _together(done: list[Taken]) -> list[Taken]:
    """The portions of one symbol as one line; whoever wants each has `--json`."""
    from services.ingest.files.intake import sum_of

    by_source: dict[str, list[Taken]] = {}
    for one in done:
        by_source.setdefault(one.intake.source, []).append(one)
    return [Taken(sum_of([one.intake for one in some]), None) for some in by_source.values()]


def said(line: str) -> None:
    """One line of trouble, on stderr."""
    sys.stderr.write(f"tapeline: {line}\n")


def day_ns(option: str, given: str) -> int:
    """The midnight UTC at which a day begins."""
    from shared.time import SECOND_NS

    try:
        moment = dt.datetime.fromisoformat(given).replace(tzinfo=dt.UTC)
    except ValueError:
        raise typer.BadParameter(f"{given!r} is no day; write 2013-10-07", param_hint=f"--{option}") from None
    return int(moment.timestamp()) // 86_400 * 86_400 * SECOND_NS


def words_of(given: str) -> tuple[str, ...]:
    """What was given with commas, each once."""
    return tuple(dict.fromkeys(filter(None, (word.strip() for word in given.split(",")))))
