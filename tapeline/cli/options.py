"""Options that many commands share, declared once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

PLACES = "Where"

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON alone on stdout.")]
Config = Annotated[
    Path | None,
    typer.Option("--config", help="Settings file instead of ./tapeline.toml.", rich_help_panel=PLACES),
]
Data = Annotated[
    Path | None, typer.Option("--data", help="Data folder.", rich_help_panel=PLACES, show_default=False)
]
Bus = Annotated[
    str | None,
    typer.Option("--bus", help="Address of a Redis, redis://… or unix://….", rich_help_panel=PLACES),
]
Db = Annotated[str | None, typer.Option("--db", help="Address of a Postgres.", rich_help_panel=PLACES)]
Run = Annotated[str | None, typer.Option("--run", help="Name of the run.", rich_help_panel=PLACES)]
Limit = Annotated[int, typer.Option("--limit", "-n", min=1, max=10_000, help="Most rows to show.")]
