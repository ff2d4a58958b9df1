"""The front door: `tapeline …`."""

from __future__ import annotations

import sys
from collections.abc import Callable

import typer

from tapeline.cli import (
    actions,
    bars,
    canary,
    config,
    db,
    desk,
    dlq,
    drift,
    export,
    features,
    ingest,
    making,
    market,
    model_files,
    models,
    predict,
    quality,
    replay,
    risk,
    trading,
    train,
)
from tapeline.cli.menu import Menu
from tapeline.cli.outcome import code_of, complain

app = typer.Typer(
    name="tapeline",
    help="From the tape to the fill, measured.",
    no_args_is_help=True,
    cls=Menu,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
DESK, TRADING, RESEARCH, HOUSE = "The desk", "Trading", "Research", "House"
PANELS: dict[str, tuple[Callable[..., None], ...]] = {
    DESK: (desk.up, desk.down, desk.status, desk.doctor),
    TRADING: (trading.orders, trading.positions, trading.why, market.market),
    RESEARCH: (
        replay.replay,
        bars.bars,
        features.features,
        export.export,
        quality.quality,
        predict.predict,
        train.train,
        drift.drift,
    ),
    HOUSE: (making.warm,),
}
for panel, verbs in PANELS.items():
    for verb in verbs:
        app.command(rich_help_panel=panel)(verb)
app.command("open-run", hidden=True)(making.open_run)
app.add_typer(ingest.app, name="ingest", rich_help_panel=RESEARCH)
for name, verb in model_files.VERBS.items():
    models.app.command(name)(verb)
app.add_typer(models.app, name="models", rich_help_panel=RESEARCH)
app.add_typer(canary.app, name="canary", rich_help_panel=TRADING)
app.add_typer(risk.app, name="risk", rich_help_panel=TRADING)
app.add_typer(actions.app, name="actions", rich_help_panel=TRADING)
app.add_typer(dlq.app, name="dlq", rich_help_panel=HOUSE)
app.add_typer(config.app, name="config", rich_help_panel=HOUSE)
app.add_typer(db.app, name="db", rich_help_panel=HOUSE)


def main() -> None:
    """Runs a command; a user's mistake ends in one line and a code, a bug of ours in a traceback."""
    try:
        app(prog_name="tapeline")
    except SystemExit:
        raise
    except BaseException as failure:
        code = code_of(failure)
        if code is None:
            raise
        complain(failure)
        sys.exit(code)


if __name__ == "__main__":
    main()
