"""`tapeline ingest fundamentals|news|facts`: what is known beside prices, into the record and the lake."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tapeline.cli.download import GIVE_UP, GIVEN_UP, day_ns, said, words_of
from tapeline.cli.intakes import LAKE
from tapeline.cli.options import AsJson, Config, Data, Db
from tapeline.cli.outcome import FAILED, DataMissing, complain, give
from tapeline.cli.progress import steps
from tapeline.cli.session import Session, session

if TYPE_CHECKING:
    from services.ingest.vendors.source_finnhub import Finnhub
    from services.ingest.vendors.source_yahoo import Yahoo
    from shared.store.postgres import PostgresStore

Paths = Annotated[list[Path] | None, typer.Argument(help="CSV or JSON Lines; none: --source is asked.")]
Source = Annotated[str, typer.Option(help="yahoo or finnhub.")]
Symbols = Annotated[str, typer.Option(help="AAPL,MSFT: what the source is asked about.")]
AsOf = Annotated[str, typer.Option("--as-of", help="The day of a whole file, known once it is over.")]
Scale = Annotated[
    list[str] | None,
    typer.Option("--scale", help="Units of a column: dividend_yield=0.01 reads 2.3 as 2.3 %. Repeat it."),
]
Since = Annotated[str, typer.Option("--from", help="First day of the news that is asked for.")]
Until = Annotated[str, typer.Option("--until", help="Last day; today if not given.")]
To = Annotated[Path | None, typer.Option("--to", help="The lake, whose symbols count.")]
Vix = Annotated[Path | None, typer.Option("--vix", help="CBOE's file of the VIX, a row a day.")]
Context = Annotated[
    list[str] | None,
    typer.Option(
        help="Files by what they tell: market=spx.csv, technology=xlk.csv, companies=then.csv@2018-02-08."
    ),
]
NO_RECORD = "no desk runs whose record could be asked; --db names one"
Yields = Annotated[Path | None, typer.Option("--yields", help="A file of treasury yields, a row a day.")]


def fundamentals(
    paths: Paths = None,
    source: Source = "yahoo",
    symbols: Symbols = "",
    as_of: AsOf = "",
    scale: Scale = None,
    data: Data = None,
    db: Db = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Keep numbers about companies in the record, each with the time from which it was known."""
    from services.ingest.facts.tables import companies
    from services.ingest.files.options import pairs_of
    from services.ingest.files.source_rows import read_rows

    made = session(config, data=data, db=db)
    with _record(made) as store:
        if not paths:
            vendor = _vendor(source, made)
            _ask(
                words_of(symbols),
                lambda one: store.save_fundamentals(vendor.facts(one, time.time_ns())),
                "numbers",
                as_json,
            )
            return
        scales = {name: float(text) for name, text in pairs_of(scale or []).items()}
        day = day_ns("as-of", as_of) if as_of else 0
        read = [(path, companies(list(read_rows(path)), scales, day)) for path in paths]
        told = [
            _told(
                path, one.rows, len(one.numbers), store.save_fundamentals(one.numbers), one.faults, one.notes
            )
            for path, one in read
        ]
    give(told, as_json=as_json, show=lambda: _show(told, "numbers"))


