"""`tapeline drift`: is the world still the one that the models learnt, and do they still come true?"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from tapeline.cli.options import AsJson, Config, Data, Db, Run
from tapeline.cli.outcome import FAILED, DataMissing, give
from tapeline.cli.session import Session, session

if TYPE_CHECKING:
    from research.drift.check import Checked
    from research.drift.models import Watched
    from shared.store.contract import Store

Name = Annotated[str, typer.Argument(help="A model of the registry; all that predict on the run by default.")]
Moments = Annotated[int, typer.Option(min=0, help="Closes of the stretch; 0: as the training time was cut.")]
All = Annotated[bool, typer.Option("--all", help="Show calm measures too.")]


def drift(
    name: Name = "",
    moments: Moments = 0,
    every: All = False,
    data: Data = None,
    db: Db = None,
    run: Run = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Measure models on what the run has recorded, and keep it; an alarm ends with code 1."""
    import msgspec

    from research.drift.check import check
    from research.drift.levels import Level
    from shared.failures import Refused
    from tapeline.cli.models import opened

    made = session(config, data=data, db=db, run=run)
    looks, silent = list["Checked"](), dict[str, str]()
    with opened(made) as store:
        for model in _wanted(made, store, name):
            try:
                looks.append(check(store, made.run, model, time.time_ns(), moments))
            except Refused as refusal:
                silent[model.title] = str(refusal)
    if not looks:
        raise DataMissing("; ".join(silent.values()) or f"no model predicts on run {made.run}")
    told = {"models": msgspec.json.decode(msgspec.json.encode(looks)), "not_measured": silent}
    give(told, as_json=as_json, show=lambda: _show(looks, silent, every))
    if any(look.level is Level.ALARM for look in looks):
        raise typer.Exit(FAILED)


def _wanted(made: Session, store: Store, name: str) -> list[Watched]:
    from research.drift.models import named, watched
    from shared.models.keys import trusted_keys
    from tapeline.cli.models import found_in

    trusted = trusted_keys(made.data, made.settings.inference.public_keys)
    if name:
        found_in(store, name)
        return [named(store, name, made.data, trusted)]
    return watched(store, made.run, made.data, trusted)


def _show(looks: list[Checked], silent: dict[str, str], every: bool) -> None:
    from research.drift.levels import Level
    from shared.time import iso
    from tapeline.cli.tables import show

    for look in looks:
        loud = [one for one in look.measures if every or one.level is not Level.CALM or not one.name]
        lines = [
            (
                one.kind,
                one.name,
                _figure(one.value),
                _span(one.low, one.high),
                _figure(one.usual),
                one.level.value,
            )
            for one in loud
        ]
        title = (
            f"{look.model}: {look.level.value} on {look.moments:,} closes, {look.rows:,} rows, "
            f"{iso(look.from_ns)[:19]} to {iso(look.until_ns)[:19]}"
        )
        show(("measure", "of", "value", "95 %", "usual", "level"), lines, empty="", title=title)
        quiet = len(look.measures) - len(loud)
        typer.echo(f"{quiet} more measures are calm" if quiet else "")
    for model, reason in silent.items():
        typer.echo(f"{model} was not measured: {reason}")


def _figure(value: float) -> str:
    return f"{value:.4f}"


def _span(low: float, high: float) -> str:
    return "" if low == high else f"{low:.4f} … {high:.4f}"
