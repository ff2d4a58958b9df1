"""`tapeline train`: models of a tape, each judged by the honesty gate before anyone may believe it."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tapeline.cli.features import split
from tapeline.cli.making import Seed, Symbols, describe, market, plain
from tapeline.cli.options import AsJson, Config, Data, Db
from tapeline.cli.outcome import FAILED, DataMissing, give
from tapeline.cli.sectors import read_sectors, unplaced
from tapeline.cli.train_register import Registrar

if TYPE_CHECKING:
    from research.scores.books import Costs
    from research.training.plan import TrainPlan
    from research.training.sets import Begun, Done

COLUMNS = ("sector", "horizon", "verdict", "rows", "rank IC (95 %)", "log-loss (base rates)")
SPARE = ("rows", "log-loss (base rates)")
LEARNING, TESTING = "What is learnt", "How it is tested"

Starter = Annotated[bool, typer.Option("--starter", help="Only if there is no starter model yet.")]
Family = Annotated[
    str,
    typer.Option(help="fast, booster, base_rate, per_feature or factors; none: the desk's starter model."),
]
Lake = Annotated[
    Path | None,
    typer.Option("--input", "-i", help="A lake of ticks or bars to learn from.", show_default=False),
]
Synthetic = Annotated[bool, typer.Option("--synthetic", help="Learn from a synthetic market instead.")]
Bars = Annotated[int, typer.Option(min=100, help="Bars of each instrument of the synthetic market.")]
Bar = Annotated[str, typer.Option(help="Length of a bar: 5s, 1m, 1d.", rich_help_panel=LEARNING)]
Set = Annotated[
    str, typer.Option("--set", help="A named vector: standard or starter.", rich_help_panel=LEARNING)
]
Features = Annotated[
    str, typer.Option("--features", help="Instead of a set: rsi(14),return_1.", rich_help_panel=LEARNING)
]
Label = Annotated[
    str,
    typer.Option(
        help="A label without its horizon: triple_barrier(1, 1, 20), threshold(10).", rich_help_panel=LEARNING
    ),
]
Horizons = Annotated[str, typer.Option(help="1d,2d,5d for time, 1,5,20 for bars.", rich_help_panel=LEARNING)]
Sectors = Annotated[
    str,
    typer.Option(
        help="all, pooled (one set of all instruments), or names: Energy,Utilities.", rich_help_panel=LEARNING
    ),
]
SectorFile = Annotated[
    Path | None,
    typer.Option(
        "--sector-file", help="A CSV of symbol,sector for a lake that has none.", rich_help_panel=LEARNING
    ),
]
Probe = Annotated[
    str,
    typer.Option(help="Model of each feature: logistic, ridge or forest.", rich_help_panel=LEARNING),
]
Balanced = Annotated[
    bool,
    typer.Option(
        "--balanced", help="Let rare classes count as much as common ones.", rich_help_panel=LEARNING
    ),
]
Tune = Annotated[
    int,
    typer.Option(min=0, help="Settings tried for each member, inside each fold.", rich_help_panel=LEARNING),
]
Device = Annotated[
    str, typer.Option(help="cpu, or cuda where the libraries have a card.", rich_help_panel=LEARNING)
]
Folds = Annotated[int, typer.Option(min=1, max=50, help="Tests one after another.", rich_help_panel=TESTING)]
Embargo = Annotated[
    str, typer.Option(help="Left free between a label's end and a test: 1 bar, 1d.", rich_help_panel=TESTING)
]
Commission = Annotated[
    float,
    typer.Option(
        "--commission-bps",
        help="Commission each way, in 1/100 % of the value traded.",
        rich_help_panel=TESTING,
    ),
]
Spread = Annotated[
    float,
    typer.Option(
        "--spread-bps", help="Half of the spread, paid each way, in 1/100 %.", rich_help_panel=TESTING
    ),
]
Tried = Annotated[
    int,
    typer.Option(
        "--tried",
        min=0,
        help="Sets and settings tried on these data before: reckoned with in what is beyond luck.",
        rich_help_panel=TESTING,
    ),
]
Out = Annotated[Path | None, typer.Option("--out", help="Folder of the models; data folder by default.")]
Register = Annotated[
    bool,
    typer.Option("--register", help="Make candidates of what was trained, in the registry of the record."),
]
Jobs = Annotated[int, typer.Option("--jobs", "-j", min=1, help="Sets trained side by side.")]


def train(
    starter: Starter = False,
    family: Family = "",
    source: Lake = None,
    synthetic: Synthetic = False,
    bars: Bars = 1_000,
    bar: Bar = "1d",
    named: Set = "starter",
    chosen: Features = "",
    label: Label = "triple_barrier(1, 1, 20)",
    horizons: Horizons = "1d,2d,5d",
    sectors: Sectors = "all",
    sector_file: SectorFile = None,
    probe: Probe = "logistic",
    balanced: Balanced = False,
    tune: Tune = 0,
    device: Device = "cpu",
    folds: Folds = 3,
    embargo: Embargo = "1",
    commission_bps: Commission = 0.5,
    spread_bps: Spread = 2.0,
    tried: Tried = 0,
    out: Out = None,
    register: Register = False,
    jobs: Jobs = 1,
    seed: Seed = None,
    symbols: Symbols = None,
    data: Data = None,
    db: Db = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Train models and judge them; without --family, the starter model of the synthetic market's past."""
    _check(family, source, synthetic)
    made = market(config, data, seed, symbols, db)
    if not family:
        return _starter(made, starter, as_json)
    from research.training.plan import TrainPlan

    registrar = Registrar(made) if register else None
    plan = TrainPlan(
        family=family,
        lake="" if source is None else str(source),
        synthetic=_past(made.settings.market, bar, bars) if synthetic else None,
        spec=_spec(named, chosen, bar),
        label=label,
        horizons=tuple(split(horizons)),
        sectors=tuple(split(sectors)),
        sector_of={} if sector_file is None else read_sectors(sector_file),
        folds=folds,
        embargo=embargo,
        probe=probe,
        balanced=balanced,
        tune=tune,
        device=device,
        costs=_costs(commission_bps, spread_bps),
        tried=tried,
        seed=made.settings.market.seed,
    )
    folder = out or made.data / "models" / "trained"
    return _end(plan, folder, _trained(plan, folder, jobs), as_json, registrar)