def news(
    paths: Paths = None,
    source: Source = "yahoo",
    symbols: Symbols = "",
    since: Since = "",
    until: Until = "",
    data: Data = None,
    db: Db = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Keep headlines in the record, each with its tone, which is made once."""
    from services.ingest.facts.news import keep_news
    from services.ingest.facts.tables import headlines
    from services.ingest.files.source_rows import read_rows
    from services.ingest.vendors.source_yahoo import Yahoo
    from shared.time import DAY_NS

    made = session(config, data=data, db=db)
    now_ns = time.time_ns()
    with _record(made) as store:
        if not paths:
            vendor = _vendor(source, made)
            start = day_ns("from", since) if since else now_ns - 7 * DAY_NS
            end = day_ns("until", until) + DAY_NS if until else now_ns

            def one(symbol: str) -> int:
                found = vendor.news(symbol) if isinstance(vendor, Yahoo) else vendor.news(symbol, start, end)
                return keep_news(store, found, now_ns)

            _ask(words_of(symbols), one, "headlines", as_json)
            return
        read = [(path, headlines(read_rows(path), "file", now_ns)) for path in paths]
        told = [
            _told(path, one.rows, len(one.headlines), keep_news(store, one.headlines, now_ns), one.faults, ())
            for path, one in read
        ]
    give(told, as_json=as_json, show=lambda: _show(told, "headlines"))


def facts(
    to: To = None,
    vix: Vix = None,
    yields: Yields = None,
    context: Context = None,
    data: Data = None,
    db: Db = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Turn what the record knows of a lake's symbols, and files of the market, into facts in that lake."""
    from services.ingest.facts.context import asked
    from services.ingest.facts.lake import add_facts

    files = [asked(text) for text in context or []]
    made = session(config, data=data, db=db)
    lake = to or made.data / "lake" / LAKE
    if made.settings.db or made.desk() is not None:
        with _record(made) as store:
            told = add_facts(lake, store, vix, yields, files)
    elif not (vix or yields or files):
        raise DataMissing(f"there is nothing to tell: no --vix, --yields or --context, and {NO_RECORD}")
    else:
        told = add_facts(lake, None, vix, yields, files)

    def show() -> None:
        typer.echo(f"{told['added']:,} facts are new, {told['held']:,} were there ({lake})")
        for line in told["notes"]:
            typer.echo(f"  {line}")

    give({"lake": str(lake), **told}, as_json=as_json, show=show)


def _vendor(name: str, made: Session) -> Yahoo | Finnhub:
    from services.ingest.vendors.facades import library_vendor
    from services.ingest.vendors.source_finnhub import Finnhub
    from services.ingest.vendors.source_yahoo import Yahoo, led_to
    from shared.ids import text_hash

    url, vendor = made.settings.ingest.rest_url, library_vendor(name, said, text_hash(name))
    if name == "yahoo":
        return Yahoo(vendor, led_to(url), made.data / "cache" / name)
    if name == "finnhub":
        return Finnhub(made.settings.keys.finnhub, vendor, url)
    raise typer.BadParameter(f"{name} is not one of yahoo, finnhub", param_hint="--source")


def _ask(symbols: Sequence[str], one: Callable[[str], int], what: str, as_json: bool) -> None:
    """Symbol after symbol; one that fails costs a line, and the others have their turn until three fail."""
    from shared.failures import BadInput, Refused, Unavailable

    if not symbols:
        raise typer.BadParameter("name them, with commas: --symbols AAPL,MSFT", param_hint="--symbols")
    added, failed, in_a_row = Counter[str](), 0, 0
    with steps("asking", len(symbols)) as advance:
        for symbol in symbols:
            try:
                added[symbol] = one(symbol)
                in_a_row = 0
            except (Refused, BadInput, Unavailable) as failure:
                complain(failure)
                failed, in_a_row = failed + 1, in_a_row + 1
            advance(symbol)
            if in_a_row == GIVE_UP:
                complain(Unavailable(GIVEN_UP))
                break
    result = {"added": sum(added.values()), "symbols": dict(added), "failed": failed}
    about = f"{len(added):,} symbol{'s' * (len(added) != 1)}"
    lines = f"{result['added']:,} {what} are new, of {about}; {failed:,} failed"
    give(result, as_json=as_json, show=lambda: typer.echo(lines))
    if failed:
        raise typer.Exit(FAILED)


def _told(
    path: Path, rows: int, found: int, added: int, faults: Counter[str], notes: Sequence[str]
) -> dict[str, object]:
    return {
        "file": path.name, "rows": rows, "read": found, "added": added, "held": found - added,
        "refused": sum(faults.values()), "reasons": dict(faults), "notes": list(notes),
    }  # fmt: skip


def _show(told: Sequence[dict[str, object]], what: str) -> None:
    for one in told:
        counts = f"{one['added']:,} {what} are new, {one['held']:,} were there, {one['refused']:,} refused"
        typer.echo(f"{one['file']}: {one['rows']:,} rows: {counts}")
        reasons = one["reasons"]
        for reason, count in reasons.items() if isinstance(reasons, dict) else ():
            typer.echo(f"  {count:,} × {reason}")
        notes = one["notes"]
        for note in notes if isinstance(notes, list) else ():
            typer.echo(f"  {note}")


@contextmanager
def _record(made: Session) -> Iterator[PostgresStore]:
    from shared.store.postgres import PostgresStore

    store = PostgresStore(made.db(), made.data)
    try:
        yield store
    finally:
        store.close()
