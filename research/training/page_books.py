"""The part of a report's page that says what the opinions would have earned, and why to doubt it."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Final

from research.scores.books import BEYOND, ORDER_SHARE, Book, Books
from research.scores.sleeves import EQUAL, HELD, TOP
from research.training import svg
from research.training.outcome import SetReport

DRAWN: Final = (TOP, EQUAL, HELD)
"""Books whose growth is drawn: all are long, so that one picture compares them."""
HEAD: Final = (
    "book",
    "gross",
    "costs",
    "net",
    "95 % interval",
    "traded",
    "Sharpe, a year",
    "beyond luck",
    "capacity",
)
YEARS: Final = (
    "year",
    "rows",
    "log-loss (base)",
    "rank IC across",
    "95 % interval",
    "top less bottom",
    "beyond equal weight",
    "equal weight",
)


SIZES: Final = ((1e9, " bn"), (1e6, " m"), (1e3, " k"))


def earnings(report: SetReport) -> str:
    """The books, how they grew, and the caveats."""
    books = report.books
    head = "".join(f"<th>{word}</th>" for word in HEAD)
    rows = "".join(map(_row, books.lines))
    said = "".join(f"<li>{escape(sentence)}</li>" for sentence in caveats(report))
    return (
        "<section><h2>After costs</h2>"
        f"<p class=note>{escape(_terms(books, report.horizon))}</p>"
        f"<div class=wide><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
        f"<h3>Growth after costs <small>1 at the first test</small></h3><figure>{_curves(books)}</figure>"
        f"<ul class=doubts>{said}</ul></section>"
    )


def yearly(report: SetReport) -> str:
    """The walk year by year."""
    head = "".join(f"<th>{word}</th>" for word in YEARS)
    rows = "".join(
        f"<tr><td>{one.year}</td><td>{one.rows:,}</td><td>{one.log_loss:.4f} ({one.log_loss_base:.4f})</td>"
        f"<td>{one.across:+.3f}</td><td>{one.across_low:+.3f} … {one.across_high:+.3f}</td>"
        f"<td>{one.spread_bps:+.1f}</td><td>{one.beyond_bps:+.1f}</td><td>{one.market_bps:+.1f}</td></tr>"
        for one in report.years
    )
    return (
        "<section><h2>Year by year</h2><p class=note>Books net, in hundredths of a per cent a sleeve.</p>"
        f"<div class=wide><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div></section>"
    )


def caveats(report: SetReport) -> Iterator[str]:
    """What a sceptic would say."""
    books, universe = report.books, report.universe
    if universe.synthetic:
        yield "The market is synthetic: nobody could have earned this."
    elif not universe.left:
        yield (
            f"None of the {universe.instruments:,} instruments ends before the tape does: a list of "
            "survivors. Books that are long are flattered by it; what is beyond equal weight is less so."
        )
    else:
        yield f"{universe.left:,} of {universe.instruments:,} instruments end before the tape does."
    yield (
        f"{books.trials:,} sets and settings were tried in this training. Beyond luck is the chance that the "
        "true Sharpe ratio is above what the luckiest of so many worthless ones would show; what was tried "
        "in earlier trainings is not counted."
    )
    yield (
        f"Capacity is the money with which every order is at most {ORDER_SHARE:.0%} of what its bar trades, "
        "but for the tightest twentieth of the moments."
    )
    yield (
        "Fills at the close that the decision was made at; no fee for borrowing, no market impact, no tax, "
        "and no dividends unless the tape has them."
    )


def _terms(books: Books, horizon: str) -> str:
    costs = books.costs
    return (
        f"Every moment begins a sleeve that is held for {horizon}; figures are in hundredths of a per cent "
        "a sleeve. "
        f"Each way costs {costs.commission_bps:g} commission and {costs.half_spread_bps:g} half spread. "
        "Top less bottom is half long, half short; traded is the value bought and sold over that of the book."
    )


def _row(book: Book) -> str:
    net = f"{book.net_bps:+.1f}"
    net = f"<b>{net}</b>" if book.net_low > 0.0 else net
    luck = f"{book.beyond_luck:.0%}"
    room = "" if book.capacity is None else rounded(book.capacity)
    return (
        f"<tr><td>{escape(book.name)}</td><td>{book.gross_bps:+.1f}</td><td>{book.cost_bps:.1f}</td>"
        f"<td>{net}</td><td>{book.net_low:+.1f} … {book.net_high:+.1f}</td><td>{book.turnover:.2f}</td>"
        f"<td>{book.sharpe:+.2f} ({book.sharpe_low:+.2f} … {book.sharpe_high:+.2f})</td><td>{luck}</td>"
        f"<td>{room}</td></tr>"
    )


def rounded(money: float) -> str:
    """Money to two digits, as people say it."""
    size, unit = next(((size, unit) for size, unit in SIZES if money >= size), (1.0, ""))
    return f"{money / size:.2g}{unit}" if money < 100 * size else f"{money / size:,.0f}{unit}"


def _curves(books: Books) -> str:
    shown = [(name, books[name].growth) for name in (*DRAWN, BEYOND)]
    return svg.curves(shown, "growth of the books after costs")