def _trained(plan: TrainPlan, folder: Path, jobs: int) -> list[Done]:
    """Every set, after a word on what the sectors leave out."""
    from research.training.job import train as train_all

    for line in unplaced(plan):
        typer.echo(f"tapeline: {line}", err=True)
    return list(_told(train_all(plan, folder, jobs)))


def _check(family: str, source: Path | None, synthetic: bool) -> None:
    """Is the family one of ours, and is there exactly one source."""
    from research.families.catalogue import FAMILIES

    if not family and (source is not None or synthetic):
        raise typer.BadParameter("--family is wanted beside --input or --synthetic")
    if not family:
        return
    if family not in FAMILIES:
        raise typer.BadParameter(f"{family} is none of {', '.join(FAMILIES)}", param_hint="--family")
    if (source is None) != synthetic:
        raise typer.BadParameter("one of --input LAKE and --synthetic is wanted")
    if source is not None and not source.is_dir():
        raise DataMissing(f"no lake at {source}; `tapeline ingest file` makes one")


def _starter(made: Any, only_if_missing: bool, as_json: bool) -> None:
    from research.starting import make_starter, model_folder

    if not only_if_missing:
        import shutil

        shutil.rmtree(model_folder(made.settings, made.data), ignore_errors=True)
    manifest = make_starter(made.settings, made.data)
    give(plain(manifest), as_json=as_json, show=lambda: describe(plain(manifest)))


def _past(asked: Any, bar: str, bars: int) -> Any:
    from research.dataset.spans import read_span
    from research.training.plan import SyntheticPast
    from services.ingest.synthetic.market import MarketPlan

    plan = MarketPlan(seed=asked.seed, symbols=asked.symbols, interval_ns=read_span(bar).ns or 1)
    return SyntheticPast(market=plan, bars=bars)


def _spec(named: str, chosen: str, bar: str) -> Any:
    from research.dataset.spans import read_span
    from services.features.catalogue import SETS
    from services.features.config import FeatureSpec

    if not chosen and named not in SETS:
        raise typer.BadParameter(f"{named} is none of {', '.join(SETS)}", param_hint="--set")
    length = read_span(bar)
    if not length.ns:
        raise typer.BadParameter(f"a bar is as long as 5s, 1m or 1d, found {bar}", param_hint="--bar")
    return FeatureSpec(interval_ns=length.ns, features=tuple(split(chosen)) or SETS[named])


