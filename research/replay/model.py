"""The model of the default strategy: a starter for the replay's own bar length, trained once and kept."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from research.registering import kept
from research.starter import train_starter
from services.features.config import FeatureSpec
from services.inference.manifest import Manifest, decode
from services.ingest.synthetic.facts import known_at
from services.ingest.synthetic.grid import around_the_clock
from services.ingest.synthetic.market import LAW, MarketPlan, SyntheticMarket
from services.ingest.tape import TAPE_START_NS
from shared.block import join
from shared.models.seal import MANIFEST
from shared.models.vault import place_of
from shared.time import SECOND_NS

SYMBOLS: Final = 50
BARS: Final = 1_000
SEED: Final = 7


def replay_model(data: Path, interval_ns: int, features: tuple[str, ...]) -> tuple[Path, Manifest]:
    """The folder of a model for bars of this length and this vector, and what it says of itself."""
    spec = FeatureSpec(interval_ns=interval_ns, features=features)
    folder = data / "models" / f"replay-{interval_ns / SECOND_NS:g}s-law{LAW}-{spec.hash:016x}"
    if not (folder / MANIFEST).exists():
        market = SyntheticMarket(MarketPlan(seed=SEED, symbols=SYMBOLS, interval_ns=interval_ns))
        begin_ns = TAPE_START_NS - BARS * interval_ns
        bars, told = market.bars_and_facts(around_the_clock(begin_ns, interval_ns, BARS))
        facts = join([known_at(SEED, market.instruments, begin_ns), told]).sorted()
        train_starter(bars, spec, folder, SEED, facts)
    sealed = kept(folder, data)
    return place_of(data, sealed.address), decode(sealed.manifest)
