"""The page of what the proof showed: `python -m tests.honesty.page SEEDS` plays and writes it."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from research.scores.bootstrap import Interval
from tests.fixtures.house import ROOT
from tests.honesty.campaign import FOLDER, campaign, kept, laws
from tests.honesty.campaign import SEEDS as MANY
from tests.honesty.ensembles import BARS as LONG
from tests.honesty.ensembles import LABEL as DIRECTION
from tests.honesty.ensembles import PLANTED as DEEP
from tests.honesty.ensembles import SEEDS as FEW
from tests.honesty.ensembles import SYMBOLS as NARROW
from tests.honesty.ensembles import Ensemble, play_ensemble
from tests.honesty.seeds import BARS, FEATURES, LABEL, PLANTED, ROUNDS, SYMBOLS, Seed

PAGE: Final = ROOT / "docs" / "proof.md"
CLAIMS: Final = {
    "rank_ic": "rank IC",
    "rank_ic_across": "across",
    "own_ic": "own part",
}

TEXT: Final = """# The proof of the scores

A score is only worth something if it is right where the truth is known. The
[synthetic market](../services/ingest/synthetic/market.py) has a small predictability that is planted and
stated: the coefficient of one bar's signed volume with the instrument's own return in the next bar.
`make proof` plays {count} markets of it, each with a coefficient of {planted} in turn and again with
the signal taken out, and writes this page. What was played is kept in `build/honesty/`, so that a proof
that was stopped goes on.

A market has {symbols} instruments and {bars:,} bars of five seconds: {rows:,} usable rows, {features}
features, the label `{label}` over one bar. The model is the `booster` family ({rounds} rounds), taught
on the first 40 % of the time and tested on the rest; every step from bars to scores is the one that
`tapeline train` takes.

| must hold | held | of | wanted |
|---|---:|---:|---:|
{laws}

Verdicts with the signal: {verdicts}. Without it: {verdicts_without}. The gate's
checks of folds, twins, identity, repeat, band and edge looked at each.

## What was claimed

Means over the markets of one coefficient. *Rank IC*: with the next bar's return, all rows together.
*Across*: instrument against instrument at each moment. *Own part*: IC with the part of the return that the
plant is about. A claim exceeds the truth when its lower bound does.

| planted | markets | oracle measured | {claims} | highest lower bound |
|---:|---:|---:|{dashes}---:|
{by_planted}

A model that has {train:,} rows to learn from finds a part of so small a signal. What the market as a
whole does is in every return, cannot be known, and is most of the noise in a rank IC over all rows; the
score across instruments is free of it.

## The ensemble with 100,000 rows

The `fast` family on {narrow} instruments and {long:,} bars, label `{direction}` over one bar, planted
{deep:g}. *Of the signal* is what the planted feature itself scores on the same rows, and all that there
is. The share of the planted coefficient is that of the score across instruments.

| seed | rows | tested | rank IC | of the signal | across | of the signal | own part | share | verdict |
|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|
{ensembles}

With many instruments and few moments all scores fall: rows of one moment share the market's move, so that
2,000 moments of 50 instruments teach less than 11,000 of 10.
"""


def page(seeds: Sequence[Seed], ensembles: Sequence[Ensemble]) -> str:
    """The page of the documentation."""
    return TEXT.format(
        count=len(seeds),
        planted=", ".join(f"{one:g}" for one in PLANTED),
        symbols=SYMBOLS,
        bars=BARS,
        rows=int(np.median([one.rows for one in seeds])),
        train=int(np.median([one.rows for one in seeds]) * 0.4) // 1_000 * 1_000,
        features=len(FEATURES),
        label=LABEL,
        rounds=ROUNDS,
        laws="\n".join(f"| {law.words} | {law.held} | {law.of} | ≥ {law.least} |" for law in laws(seeds)),
        verdicts=_counted(one.verdict for one in seeds),
        verdicts_without=_counted(one.verdict_without for one in seeds),
        claims=" | ".join(CLAIMS.values()),
        dashes="---:|" * len(CLAIMS),
        by_planted="\n".join(_line(planted, seeds) for planted in PLANTED),
        narrow=NARROW,
        long=LONG,
        direction=DIRECTION,
        deep=DEEP,
        ensembles="\n".join(map(_ensemble, ensembles)),
    )


def _line(planted: float, seeds: Sequence[Seed]) -> str:
    those = [one for one in seeds if one.planted == planted]
    found = [np.mean([getattr(one.claims, name).value for one in those]) for name in CLAIMS]
    highest = max((getattr(one.claims, name).low for one in those for name in CLAIMS), default=0.0)
    oracle = np.mean([one.oracle.value for one in those])
    cells = " | ".join(f"{one:+.4f}" for one in found)
    return f"| {planted:g} | {len(those)} | {oracle:.4f} | {cells} | {highest:+.4f} |"


def _ensemble(one: Ensemble) -> str:
    said = one.claims
    return (
        f"| {one.seed} | {one.rows:,} | {one.tested:,} "
        f"| {_told(said.rank_ic)} | {one.signal_rank_ic.value:+.4f} "
        f"| {_told(said.rank_ic_across)} | {one.signal_across.value:+.4f} | {_told(said.own_ic)} "
        f"| {one.reach:.0%} | {one.verdict} |"
    )


def _told(one: Interval) -> str:
    return f"{one.value:+.4f} ({one.low:+.4f} … {one.high:+.4f})"


def _counted(words: Iterable[str]) -> str:
    return ", ".join(f"{count} {word}" for word, count in Counter(words).most_common())


def write_page(count: int, folder: Path = FOLDER) -> list[Seed]:
    """Plays what the folder lacks and writes the page."""
    seeds = campaign(count, folder)
    ensembles = [
        kept(folder / f"ensemble-{seed}.json", Ensemble, partial(play_ensemble, seed)) for seed in range(FEW)
    ]
    PAGE.write_text(page(seeds, ensembles), encoding="utf-8")
    return seeds


if __name__ == "__main__":
    played = write_page(int(sys.argv[1]) if len(sys.argv) > 1 else MANY)
    sys.exit(not all(law.is_kept for law in laws(played)))
