"""How models look, on a terminal and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.store.contract import ModelEvent, ModelRow

COLUMNS: Final = ("model", "stage", "verdict", "family", "sector", "horizon", "address")
ENDS: Final = ("_low", "_high", "_base")
EMPTY: Final = "No model yet; `tapeline train` makes one, `tapeline models import` registers it."


def listed(row: ModelRow) -> dict[str, Any]:
    """A model as `list` prints it."""
    import msgspec

    from shared.time import iso

    told: dict[str, Any] = msgspec.to_builtins(row)
    for name in ("scores", "lineage"):
        told[name] = msgspec.json.decode(told[name])
    for name in ("trained_from", "trained_until", "created"):
        told[name] = iso(told.pop(f"{name}_ns"))
    return told


def row_told(row: ModelRow, events: Sequence[ModelEvent]) -> dict[str, Any]:
    """A model with what happened to it."""
    import msgspec

    from shared.time import iso

    told = listed(row)
    told["events"] = [
        {
            **msgspec.to_builtins(event),
            "time": iso(event.time_ns),
            "detail": msgspec.json.decode(event.detail),
        }
        for event in events
    ]
    return told


def vault_rows(data: Path) -> list[dict[str, Any]]:
    """What lies in the data folder, while nobody can say in which stage it is."""
    import msgspec

    from shared.models.seal import MANIFEST
    from shared.models.vault import FOLDER, address_at

    files = sorted((data / FOLDER).glob(f"*/{MANIFEST}"), key=lambda file: file.stat().st_mtime)
    return [
        {
            "address": file.parent.name,
            "stage": "unknown",
            "version": None,
            **msgspec.json.decode(file.read_bytes()),
        }
        for file in files
        if address_at(file.parent)
    ]


def table_of(found: Sequence[dict[str, Any]]) -> None:
    """One line a model."""
    from tapeline.cli.tables import show

    show(COLUMNS, [_line(row) for row in found], empty=EMPTY, spare=("family", "address"))


def describe(told: dict[str, Any]) -> None:
    """A model's page."""
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    console.print(f"[bold]{_title(told)}[/] is {told['stage']}; the gate's verdict is {_verdict(told)}")
    for name, value in (*_facts(told), *_scores(told.get("scores", {}))):
        console.print(f"  {name:<23} {value}")
    beside = told.get("beside_active")
    if beside:
        console.print(f"  beside the active model  {beside['sentence']}")
    for event in told.get("events", []):
        moved = (
            f"{event['before']} → {event['after']}" if event["before"] != event["after"] else event["after"]
        )
        console.print(f"  {event['time'][:19]}  {event['actor']:<12} {moved:<22} {event['why']}")
    for place in told.get("partitions", []):
        console.print(f"  {place['stream']}:{place['partition']} after #{place['after']}: {place['as']}")


def _facts(told: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What it is and where it comes from; what nobody has said is left out."""
    lineage = told.get("lineage", {})
    for name in ("family", "address"):
        yield name, told[name]
    for name in ("interval", "horizon"):
        if f"{name}_ns" in told:
            yield ("bar" if name == "interval" else name), horizon_of(told[f"{name}_ns"])
    yield "sector", told.get("sector") or "all"
    if told.get("trained_from"):
        yield "trained", f"{told['trained_from'][:19]} until {told['trained_until'][:19]}"
    for name in ("label", "rows", "seed", "parent", "dataset", "code", "signed_by"):
        if lineage.get(name):
            value = lineage[name]
            yield name.replace("_", " "), f"{value:,}" if name == "rows" else str(value)
    if lineage.get("versions"):
        yield "made with", ", ".join(f"{name} {which}" for name, which in lineage["versions"].items())


def _scores(scores: dict[str, float]) -> Iterator[tuple[str, str]]:
    """A line a score: its value, its interval, and what the base rates had."""
    for name, value in scores.items():
        if name.endswith(ENDS) or name == "rows":
            continue
        low, high, base = (scores.get(f"{name}{end}") for end in ENDS)
        within = f"  [{low:.4f}, {high:.4f}]" if low is not None and high is not None else ""
        knowing = f"  base rates {base:.4f}" if base is not None else ""
        yield name.replace("_", " "), f"{value:.4f}{within}{knowing}"


def _line(row: dict[str, Any]) -> tuple[object, ...]:
    horizon = horizon_of(row.get("horizon_ns", 0))
    return (
        _title(row), row["stage"], _verdict(row), row["family"], row.get("sector") or "all", horizon,
        row["address"][:12],
    )  # fmt: skip


def horizon_of(horizon_ns: int) -> str:
    """How far ahead, in the largest unit that comes out even."""
    for unit, name in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if horizon_ns and horizon_ns % (unit * 10**9) == 0:
            return f"{horizon_ns // (unit * 10**9)} {name}"
    return f"{horizon_ns / 1e9:g} s"


def _title(row: dict[str, Any]) -> str:
    return f"{row['name']}@{row['version']}" if row.get("version") else str(row["name"])


def _verdict(row: dict[str, Any]) -> str:
    return row.get("verdict") or "not judged"
