"""The front door: `tapeline …`."""

from __future__ import annotations

import sys

import typer

from tapeline.cli import config, desk
from tapeline.cli.outcome import code_of, complain

app = typer.Typer(
    name="tapeline",
    help="From the tape to the fill, measured.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
DESK = "The desk"
for verb in (desk.up, desk.down, desk.status, desk.doctor):
    app.command(rich_help_panel=DESK)(verb)
app.add_typer(config.app, name="config", rich_help_panel="House")


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
