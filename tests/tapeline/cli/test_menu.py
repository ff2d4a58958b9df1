from __future__ import annotations

import subprocess
import sys

import typer
from typer.testing import CliRunner

from tapeline.cli.menu import Menu

app = typer.Typer(cls=Menu, rich_markup_mode=None)
DRAWING = {"rich", "markdown_it", "pygments"}


@app.command(rich_help_panel="Trading")
def buy() -> None:
    """Buys."""


@app.command(rich_help_panel="House")
def sweep() -> None:
    """Sweeps."""


@app.command(hidden=True)
def secret() -> None:
    """Nobody should see this."""


@app.command(rich_help_panel="Trading")
def sell() -> None:
    """Sells."""


def test_commands_stand_under_their_group_in_the_order_in_which_they_were_added() -> None:
    words = CliRunner().invoke(app, ["--help"]).output.split()
    shown = [word for word in words if word in {"Trading:", "buy", "sell", "House:", "sweep"}]
    assert shown == ["Trading:", "buy", "sell", "House:", "sweep"]
    assert "secret" not in words


def test_a_hidden_command_can_be_called() -> None:
    assert CliRunner().invoke(app, ["secret"]).exit_code == 0


def test_help_is_shown_without_what_draws_boxes() -> None:
    code = (
        "import sys\nfrom tapeline.__main__ import app\nsys.argv = ['tapeline', '--help']\n"
        "try:\n    app()\nexcept SystemExit:\n    print(' '.join(sys.modules), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "The desk:" in done.stdout
    assert DRAWING.isdisjoint(done.stderr.split())
