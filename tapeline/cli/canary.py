"""`tapeline canary`: the model that trades a slice of its own, and what has come of it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shared.failures import Refused
from tapeline.cli.options import AsJson, Config, Data, Db, Run
from tapeline.cli.outcome import give
from tapeline.cli.session import session

if TYPE_CHECKING:
    from shared.store.contract import ModelRow, Store

app = typer.Typer(no_args_is_help=True, help="A model that trades a slice of capital of its own.")

Name = Annotated[str, typer.Argument(help="A model: name, name@version, or the start of its address.")]
Why = Annotated[str, typer.Option("--why", help="The reason, kept with the move.")]
NOBODY = (
    'no account of run {run} trades canaries: set up [accounts.canary] with trades = "canary", '
    "and open a new run"
)


@app.command()
def status(
    data: Data = None, db: Db = None, run: Run = None, config: Config = None, as_json: AsJson = False
) -> None:
    """Show the canary, its account's money beside the others', and the comparison with the active model."""
    from tapeline.cli.model_evidence import beside_active
    from tapeline.cli.models import opened
    from tapeline.cli.tables import show
    from tapeline.record import MONEY, ask

    made = session(config, data=data, db=db, run=run)
    with opened(made) as store:
        found = [(row, beside_active(store, made.run, row)) for row in canaries(store)]
        terms = terms_of(store, made.run)
    money = [_earned(row, terms[row["account"]]) for row in ask(made.db(), made.run, MONEY)]
    told = {
        "canaries": [
            {"model": row.title, "address": row.address, "beside_active": beside} for row, beside in found
        ],
        "accounts": money,
    }

    def shown() -> None:
        for row, beside in found:
            typer.echo(f"{row.title} ({row.address[:12]}): {beside['sentence'] if beside else ''}")
        if not found:
            typer.echo("No model is a canary; `tapeline canary enable NAME` makes a shadow one.")
        if not any(one["trades"] == "canary" for one in terms.values()):
            typer.echo(NOBODY.format(run=made.run))
        names = ("account", "trades", "tag", "capital", "nav", "return", "fees", "orders", "fills")
        show(names, [_seen(one, names) for one in money], empty="Nothing was booked yet.")

    give(told, as_json=as_json, show=shown)


@app.command()
def enable(
    name: Name, why: Why = "", data: Data = None, db: Db = None, run: Run = None, config: Config = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Make a model the canary of its sector and horizon; a candidate becomes a shadow on the way."""
    from shared.models.stages import ModelStage
    from tapeline.cli.models import by_us, found_in, moves_of, opened

    made = session(config, data=data, db=db, run=run)
    with opened(made) as store:
        row = found_in(store, name)
        if not any(one["trades"] == "canary" for one in terms_of(store, made.run).values()):
            typer.echo(NOBODY.format(run=made.run), err=True)
        if row.stage is ModelStage.CANDIDATE:
            row = moves_of(made).put(store, row, ModelStage.SHADOW, by_us(why))
        row = moves_of(made).put(store, row, ModelStage.CANARY, by_us(why))
    give(
        {"model": row.title, "stage": str(row.stage)},
        as_json=as_json,
        show=lambda: typer.echo(f"{row.title} is canary."),
    )


@app.command()
def disable(
    name: Annotated[str, typer.Argument(help="The canary; the only one by default.")] = "",
    why: Why = "", data: Data = None, db: Db = None, run: Run = None, config: Config = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Put the canary back into the shadow; what its account holds keeps its stops and targets."""
    from shared.models.stages import ModelStage
    from tapeline.cli.models import by_us, found_in, moves_of, opened

    made = session(config, data=data, db=db, run=run)
    with opened(made) as store:
        row = found_in(store, name) if name else _only(canaries(store))
        row = moves_of(made).put(store, row, ModelStage.SHADOW, by_us(why))
    give(
        {"model": row.title, "stage": str(row.stage)},
        as_json=as_json,
        show=lambda: typer.echo(f"{row.title} is shadow."),
    )


def canaries(store: Store) -> list[ModelRow]:
    """The canaries of every sector and horizon."""
    from shared.models.stages import ModelStage

    return [row for row in store.models() if row.stage is ModelStage.CANARY]


def terms_of(store: Store, run: str) -> dict[int, dict[str, Any]]:
    """What each account of a run trades, and with how much it began."""
    from shared.engine.plan import RunPlan

    opened = store.run(run)
    plan = RunPlan.read(opened.settings) if opened else None
    if plan is None:
        return {}
    return {
        account: {
            "trades": plan.risk[str(account)].get("trades", "active"),
            "capital": Decimal(plan.cash[str(account)]),
        }
        for account in plan.accounts
    }


def _earned(row: dict[str, Any], terms: dict[str, Any]) -> dict[str, Any]:
    gained = row["nav"] / terms["capital"] - 1
    return {**row, **terms, "return": f"{gained:.6f}", "fees": row["fees"].normalize()}


def _seen(row: dict[str, Any], names: tuple[str, ...]) -> list[object]:
    """For people: money in cents, the return in hundredths of a percent."""
    cent = Decimal("0.01")
    told = {name: row[name].quantize(cent) for name in ("capital", "nav", "fees")}
    return [{**row, **told, "return": f"{float(row['return']):+.2%}"}[name] for name in names]


def _only(found: list[ModelRow]) -> ModelRow:
    if len(found) != 1:
        raise Refused(f"{len(found)} models are canaries; name the one that is meant")
    return found[0]
