"""Writes docs/features.md from the registry and features.toml: every feature, and its references."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from services.features.catalogue import FAMILIES, FEATURES, SETS, choice
from services.features.registry import NEXT_SESSION, Feature

HERE: Final = Path(__file__).parent
SOURCES: Final = {
    "stock_indicators": "Stock Indicators, 502 daily bars of SPY",
    "talib": "TA-Lib 0.8, the same bars of SPY and 1,259 daily bars of XOM",
}
HEAD: Final = """# Features

Written by `make docs` from the registry ([catalogue.py](../services/features/catalogue.py)): {features}
features with {outputs} outputs. A specification lists what it wants, in order: `rsi_14`,
`macd_12_26_9.signal`. A feature may be asked for as `rsi`, `rsi(14)` or `rsi_14`; the last is its name
everywhere, because no table or model file has to quote it. Parameters that are left out are the usual
ones; an output that is left out is the first.

- *First value*: the bar of history that first has one; before it the value is NaN.
- *Settled*: bars after which a history that starts later gives the same value to nine digits. Averages
  that fade take long; *start* means that the value always depends on where history starts, *session*
  that a new session makes it forget.
- Both are given for the usual parameters. Every value of a bar is computed from that bar and those
  before it alone; it is the same to the last bit however the tape is cut, and after a restart from a
  snapshot.
- `market.return_20`, `sector.rsi_14`, `vix.close`: a feature of the market's index, of the
  instrument's sector's, or of the VIX. Every fact of such a series is one bar of it, so n counts days
  where facts are daily; what needs volume or a session cannot be asked of them. These, and the families
  from *Beside the market and the sector* on, need facts ([context.md](context.md)) and are NaN before.
- Prices are in price ticks, volumes in lots. Every update takes constant time, except where a formula
  says what it costs.

## How to add one

One function that updates an instrument's row, and one line in its family's registry, both in
`services/features/indicators`. The line says how many places of the row it keeps and how far back it
looks. A specification becomes a table of such lines ([program.py](../services/features/program.py)),
run by one compiled loop ([vector_kernels.py](../services/features/vector_kernels.py)), which calls each
update by its address for a group of instruments: no specification and no parameter needs the compiler. This
page, the laws of [test_indicators.py](../tests/services/features/test_indicators.py) and the cache follow by
themselves. [Extending](extending.md) shows one.

## Named vectors

"""


class Agreement(msgspec.Struct, frozen=True):
    """How a published series and a feature go together."""

    feature: str
    after: int = 0
    note: str = ""


def render() -> str:
    """The page."""
    outputs = sum(len(feature.outputs) for feature in FEATURES)
    lines = [HEAD.format(features=len(FEATURES), outputs=outputs).rstrip("\n"), ""]
    for name, features in SETS.items():
        lines += [f"**{name}** ({len(features)}): {', '.join(f'`{text}`' for text in features)}", ""]
    for title, family in FAMILIES.items():
        lines += [f"## {title}", "", "| feature | parameters | unit | first value | settled | formula |"]
        lines += ["|---|---|---|---:|---:|---|", *(_line(feature) for feature in family), ""]
    return "\n".join([*lines, *_references()]) + "\n"


def _line(feature: Feature) -> str:
    values = choice(feature.name).values
    warm = [feature.warm_up(values, output) for output in feature.outputs]
    first = f"{min(warm)}" if len(set(warm)) == 1 else f"{min(warm)} … {max(warm)}"
    shown = ", ".join(f".{output}" for output in feature.outputs if output)
    outputs = f"<br>{shown}" if shown else ""
    given = ", ".join(f"{p.name} {p.default:g} ({p.low:g} … {p.high:g})" for p in feature.parameters)
    formula = feature.formula.replace("|", "\\|")
    return (
        f"| `{feature.name}`{outputs} | {given or '–'} | {feature.unit} | {first} "
        f"| {_settled(feature, values)} | {formula} |"
    )


def _settled(feature: Feature, values: tuple[float, ...]) -> str:
    found = [feature.settled(values, output) for output in feature.outputs]
    longest = max(bars for bars in found if bars is not None) if None not in found else None
    if longest is None:
        return "start"
    return "session" if longest == NEXT_SESSION else f"{longest:,}"


def _references() -> Iterator[str]:
    text = (HERE / "features.toml").read_text(encoding="utf-8")
    found = msgspec.convert(tomllib.loads(text), dict[str, dict[str, Agreement]])
    yield "## Held against published values"
    yield ""
    yield "Each series is compared bar by bar to nine digits, from the bar given or from the first that"
    yield "both have ([test](../tests/services/features/test_reference.py), [data](features.toml)). In every"
    yield "series of Stock Indicators that is compared by value, both start at the same bar."
    for source, title in SOURCES.items():
        yield from (
            "",
            f"### {title}",
            "",
            "| series | feature | equal from bar | difference of definition |",
        )
        yield "|---|---|---:|---|"
        for name, said in found[source].items():
            yield f"| {name} | `{said.feature}` | {said.after or 'first'} | {said.note} |"


if __name__ == "__main__":
    (HERE / "features.md").write_text(render(), encoding="utf-8")
