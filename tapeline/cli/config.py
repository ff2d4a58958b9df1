"""`tapeline config`: what is set, by whom, and whether it makes sense."""

from __future__ import annotations

import typer

from tapeline.cli.options import AsJson, Config
from tapeline.cli.outcome import give
from tapeline.cli.session import session

app = typer.Typer(no_args_is_help=True, help="Settings: what is set, by whom, and whether it makes sense.")


@app.command("show")
def show_settings(config: Config = None, changed: bool = False, as_json: AsJson = False) -> None:
    """Show every setting and where its value came from; secrets are masked."""
    from shared.config_reference import shown
    from tapeline.cli.tables import show

    lines = [line for line in shown(session(config).loaded) if not changed or line.origin != "default"]
    rows = [(line.name, line.value, line.origin) for line in lines]
    result = [{"name": line.name, "value": line.value, "origin": line.origin} for line in lines]
    empty = "Every setting is at its default."
    give(result, as_json=as_json, show=lambda: show(("setting", "value", "from"), rows, empty=empty))


@app.command()
def lint(config: Config = None, as_json: AsJson = False) -> None:
    """Check the settings; every problem is reported at once."""
    made = session(config)
    count = len(made.loaded.origins)
    give(
        {"ok": True, "set": count},
        as_json=as_json,
        show=lambda: typer.echo(f"The settings are good ({count} set)."),
    )


@app.command()
def schema(as_json: AsJson = False) -> None:
    """Print a JSON Schema of tapeline.toml, for editors."""
    from shared.config_reference import schema as made

    give(made(), as_json=True, show=lambda: None)


@app.command()
def example() -> None:
    """Print a tapeline.toml that explains every setting."""
    from shared.config_reference import example as made

    typer.echo(made(), nl=False)