def _costs(commission_bps: float, spread_bps: float) -> Costs:
    """What trading costs, within what makes sense."""
    import msgspec

    from research.scores.books import Costs

    try:
        return msgspec.convert({"commission_bps": commission_bps, "half_spread_bps": spread_bps}, Costs)
    except msgspec.ValidationError:
        raise typer.BadParameter("costs lie between 0 and 1000 hundredths of a per cent each way") from None


def _told(made: Generator[int | Begun | Done]) -> Iterator[Done]:
    """Each set as it is done; whatever ends this ends the workers too."""
    from contextlib import closing

    from rich.console import Console

    from tapeline.cli.board import watched

    with closing(made):
        total = next(made)
        assert isinstance(total, int)
        yield from watched(
            (one for one in made if not isinstance(one, int)), total, Console(stderr=True, highlight=False)
        )


def _end(plan: TrainPlan, folder: Path, done: list[Done], as_json: bool, registrar: Registrar | None) -> None:
    """The table of all sets; the exit code says whether one was blocked or could not be made."""
    done = sorted(done, key=lambda one: one.name)
    rows = [_line(one, folder) for one in done]
    said = registrar.take(rows) if registrar is not None else []
    wrong = [line for line in rows if line["verdict"] in ("blocked", "not trained") or "refusal" in line]
    luck = _luck(done)
    result = {"folder": str(folder), "family": plan.family, "luck": luck, "sets": rows}
    where = f"reports and models in {folder}; each set has a report.html"
    lines = [*([f"{luck}\n"] if luck else []), where, *said]
    give(result, as_json=as_json, show=lambda: _show(rows, lines))
    for line in wrong:
        reason = line.get("refusal", line["sentence"])
        typer.echo(f"tapeline: {line['sector']} {line['horizon']}: {reason}", err=True)
    if wrong:
        raise typer.Exit(FAILED)


def _line(one: Done, folder: Path) -> dict[str, Any]:
    from research.training.one_set import slug

    line: dict[str, Any] = {"sector": one.name.sector, "horizon": one.name.horizon}
    if one.report is None:
        return {**line, "verdict": "not trained", "sentence": one.refusal}
    card = one.report.scorecard
    return {
        **line,
        "verdict": one.report.verdict,
        "sentence": one.report.sentence,
        "rows": one.report.dataset.rows,
        "rank_ic": card["rank_ic"].value,
        "rank_ic_low": card["rank_ic"].low,
        "rank_ic_high": card["rank_ic"].high,
        "log_loss": card["log_loss"].value,
        "log_loss_base": card["log_loss"].base,
        "accuracy": card["accuracy"].value,
        "majority_accuracy": card.majority_accuracy,
        "found": one.found,
        "folder": str(folder / slug(one.name.sector) / one.name.horizon),
    }


def _luck(done: list[Done]) -> str:
    """How many of the sets would look good by luck alone, where several were tried."""
    from research.scores.many import chance_of, many

    made = [one.report for one in done if one.report is not None]
    chances = [chance_of(report.scorecard["rank_ic"]) for report in made]
    passed = sum(report.verdict == "pass" for report in made)
    return many(chances, passed).sentence if len(made) > 1 else ""


def _show(rows: list[dict[str, Any]], said: list[str]) -> None:
    from tapeline.cli.tables import show

    columns = (*COLUMNS, "became") if rows and "became" in rows[0] else COLUMNS
    cells = [(*_cells(row), *([row["became"]] if "became" in row else [])) for row in rows]
    show(columns, cells, empty="No set was asked for.", spare=SPARE)
    for line in said:
        typer.echo(line)


def _cells(row: dict[str, Any]) -> tuple[Any, ...]:
    head = row["sector"], row["horizon"], row["verdict"]
    if "rows" not in row:
        return (*head, *("",) * 3)
    return (
        *head,
        f"{row['rows']:,}",
        f"{row['rank_ic']:+.3f} ({row['rank_ic_low']:+.3f} … {row['rank_ic_high']:+.3f})",
        f"{row['log_loss']:.4f} ({row['log_loss_base']:.4f})",
    )
