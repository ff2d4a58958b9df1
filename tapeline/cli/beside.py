"""What stands beside a tape: facts, the hours of its instruments, and the sessions that labels keep to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from tapeline.cli.outcome import DataMissing
from tapeline.cli.read_tape import OpenTape

if TYPE_CHECKING:
    from research.dataset.vectors import Beside
    from services.features.config import FeatureSpec
    from shared.block import Block


def beside_of(spec: FeatureSpec, context: list[str], tape: OpenTape, folder: Path) -> Beside:
    """Facts, and the sessions of the tape's instruments."""
    from research.dataset.vectors import Beside
    from shared.hours import hours_of

    hours = hours_of(tape.instruments, *tape.span_ns, folder)
    return Beside(_facts(spec, context, tape, folder), hours)


def _facts(spec: FeatureSpec, context: list[str], tape: OpenTape, folder: Path) -> Block:
    """What was recorded beside the tape, what files say, and when a market is open, in order."""
    import datetime as dt

    from services.ingest.facts.context import HOURS, asked, hours, take_in
    from shared.block import join
    from shared.calendars import sessions
    from shared.facts import FactRows

    rows, refused = FactRows(), 0
    for calendar in [text.removeprefix(HOURS) for text in context if text.startswith(HOURS)]:
        first, last = (dt.date.fromisoformat(day) for day in tape.days)
        hours(sessions(calendar, first - dt.timedelta(days=7), last, folder), rows)
    for one in [asked(text) for text in context if not text.startswith(HOURS)]:
        refused += take_in(one, tape.instruments, rows)
    if refused:
        typer.echo(f"{refused:,} values of context cannot be and were left out", err=True)
    facts = join([tape.facts, rows.block()]).sorted()
    if spec.program.fields and not len(facts):
        raise DataMissing(
            "this vector wants facts, and the tape has none; --context says which files tell them"
        )
    return facts


def sessions_of(calendar: str, folder: Path) -> Callable[[Any], Any] | None:
    """What gives each close its session, or nothing where labels may cross them."""
    if not calendar:
        return None
    from research.labels.sessions import by_calendar
    from shared.calendars import sessions
    from shared.time import DAY_NS, iso

    def number(close_ns: Any) -> Any:
        import datetime as dt

        if not len(close_ns):
            return close_ns
        first, last = (
            dt.date.fromisoformat(iso(int(time))[:10]) for time in (close_ns.min() - DAY_NS, close_ns.max())
        )
        return by_calendar(close_ns, sessions(calendar, first, last, folder))

    return number
