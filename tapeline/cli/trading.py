"""`tapeline orders`, `positions`, `why`: what was decided, what is held, and for what reason."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tapeline.cli.options import AsJson, Config, Data, Db, Limit, Run
from tapeline.cli.outcome import DataMissing, give
from tapeline.cli.session import Session, session

SPARE = ("order_id", "target", "stop")
"""Columns of orders that a narrow terminal does without, the first one first."""
MONEY = ("value", "gain", "realised", "fees")

if TYPE_CHECKING:
    from tapeline.record import Row

Symbol = Annotated[str | None, typer.Option("--symbol", help="Only this instrument.")]
Account = Annotated[int | None, typer.Option("--account", help="Only this account.")]
Top = Annotated[int, typer.Option(min=1, help="Features to name, the largest share first.")]
ORDER_ID: Final = re.compile(r"[0-9a-f]{16}")
At = Annotated[str | None, typer.Option("--at", help="The last decision up to this time, UTC, RFC 3339.")]


def orders(
    symbol: Symbol = None,
    limit: Limit = 20,
    data: Data = None,
    db: Db = None,
    run: Run = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Show the last orders and where they stand."""
    from tapeline.cli.tables import show
    from tapeline.record import ORDERS, ask

    made = session(config, data=data, db=db, run=run)
    rows = [_named(row) for row in ask(made.db(), made.run, ORDERS, symbol=symbol, limit=limit)]
    empty = "No orders yet; `tapeline why SYMBOL` says what each decision waits for."
    give(rows, as_json=as_json, show=lambda: show(*_table(_brief(rows)), empty=empty, spare=SPARE))


def positions(
    data: Data = None, db: Db = None, run: Run = None, config: Config = None, as_json: AsJson = False
) -> None:
    """Show what every account holds."""
    from tapeline.cli.tables import show
    from tapeline.record import POSITIONS, ask

    made = session(config, data=data, db=db, run=run)
    rows = [_named(row) for row in ask(made.db(), made.run, POSITIONS)]
    empty, spare = "Nothing is held.", ("fees", "realised")
    give(rows, as_json=as_json, show=lambda: show(*_table(_in_cents(rows)), empty=empty, spare=spare))


def why(
    what: Annotated[str, typer.Argument(metavar="ORDER|SYMBOL", help="A symbol, or an order's id.")],
    at: At = None,
    account: Account = None,
    limit: Limit = 1,
    top: Top = 5,
    data: Data = None,
    db: Db = None,
    run: Run = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Explain a decision: its verdict, the prediction and the features behind it, order and fills."""
    from tapeline.record import VERDICTS, ask

    made = session(config, data=data, db=db, run=run)
    name, is_order = made.run, ORDER_ID.fullmatch(what) is not None
    terms = {
        "symbol": None if is_order else what,
        "order_id": int.from_bytes(bytes.fromhex(what), signed=True) if is_order else None,
        "until": _time_ns(at) if at else None,
        "account": account,
        "limit": limit,
    }
    rows = ask(made.db(), name, VERDICTS, **terms)
    if not rows:
        raise DataMissing(f"no decision on {what} in run {name}" + (f" up to {at}" if at else ""))
    stories = [_story(made, row, top) for row in rows]
    give(stories, as_json=as_json, show=lambda: _tell(stories))


def _story(made: Session, row: Row, top: int) -> Row:
    from shared.verdicts import MEANING, Verdict
    from tapeline.cli.reasons import prediction_of
    from tapeline.record import FILLS_OF, ask

    verdict = Verdict(row["verdict"])
    order = row["order_id"]
    fills = ask(made.db(), made.run, FILLS_OF, order_id=order) if order else []
    story = {**row, "verdict": verdict.name.lower(), "meaning": MEANING[verdict]}
    del story["instrument"], story["model"]
    prediction = prediction_of(made, row, top)
    return {**_named(story), "prediction": prediction, "fills": [_named(fill) for fill in fills]}


CHANCES = {"probability", "threshold"}


def _tell(stories: list[Row]) -> None:
    from rich.console import Console
    from rich.text import Text

    from tapeline.cli.reasons import lines_of

    console = Console(highlight=False)
    for story in stories:
        head = f"{story['symbol']} at {story['time']}, account {story['account']}"
        console.print(Text.assemble((head, "bold"), f"\n  {story['verdict']}: {story['meaning']}"))
        for name in (
            "side",
            "probability",
            "threshold",
            "measured",
            "limit",
            "price",
            "position",
            "order_id",
            "tag",
        ):
            if story[name] is not None:
                said = f"{story[name]:.4f}" if name in CHANCES else story[name]
                console.print(f"  {name:<12} {said}")
        for line in lines_of(story["prediction"]) if story["prediction"] else ():
            console.print(f"  {line}", soft_wrap=True)
        for fill in story["fills"]:
            console.print(
                f"  fill         {fill['side']} {fill['quantity']} at {fill['price']} on {fill['time']}"
            )


def _named(row: Row) -> dict[str, Any]:
    """Numbers that stand for words as words, times as people read them, decimals without idle zeros."""
    from decimal import Decimal

    from shared.orders import Action, Kind, Leg, Status
    from shared.time import iso

    words = {"action": Action, "kind": Kind, "leg": Leg, "status": Status}
    told: dict[str, Any] = {}
    for name, value in row.items():
        if name == "event_time_ns":
            told["time"] = iso(value)
        elif name == "side":
            told[name] = {1: "buy", -1: "sell"}.get(value, "none")
        elif name == "order_id":
            told[name] = f"{value:016x}" if value is not None else None
        elif name in words and value is not None:
            told[name] = words[name](value).name.lower()
        elif isinstance(value, Decimal):
            told[name] = Decimal(f"{value.normalize():f}")
        else:
            told[name] = value
    return told


def _brief(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What fits a terminal of eighty columns: the rest is in --json."""
    names = ("symbol", "side", "quantity", "stop", "target", "filled")
    return [
        {
            "time": row["time"][11:19],
            **{name: row[name] for name in names},
            "status": (row["status"] or "").removesuffix("ly_filled"),
            "order_id": row["order_id"],
        }
        for row in rows
    ]


def _in_cents(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Money as people read it; all of its digits are in --json."""
    from decimal import Decimal

    cent = Decimal("0.01")
    return [{**row, **{name: row[name].quantize(cent) for name in MONEY}} for row in rows]


def _table(rows: list[dict[str, Any]]) -> tuple[list[str], list[list[object]]]:
    names = list(rows[0]) if rows else []
    return names, [[row[name] for name in names] for row in rows]


def _time_ns(text: str) -> int:
    import datetime as dt

    from shared.failures import Refused

    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise Refused(f"{text} is no time; write it like 2026-01-05T14:30:00Z") from None
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    since = zoned - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    return ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * 1_000
