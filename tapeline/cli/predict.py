"""`tapeline predict`: what a model says of feature vectors, and why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tapeline.cli.options import AsJson, Config, Data, Db, Run
from tapeline.cli.outcome import DataMissing, give
from tapeline.cli.session import Session, session

if TYPE_CHECKING:
    from research.predicting import Vectors
    from services.inference.model import Model

TOP = 3
"""Features that a table names; JSON has all of them."""


def predict(
    model: Annotated[str, typer.Option("--model", help="A model of the registry, or a folder.")],
    features: Annotated[
        Path | None, typer.Option("--features", help="A table of `tapeline features`, .csv or .parquet.")
    ] = None,
    symbols: Annotated[
        str, typer.Option("--symbols", help="Instead: the last recorded close of these, by name: AAPL,MSFT.")
    ] = "",
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="A file .csv or .parquet instead: a row a vector, with each member's score.",
        ),
    ] = None,
    why: Annotated[bool, typer.Option("--why", help="Say what each feature adds.")] = False,
    data: Data = None,
    db: Db = None,
    run: Run = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Say what a model makes of feature vectors: the chances of sell, hold and buy."""
    from research.predicting import predicted
    from tapeline.cli.tables import show

    if (features is None) == (not symbols):
        raise typer.BadParameter("--features or --symbols is wanted, and not both")
    if output is not None and why:
        raise typer.BadParameter("--why is told on the terminal or as JSON; --output writes scores alone")
    made = session(config, data=data, db=db, run=run)
    loaded = _loaded(made, model)
    vectors = _from_file(features, loaded) if features else _from_record(made, symbols, loaded)
    if output is not None:
        _write(output, loaded, vectors, as_json)
        return
    rows = predicted(loaded, vectors, TOP if why else 0)
    columns = ("time", "symbol", "sell", "hold", "buy", "says", "because")
    lines = [(*(row.get(name, "") for name in columns[:-1]), _reasons(row)) for row in rows]
    told = {"model": loaded.manifest.name, "number": str(loaded.hash), "rows": rows}
    give(told, as_json=as_json, show=lambda: show(columns, lines, empty="No vector to predict from."))


def _write(output: Path, model: Model, vectors: Vectors, as_json: bool) -> None:
    from research.scored_file import write_scores

    rows = write_scores(output, model, vectors)
    told = {"model": model.manifest.name, "number": str(model.hash), "file": str(output), "rows": rows}
    give(told, as_json=as_json, show=lambda: typer.echo(f"{rows:,} rows of scores lie in {output}"))


def _loaded(made: Session, name: str) -> Model:
    """The model, after a child process has opened it."""
    from services.inference.source_sealed import load_sealed
    from services.inference.source_trial import tried
    from services.inference.trial import Task
    from shared.models.keys import trusted_keys
    from tapeline.cli.model_files import folder_of

    folder = folder_of(made, name)
    trusted = trusted_keys(made.data, made.settings.inference.public_keys)
    tried(Task(folder=str(folder.absolute()), trusted=tuple(sorted(trusted))))
    return load_sealed(folder, trusted)[1]


def _from_file(file: Path, model: Model) -> Vectors:
    from research.predicting import read_vectors

    if not file.exists():
        raise DataMissing(f"no table at {file}; `tapeline features` writes one")
    return read_vectors(file, model.manifest.features)


def _from_record(made: Session, symbols: str, model: Model) -> Vectors:
    from research.predicting import last_vectors
    from tapeline.cli.models import opened

    wanted = [name.strip() for name in symbols.split(",") if name.strip()]
    with opened(made) as store:
        return last_vectors(store, made.run, wanted, model.manifest)


def _reasons(row: dict[str, Any]) -> str:
    return ", ".join(f"{one['feature']} {one['share']:+.3f}" for one in row.get("because", []))
