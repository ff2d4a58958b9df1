"""The page of what recorded daily shares showed: `python -m tests.honesty.shares_page [FOLDER]` writes it."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from textwrap import fill
from typing import Final

import numpy as np

from research.scores.books import BEYOND, Book
from research.scores.card import Measured
from research.scores.many import chance_of, many
from research.scores.sleeves import BOTH, EQUAL, TOP
from research.training.page_books import rounded
from tests.fixtures.house import ROOT
from tests.honesty.shares import FOLDER, PLAN, POOLED, Asked, Finished, finished
from tests.honesty.shares_traps import DAYS, Event, events, told_of, without

PAGE: Final = ROOT / "docs" / "daily-shares.md"
WIDTH: Final = 118
Rows = Iterable[Sequence[str]]

TEXT: Final = Path(__file__).with_name("shares_page.txt")


def page(done: Sequence[Finished], lake: Path) -> str:
    """The page of the documentation."""
    first = max((one.report for one in done), key=lambda report: report.universe.instruments)
    whole = [one for one in done if one.asked.sector == POOLED]
    found = events(lake)
    count = [asked for asked in PLAN if asked not in {one.asked for one in done}]
    tested = max((one for one in done), key=lambda one: one.report.scorecard.rows)
    return TEXT.read_text(encoding="utf-8").format(
        instruments=first.universe.instruments,
        left=first.universe.left or "None",
        from_day=_day(min(one.report.dataset.from_ns for one in done)),
        until_day=_day(max(one.report.dataset.until_ns for one in done) - 1),
        planned=len(PLAN),
        done=len(done),
        missing=f"; missing are {_names(count)}" if count else "",
        conclusion=_filled(conclusion(done)),
        luck=_filled(luck(done)),
        pooled=_scores(whole),
        sectors=_scores([one for one in done if one.asked.sector != POOLED]),
        books=_table(BOOKS, (_book(one) for one in done)),
        years=_table(YEARS, (line for one in whole for line in _years(one))),
        refused=sum(one.refused for one in found),
        noted=sum(not one.refused for one in found),
        traps=_table(("share", "day", "what", "what it does"), told_of(found, lake)),
        days=DAYS,
        without=_table(WITHOUT, (line for one in whole for line in _without(one, found))),
        moments=f"{tested.report.books.sleeves:,}",
        tested=f"{tested.report.scorecard.rows:,}",
    )


def conclusion(done: Sequence[Finished]) -> str:
    """What the figures say, in words that follow from them."""
    said = Counter(one.report.verdict for one in done)
    verdicts = ", ".join(f"{count} *{verdict}*" for verdict, count in said.most_common())
    real = [one for one in done if one.asked.family != "base_rate"]
    sizes = sum(one.report.scorecard["log_loss"].high < one.report.scorecard["log_loss"].base for one in real)
    beyond = sum(one.report.books[BEYOND].net_low > 0.0 for one in real)
    spread = sum(one.report.books[BOTH].net_low > 0.0 for one in real)
    lucky = sum(max(one.report.books[name].beyond_luck for name in (BOTH, BEYOND)) > 0.95 for one in real)
    edge = "Nobody should trade this." if not lucky else "What is left is for a second look, not for money."
    return (
        f"Verdicts of the gate: {verdicts}. Of {len(real)} sets that claim to know anything {sizes} have a "
        "log-loss below that of the base rates beyond the interval: they know *how far* prices will move. "
        f"Which way is another matter: after costs {beyond} have a top tenth that beats equal weight and "
        f"{spread} a top less bottom above zero, with an interval that says so; {lucky} are beyond luck by "
        f"95 %. {edge}"
    )


def luck(done: Sequence[Finished]) -> str:
    """How many sets would look good by luck, which ones did, and what is left of them."""
    passed = [one for one in done if one.report.verdict == "pass"]
    told = many([chance_of(one.report.scorecard["rank_ic"]) for one in done], len(passed))
    across = many([chance_of(one.report.scorecard["rank_ic_across"]) for one in done], 0)
    named = "; ".join(
        f"`{one.asked.family}`, {_set(one)} over {one.asked.horizon}, rank IC "
        f"{one.report.scorecard['rank_ic'].value:+.3f}, of which a worthless set has a chance of "
        f"{chance_of(one.report.scorecard['rank_ic']):.1%}"
        for one in passed
    )
    what = f" What passed: {named}." if passed else ""
    rest = f"Of the rank IC across instruments {across.discoveries} and {across.held} remain."
    return f"{told.sentence}{what} {rest}"


HEAD: Final = (
    *("family", "set", "horizon", "tested", "across", "rank IC", "log-loss"),
    *("base rates", "calibration error", "verdict"),
)
BOOKS: Final = (
    *("family", "set", "horizon", "top less bottom, net", "traded", "costs", "beyond equal weight, net"),
    *("Sharpe of it", "beyond luck", "equal weight", "capacity"),
)
YEARS: Final = (
    "family",
    "horizon",
    "year",
    "across",
    "log-loss (base)",
    "top less bottom, net",
    "equal weight",
)
WITHOUT: Final = (
    "family",
    "horizon",
    "rows left out",
    "across",
    "without",
    "top less bottom, net",
    "without",
)


def _scores(done: Sequence[Finished]) -> str:
    return _table(HEAD, map(_score, done)) if done else "None is finished."


def _score(one: Finished) -> tuple[str, ...]:
    card = one.report.scorecard
    error = card["calibration_error"]
    return (
        *_place(one),
        f"{card.rows:,}",
        _told(card["rank_ic_across"], lambda score: score.low > 0.0),
        _told(card["rank_ic"], lambda score: score.low > 0.0),
        _told(card["log_loss"], lambda score: score.high < score.base, "{:.4f}"),
        f"{card['log_loss'].base:.4f}",
        f"{error.value:.3f}",
        one.report.verdict,
    )


def _book(one: Finished) -> tuple[str, ...]:
    books = one.report.books
    top, spread, beyond, equal = (books[name] for name in (TOP, BOTH, BEYOND, EQUAL))
    luck = max(spread.beyond_luck, beyond.beyond_luck)
    room = "" if top.capacity is None else rounded(top.capacity)
    return (
        *_place(one),
        *(_net(spread), f"{spread.turnover:.2f}", f"{spread.cost_bps:.1f}", _net(beyond)),
        *(f"{beyond.sharpe:+.2f}", f"{luck:.0%}", f"{equal.net_bps:+.1f}", room),
    )


def _years(one: Finished) -> Rows:
    for year in one.report.years:
        yield (
            *(one.asked.family, one.asked.horizon, str(year.year)),
            f"{year.across:+.3f} ({year.across_low:+.3f} … {year.across_high:+.3f})",
            f"{year.log_loss:.4f} ({year.log_loss_base:.4f})",
            *(f"{year.spread_bps:+.1f}", f"{year.market_bps:+.1f}"),
        )


def _without(one: Finished, found: Sequence[Event]) -> Rows:
    if one.walk is None:
        return
    made = without(one.walk, found)
    yield (
        *(one.asked.family, one.asked.horizon, f"{made.rows:,}"),
        *(f"{made.across:+.4f}", f"{made.across_without:+.4f}"),
        *(f"{made.spread_bps:+.1f}", f"{made.spread_bps_without:+.1f}"),
    )


def _place(one: Finished) -> tuple[str, str, str]:
    return one.asked.family, _set(one), one.asked.horizon


def _set(one: Finished) -> str:
    return "all" if one.asked.sector == POOLED else one.asked.sector


def _told(score: Measured, better: Callable[[Measured], bool], form: str = "{:+.4f}") -> str:
    value = form.format(score.value)
    value = f"**{value}**" if better(score) else value
    return f"{value} ({form.format(score.low)} … {form.format(score.high)})"


def _net(book: Book) -> str:
    value = f"{book.net_bps:+.1f}"
    value = f"**{value}**" if book.net_low > 0.0 else value
    return f"{value} ({book.net_low:+.1f} … {book.net_high:+.1f})"


def _table(head: Sequence[str], rows: Rows) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _names(asked: Sequence[Asked]) -> str:
    """The sets by family and kind, with their horizons."""
    counted: dict[tuple[str, str], list[str]] = {}
    for one in asked:
        kind = "of all" if one.sector == POOLED else "by sector"
        counted.setdefault((one.family, kind), []).append(one.horizon)
    return "; ".join(
        f"`{family}` {kind} over {', '.join(sorted(set(horizons)))}"
        for (family, kind), horizons in counted.items()
    )


def _filled(text: str) -> str:
    return fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def _day(time_ns: int) -> str:
    return str(np.datetime64(time_ns, "ns").astype("datetime64[D]"))


def write_page(folder: Path = FOLDER) -> None:
    """Writes the page of what is finished."""
    done = list(finished(folder))
    if not done:
        sys.exit(f"no set is finished in {folder}")
    PAGE.write_text(page(done, folder / "lake"), encoding="utf-8")


if __name__ == "__main__":
    write_page(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
